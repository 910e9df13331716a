"""An evaluation that is killed at any moment: what it left is removed at once, else by the next one; asked to end, it
leaves nothing."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kaizen_tui.core.errors import StoreError
from kaizen_tui.sandbox import processes
from kaizen_tui.sandbox.lease import Lease, sweep
from kaizen_tui.sandbox.protections import Machine
from tests.sandbox.conftest import commands_of_all
from tests.sandbox.repository import Repository

ROOT = Path(__file__).parents[2]
KILLS = 6
PATIENCE = 60.0  # seconds for a git that outlives its parent


class Evaluation:
    """The program of evaluation.py, in a process of its own."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.leases: list[str] = []
        self.marker = f"evaluation-{os.getpid()}-{os.urandom(4).hex()}"
        command = [sys.executable, str(ROOT / "tests/sandbox/evaluation.py"), str(repository.root), self.marker]
        self.process = subprocess.Popen(
            [*command, repository.first, repository.second],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def end(self, number: int, moment: float) -> int:
        """Sends a signal, `moment` seconds from now."""
        with pytest.raises(subprocess.TimeoutExpired):
            self.process.wait(moment)
        self.process.send_signal(number)
        code = self.process.wait()
        assert self.process.stdout is not None
        self.leases = self.process.stdout.read().decode().split()
        self.process.stdout.close()
        return code

    def left(self, machine: Machine) -> list[str]:
        """All that is still there of it."""
        room = self.repository.root / ".kaizen/sandbox"
        found = os.listdir(room) if room.exists() else []
        for folder in set(machine.places.folders.values()):
            found += [name for name in os.listdir(folder) if any(lease in name for lease in self.leases)]
        git = self.repository.root / ".git"
        found += [str(path) for path in (git / "worktrees").glob("*")]
        # Unlike rglob, it doesn't mind folders that go meanwhile.
        found += [f"{folder}/{name}" for folder, _, names in os.walk(git) for name in names if name.endswith(".lock")]
        found += [line for line in commands_of_all().splitlines() if self.marker in line]
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            found += [line for line in file if str(room) in line]
        return found


@pytest.fixture
def evaluation(repository: Repository, machine: Machine) -> Iterator[Evaluation]:
    evaluation = Evaluation(repository)
    yield evaluation
    evaluation.process.kill()
    evaluation.process.wait()


@pytest.mark.parametrize("number", range(KILLS))
def test_killed(evaluation: Evaluation, machine: Machine, number: int) -> None:
    kill_and_sweep(evaluation, machine)


@pytest.mark.nightly
@pytest.mark.parametrize("number", range(min(300, int(os.environ.get("KAIZEN_KILLS", "300")))))
def test_killed_often(evaluation: Evaluation, machine: Machine, number: int) -> None:
    kill_and_sweep(evaluation, machine)


def kill_and_sweep(evaluation: Evaluation, machine: Machine) -> None:
    evaluation.end(signal.SIGKILL, random.uniform(0.01, 0.5))
    room, deadline = f"{evaluation.repository.root}/.kaizen/sandbox", time.monotonic() + PATIENCE
    while sweep(room) or (os.path.exists(room) and os.listdir(room)):
        assert time.monotonic() < deadline, evaluation.left(machine)
    assert evaluation.left(machine) == []
    assert evaluation.repository.git("status", "--porcelain") == ""
    assert evaluation.repository.worktrees() == 0


@pytest.mark.parametrize("number", range(KILLS))
def test_what_is_left_goes_without_a_next_one(evaluation: Evaluation, machine: Machine, number: int) -> None:
    evaluation.end(signal.SIGKILL, random.uniform(0.05, 0.5))
    deadline = time.monotonic() + PATIENCE
    while found := evaluation.left(machine):
        assert time.monotonic() < deadline, found
    assert evaluation.repository.worktrees() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP] * 2)
def test_asked_to_end(evaluation: Evaluation, machine: Machine, number: signal.Signals) -> None:
    code = evaluation.end(number, random.uniform(0.05, 0.5))
    assert code in (128 + number, -number)
    assert evaluation.left(machine) == []
    assert evaluation.repository.worktrees() == 0


UNLUCKY = """\
import sys
from pathlib import Path
from kaizen_tui.sandbox import lease as room
with room.Lease(sys.argv[1]) as lease:
    Path(lease.folder, "file").write_text("x")
    undisturbed = room.undisturbed

    def too_early():
        room.undisturbed = undisturbed
        raise room.Ended(143)

    room.undisturbed = too_early
"""


def test_asked_to_end_just_as_it_begins_to_remove_things(repository: Repository) -> None:
    folder = repository.root / ".kaizen/sandbox"
    command = [sys.executable, "-c", UNLUCKY, str(folder)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 143
    assert os.listdir(folder) == []


def test_a_lease_that_lives_is_left_alone(repository: Repository) -> None:
    room = f"{repository.root}/.kaizen/sandbox"
    with Lease(room) as lease:
        Path(lease.folder, "file").write_text("x")
        assert sweep(room) == []
        with Lease(room) as other:
            assert other.folder != lease.folder
        assert Path(lease.folder, "file").read_text() == "x"
    assert os.listdir(room) == []


def test_a_lease_that_came_with_somebody_elses_files(repository: Repository, tmp_path: Path) -> None:
    """It may name what it likes: a process also needs the time of its start and the machine's, a folder git's form."""
    room = repository.root / ".kaizen/sandbox"
    room.mkdir(parents=True)
    precious = tmp_path / "worktrees/precious"
    precious.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        entries = [
            {"boot": processes.boot_id(), "kind": "process", "value": [bystander.pid, 1]},
            {"boot": "other", "kind": "process", "value": [bystander.pid, processes.start_of(bystander.pid)]},
            {"boot": processes.boot_id(), "kind": "process", "value": ["x"]},
            {"boot": processes.boot_id(), "kind": "cgroup", "value": str(tmp_path)},
            {"boot": processes.boot_id(), "kind": "worktree", "value": str(precious)},
            {"boot": processes.boot_id(), "kind": "worktree", "value": str(tmp_path)},
            ["no", "entry"],
        ]
        lines = "".join(json.dumps(entry) + "\n" for entry in entries) + '{"torn'
        (room / "run-0123456789ab.lease").write_text(lines)
        (room / "run-../../x.lease").mkdir(parents=True)
        (room / "notes.lease").write_text("mine")
        assert sweep(str(room)) == ["run-0123456789ab"]
        assert bystander.poll() is None
        bystander.kill()
    assert precious.is_dir()
    assert (room / "notes.lease").read_text() == "mine"


def test_a_folder_that_is_a_link_is_refused(repository: Repository, tmp_path: Path) -> None:
    (repository.root / ".kaizen").mkdir()
    (repository.root / ".kaizen/sandbox").symlink_to(tmp_path)
    with pytest.raises(StoreError, match="symbolic link"), Lease(f"{repository.root}/.kaizen/sandbox"):
        pass
    assert not list(tmp_path.glob("run-*"))


def test_a_process_of_a_dead_runner_is_ended(repository: Repository) -> None:
    """Where no control group holds it."""
    room = repository.root / ".kaizen/sandbox"
    room.mkdir(parents=True)
    with subprocess.Popen(["sh", "-c", "sleep 1000; :"], start_new_session=True) as orphan:
        entry = {"boot": processes.boot_id(), "kind": "process", "value": [orphan.pid, processes.start_of(orphan.pid)]}
        (room / "run-0123456789ab.lease").write_text(json.dumps(entry))
        sweep(str(room))
        # Its child is ended first: it may get to its own end before it is killed.
        assert orphan.wait() in (0, -signal.SIGKILL)

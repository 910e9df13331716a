"""One run: what goes in, what comes out, the modes, refusals."""

import dataclasses
import os
import signal
import subprocess

import pytest

from kaizen_tui.core.errors import UsageError
from kaizen_tui.sandbox import protections
from kaizen_tui.sandbox.cgroup import Places
from kaizen_tui.sandbox.lease import Lease
from kaizen_tui.sandbox.protections import Machine, look_at_machine
from kaizen_tui.sandbox.run import run
from kaizen_tui.sandbox.spec import Limits, Spec
from kaizen_tui.sandbox.worktree import Worktree
from tests.sandbox.conftest import Attack, commands_of_all, printed


def test_stdin_folder_and_exit_code(attack: Attack) -> None:
    outcome = attack("sh", "-c", "pwd; cat; echo oh >&2; exit 3", stdin=b'{"id": "KAIZ-001"}')
    assert outcome.stdout.read() == b'/src\n{"id": "KAIZ-001"}'
    assert outcome.stderr.read() == b"oh\n"
    assert (outcome.exit_code, outcome.ok, outcome.troubles) == (3, False, ())
    assert outcome.mode == "bubblewrap"
    assert {"no network", "no capabilities", "time limit"} <= set(outcome.protections)


def test_a_large_stdin_that_nobody_reads(attack: Attack) -> None:
    assert attack("sh", "-c", "exit 0", stdin=b"x" * (4 << 20)).ok


def test_signals_are_told_as_a_shell_does(attack: Attack) -> None:
    assert attack("sh", "-c", "kill -SEGV $$").exit_code == 128 + signal.SIGSEGV


def test_a_command_that_is_not_there(attack: Attack) -> None:
    outcome = attack("no-such-program", "--help")
    assert outcome.exit_code != 0
    assert b"no-such-program" in outcome.stderr.read()


def test_words_stay_words(attack: Attack) -> None:
    assert printed(attack("printf", "%s|", "a b", "$(id)", "", "--", "'")) == "a b|$(id)||--|'|"


def test_no_descriptor_is_left(attack: Attack) -> None:
    attack("sh", "-c", "true")
    before = sorted(os.listdir("/proc/self/fd"))
    for _ in range(3):
        attack("sh", "-c", "true", stdin=b"x")
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_no_dead_process_is_left(attack: Attack) -> None:
    """What bubblewrap leaves becomes this process' child, which has to wait for it."""
    for _ in range(5):
        assert attack("sh", "-c", "sleep 1000 & true").ok
    assert attack("sh", "-c", "sleep 1000", time=0.2).timed_out
    command = ["ps", "-o", "stat=,comm=", "--ppid", str(os.getpid())]
    children = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert not [line for line in children.splitlines() if "bwrap" in line]


def test_no_descriptor_is_inherited(attack: Attack, lease: Lease) -> None:
    assert printed(attack("sh", "-c", "ls /proc/self/fd | wc -l")) == "4\n"


@pytest.mark.parametrize("mode", ["container", "unsafe-local"])
def test_without_bubblewrap_only_when_it_is_asked_for(
    machine: Machine, lease: Lease, worktree: Worktree, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    without = dataclasses.replace(machine, bwrap="", fault="bubblewrap is not installed", remedy="install it")
    spec = Spec(("sh", "-c", "pwd; echo ${TOKEN:-none}; exit 4"), worktree.path)
    with pytest.raises(UsageError, match="bubblewrap is not installed; install it"):
        run(lease, spec, without)
    monkeypatch.setenv("TOKEN", "secret")
    outcome = run(lease, dataclasses.replace(spec, mode=mode), without)
    assert outcome.stdout.read().decode() == f"{worktree.path}\nnone\n"
    assert (outcome.exit_code, outcome.mode) == (4, mode)
    assert "no network" not in outcome.protections
    assert "no capabilities" not in outcome.protections
    assert outcome.cpu > 0


def test_time_holds_without_bubblewrap(machine: Machine, lease: Lease, worktree: Worktree) -> None:
    marker = f"local-{os.getpid()}-{os.urandom(4).hex()}"
    script = f"trap '' TERM; sh -c 'sleep 1000; : {marker}' & sleep 1000; : {marker}"
    limits = Limits(time=0.5)
    outcome = run(lease, Spec(("sh", "-c", script), worktree.path, mode="unsafe-local", limits=limits), machine)
    assert outcome.timed_out
    assert marker not in commands_of_all()


def test_root_without_a_group_for_processes_is_refused(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> None:
    monkeypatch.setattr(protections.cgroup, "find_places", Places)
    monkeypatch.setattr(protections, "look_at_host", lambda: dataclasses.replace(machine.host, root=True))
    found = look_at_machine()
    assert "as root only a pids cgroup bounds" in found.fault
    assert "ordinary user" in found.remedy
    monkeypatch.setattr(protections, "look_at_host", lambda: dataclasses.replace(machine.host, root=False))
    assert look_at_machine().usable


@pytest.mark.parametrize("name", ["", "../out", "a/b", ".hidden", "a\0b"])
def test_names_of_output_are_names(machine: Machine, lease: Lease, worktree: Worktree, name: str) -> None:
    with pytest.raises(UsageError, match="no name for its output"):
        run(lease, Spec(("true",), worktree.path, name=name), machine)

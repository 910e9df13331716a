"""The demonstration as it is started: with real parts, unattended and in a terminal. It leaves nothing."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kaizen_tui.core.promotion_log import read_log
from tests.e2e.terminal import ROOT, Terminal

pytestmark = pytest.mark.e2e

DEMO = [sys.executable, "-m", "kaizen_tui.tui.entry", "--demo"]
LOOKS = 4_000
ROOM = 67  # columns that a terminal of 80 has for a step's words


class Place:
    """A temporary folder of its own, which every process of a demonstration has in its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(folder),
            "KAIZEN_ACTOR": "Dora <dora@example.org>",
        }

    def begin(self, *words: str, story: str = "real") -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*DEMO, story, "--unattended", *words], env=self.env, cwd=self.folder.parent, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    @property
    def processes(self) -> list[str]:
        """What runs with this folder in its environment."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.fsencode(self.folder) in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # it has just ended, or belongs to somebody else
                continue
        return found

    @property
    def left(self) -> list[str]:
        """Processes and files that are still there."""
        return [*self.processes, *(path.name for path in self.folder.iterdir())]


@pytest.fixture
def place(require_program: Callable[[str], str]) -> Iterator[Place]:
    for program in ("haproxy", "prometheus", "bwrap", "git"):
        require_program(program)
    folder = Path(tempfile.mkdtemp(prefix="kz-", dir="/tmp"))  # short: a socket is made in it
    yield Place(folder)
    shutil.rmtree(folder)


def story_of(kept: Path, ticket_id: str) -> tuple[list[str], list[float]]:
    """The states that a ticket went through, and the shares that were read back."""
    log = read_log((kept / "tickets" / ticket_id / "Promotion-Log").read_bytes())
    assert log.problems == ()
    states = [entry.text("to") for entry in log.events("created", "status")]
    shares = [float(str(entry.fields["to"])) for entry in log.events("rollout") if entry.fields["verified"] is True]
    return states, shares


def test_the_first_change_is_rolled_back_and_the_second_one_released(place: Place, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with place.begin("-C", str(kept)) as demo:
        assert demo.stdout is not None
        text = demo.stdout.read()
        assert demo.wait() == 0, text
    assert [line for line in text.splitlines() if line.startswith("[") and len(line.partition("] ")[2]) > ROOM] == []
    way = ["draft", "planned", "in_progress", "in_review", "canary"]
    assert story_of(kept, "KAIZ-001") == ([*way, "aborted"], [0.05, 0.0])
    assert story_of(kept, "KAIZ-002") == ([*way, "complete"], [0.05, 0.25, 1.0])
    assert "  $ kaizen new 'Keep prices in memory' " in text
    assert "released, approved at the end by Carla Ruiz" in text
    assert "2 logs: " in text.rpartition("$ kaizen verify")[2]
    assert " 0 lost on the way." in text
    assert place.left == []


@pytest.mark.parametrize(
    ("number", "when"),
    [
        (signal.SIGINT, "$ kaizen evaluate KAIZ-001"),
        (signal.SIGTERM, "[3/11]"),
        (signal.SIGKILL, "[4/11]"),
        pytest.param(signal.SIGINT, "$ kaizen run KAIZ-001", marks=pytest.mark.nightly),
    ],
)
def test_ended_midway_it_leaves_nothing(place: Place, number: signal.Signals, when: str) -> None:
    with place.begin() as demo:
        assert demo.stdout is not None
        assert any(when in line for line in demo.stdout)
        assert any("haproxy" in one for one in place.processes) or when == "[3/11]"
        os.killpg(demo.pid, number)  # as a terminal does it
        code = demo.wait()
    if number is signal.SIGKILL:
        await_nothing(place)
    else:
        assert code == 128 + number
    assert place.left == []


def await_nothing(place: Place) -> None:
    """Nobody was there to wait for the end of the rest."""
    for _ in range(LOOKS):
        if not place.left:
            return
    raise AssertionError(place.left)


def test_in_a_terminal_the_board_tells_the_story_and_q_leaves(
    place: Place, tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    env = {"TMPDIR": str(place.folder), "KAIZEN_ACTOR": "Dora <dora@example.org>"}
    with Terminal(require_program("tmux"), tmp_path / "terminal", *DEMO, size=(100, 30), **env) as terminal:
        screen = terminal.see("demo 3/11", "KAIZ-001", "$ kaizen deploy KAIZ-001 --print-config")
        assert "prometheus" in screen
        terminal.press("q")
        terminal.see("You left at step", "Everything that the story started has ended.", "ended with 0")
        assert place.processes == []
    assert place.left == []


def sample() -> dict[Path, bytes]:
    return {
        path: path.read_bytes()
        for name in ("registry", "tickets")
        for path in (ROOT / name).rglob("*")
        if path.is_file()
    }


def test_simulated_the_bad_canary_is_rolled_back_and_the_sample_stays_as_it_is(place: Place, tmp_path: Path) -> None:
    before, kept = sample(), tmp_path / "kept"
    with place.begin("-C", str(kept), story="simulated") as demo:
        assert demo.stdout is not None
        wanted = {"KAIZ-009 is rolled back", "KAIZ-018: set share 25 %"}  # in whichever order
        for line in demo.stdout:
            wanted = {text for text in wanted if text not in line}
            if not wanted:
                break
        assert not wanted
        demo.send_signal(signal.SIGTERM)
        assert demo.wait() == 128 + signal.SIGTERM
    assert story_of(kept, "KAIZ-009")[0][-1] == "aborted"
    assert story_of(kept, "KAIZ-009")[1][-2:] == [0.05, 0.0]
    assert story_of(kept, "KAIZ-018")[1] == [0.05, 0.25]
    assert place.left == []
    assert sample() == before


def test_simulated_the_board_says_so(place: Place, tmp_path: Path, require_program: Callable[[str], str]) -> None:
    env = {"TMPDIR": str(place.folder)}
    words = (*DEMO, "simulated")
    with Terminal(require_program("tmux"), tmp_path / "terminal", *words, size=(80, 24), **env) as terminal:
        screen = terminal.see("platform-sample", "simulated", " tickets", "demo 2/6", "5 goes to the column Canary")
        assert "…" not in "".join(screen.split("\n")[1:3])
        terminal.press("q")
        terminal.see("You left at step", "ended with 0")
    assert place.left == []


def test_without_a_terminal_it_says_how(place: Place) -> None:
    done = subprocess.run(DEMO, env=place.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--unattended" in done.stderr
    assert place.left == []

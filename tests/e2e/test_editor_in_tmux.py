"""`E` in a real terminal: the board makes room for the editor and comes back, again and again, while files change."""

import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.workspace import Workspace
from tests.tui.forms.form_world import add_ticket, make_workspace

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[2]
TIMES = 20
LOOKS = 20_000  # each asks tmux once (some 5 ms); a deadlock ends the test after them


class Terminal:
    """A tmux session of its own with one program in it."""

    def __init__(self, tmux: str, socket: Path, command: list[str], env: dict[str, str]) -> None:
        self._tmux = [tmux, "-S", str(socket), "-f", os.devnull]
        given = [f"{name}={value}" for name, value in env.items()]
        self._run("new-session", "-d", "-x", "80", "-y", "24", shlex.join(["env", *given, *command]))

    def _run(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], check=True, capture_output=True, text=True)
        return done.stdout

    def send(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    def type(self, text: str) -> None:
        self._run("send-keys", "-l", text)

    def until(self, seen: Callable[[str], bool]) -> str:
        """Looks at the screen until it is as wanted."""
        screen = ""
        for _ in range(LOOKS):
            screen = self._run("capture-pane", "-p")
            if seen(screen):
                return screen
        raise AssertionError(f"never came to be:\n{screen}")

    def end(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)


@pytest.fixture
def board(tmp_path: Path, require_program: Callable[[str], str]) -> Iterator[Terminal]:
    ws = make_workspace(tmp_path / "platform")
    for nth in range(3):
        add_ticket(ws, f"Ticket {nth}")
    script = tmp_path / "editor.sh"
    others = " ".join(shlex.quote(ws.ticket_path(f"KAIZ-00{nth}")) for nth in (2, 3))
    # Other files change while the board is suspended, so that its watcher has something to say.
    script.write_text(
        f"#!/bin/sh\ntouch {others}\necho x >> {tmp_path}/runs\n"
        f'sed -i "s/^title: .*/title: Ticket 0 $(wc -l < {tmp_path}/runs)/" "$1"\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    env = {"EDITOR": str(script), "VISUAL": "", "KAIZEN_ACTOR": "ada", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "kaizen_tui.tui.entry", "-C", ws.root]
    terminal = Terminal(require_program("tmux"), tmp_path / "tmux", command, env)
    try:
        yield terminal
    finally:
        terminal.end()


def test_the_editor_comes_and_goes_without_a_deadlock(board: Terminal, tmp_path: Path) -> None:
    board.until(lambda screen: "KAIZ-003" in screen)
    for nth in range(1, TIMES + 1):
        board.send("E")
        title = f"Ticket 0 {nth} "
        board.until(lambda screen, title=title: title in screen)  # type: ignore[misc]
    board.send("?")
    board.until(lambda screen: "Getting around" in screen)
    assert len((tmp_path / "runs").read_text().splitlines()) == TIMES


def test_a_ticket_is_written_in_one_go_with_the_key_that_opens_the_form(board: Terminal, tmp_path: Path) -> None:
    board.until(lambda screen: "KAIZ-003" in screen)
    board.type("nTrim the payloads")
    board.until(lambda screen: "Trim the payloads" in screen)
    for _ in range(4):
        board.send("Tab")
    board.type("p95")
    board.send("Tab", "Tab")
    board.until(lambda screen: "automatic: p95_latency_ms at most 10 ms" in screen)
    board.send("F2")
    board.until(lambda screen: "KAIZ-004" in screen and "New ticket" not in screen)
    made = read_ticket_file(Workspace(str(tmp_path / "platform")), "KAIZ-004").fields
    assert made.title == "Trim the payloads"
    assert made.success_criteria == ("p95_latency_ms <= 10 ms",)

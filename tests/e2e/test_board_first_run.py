"""First run: no workspace here; one key makes it, and its empty board says what comes next."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal, board_command

pytestmark = pytest.mark.e2e


def test_first_run(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    home = tmp_path / "empty"
    home.mkdir()
    command = [word for word in board_command(home) if word not in ("-C", str(home))]
    with Terminal(require_program("tmux"), tmp_path / "t", *command, cwd=home, KAIZEN_ACTOR="grace") as board:
        board.see("No workspace here", "kaizen init")
        board.press("i")
        board.see("No tickets yet.", "Press n")
        assert (home / "registry/kaizen/config.yml").exists()
        board.press("q")
        board.see("ended with 0")


def test_leaving_makes_nothing(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    home = tmp_path / "empty"
    home.mkdir()
    command = [word for word in board_command(home) if word not in ("-C", str(home))]
    with Terminal(require_program("tmux"), tmp_path / "t", *command, cwd=home) as board:
        board.see("No workspace here")
        board.press("q")
        board.see("ended with 3")
    assert list(home.iterdir()) == []

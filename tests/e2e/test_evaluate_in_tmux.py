"""`kaizen evaluate` in a real terminal: a line of progress, of which Ctrl+C leaves nothing."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.sandbox.protections import look_at_machine
from tests.cli.evaluations import Shop
from tests.conftest import IN_CI
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.e2e
BENCH = (
    "  benchmarks: [{command: [python, bench.py, MARK, 'a command that is longer than the whole line'], pairs: 900}]\n"
)


@pytest.mark.parametrize("width", [80, 160, 60])
def test_an_interrupted_line_goes_away(tmp_path: Path, require_program: Callable[[str], str], width: int) -> None:
    machine = look_at_machine()
    if not machine.usable:
        (pytest.fail if IN_CI else pytest.skip)(machine.fault)
    shop = Shop(tmp_path / "shop", BENCH)
    shop.change(work="N = 10\n")
    tmux = require_program("tmux")
    words = [sys.executable, "-m", "kaizen_tui.cli.entry", "-C", str(shop.root), "evaluate", "KAIZ-001"]
    with Terminal(tmux, tmp_path / "tmux", *words, size=(width, 24), cwd=shop.root, KAIZEN_ACTOR="ada") as terminal:
        seen = terminal.see("`pyth", "of 900 pairs, about")
        assert [line for line in seen.splitlines() if line.strip()][1:] == []
        terminal.press("C-c")
        left = [line for line in terminal.see("ended with").splitlines() if line.strip()]
    assert left[0].startswith("kaizen: interrupted; what was finished is kept")
    assert shop.leftovers() == []

"""Evaluate: one key, progress that moves, the score-card; left in the middle, it goes on with what is finished."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.evaluations import Shop
from tests.e2e.terminal import Terminal, board_command

pytestmark = pytest.mark.e2e
PAIRS = "  benchmarks:\n    - {command: [python, bench.py, MARK], pairs: PAIRS}\n"


@pytest.fixture
def shop(tmp_path: Path, sandbox: None) -> Shop:
    shop = Shop(tmp_path / "shop", PAIRS.replace("PAIRS", "6"))
    shop.change(work="N = 30_000\n")
    return shop


@pytest.fixture
def open_shop(shop: Shop, tmp_path: Path, require_program: Callable[[str], str]) -> Iterator[Callable[[], Terminal]]:
    tmux = require_program("tmux")
    with ExitStack() as stack:

        def begin() -> Terminal:
            command = board_command(shop.root)
            terminal = Terminal(tmux, tmp_path / "terminal", *command, size=(80, 24), KAIZEN_ACTOR="grace")
            stack.enter_context(terminal)
            terminal.see("1 ticket", "KAIZ-001")
            return terminal

        yield begin


def test_evaluate(shop: Shop, open_shop: Callable[[], Terminal]) -> None:
    board = open_shop()
    board.press("v")
    board.see("⧗ KAIZ-001", "/6")
    board.press("Enter", "3")
    board.see("bench.py", "of 6 pairs", "v interrupts it")
    seen = board.see("✖ fail · 6 pairs", "✖ loop_ms", "regressed", "━")
    assert "··· within ±5 % is unchanged" in seen
    assert shop.card["verdict"] == "fail"
    assert shop.ok("verify").code == 0
    board.press("Escape")
    board.see("KAIZ-001 is evaluated: ✖ fail · 6 pairs")
    board.press("q")
    board.see("ended with 0")
    assert shop.leftovers() == []


def test_leave_and_go_on(shop: Shop, open_shop: Callable[[], Terminal]) -> None:
    shop.configure(PAIRS.replace("PAIRS", "2000"))
    board = open_shop()
    board.press("v")
    board.see("⧗ 3/2000")
    board.press("q")
    board.see("Leave, and", "interrupt it?", "2000 pairs")
    board.press("y")
    board.see("The evaluation of KAIZ-001 was interrupted; its finished pairs are kept.", "ended with 0")
    assert shop.leftovers() == []
    kept = (shop.root / ".kaizen/evaluations/KAIZ-001.jsonl").read_bytes().count(b'"pair"')
    assert kept >= 3

    shop.configure(PAIRS.replace("PAIRS", str(kept)))
    done = shop.cli("evaluate", "KAIZ-001")
    assert f"going on: {kept} finished pairs were kept" in done.err
    assert shop.card["pairs"] == kept


def test_a_killed_board_takes_its_evaluation_along(shop: Shop, open_shop: Callable[[], Terminal]) -> None:
    shop.configure(PAIRS.replace("PAIRS", "2000"))
    board = open_shop()
    board.press("v")
    board.see("⧗ 1/2000")
    board.__exit__()  # the terminal is closed
    for _ in range(20_000):
        if not shop.leftovers():
            break
    assert shop.leftovers() == []
    assert not Path(shop.ws.score_card_path("KAIZ-001")).exists()

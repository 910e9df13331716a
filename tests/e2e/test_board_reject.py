"""Reject: with a reason, which stands at the shut gate."""

import pytest

from tests.e2e.conftest import Open
from tests.tui.boards import Place

pytestmark = pytest.mark.e2e


def test_reject(place: Place, open_board: Open) -> None:
    place.ticket(1, "planned", title="Pool the sockets", owner="ada")
    board = open_board()
    board.see("KAIZ-001")
    board.press("2", "r")
    board.see("Reject KAIZ-001?", "Reason")
    board.press("Enter")  # not without a reason
    board.see("Reject KAIZ-001?")
    board.type("measure it first")
    board.see("measure it first")
    board.press("Enter")
    board.lose("Reject KAIZ-001?")
    board.press("a")
    board.see("measure it first", "grace rejected the plan")
    assert "measure it first" in (place.root / "tickets/KAIZ-001/Promotion-Log").read_text(encoding="utf-8")

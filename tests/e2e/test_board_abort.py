"""Abort: with a reason, and final."""

import pytest

from tests.e2e.conftest import Open
from tests.tui.boards import Place

pytestmark = pytest.mark.e2e


def test_abort(place: Place, open_board: Open) -> None:
    place.ticket(1, "planned", title="Pool the sockets")
    board = open_board(size=(160, 48))
    board.see("KAIZ-001")
    board.press("2", "x")
    board.see("Why is KAIZ-001 aborted?")
    board.press("Escape")
    board.lose("Why is KAIZ-001 aborted?")
    assert place.status_of("KAIZ-001") == "planned"

    board.press("x")
    board.see("Why is KAIZ-001 aborted?")
    board.type("not worth it")
    board.see("not worth it")
    board.press("Enter")
    board.see("ABORTED 1")
    assert place.status_of("KAIZ-001") == "aborted"
    assert "not worth it" in (place.root / "tickets/KAIZ-001/Promotion-Log").read_text(encoding="utf-8")

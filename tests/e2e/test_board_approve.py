"""Approve: everything on one page, a yes that is meant, ten seconds to take it back, then it stands."""

import pytest

from tests.e2e.conftest import Open
from tests.tui.boards import Place

pytestmark = pytest.mark.e2e


def test_approve(place: Place, open_board: Open) -> None:
    place.ticket(1, "planned", title="Pool the sockets", owner="ada")
    log = place.root / "tickets/KAIZ-001/Promotion-Log"
    board = open_board(actor="grace")
    board.see("KAIZ-001")
    board.press("2", "a")
    board.see("APPROVALS  0 of 1", "you may approve, grace")

    board.press("Enter")
    board.see("once more")
    board.press("Enter")
    board.see("approving in")
    board.press("u")
    board.see("you took it back")
    assert not log.exists()

    board.press("Enter")
    board.see("once more")
    board.press("Enter")
    board.see("approving in")
    board.see("KAIZ-001 is approved")
    assert "grace" in log.read_text(encoding="utf-8")
    assert "approv" in log.read_text(encoding="utf-8")


def test_who_may_not_approve_is_told_why(place: Place, open_board: Open) -> None:
    place.ticket(1, "planned", title="Pool the sockets", owner="ada")
    board = open_board(actor="ada")
    board.see("KAIZ-001")
    board.press("2", "a")
    board.see("APPROVALS  0 of 1", "owner")
    board.press("Enter", "Enter")
    board.see("APPROVALS  0 of 1")
    assert not (place.root / "tickets/KAIZ-001/Promotion-Log").exists()

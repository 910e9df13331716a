"""Undo: the last change is taken back by a further entry; nothing is erased."""

import pytest

from tests.e2e.conftest import Open
from tests.tui.boards import Place

pytestmark = pytest.mark.e2e


def test_undo(place: Place, open_board: Open) -> None:
    place.ticket(1, "draft", title="Pool the sockets")
    board = open_board()
    board.see("KAIZ-001", "DRAFT 1")
    board.press("m")
    board.see("Draft → Planned", "move here")
    board.press("Enter")
    board.see("PLANNED 1", "DRAFT 0")
    log = place.root / "tickets/KAIZ-001/Promotion-Log"
    before = log.read_text(encoding="utf-8")

    board.press("u")
    board.see("DRAFT 1", "PLANNED 0")
    assert place.status_of("KAIZ-001") == "draft"
    after = log.read_text(encoding="utf-8")
    assert after.startswith(before)
    assert after.count("\n") > before.count("\n")

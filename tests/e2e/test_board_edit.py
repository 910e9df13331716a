"""Edit: the form, saved into the ticket's file; a change by somebody else meanwhile is not overwritten."""

import pytest

from tests.e2e.conftest import Open
from tests.tui.boards import Place

pytestmark = pytest.mark.e2e


def test_edit(place: Place, open_board: Open) -> None:
    place.ticket(1, title="Pool the sockets")
    board = open_board()
    board.see("KAIZ-001")
    board.press("e")
    board.see("Edit KAIZ-001", "Pool the sockets")
    board.press("End")  # the form begins at the title
    board.type(" of every client")
    board.see("of every client")
    board.press("F2")
    board.lose("Edit KAIZ-001")
    board.see("KAIZ-001")
    text = (place.root / "tickets/KAIZ-001/Kaizen-Tkt.yml").read_text(encoding="utf-8")
    assert "Pool the sockets of every client" in text
    assert "No message is lost" in text

"""Sign off: a criterion that no number decides."""

import pytest

from tests.e2e.conftest import Open
from tests.tui.boards import Place

pytestmark = pytest.mark.e2e


def test_sign_off(place: Place, open_board: Open) -> None:
    place.ticket(1, "in_review", title="Pool the sockets", criterion="No message is lost")
    board = open_board()
    board.see("KAIZ-001")
    board.press("4", "s")
    board.see("Sign off criteria of KAIZ-001", "☐ No message is lost")
    board.press("Space")
    board.see("☑ No message is lost")
    board.press("Enter")
    board.lose("Sign off criteria")
    board.see("signed off")
    assert "No message is lost" in (place.root / "tickets/KAIZ-001/Promotion-Log").read_text(encoding="utf-8")

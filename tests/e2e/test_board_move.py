"""Move: previewed, refused with every reason where a gate is shut, taken where it is open."""

import pytest

from tests.e2e.conftest import Open
from tests.tui.boards import Place

pytestmark = pytest.mark.e2e


def test_move(place: Place, open_board: Open) -> None:
    place.ticket(1, "draft", title="Pool the sockets")
    board = open_board()
    board.see("KAIZ-001")
    board.press("m")  # aims at the next column
    board.see("Draft → Planned", "move here")
    board.press("Enter")
    board.see("DRAFT 0", "PLANNED 1")
    assert place.status_of("KAIZ-001") == "planned"


def test_move_through_a_shut_gate(place: Place, open_board: Open) -> None:
    place.ticket(1, "in_review", title="Pool the sockets")
    board = open_board()
    board.see("KAIZ-001")
    board.press("4", "m")
    # Every reason, with what would open the gate, before anything is done.
    board.see(
        "the gate is shut", "the change has not been evaluated", "nobody has signed off", "kaizen evaluate KAIZ-001"
    )
    board.press("Enter")  # stays shut
    board.see("the gate is shut")
    board.press("Escape")
    board.see("new", "IN REVIEW 1")
    assert place.status_of("KAIZ-001") == "in_review"

"""Filter: the board narrows as one types, and nothing steals the keys afterwards."""

import pytest

from tests.e2e.conftest import Open
from tests.tui.boards import Place

pytestmark = pytest.mark.e2e


def test_filter(place: Place, open_board: Open) -> None:
    place.ticket(1, title="Pool the sockets")
    place.ticket(2, title="Trim payloads", severity="high")
    place.ticket(3, "canary", title="Trim again")
    board = open_board()
    board.see("3 tickets", "KAIZ-001")

    board.press("/")
    board.type("trim severity>=high")
    board.see("1 of 3 tickets", "KAIZ-002")
    board.press("Enter")
    board.see("open", "move")
    board.lose("KAIZ-001")

    board.press("/")
    board.type(" statsu:canary")
    board.see("did you mean")
    board.press("Escape")  # the filter as it was before
    board.see("1 of 3 tickets", "open")

    board.press("Escape")  # no filter
    board.see("KAIZ-001", "KAIZ-002", "KAIZ-003")

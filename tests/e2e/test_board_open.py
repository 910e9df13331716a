"""Open: the ticket beside the board, and back."""

import pytest

from tests.e2e.conftest import Open
from tests.tui.boards import Place

pytestmark = pytest.mark.e2e


def test_open(place: Place, open_board: Open) -> None:
    place.ticket(1, "planned", title="Pool the sockets", objective="Half the sockets, half the memory")
    board = open_board(size=(160, 48))
    board.see("KAIZ-001")
    board.press("2", "Enter")
    board.see("Half the sockets, half the memory", "No message is lost")
    board.press("Escape")
    board.lose("Half the sockets, half the memory")

"""One sitting at the board in a real terminal: look around, filter, write, move, be told of others' changes, leave."""

from collections.abc import Callable

import pytest

from tests.e2e.terminal import Terminal
from tests.tui.boards import Place

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
def test_a_sitting_at_the_board(place: Place, open_board: Callable[..., Terminal], size: tuple[int, int]) -> None:
    for number in range(1, 6):
        place.ticket(number, title=f"Trim payload {number} [/]")
    place.ticket(6, "in_review", title="Pool the sockets")
    board = open_board(size=size)
    board.see("KAIZ-001", "DRAFT 5", "6 tickets", "q quit")

    board.press("/")
    board.type("sockets")
    board.see("1 of 6 tickets", "KAIZ-006")
    board.press("Escape")
    board.see("6 tickets", "/ filter")

    board.press("n")
    board.see("New ticket")
    board.type("Cap the memory")
    board.press("F2")
    board.see("KAIZ-007", "Cap the memory", "7 tickets")

    board.press("m")
    board.see("KAIZ-007  Draft → Planned", "move here")
    board.press("l", "l", "l")
    board.see("the gate is shut", "canary is entered only from in review")
    board.press("h", "h", "h", "Enter")
    board.see("KAIZ-007 is now in Planned", "PLANNED 1")
    assert place.status_of("KAIZ-007") == "planned"

    board.press("1", "Home")
    place.ticket(2, title="Changed by someone else")
    board.see("Changed by someone")

    board.press("q")
    board.see("ended with 0")

"""Create: a ticket is written from the board, with the keyboard alone."""

import json
import signal

import pytest

from tests.e2e.conftest import Open
from tests.e2e.terminal import Terminal
from tests.tui.boards import Place

pytestmark = pytest.mark.e2e


def test_create(place: Place, open_board: Open) -> None:
    board = open_board()
    board.see("No tickets yet.", "Press n")

    board.press("n")
    board.see("New ticket", "Write the ticket", "pcc-main")
    board.press("Enter")  # takes the component and goes on to the title
    board.type("Pool the sockets")
    board.see("Pool the sockets")
    board.press("F2")

    board.see("KAIZ-001", "DRAFT 1")
    assert place.status_of("KAIZ-001") == "draft"
    text = (place.root / "tickets/KAIZ-001/Kaizen-Tkt.yml").read_text(encoding="utf-8")
    assert 'title: "Pool the sockets"' in text
    assert "owner: backend-team" in text  # the component's


def half_typed(open_board: Open) -> Terminal:
    board = open_board()
    board.press("n")
    board.see("Write the ticket", "pcc-main")
    board.press("Enter")
    board.type("Half a thought")
    board.see("Half a thought")
    return board


def test_an_unfinished_ticket_survives_the_way_back(place: Place, open_board: Open) -> None:
    board = half_typed(open_board)
    board.press("Escape")
    board.see("DRAFT 0")
    assert list((place.root / "tickets").iterdir()) == []

    board.press("n")
    board.see("Half a thought")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_keeps_what_was_typed_and_gives_the_terminal_back(
    place: Place, open_board: Open, number: signal.Signals
) -> None:
    board = half_typed(open_board)

    board.signal(number)

    assert "New ticket" not in board.see(f"ended with {128 + number}")
    (draft,) = (place.root / ".kaizen/drafts").iterdir()
    assert json.loads(draft.read_text(encoding="utf-8"))["values"]["title"] == "Half a thought"

"""The mouse on the board: click, double click, wheel, and a card dragged to a column through the gates."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from kaizen_tui.tui.app import KaizenApp
from tests.tui.boards import Place, calm, press


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "ws")
    made.ticket(1)
    made.ticket(2, "in_review")
    return made


def column_x(app: KaizenApp, column: int) -> int:
    lane = app.main.board.view.lane(column)
    assert lane is not None
    return lane.x + 5


async def drag(pilot: Pilot[int], app: KaizenApp, start: int, *columns: int, drop: bool = True) -> None:
    await pilot.mouse_down("#board", offset=(column_x(app, start), 4))
    await calm(pilot, app)
    for column in columns:
        await pilot.hover("#board", offset=(column_x(app, column), 6))
        held(app, column_x(app, column))
        await calm(pilot, app)
    if drop:
        await pilot.mouse_up("#board", offset=(column_x(app, columns[-1]), 6))
        await calm(pilot, app)


def held(app: KaizenApp, x: int) -> None:
    """The pilot moves the pointer without its button: the move as a terminal reports it while one is held."""
    from textual import events

    board = app.main.board
    board.post_message(events.MouseMove(board, x, 6, 1, 0, 1, False, False, False, x, 7))


async def test_a_card_dragged_to_a_column_moves_there(place: Place) -> None:
    app = place.app()
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)
        await drag(pilot, app, 0, 2, 1, drop=False)
        assert app.main.context == "move"
        assert app.main.board.view.aim == 1
        assert app.main.words is not None
        assert "Draft → Planned" in app.main.words.plain
        await pilot.mouse_up("#board", offset=(column_x(app, 1), 6))
        await calm(pilot, app)
        assert app.main.context == "board"
        assert "is now in Planned" in app.main.words.plain
    assert place.status_of("KAIZ-001") == "planned"


async def test_dropped_on_a_column_where_it_may_not_go_it_stays_and_the_reason_is_said(place: Place) -> None:
    app = place.app()
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)
        await drag(pilot, app, 0, 4)
        assert app.main.context == "board"
        assert app.main.words is not None
        assert app.main.words.display
        assert "canary is entered only from in review" in app.main.words.plain
    assert place.status_of("KAIZ-001") == "draft"


async def test_dragged_back_nothing_happens(place: Place) -> None:
    app = place.app()
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)
        await drag(pilot, app, 0, 1, 0)
        assert app.main.context == "board"
        await drag(pilot, app, 0, 1, drop=False)
        await press(pilot, app, "escape")
        await pilot.mouse_up("#board", offset=(column_x(app, 1), 6))
        await calm(pilot, app)
    assert place.status_of("KAIZ-001") == "draft"


async def test_aborting_by_drag_asks_for_the_reason(place: Place) -> None:
    app = place.app()
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)
        await drag(pilot, app, 0, 6)
        assert app.screen is not app.main
        await press(pilot, app, *"why", "enter")
    assert place.status_of("KAIZ-001") == "aborted"


async def test_dragging_is_refused_on_a_read_only_board(place: Place) -> None:
    app = place.app(read_only=True)
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)
        await drag(pilot, app, 0, 1)
        assert "read-only" in app.main.key_bar.word
    assert place.status_of("KAIZ-001") == "draft"


async def test_click_selects_and_double_click_opens(place: Place) -> None:
    app = place.app()
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)
        await pilot.click("#board", offset=(column_x(app, 3), 4))
        await calm(pilot, app)
        assert app.main.board.selected is not None
        assert app.main.board.selected.id == "KAIZ-002"
        await pilot.click("#board", offset=(column_x(app, 3), 4), times=2)
        await calm(pilot, app)
        assert app.main.detail.shown

"""Keys and mouse on the board, at three sizes: tests on the cursor and on what stands on the screen."""

from pathlib import Path

import pytest
from textual import events

from kaizen_tui.core.states import STATUSES
from kaizen_tui.tui.app import KaizenApp
from tests.tui.boards import SIZES, Place, calm, press, screen_text


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Twelve drafts, and one or two tickets in every other column but Canary."""
    place = Place(tmp_path / "ws")
    for number in range(1, 13):
        place.ticket(number)
    for number, status in enumerate(STATUSES[1:], start=20):
        if status != "canary":
            place.ticket(number, status, severity="critical")
    place.ticket(30, "planned", severity="low")
    return place


def selected(app: KaizenApp) -> str:
    row = app.main.board.selected
    return row.id if row is not None else ""


@pytest.mark.parametrize("size", SIZES)
async def test_moving_the_cursor(place: Place, size: tuple[int, int]) -> None:
    app = place.app()
    async with app.run_test(size=size) as pilot:
        await calm(pilot, app)
        assert selected(app) == "KAIZ-001"
        await press(pilot, app, "j", "down", "k")
        assert selected(app) == "KAIZ-002"
        await press(pilot, app, "end")
        assert selected(app) == "KAIZ-012"
        assert "KAIZ-012" in screen_text(app)
        await press(pilot, app, "j")
        assert selected(app) == "KAIZ-012"
        await press(pilot, app, "home", "up")
        assert selected(app) == "KAIZ-001"
        await press(pilot, app, "G")
        assert selected(app) == "KAIZ-012"
        await press(pilot, app, "g")
        assert selected(app) == "KAIZ-001"
        await press(pilot, app, "pagedown")
        assert selected(app) == f"KAIZ-{1 + app.main.board.view.slots:03d}"
        await press(pilot, app, "pageup", "l")
        assert selected(app) == "KAIZ-020"
        await press(pilot, app, "j", "right", "left")
        assert selected(app) == "KAIZ-030"  # each column remembers its card
        await press(pilot, app, "h", "h")
        assert app.main.board.focused_column == 0


@pytest.mark.parametrize("size", SIZES)
async def test_number_keys_go_to_columns_and_bring_them_into_view(place: Place, size: tuple[int, int]) -> None:
    app = place.app()
    async with app.run_test(size=size) as pilot:
        await calm(pilot, app)
        for nth in (7, 1, 4, 5, 2, 6, 3):
            await press(pilot, app, str(nth))
            board = app.main.board
            assert board.focused_column == nth - 1
            assert board.focused_column in board.view.visible
        await press(pilot, app, "5")
        assert selected(app) == ""
        assert "no tickets" in screen_text(app)
        assert "open" not in app.main.key_bar.render_line(0).text  # no card, nothing to open


async def test_all_columns_are_counted_when_only_some_fit(place: Place) -> None:
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await calm(pilot, app)
        strip = screen_text(app).splitlines()[1]
        for part in ("[1 DRAFT 12]", "2 PLANNED 2", "4 REVIEW 1", "5 CANARY 0", "6 ✔1", "7 ✖1"):
            assert part in strip
        assert "IN REVIEW" not in screen_text(app)
        await press(pilot, app, "7")
        assert "ABORTED 1" in screen_text(app)
        assert "PLANNED 2" in screen_text(app)  # in the strip


@pytest.mark.parametrize("size", SIZES)
async def test_every_line_fills_the_board_exactly(place: Place, size: tuple[int, int]) -> None:
    place.ticket(13, title="日本語の題名" * 9, owner="名前", severity="critical")
    app = place.app()
    async with app.run_test(size=size) as pilot:
        await calm(pilot, app)
        board = app.main.board
        for y in range(board.size.height):
            strip = board.render_line(y)
            assert sum(segment.cell_length for segment in strip) == board.size.width == size[0]
        assert app.main.header.render_line(0).cell_length == size[0]
        assert app.main.key_bar.render_line(0).cell_length == size[0]


async def test_mouse(place: Place) -> None:
    app = place.app()
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)
        board = app.main.board
        lane = board.view.lane(1)
        assert lane is not None
        await pilot.click("#board", offset=(lane.x + 3, board.view.cards_top + board.view.shape.pitch + 1))
        await calm(pilot, app)
        assert selected(app) == "KAIZ-030"
        lane = board.view.lane(0)
        assert lane is not None
        top = board.view.tops[0]
        await pilot._post_mouse_events([events.MouseScrollDown], "#board", offset=(4, 10), button=0)
        await calm(pilot, app)
        assert board.view.tops[0] == top + 1
        assert selected(app) == "KAIZ-030"
        await pilot.click("#board", offset=(lane.x + 3, board.view.cards_top + 1), times=2)
        await calm(pilot, app)
        assert selected(app) == "KAIZ-002"
        assert app.main.context == "detail"


async def test_clicking_a_key_in_the_footer(place: Place) -> None:
    app = place.app()
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)
        x = app.main.key_bar.render_line(0).text.index("filter")
        await pilot.click("#keys", offset=(x, 0))
        await calm(pilot, app)
        assert app.main.context == "filter"


async def test_quit(place: Place) -> None:
    app = place.app()
    async with app.run_test() as pilot:
        await calm(pilot, app)
        await pilot.press("q")
    assert app.return_value == 0


async def test_help_shows_every_key_of_the_registry(place: Place) -> None:
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "question_mark")
        from kaizen_tui.tui.screens.help import help_lines

        said = "\n".join(line.plain for line in help_lines(app.keymap, "board"))
        for action in app.keymap.actions:
            if app.keymap.keys_of(action.id):
                assert action.help in said
        # What the marks mean is not behind the keys of other screens.
        assert said.index("changed since you last looked") < said.index("The component before")
        assert "Keys" in screen_text(app)
        await press(pilot, app, "j", "pagedown", "end", "home")
        await pilot.resize_terminal(80, 24)
        seen = []
        for _ in range(8):
            seen += [line for line in screen_text(app).splitlines() if line.strip() in ("picked", "gates")]
            await press(pilot, app, "pagedown")
        assert seen
        assert all(line.index(line.strip()) == 2 + 2 + 16 for line in seen)  # below the words, not below the key
        await press(pilot, app, "escape")
        assert app.screen is app.main

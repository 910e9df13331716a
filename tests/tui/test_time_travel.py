"""Time travel: columns and panels as they were, a banner that says so, and nothing that can be changed."""

import json
from pathlib import Path

import pytest

from kaizen_tui.core.flow import DAY
from kaizen_tui.core.times import format_epoch
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.desk import PastError
from kaizen_tui.tui.reading import Asked
from kaizen_tui.tui.screens.flow import FlowScreen
from tests.tui.boards import SIZES, Place, calm, press, screen_text
from tests.tui.platform_world import EPOCH, Named, ready, with_source, world

SIZE = (160, 48)


def history(place: Place, ticket: str, *moves: tuple[int, str]) -> None:
    """Writes a log: (days ago, status), the first is the creation."""
    lines, before = [], ""
    for days, status in moves:
        at = format_epoch(EPOCH - days * DAY)
        entry = {"at": at, "actor": "G", "event": "status", "from": before, "to": status} if before else {
            "at": at, "actor": "G", "event": "created"}  # fmt: skip
        lines.append(json.dumps(entry))
        before = status
    (place.root / "tickets" / ticket / "Promotion-Log.md").write_text("\n".join(lines) + "\n")


def past_world(tmp_path: Path) -> tuple[Place, KaizenApp, Named]:
    place = world(tmp_path)
    path = place.workspace.log_path("KAIZ-004")
    assert path.startswith(str(place.root))
    for ticket, moves in {
        "KAIZ-001": ((3, "draft"),),
        "KAIZ-002": ((20, "draft"), (2, "in_progress")),
        "KAIZ-003": ((20, "draft"), (10, "in_progress")),
        "KAIZ-004": ((30, "draft"), (12, "in_progress"), (5, "canary"), (1, "complete")),
    }.items():
        history(place, ticket, *moves)
        made = place.root / "tickets" / ticket / "Promotion-Log.md"
        if str(made) != place.workspace.log_path(ticket):
            made.rename(place.workspace.log_path(ticket))
    source = Named()
    return place, with_source(place.app(), source), source


def shown(app: KaizenApp) -> dict[str, str]:
    return {row.id: row.status for pile in app.main.board.columns.cards for row in pile}


NOW_SHOWN = {"KAIZ-001": "draft", "KAIZ-002": "in_progress", "KAIZ-003": "in_progress", "KAIZ-004": "complete"}


@pytest.mark.parametrize("size", SIZES)
async def test_columns_cards_and_panels_as_they_were(tmp_path: Path, size: tuple[int, int]) -> None:
    _, app, source = past_world(tmp_path)
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        assert shown(app) == NOW_SHOWN
        await press(pilot, app, "t")
        assert "as of 2025-05-31 12:00 UTC · 1 d ago · t back to now" in screen_text(app)
        # What the line has no room for is left out whole.
        ends = {80: "{ } week", 120: "nothing can be changed here", 160: "nothing can be changed here"}
        assert screen_text(app).splitlines()[1].rstrip().endswith(ends[size[0]])
        assert source.asked[-1] == EPOCH - DAY
        assert shown(app)["KAIZ-004"] == "complete"
        await press(pilot, app, "left_square_bracket")
        assert shown(app)["KAIZ-004"] == "canary"
        await press(pilot, app, "left_square_bracket", "left_square_bracket")
        assert shown(app) == {"KAIZ-002": "draft", "KAIZ-003": "in_progress", "KAIZ-004": "canary"}
        assert app.main.board._now == EPOCH - 4 * DAY
        assert source.asked[-1] == EPOCH - 4 * DAY
        await press(pilot, app, "left_curly_bracket")
        assert shown(app) == {"KAIZ-002": "draft", "KAIZ-003": "draft", "KAIZ-004": "in_progress"}
        await press(pilot, app, "right_curly_bracket", "right_square_bracket", "right_square_bracket")
        assert app.main.travel.at == EPOCH - 2 * DAY
        await press(pilot, app, "t")
        assert shown(app) == NOW_SHOWN
        assert "as of" not in screen_text(app)
        assert source.asked[-1] == EPOCH


async def test_it_ends_at_both_ends(tmp_path: Path) -> None:
    _, app, _ = past_world(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "right_square_bracket")
        assert app.main.travel.at is None
        assert app.main.key_bar.word.startswith("the board shows the present already")
        await press(pilot, app, "left_square_bracket")
        assert app.main.travel.at == EPOCH - DAY
        await press(pilot, app, "right_curly_bracket")
        assert app.main.travel.at == EPOCH
        assert shown(app) == NOW_SHOWN
        await press(pilot, app, *["left_curly_bracket"] * 9)
        assert app.main.travel.at == EPOCH - 30 * DAY
        assert shown(app) == {"KAIZ-004": "draft"}
        await press(pilot, app, "escape")
        assert app.main.travel.at is None


async def test_nothing_can_be_changed(tmp_path: Path) -> None:
    place, app, _ = past_world(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "t")
        keys = {
            key for action in app.keymap.actions if action.context == "board" and action.writes for key in action.keys
        }
        assert {"m", "a", "n", "e", "E"} <= keys
        for key in sorted(keys):
            await press(pilot, app, key)
            assert app.screen is app.main, key
            assert app.main.work.moving is None, key
            assert "the past can't be changed; t goes back to now" in app.main.key_bar.word, key
        assert "move" not in app.main.key_bar._strip([]).text
        with pytest.raises(PastError):
            app.desk._writing()
        # The screens above the board write nothing either.
        await press(pilot, app, "c", "n")
        assert "the past can't be changed" in app.screen.key_bar.word  # type: ignore[attr-defined]
        assert "as of 2025-05-31 12:00 UTC" in screen_text(app)
        await press(pilot, app, "escape", "t")
        app.desk._writing()
        assert place.status_of("KAIZ-001") == "draft"


async def test_a_live_reload_does_not_disturb_it(tmp_path: Path) -> None:
    place, app, source = past_world(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "left_square_bracket", "left_square_bracket")
        before, asked = shown(app), len(source.asked)
        place.ticket(7, "canary")
        place.ticket(1, "planned", component="calm")
        app.loader.request(Asked())
        await calm(pilot, app)
        app.main.slo.poll()
        app.main.tick()
        await calm(pilot, app)
        assert shown(app) == before
        assert len(source.asked) == asked
        assert "as of" in screen_text(app)
        await press(pilot, app, "t")
        assert shown(app)["KAIZ-007"] == "canary"


async def test_an_answer_that_comes_after_the_way_back_is_dropped(tmp_path: Path) -> None:
    _, app, _ = past_world(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("left_curly_bracket", "t")
        await calm(pilot, app)
        await calm(pilot, app)
        assert shown(app) == NOW_SHOWN
        assert app.main.slo.platform is not None
        assert app.main.slo.platform.as_of is None


async def test_filter_and_flow_in_the_past(tmp_path: Path) -> None:
    _, app, _ = past_world(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "left_curly_bracket")
        app.main.filter.apply("status:canary")
        await calm(pilot, app)
        assert shown(app) == {}
        app.main.filter.apply("status:in_progress")
        assert set(shown(app)) == {"KAIZ-003", "KAIZ-004"}
        await press(pilot, app, "f")
        screen = app.screen
        assert isinstance(screen, FlowScreen)
        assert screen.flow is not None
        assert screen.flow.lead.n == 0
        assert dict(screen.flow.wip)["in_progress"] == 2
        assert "as of" in screen_text(app)


async def test_before_the_first_ticket(tmp_path: Path) -> None:
    place = world(tmp_path)
    app = place.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        app.main.travel._earliest = 0
        await press(pilot, app, *["left_curly_bracket"] * 3)
        assert "tickets" in screen_text(app)

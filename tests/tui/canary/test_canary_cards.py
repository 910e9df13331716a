"""Canaries on their cards: what is shown of each state, how it follows the files, and what is drawn again for it."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.slo import Target
from kaizen_tui.core.states import STATUSES
from kaizen_tui.store.ticket_lock import TicketLock
from kaizen_tui.tui import words
from kaizen_tui.tui.canary.drawing import both_versions, filled, gauge, interval_course
from kaizen_tui.tui.canary.mini import mini_of
from kaizen_tui.tui.canary.page import summary
from kaizen_tui.tui.messages import FilesChanged
from tests.tui.boards import SIZES, Place, calm, press, screen_text, until
from tests.tui.canary.canary_boards import Canary

VALUES = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "ws")


@pytest.fixture
def canary(place: Place) -> Canary:
    """Good, at its second step, 10 looks ago the first."""
    canary = Canary(place, begin=15 * 26)
    canary.give(0.01)
    canary.looks(20)
    canary.give(0.05, "each SLI has the evidence for the next step")
    canary.looks(6)
    return canary


@pytest.mark.parametrize("size", SIZES)
async def test_share_step_and_gauges_stand_on_the_card(place: Place, canary: Canary, size: tuple[int, int]) -> None:
    app = place.app()
    with TicketLock(place.workspace, canary.id, "drive").wait():
        async with app.run_test(size=size) as pilot:
            await calm(pilot, app)
            await press(pilot, app, "5")
            shown = screen_text(app)
            assert "5 % 2/3" in shown
            assert "✖" in shown
            assert "✔█" in shown
            assert f"✔ {mini_of(canary.standing()).word.split(' ', 1)[1]}" in shown
            assert "web" in shown


async def test_what_is_read_beside_the_board_stays_where_it_is_when_the_canary_has_more_to_say(
    place: Place, canary: Canary
) -> None:
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "5", "enter", "pagedown")
        pane = app.main.detail.pane
        assert pane is not None

        def read() -> list[str]:
            return [line[73:117] for line in screen_text(app).splitlines()[2 : pane.size.height]]

        before, above = read(), pane._evaluated.words
        assert pane.scroll_offset.y
        for more in (3, 0, 7):
            pane.tell(words.lines([above, *[words.text("more")] * more]))
            await calm(pilot, app)
            assert read() == before


async def test_that_nobody_drives_it_is_said_and_ends_with_the_lease(place: Place, canary: Canary) -> None:
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "5")
        assert "no driver" in screen_text(app)
        with TicketLock(place.workspace, canary.id, "drive").wait():
            app.main.canaries.want()
            await calm(pilot, app)
            assert "no driver" not in screen_text(app)


async def test_a_further_look_shows_by_itself_and_reads_no_ticket(place: Place, canary: Canary) -> None:
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        before, readings = app.main.canaries.standings[canary.id], app.loader._generation
        canary.looks(1)
        app.post_message(FilesChanged(frozenset({place.workspace.observations_path(canary.id)})))
        await until(pilot, lambda: app.main.canaries.standings[canary.id].looks > before.looks)
        assert app.loader._generation == readings


async def test_nothing_is_drawn_again_while_nothing_looks_different(place: Place, canary: Canary) -> None:
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "5")
        drawn = dict(app.main.board._drawn)
        app.main.canaries.want()
        await calm(pilot, app)
        assert app.main.board._drawn == drawn
        canary.log("rollout", action="pause", to=0, cause="asked", reason="lunch", verified=True)
        app.main.canaries.want()
        await calm(pilot, app)
        await pilot.pause()
        shown = screen_text(app)
        assert "paused" in shown
        assert "0 % 2/3" in shown


async def test_without_a_canary_nothing_is_followed(place: Place) -> None:
    place.ticket(1)
    place.ticket(2, "canary")
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        assert app.main.canaries.standings == {}
        assert app.main.board._canaries == {}


async def test_the_past_has_no_live_canary(place: Place, canary: Canary) -> None:
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "t")
        app.main.canaries.want()
        await calm(pilot, app)
        assert app.main.board._canaries == {}
        await press(pilot, app, "t")
        assert canary.id in app.main.board._canaries


def test_what_matters_most_is_the_word(canary: Canary) -> None:
    one = canary.standing()
    driven = one._replace(driven_by="process 1")
    state = one.state
    words = {
        "no driver": one,
        "paused": one._replace(state=state._replace(pause=_pause("asked"))),
        "no data": one._replace(state=state._replace(pause=_pause("blind"))),
        "splitter!": one._replace(state=state._replace(lost="refused")),
        "unreadable": driven._replace(trouble="line 3"),
        "old 3 min": driven._replace(data_at=one.at - 190),
        "✔ promote": driven._replace(
            state=state._replace(verdict="promote"), judged=one.judged._replace(answer="promote")
        ),
        "in doubt": driven._replace(state=state._replace(verdict="promote")),
        "hold": driven._replace(judged=one.judged._replace(answer="hold")),
        "✖ go back": driven._replace(judged=one.judged._replace(answer="rollback")),
        "released": driven._replace(state=state._replace(share=1.0)),
        "not begun": driven._replace(state=state._replace(share=0.0)),
        "waits": driven._replace(estimate=None),
    }
    assert {word: mini_of(standing).word for word, standing in words.items()} == {word: word for word in words}
    doubtful = words["in doubt"]
    assert doubtful.in_doubt
    assert any("don't suffice for it" in line.plain for line in summary(doubtful, 100))
    assert any("waits for the approvals" in line.plain for line in summary(words["✔ promote"], 100))
    # A hold is over when the looks say so, whatever the last entry in the log is.
    over = driven._replace(state=state._replace(verdict="hold"), estimate=None)
    assert mini_of(over).word == "waits"
    assert mini_of(over._replace(slis=())).word == "hold"
    assert all(len(mini_of(standing).word) <= 10 for standing in words.values())
    assert STATUSES[4] == "canary"


def _pause(cause: str):  # type: ignore[no-untyped-def]
    from kaizen_tui.core.canary_state import Pause

    return Pause(cause, "why")


@given(st.floats(0, 1e9), st.floats(1.01, 1e6), st.integers(1, 12))
def test_a_gauge_fills_from_nothing_to_the_evidence_that_decides(value: float, needed: float, cells: int) -> None:
    eighths = filled(value, needed, cells)
    assert 0 <= eighths <= 8 * cells
    assert (eighths == 8 * cells) == (value >= needed)
    assert eighths <= filled(value * 1.1, needed, cells)
    full, empty = gauge(eighths, cells)
    assert len(full + empty) == cells
    assert set(empty) <= {"░"}


@given(st.lists(VALUES, max_size=80), st.lists(VALUES, max_size=80), st.integers(1, 60), st.integers(3, 9))
def test_charts_have_their_size_whatever_comes(
    first: list[float | None], second: list[float | None], width: int, height: int
) -> None:
    for target in (Target(2.0, 5.0, False), Target(99.0, 95.0, True)):
        rows = both_versions(first, second, target, width, height)
        assert [sum(len(text) for text, _ in row.runs) for row in rows] == [width] * height
        assert target.threshold in [row.label for row in rows]
    ends = [abs(one) if one is not None and math.isfinite(one) else None for one in first]
    rows = interval_course(ends, [None if one is None else one * 2 for one in ends], 1.5, width, height)
    assert [sum(len(text) for text, _ in row.runs) for row in rows] == [width] * height


def test_where_both_versions_are_the_same_both_are_seen() -> None:
    rows = both_versions([1.0] * 10, [1.0] * 10, Target(2.0, 5.0, False), 10, 6)
    kinds = [kind for row in rows for text, kind in row.runs for _ in text]
    assert kinds.count("baseline") == kinds.count("canary") == 5


def test_both_versions_and_the_target_share_an_axis() -> None:
    rows = both_versions([0.5] * 10, [4.0] * 10, Target(2.0, 5.0, False), 10, 6)
    kinds = [kind for row in rows for _, kind in row.runs]
    assert kinds.count("missed") == kinds.count("baseline") == kinds.count("line") == 1
    assert kinds.index("missed") < kinds.index("line") < kinds.index("baseline")

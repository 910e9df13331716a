"""Automatic criteria show what they measure now: beside the board, on the ticket's page, on the approval page, when
signing off, in the form. A server that takes its time holds nothing up."""

import threading
from pathlib import Path

from textual.content import Content

from kaizen_tui.metrics.source import Instant, Version
from kaizen_tui.tui.messages import DetailReady
from kaizen_tui.tui.screens.approval import ApprovalScreen
from kaizen_tui.tui.screens.form import FormScreen
from kaizen_tui.tui.screens.sign_off import SignOffScreen
from kaizen_tui.tui.screens.ticket import TicketScreen
from tests.tui.boards import calm, press, screen_text, until
from tests.tui.platform_world import UNREACHABLE, Named, ready, with_source, world

SIZE = (160, 48)
MET = "p95_latency_ms < 10   now 5 ms ✔"
ABORT = "p95_latency_ms > 15   now 5 ms ✔"


async def test_beside_the_board_and_on_the_page(tmp_path: Path) -> None:
    source = Named()
    app = with_source(world(tmp_path).app(), source)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "3", "enter")
        pane = app.main.detail.pane
        assert pane is not None
        assert MET in pane.plain
        assert ABORT in pane.plain
        assert "GATES" in pane.plain
        assert "asking …" not in pane.plain
        await press(pilot, app, "enter")
        page = app.screen
        assert isinstance(page, TicketScreen)
        assert MET in page.plain
        source.refused = "bad [/] query"
        page.read()
        await calm(pilot, app)
        assert "p95_latency_ms < 10   no data: bad [/] query ○" in page.plain


async def test_on_the_approval_page_and_when_signing_off(tmp_path: Path) -> None:
    place = world(tmp_path)
    place.ticket(5, "planned")
    app = with_source(place.app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "2", "a")
        page = app.screen
        assert isinstance(page, ApprovalScreen)
        assert "p95_latency_ms < 10  (not measured)   now 5 ms ✔" in page.plain
        await press(pilot, app, "s")
        assert isinstance(app.screen, SignOffScreen)
        assert "Measured, not signed" in app.screen.plain
        assert "now 5 ms ✔" in app.screen.plain
        assert "☐ No message is lost" in app.screen.plain


async def test_in_the_form(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "3", "e")
        form = app.screen
        assert isinstance(form, FormScreen)
        assert "automatic: p95_latency_ms below 10 ms · now 5 ms ✔" in screen_text(app)
        assert form.body is not None
        # Another component has no such metric: its numbers are not shown for it.
        form.body.fields["component"].text = "calm"
        form.body.take("component")
        await calm(pilot, app)
        assert "now 5 ms" not in screen_text(app)


async def test_what_is_on_disk_is_shown_while_the_server_takes_its_time(tmp_path: Path) -> None:
    gate = threading.Event()

    class Slow(Named):
        slow = False

        def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
            if self.slow:
                gate.wait(30)
            return super().instant(component, metric, at, version)

    source = Slow()
    app = with_source(world(tmp_path).app(), source)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        source.slow = True
        await pilot.press("3", "enter")
        await until(pilot, lambda: app.main.detail.pane is not None and "KAIZ-00" in app.main.detail.pane.plain)
        pane = app.main.detail.pane
        assert pane is not None
        assert "p95_latency_ms < 10" in pane.plain
        assert "now 5 ms" not in pane.plain
        assert "asking …" in pane.plain
        gate.set()
        await calm(pilot, app)
        assert MET in pane.plain


class Gated(Named):
    """While it is shut, whoever asks for a value waits for the gate. waits: how many have come to it."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.waits = 0

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
        if not self.gate.is_set() and threading.current_thread() is not threading.main_thread():
            self.waits += 1
            self.gate.wait(30)
        return super().instant(component, metric, at, version)


async def test_new_numbers_take_the_place_of_the_old_ones_without_a_gap(tmp_path: Path) -> None:
    source = Gated()
    app = with_source(world(tmp_path).app(), source)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "3", "enter")
        detail = app.main.detail
        pane = detail.pane
        assert pane is not None
        assert MET in pane.plain
        source.gate.clear()
        seen: set[bool] = set()
        detail.want(again=True)
        for _ in range(3):
            await until(pilot, lambda: source.waits > 0)
            detail.want(again=True)  # as each refresh does: one that is under way is enough
            seen.add(MET in pane.plain and "asking …" not in pane.plain)
        assert seen == {True}
        assert detail._reads == detail._done + 1
        source.refused = "gone"
        source.gate.set()
        await calm(pilot, app)
        assert "p95_latency_ms < 10   no data: gone ○" in pane.plain
        assert detail._reads == detail._done


async def test_an_answer_that_comes_late_hides_no_newer_one(tmp_path: Path) -> None:
    source = Gated()
    app = with_source(world(tmp_path).app(), source)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "3", "enter")
        detail = app.main.detail
        pane = detail.pane
        assert pane is not None
        number = detail._done
        detail.ready(DetailReady(number - 1, app.main.board.selected.id, Content("late")), app.main.board.selected)
        assert MET in pane.plain
        detail.ready(DetailReady(number + 1, app.main.board.selected.id, Content("newer")), app.main.board.selected)
        assert pane.plain == "newer"
        old, new = (DetailReady(nth, "KAIZ-001", Content("")) for nth in (1, 2))
        assert old.can_replace(new)
        assert not new.can_replace(old)


async def test_a_server_that_is_away_and_none_at_all(tmp_path: Path) -> None:
    source = Named()
    source.down = UNREACHABLE
    app = with_source(world(tmp_path).app(), source)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        asked = len(source.asked)
        await press(pilot, app, "3", "enter")
        pane = app.main.detail.pane
        assert pane is not None
        assert "no data: connection refused" in pane.plain
        assert len(source.asked) == asked
    app = world(tmp_path / "b", config="governance: {enforce_from: canary}\n").app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "3", "enter")
        pane = app.main.detail.pane
        assert pane is not None
        assert "p95_latency_ms < 10" in pane.plain
        assert "no data" not in pane.plain

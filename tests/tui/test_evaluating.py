"""Evaluations started from the board: what is shown while one runs, how it ends, and who asks before it is interrupted.

The process is a double that tells what the test says; a real one is driven in tests/e2e/test_board_evaluate.py.
"""

from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from textual.pilot import Pilot

from kaizen_tui.core.errors import StoreError
from kaizen_tui.loop.evaluation.apart import Finished, Printed, Told, Unfinished
from kaizen_tui.loop.evaluation.progress import Step
from kaizen_tui.tui import evaluating
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.screens.board import BoardScreen
from kaizen_tui.tui.screens.confirm import ConfirmScreen
from kaizen_tui.tui.screens.ticket import TicketScreen
from tests.tui.boards import GRACE, SIZES, Place, press, screen_text, until
from tests.tui.ticket.ticket_world import approval, page, write_card

HALF = Step("`python bench.py`", 12, 40, 130.0, False)


class Double:
    """In the place of Apart."""

    made: list["Double"]

    def __init__(self, root: str, ticket_id: str, actor: str) -> None:
        self.asked = (root, ticket_id, actor)
        self.queue: SimpleQueue[Told] = SimpleQueue()
        self.interrupted = False
        Double.made.append(self)

    def told(self) -> Iterator[Told]:
        while True:
            told = self.queue.get()
            yield told
            if isinstance(told, Finished | Unfinished):
                return

    def interrupt(self) -> None:
        if not self.interrupted:
            self.interrupted = True
            self.queue.put(Unfinished("interrupted"))


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Double]]:
    """The evaluations that were started."""
    Double.made = []
    monkeypatch.setattr(evaluating, "Apart", Double)
    yield Double.made
    for double in Double.made:
        double.interrupt()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "ws")
    place.ticket(1, "in_progress")
    place.ticket(2, "in_progress")
    return place


async def shown(pilot: Pilot[int], app: KaizenApp, *texts: str) -> None:
    await until(pilot, lambda: all(text in screen_text(app) for text in texts))


async def quiet(pilot: Pilot[int]) -> None:
    """Lets everything happen that doesn't wait for the evaluation."""
    for _ in range(20):
        await pilot.pause(0.005)


async def began(pilot: Pilot[int], app: KaizenApp, made: list[Double], *keys: str) -> Double:
    """Tickets are there, the third column has the cursor, and these keys have started an evaluation."""
    await shown(pilot, app, "2 tickets")
    await pilot.press("3", *keys, "v")
    await until(pilot, lambda: bool(made) and app.evaluating == "KAIZ-001")
    return made[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_card_and_first_line_say_how_far_it_is(place: Place, made: list[Double], size: tuple[int, int]) -> None:
    app = place.app()
    async with app.run_test(size=size) as pilot:
        double = await began(pilot, app, made)
        assert double.asked == (str(place.root), "KAIZ-001", GRACE)
        await shown(pilot, app, "⧗ …", "⧗ KAIZ-001 …")
        double.queue.put(HALF)
        await shown(pilot, app, "⧗ 12/40", "⧗ KAIZ-001 12/40")
        assert screen_text(app).count("⧗") == 2
        await pilot.press("j", "k")  # keys work meanwhile
        assert app.main.board.selected is not None
        double.queue.put(Finished("pass", 40, ("improved: p95_latency_ms",)))
        await shown(pilot, app, "KAIZ-001 is evaluated: ✔ pass · 40 pairs", "· improved: p95_latency_ms")
        assert "⧗" not in screen_text(app)
        assert app.evaluating == ""


async def test_the_detail_pane_and_the_page_follow(place: Place, made: list[Double]) -> None:
    app = place.app()
    async with app.run_test(size=(160, 48)) as pilot:
        double = await began(pilot, app, made, "enter")
        double.queue.put(HALF)
        await shown(pilot, app, "⧗ evaluating: `python bench.py`", "━━━━━━━╌", "12 of 40 pairs, about 2 min left",
                    "v interrupts it")  # fmt: skip
        await pilot.press("enter", "3")
        await until(pilot, lambda: isinstance(app.screen, TicketScreen))
        await shown(pilot, app, "12 of 40 pairs, about 2 min left", "Not evaluated yet.")
        double.queue.put(HALF._replace(done=39, left=3.0, more=True))
        await shown(pilot, app, "39 of 40 pairs, at least 3 s left")
        write_card(place.root, "KAIZ-001")
        double.queue.put(Finished("pass", 40, ()))
        await until(pilot, lambda: "✔ pass · 24 pairs" in page(app).plain)
        assert "evaluating" not in page(app).plain


async def test_from_the_page_with_the_cursor_elsewhere(place: Place, made: list[Double]) -> None:
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        double = await began(pilot, app, made, "enter", "1")
        double.queue.put(Step("tests of the candidate"))
        await pilot.press("3")
        await shown(pilot, app, "⧗ evaluating: tests of the candidate")
        await pilot.press("4")
        double.queue.put(Finished("inconclusive", 20, ()))
        await shown(pilot, app, "KAIZ-001 is evaluated: ◌ inconclusive")


async def test_what_failed_is_said_with_what_it_printed(place: Place, made: list[Double]) -> None:
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        double = await began(pilot, app, made)
        lines = "\n".join(f"line {nth} [/] \x1b[2J" for nth in range(30))
        double.queue.put(Printed("`python bench.py` of the baseline ended with exit code 3", lines))
        double.queue.put(Unfinished("`python bench.py` of the baseline ended with exit code 3; [/]"))
        await shown(pilot, app, "✖ KAIZ-001 is not evaluated: `python bench.py`", "│ line 29 [/] \\x1b[2J")
        await pilot.press("enter", "3")
        await until(pilot, lambda: isinstance(app.screen, TicketScreen))
        await until(pilot, lambda: "│ line 0 [/]" in page(app).plain and "│ line 29 [/]" in page(app).plain)
        await pilot.press("v")  # the next one: the old words go
        await until(pilot, lambda: len(made) == 2 and "line 0" not in page(app).plain)


@pytest.mark.parametrize(("key", "gone"), [("y", True), ("enter", True), ("escape", False), ("n", False)])
async def test_the_same_key_interrupts_after_a_question(place: Place, made: list[Double], key: str, gone: bool) -> None:
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        double = await began(pilot, app, made)
        double.queue.put(HALF)
        await shown(pilot, app, "⧗ 12/40")
        await pilot.press("v")
        await shown(pilot, app, "KAIZ-001 is being evaluated: 12 of 40 pairs, about 2 min left. Interrupt it?")
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, BoardScreen))
        assert double.interrupted == gone
        if gone:
            await shown(pilot, app, "KAIZ-001: the evaluation was interrupted; 12 finished pairs kept")
            assert "⧗" not in screen_text(app)
        else:
            assert "⧗ 12/40" in screen_text(app)
    assert len(made) == 1


async def test_one_runs_at_a_time(place: Place, made: list[Double]) -> None:
    app = place.app(keys=(("ticket.evaluate", "X"),))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "2 tickets")
        await pilot.press("3", "X")
        await until(pilot, lambda: app.evaluating == "KAIZ-001")
        await pilot.press("j", "X")
        await shown(pilot, app, "KAIZ-001 is being evaluated: starts. One runs at a time; X on it interrupts it.")
        assert len(made) == 1


@pytest.mark.parametrize(("key", "started"), [("y", 1), ("escape", 0)])
async def test_a_score_card_is_replaced_after_a_question(
    place: Place, made: list[Double], key: str, started: int
) -> None:
    write_card(place.root, "KAIZ-001")
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "2 tickets")
        await pilot.press("3", "v")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Evaluate KAIZ-001 anew?" in screen_text(app)
        await pilot.press(key)
        await quiet(pilot)
        assert len(made) == started


@pytest.mark.parametrize("keys", [("q",), ("ctrl+c",), ("enter", "ctrl+c")])
async def test_leaving_asks_first_and_interrupts(place: Place, made: list[Double], keys: tuple[str, ...]) -> None:
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        double = await began(pilot, app, made)
        await pilot.press(*keys)
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Leave, and" in screen_text(app)
        await pilot.press("escape")
        await quiet(pilot)
        assert app.is_running
        assert not double.interrupted
        await pilot.press(keys[-1], "y")
        await until(pilot, lambda: not app.is_running)
    assert double.interrupted
    assert app.return_code == 0


async def test_a_board_that_ends_otherwise_takes_it_along(place: Place, made: list[Double]) -> None:
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        double = await began(pilot, app, made)
        app.exit(0)
        await until(pilot, lambda: not app.is_running)
    assert double.interrupted


async def test_read_only_boards_and_the_past_refuse_in_words(place: Place, made: list[Double]) -> None:
    for app, keys, said in (
        (place.app(read_only=True), ("3", "v"), "this board is read-only"),
        (place.app(read_only=True), ("3", "enter", "3", "v"), "this board is read-only"),
        (place.app(), ("3", "t", "v"), "the past can't be changed"),
    ):
        async with app.run_test(size=(80, 24)) as pilot:
            await shown(pilot, app, "2 tickets")
            await press(pilot, app, *keys)
            await shown(pilot, app, said)
    assert made == []


async def test_no_process_can_be_started(place: Place, made: list[Double], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: str) -> None:
        raise StoreError("the evaluation can't be started: no memory")

    monkeypatch.setattr(evaluating, "Apart", fail)
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "2 tickets")
        await pilot.press("3", "v")
        await shown(pilot, app, "KAIZ-001 is not evaluated: the evaluation can't be started: no memory")
        assert app.evaluating == ""


async def test_the_end_does_not_disturb_a_move(place: Place, made: list[Double]) -> None:
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        double = await began(pilot, app, made)
        await pilot.press("m")
        await shown(pilot, app, "leave it")
        double.queue.put(Finished("fail", 5, ()))
        await shown(pilot, app, "KAIZ-001 is evaluated: ✖ fail · 5 pairs")
        assert app.main.context == "move"
        assert app.main.words is not None
        assert "In progress" in app.main.words.plain


@pytest.mark.parametrize("key", ["c", "3"])
async def test_the_approval_opens_the_score_card_and_is_there_again(place: Place, key: str) -> None:
    place.ticket(3, "in_review", owner="ada")
    write_card(place.root, "KAIZ-003")
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "3 tickets")
        await press(pilot, app, "4", "a", key)
        await until(pilot, lambda: "✔ pass · 24 pairs" in page(app).plain)
        await press(pilot, app, "escape")
        assert approval(app).ticket_id == "KAIZ-003"
        await press(pilot, app, key, "m")
        await until(pilot, lambda: app.main.context == "move")
        assert app.screen is app.main


async def test_page_and_approval_lead_to_each_other_without_end(place: Place) -> None:
    place.ticket(3, "in_review", owner="ada")
    write_card(place.root, "KAIZ-003")
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "3 tickets")
        await press(pilot, app, "4", "enter", "a")  # the page, over it the approval
        assert approval(app).ticket_id == "KAIZ-003"
        await press(pilot, app, "c")
        await until(pilot, lambda: "✔ pass · 24 pairs" in page(app).plain)
        assert len(app.screen_stack) == 2
        await press(pilot, app, "a", "escape", "escape")
        assert app.screen is app.main
        await press(pilot, app, "a", "c")  # the approval, over it the page
        await until(pilot, lambda: "✔ pass · 24 pairs" in page(app).plain)
        await press(pilot, app, "a")
        assert approval(app).ticket_id == "KAIZ-003"
        assert len(app.screen_stack) == 2
        await press(pilot, app, "c", "escape", "escape")
        assert app.screen is app.main

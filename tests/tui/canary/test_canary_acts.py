"""What is done to a canary from the board: asked about as much as there is at stake, done, read back, logged, told."""

from pathlib import Path
from typing import Any

import pytest

from kaizen_tui.core.canary_state import Pause
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.canary.acts import Question, question
from kaizen_tui.tui.screens.canary_act import CanaryActScreen
from tests.loop.canary_world import FakeSplitter
from tests.tui.boards import Place, calm, press, screen_text, until, write
from tests.tui.canary.canary_boards import Canary
from tests.tui.ticket.ticket_world import log_of


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "ws")


@pytest.fixture
def splitter(monkeypatch: pytest.MonkeyPatch) -> FakeSplitter:
    splitter = FakeSplitter()
    splitter.given = 0.01
    for name in ("learn", "deploy"):
        monkeypatch.setattr(f"kaizen_tui.loop.{name}.splitter_of", lambda *_: splitter)
    return splitter


def running(place: Place, tier: int) -> Canary:
    canary = Canary(place, begin=15 * 8, tier=tier)
    canary.give(0.01)
    canary.looks(8)
    return canary


async def opened(app: KaizenApp, pilot: Any, *keys: str) -> None:
    await calm(pilot, app)
    await press(pilot, app, "5", *keys)


def rollouts(place: Place, canary: Canary) -> list[dict[str, Any]]:
    return [entry for entry in log_of(place.workspace, canary.id) if entry["event"] == "rollout"]


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
@pytest.mark.parametrize(("tier", "confirming"), [(3, ["enter"]), (2, ["enter", "enter"]), (1, ["enter", "enter"])])
async def test_back_at_once_wants_a_reason_and_then_confirms_by_tier(
    place: Place, splitter: FakeSplitter, tier: int, confirming: list[str], size: tuple[int, int]
) -> None:
    canary = running(place, tier)
    app = place.app()
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot, "B", "enter")
        assert "A reason is needed" in screen_text(app)
        assert splitter.given == 0.01
        await write(pilot, "users complain")
        for key in confirming:
            assert isinstance(app.screen, CanaryActScreen)
            await pilot.press(key)
        await until(pilot, lambda: "nobody gets the canary any more" in screen_text(app))
        await calm(pilot, app)
    assert splitter.given == 0.0
    assert place.status_of(canary.id) == "aborted"
    last = rollouts(place, canary)[-1]
    assert (last["action"], last["verified"], last["reason"]) == ("rollback", True, "users complain")


async def test_tier_0_is_rolled_back_only_with_its_id_typed(place: Place, splitter: FakeSplitter) -> None:
    canary = running(place, 0)
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot, "B")
        await write(pilot, "burning")
        await press(pilot, app, "enter")
        await write(pilot, "KAIZ-041")
        await press(pilot, app, "enter")
        assert "that is not KAIZ-014" in screen_text(app)
        assert splitter.given == 0.01
        await press(pilot, app, *["backspace"] * 8)
        await write(pilot, canary.id)
        await press(pilot, app, "enter")
        await until(pilot, lambda: splitter.given == 0.0)
        await calm(pilot, app)
    assert place.status_of(canary.id) == "aborted"


async def test_another_letter_takes_the_first_enter_back(place: Place, splitter: FakeSplitter) -> None:
    running(place, 2)
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot, "B")
        await write(pilot, "bad")
        await press(pilot, app, "enter", "x", "enter")
        assert isinstance(app.screen, CanaryActScreen)
        assert splitter.given == 0.01
        await press(pilot, app, "escape")
        assert app.screen is app.main
        assert splitter.given == 0.01


async def test_one_key_pauses_and_lets_go_on(place: Place, splitter: FakeSplitter) -> None:
    canary = running(place, 3)
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot, "p")
        await write(pilot, "lunch")
        await press(pilot, app, "enter")
        await until(pilot, lambda: splitter.given == 0.0)
        await calm(pilot, app)
        assert "paused" in screen_text(app)
        await until(pilot, lambda: app.main.canaries.standings[canary.id].state.pause is not None)
        await press(pilot, app, "p")
        assert "Paused: lunch" in screen_text(app)
        await press(pilot, app, "enter")
        await until(pilot, lambda: splitter.given == 0.01)
        await calm(pilot, app)
        assert len(app.desk.undo_stack) == 0
    assert [entry["action"] for entry in rollouts(place, canary)[-2:]] == ["resume", "resume"]


async def test_the_next_step_by_hand_says_what_the_evidence_is(place: Place, splitter: FakeSplitter) -> None:
    canary = running(place, 3)
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot, "greater_than_sign")
        said = screen_text(app)
        assert "1 % of the users get it now; 5 % will." in said
        assert "evidence" in said
        await press(pilot, app, "enter")
        await until(pilot, lambda: splitter.given == 0.05)
        await calm(pilot, app)
    assert rollouts(place, canary)[-1]["to"] == 0.05


async def test_what_the_splitter_refuses_is_said_and_not_claimed(place: Place, splitter: FakeSplitter) -> None:
    canary = running(place, 3)
    splitter.away = True
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot, "B")
        await write(pilot, "bad")
        await press(pilot, app, "enter")
        await until(pilot, lambda: "the roll-back isn't confirmed" in screen_text(app))
        await calm(pilot, app)
    assert place.status_of(canary.id) == "canary"
    assert rollouts(place, canary)[-1]["verified"] is False


async def test_aborting_a_running_canary_rolls_it_back_first(place: Place, splitter: FakeSplitter) -> None:
    canary = running(place, 3)
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot, "enter", "enter", "x")
        assert "Roll KAIZ-014 back now?" in screen_text(app)
        await write(pilot, "enough")
        await press(pilot, app, "enter")
        await until(pilot, lambda: splitter.given == 0.0)
        await calm(pilot, app)
    assert place.status_of(canary.id) == "aborted"


async def test_without_a_canary_and_read_only_nothing_happens(place: Place, splitter: FakeSplitter) -> None:
    place.ticket(1)
    running(place, 3)
    for read_only, column, words in ((False, "1", "no running canary"), (True, "5", "read-only")):
        app = place.app(read_only=read_only)
        async with app.run_test(size=(120, 36)) as pilot:
            await calm(pilot, app)
            for key in ("p", "greater_than_sign", "B"):
                await press(pilot, app, column, key)
                assert app.screen is app.main
                assert words in screen_text(app)
    assert splitter.given == 0.01


def test_what_can_be_asked_follows_from_how_it_stands(place: Place) -> None:
    one = running(place, 0).standing()
    state = one.state
    paused = one._replace(state=state._replace(pause=Pause("asked", "")))
    last = one._replace(state=state._replace(share=0.25))
    assert "let it go on first" in str(question("step", paused))
    assert "last step" in str(question("step", last))
    assert "no running canary" in str(question("pause", one._replace(status="complete")))
    ways = {deed: question(deed, paused) for deed in ("pause", "resume", "roll_back")}  # type: ignore[arg-type]
    assert {deed: one.way for deed, one in ways.items() if isinstance(one, Question)} == {
        "pause": "key", "resume": "typed", "roll_back": "typed",
    }  # fmt: skip


async def test_who_watches_it_is_rung_at_its_verdict_whatever_screen_is_open(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the name of the same person, as a controller of their own writes it."""
    first, second = running(place, 3), Canary(place, 15, title="Another", begin=15 * 8)
    app = place.app()
    rung: list[str] = []
    monkeypatch.setattr(app, "bell", lambda: None)
    monkeypatch.setattr(app, "notify_desktop", rung.append)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot, "w", "j", "w", "enter", "enter", "c")
        for canary in (first, second):
            canary.log("verdict", actor=app.desk.session.actor, verdict="promote")
            canary.log("rollout", action="set_share", to=0.5, verified=True)
        second.log("rollout", actor=app.desk.session.actor, action="rollback", to=0, verified=True, reason="worse")
        app.main.follow(first.id)
        await calm(pilot, app)
        assert app.screen is not app.main
        who = "Grace Hopper"
        assert sorted(rung) == [
            f"KAIZ-014: {who} gave the canary's verdict: promote",
            f"KAIZ-015: {who} gave the canary's verdict: promote",
            f"KAIZ-015: {who} rolled the canary back, read back: worse",
        ]
        assert "KAIZ-01" in screen_text(app).splitlines()[-1]


async def test_what_was_done_here_does_not_ring(
    place: Place, splitter: FakeSplitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(place, 3)
    app = place.app()
    rung: list[str] = []
    monkeypatch.setattr(app, "notify_desktop", rung.append)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot, "w", "B")
        await write(pilot, "bad")
        await press(pilot, app, "enter")
        await until(pilot, lambda: "nobody gets the canary any more" in screen_text(app))
        app.main.follow("KAIZ-014")
        await calm(pilot, app)
    assert rung == []

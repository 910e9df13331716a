"""A canary on its ticket's page and on the approval screen; what an approval freezes of it, and its proof."""

import json
import re
from pathlib import Path

import pytest

from kaizen_tui.core.governance import last_verdict
from kaizen_tui.store.ticket_lock import TicketLock
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.canary.page import canary_lines
from tests.tui.boards import SIZES, Place, calm, press, screen_text, until
from tests.tui.canary.canary_boards import Canary
from tests.tui.ticket import ticket_world as world
from tests.tui.ticket.ticket_world import Clock, approval, log_of, page


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "ws")
    world.write_config(place.root, "governance: {enforce_from: complete}\n")
    return place


@pytest.fixture
def canary(place: Place) -> Canary:
    """At its last step, judged good up to now; of a component of tier 3."""
    canary = Canary(place, begin=15 * 50, tier=3)
    canary.give(0.01)
    canary.looks(20)
    canary.give(0.05, "each SLI has the evidence for the next step")
    canary.looks(14)
    canary.give(0.25, "each SLI has the evidence for the next step")
    canary.looks(16)
    return canary


def conclude(canary: Canary) -> None:
    canary.log("verdict", verdict="promote", share=0.25, note="each SLI has the evidence", **canary.evidence())


def app_of(place: Place, **options: object) -> KaizenApp:
    app = place.app(**options)  # type: ignore[arg-type]
    app.clock = Clock()
    return app


@pytest.mark.parametrize("size", SIZES)
async def test_the_tab_says_how_it_stands_and_that_nobody_drives_it(
    place: Place, canary: Canary, size: tuple[int, int]
) -> None:
    app = app_of(place)
    async with app.run_test(size=size) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "5", "enter")
        if app.main.context == "detail":
            await press(pilot, app, "enter")
        await press(pilot, app, "6")
        said = page(app).plain
        for words in (
            "25 % of the users", "step 3 of 3", "nobody drives this canary: `kaizen run KAIZ-014`", "of 20",
            "last decision  controller gives the canary 25 % of the users: each SLI has the evidence",
            "✖ to go back", "errors_pct", "p95_ms", "looks · above 300 ms: canary", "canary ÷ baseline", "data 0 s old",
        ):  # fmt: skip
            assert words in said
        assert "25 % of the users" in screen_text(app)
        assert "a approve   p pause   B roll back" in page(app).key_bar.render_line(0).text
        with TicketLock(place.workspace, canary.id, "drive").wait():
            app.main.canaries.want()
            await until(pilot, lambda: "drives it" in page(app).plain and "nobody" not in page(app).plain)


async def test_what_only_a_canary_needs_is_not_offered_without_one(place: Place, canary: Canary) -> None:
    place.ticket(1, "in_review")
    app = app_of(place)
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "4", "enter", "enter")
        assert page(app).ticket_id == "KAIZ-001"
        assert "roll back" not in page(app).key_bar.render_line(0).text


def test_a_released_canary_waits_for_nobody(place: Place, canary: Canary) -> None:
    conclude(canary)
    waiting = canary.standing()
    released = waiting._replace(status="complete")
    before, after = ("\n".join(line.plain for line in canary_lines(one, 100)) for one in (waiting, released))
    assert "it waits for the approvals" in before
    assert "released to all users" in after
    assert "approvals" not in after
    next_one = "once the baseline's servers run it: `kaizen deploy KAIZ-014 --share 0`"
    assert next_one not in after
    assert next_one in "\n".join(line.plain for line in canary_lines(released._replace(stands=True), 100))
    bare = canary_lines(released._replace(slis=(), data_at=None), 100)
    assert "what its looks measured is not kept here" in bare[-1].plain
    assert not any("yet" in line.plain for line in bare)  # nothing more comes


async def test_the_pane_beside_the_board_follows_it(place: Place, canary: Canary) -> None:
    app = app_of(place)
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "5", "enter")
        assert "25 % of the users  step 3 of 3" in screen_text(app)
        assert "✔ to go on" in screen_text(app)
        canary.log("rollout", action="pause", to=0, cause="asked", reason="lunch", verified=True)
        app.main.canaries.want()
        await until(pilot, lambda: "paused: lunch" in screen_text(app))
        place.ticket(1)
        app.main.follow("KAIZ-001")
        await until(pilot, lambda: "step 3 of 3" not in screen_text(app))


async def test_a_ticket_without_a_canary_says_how_one_starts(place: Place) -> None:
    place.ticket(1, "in_review")
    app = app_of(place)
    async with app.run_test(size=(80, 24)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "enter", "6")
        assert "kaizen deploy KAIZ-001" in page(app).plain


async def test_observations_that_cannot_be_read_are_said_with_their_line(place: Place, canary: Canary) -> None:
    path = Path(place.workspace.observations_path(canary.id))
    path.write_bytes(path.read_bytes() + b"[1, 2]\n")
    app = app_of(place)
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "5", "enter", "enter", "6")
        assert "observations.jsonl:" in page(app).plain


def test_lines_fit_every_width(canary: Canary) -> None:
    one = canary.standing()
    for width in range(46, 120):
        assert canary_lines(one, width)[0].cell_length <= width
    for width in (20, 57, 76, 96, 117, 156):
        for line in canary_lines(one, width):
            if "│" in line.plain or "┄" in line.plain:
                assert line.cell_length <= width
    one = one._replace(slis=tuple(sli._replace(name="[/]\x1b[2J" * 9, unit="[b]") for sli in one.slis))
    assert not any("\x1b" in line.plain for line in canary_lines(one, 100))


async def test_enter_is_off_before_the_verdict_and_says_how_far_it_is(place: Place, canary: Canary) -> None:
    app = app_of(place)
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "5", "a", "enter")
        said = approval(app).state_words
        assert "Enter is off: the canary has no verdict yet" in said
        assert "step 3 of 3: evidence" in said
        assert app.screen is not app.main
    assert [entry for entry in log_of(place.workspace, canary.id) if entry["event"] == "approve"] == []


async def test_a_verdict_that_waits_for_min_duration_says_how_long(place: Place, canary: Canary) -> None:
    path = Path(place.workspace.component_path("web"))
    path.write_text(path.read_text().replace("look: 15s", "look: 15s, min_duration: 2h"))
    app = app_of(place)
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "5", "a")
        for said in (approval(app).plain, approval(app).state_words):
            assert re.search(r"\b1 h longer(,)? as\s+`min_duration`\s+asks", said)


async def test_enter_is_off_while_the_numbers_are_old_or_nobody_has_it(place: Place, tmp_path: Path) -> None:
    canary = Canary(place, begin=15 * 40, tier=3)
    canary.give(0.25)
    canary.looks(20)
    conclude(canary)
    app = app_of(place)
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "5", "a")
        assert "the canary's numbers are not fresh (5 min old)" in approval(app).state_words
        canary.log("rollout", action="pause", to=0, cause="asked", reason="lunch", verified=True)
        approval(app).read()
        await calm(pilot, app)
        assert "paused: nobody has it" in approval(app).state_words


async def test_a_gate_that_is_shut_for_other_reasons_keeps_enter_off(place: Place, canary: Canary) -> None:
    conclude(canary)
    app = app_of(place)
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "5", "a")
        assert "Enter is off: the gate is shut: " in approval(app).state_words


async def _approved(place: Place, canary: Canary, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    conclude(canary)
    monkeypatch.setattr("kaizen_tui.tui.canary.stops._PROVIDED", _Everything())
    app = app_of(place)
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "5", "a")
        assert "↵ approves the promotion" in approval(app).state_words
        assert "ratio [" in approval(app).plain
        await press(pilot, app, "enter")
        assert isinstance(app.clock, Clock)
        app.clock.pass_by(app, 10.5)
        await calm(pilot, app)
        assert app.screen is app.main
        assert world.proof(app, canary.id) == ()
    (entry,) = [entry for entry in log_of(place.workspace, canary.id) if entry["event"] == "approve"]
    return entry


class _Everything(frozenset[str]):
    """What gates say besides is tested elsewhere."""

    def __contains__(self, _: object) -> bool:
        return True


async def test_what_was_seen_is_frozen_and_verify_finds_observations_that_changed(
    place: Place, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await _approved(place, canary, monkeypatch)
    seen = entry["seen"]
    assert isinstance(seen, dict)
    frozen, stands = seen["canary"], canary.standing()
    assert frozen["observations"] == {"sha256": stands.observations[0], "bytes": stands.observations[1]}
    assert (frozen["step"], frozen["verdict"]) == (0.25, "promote")
    assert [sli["name"] for sli in frozen["slis"]] == ["errors_pct", "p95_ms"]
    assert frozen["slis"][0]["ratio"] == pytest.approx(list(stands.slis[0].ratio))
    canary.looks(1)
    app = place.app()
    assert world.proof(app, canary.id) == ()
    path = Path(place.workspace.observations_path(canary.id))
    lines = path.read_text().splitlines()
    changed = json.loads(lines[3])
    changed["canary"]["errors_pct"]["good"] += 1
    path.write_text("\n".join([*lines[:3], json.dumps(changed), *lines[4:]]) + "\n")
    found = world.proof(app, canary.id)
    assert any("observations.jsonl is not what this approval rests on" in words for words in found)


async def test_a_verdict_that_changes_during_the_hold_takes_the_approval_back(
    place: Place, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    conclude(canary)
    monkeypatch.setattr("kaizen_tui.tui.canary.stops._PROVIDED", _Everything())
    app = app_of(place)
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "5", "a", "enter")
        assert "approving in" in screen_text(app)
        canary.log("verdict", verdict="hold", note="both burn")
        approval(app).read()
        await calm(pilot, app)
        assert "not approved: it changed meanwhile" in approval(app).state_words
        assert last_verdict(approval(app).dossier.facts) == "hold"  # type: ignore[union-attr]


async def test_a_further_look_is_on_the_approval_screen_by_itself(place: Place) -> None:
    canary = Canary(place, begin=15 * 6, tier=3)
    canary.give(0.01)
    canary.looks(6)
    app = app_of(place)
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "5", "a")
        assert "it waits for evidence" in approval(app).plain or "about" in approval(app).plain
        canary.looks(6, bad=0.2)
        app.main.canaries.want()
        await until(pilot, lambda: "it has to go back" in approval(app).plain)
        assert "the canary has to go back" in approval(app).state_words

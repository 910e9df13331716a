"""The approval screen: what it shows, how each tier confirms, the hold, and every reason why Enter is off."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from kaizen_tui.core.canonical import sha256_hex
from kaizen_tui.core.governance import evidence_hash
from kaizen_tui.core.unmet import Unmet
from kaizen_tui.store import git
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.messages import WorkspaceTouched
from kaizen_tui.tui.ticket.acts import approve
from kaizen_tui.tui.ticket.approval_page import gate_line
from kaizen_tui.tui.widgets.entries import NoteEntry
from tests.tui.boards import GRACE, HOSTILE, SIZES, Place, burst, calm, press, screen_text, until, write
from tests.tui.ticket import ticket_world as world
from tests.tui.ticket.ticket_world import ADA, CANDIDATE, Clock, approval, log_of

OWNER = "backend-team"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "ws")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def app_of(place: Place, clock: Clock, **options: object) -> KaizenApp:
    app = place.app(**options)  # type: ignore[arg-type]
    app.clock = clock
    return app


async def opened(pilot: Pilot[int], app: KaizenApp, *keys: str) -> None:
    await calm(pilot, app)
    await press(pilot, app, "a", *keys)


def approvals(place: Place) -> list[dict[str, object]]:
    return [entry for entry in log_of(place.workspace, "KAIZ-001") if entry["event"] == "approve"]


CONFIRMING = {3: ["enter"], 2: ["enter", "enter"], 1: ["y"]}


@pytest.mark.parametrize("tier", [1, 2, 3])
@pytest.mark.parametrize("size", SIZES)
async def test_confirming_holding_and_writing(place: Place, clock: Clock, tier: int, size: tuple[int, int]) -> None:
    world.write_component(place.root, tier)
    place.ticket(1, "planned", objective="Halve the connects")
    app = app_of(place, clock)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        assert "Halve the connects" in screen_text(app)
        await press(pilot, app, *CONFIRMING[tier])
        assert "approving in 10 s" in screen_text(app)
        clock.pass_by(app, 9.5)
        await calm(pilot, app)
        assert "approving in 1 s" in screen_text(app)
        assert approvals(place) == []
        clock.pass_by(app, 1.0)
        await calm(pilot, app)
        assert app.screen is app.main
        assert "KAIZ-001 is approved" in screen_text(app)
    (entry,) = approvals(place)
    assert (entry["actor"], entry["status"], entry["note"]) == (GRACE, "planned", "")


async def test_tier_0_wants_the_id_typed(place: Place, clock: Clock) -> None:
    world.write_component(place.root, 0)
    place.ticket(1, "planned")
    app = app_of(place, clock)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "y")
        assert "tier 0 is confirmed by typing KAIZ-001" in approval(app).state_words
        assert approval(app).key_bar.render_line(0).text.startswith(" ↵ type the id   n note   Esc back")
        await press(pilot, app, "enter")
        assert app.focused is approval(app)._typed
        assert approval(app).key_bar.render_line(0).text.startswith(" ↵ approve   Tab next   Esc to the page")
        await write(pilot, "KAIZ-002")
        await press(pilot, app, "enter")
        assert "that is not KAIZ-001" in approval(app).state_words
        await press(pilot, app, "backspace", "1", "enter")
        assert "approving in 10 s" in screen_text(app)
        clock.pass_by(app, 10.0)
        await calm(pilot, app)
    assert len(approvals(place)) == 1


@pytest.mark.parametrize("key", ["u", "escape", "q"])
async def test_the_hold_is_taken_back(place: Place, clock: Clock, key: str) -> None:
    world.write_component(place.root, 3)
    place.ticket(1, "planned")
    app = app_of(place, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, "enter", "j", key)
        assert "not approved: you took it back" in approval(app).state_words
        clock.pass_by(app, 60.0)
        await calm(pilot, app)
        assert approval(app).confirmation is not None
    assert approvals(place) == []


async def test_leaving_the_program_in_the_hold_approves_nothing_and_says_so(
    place: Place, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    world.write_component(place.root, 3)
    place.ticket(1, "planned")
    app = app_of(place, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, "enter")
        await pilot.press("ctrl+c")
    assert "KAIZ-001 was not approved" in capsys.readouterr().err
    assert approvals(place) == []


async def test_another_key_forgets_the_first_enter(place: Place, clock: Clock) -> None:
    place.ticket(1, "planned")
    app = app_of(place, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, "enter")
        assert "Enter once more" in approval(app).state_words
        await press(pilot, app, "escape")
        assert "Enter once more" not in approval(app).state_words
        await press(pilot, app, "enter", "n", "escape", "enter")
        assert "Enter once more" in approval(app).state_words
        await press(pilot, app, "escape", "escape")
        assert app.screen is app.main
    assert approvals(place) == []


async def test_a_note_goes_with_it_and_survives_leaving(place: Place, clock: Clock) -> None:
    place.ticket(1, "planned")
    app = app_of(place, clock)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "n")
        await write(pilot, "looks ")
        await press(pilot, app, "escape", "escape", "a", "n", "end")
        await write(pilot, "right")
        await press(pilot, app, "enter", "y")
        clock.pass_by(app, 10.0)
        await calm(pilot, app)
        assert app.approval_notes == {}
    assert approvals(place)[0]["note"] == "looks right"


async def test_a_gate_that_lacks_approvals_alone_says_what_this_one_would_do(place: Place, clock: Clock) -> None:
    place.ticket(1, "in_review")
    app = app_of(place, clock)
    async with app.run_test(size=(160, 48)) as pilot:
        await opened(pilot, app)
        dossier = approval(app).dossier
        assert dossier is not None
        assert dossier.sheet.decision is not None
        lacking = replace(dossier.sheet.decision, refused=(Unmet("approvals", "tier 1 needs 2 approvals"),))
        sheet = dossier.sheet._replace(decision=lacking)

        def said(needed: int, why_not: str = "") -> str:
            return gate_line(dossier._replace(sheet=sheet._replace(why_not=why_not), needed=needed)).plain

        assert said(1) == " Release to a canary: needs approvals – yours opens the gate"
        assert said(2) == " Release to a canary: needs approvals – 2 more; yours is one of them"
        assert said(2, "you own it") == " Release to a canary: needs approvals – 2 more, by others"


async def test_the_page_in_review_and_what_is_frozen(place: Place, clock: Clock) -> None:
    world.write_config(place.root, "metrics: {source: simulated}\n")
    place.ticket(1, "in_review")
    world.write_card(place.root, "KAIZ-001")
    world.write_spec(place.root, "KAIZ-001", "## Summary\n\nSends only *changed* fields.\n")
    app = app_of(place, clock)
    async with app.run_test(size=(160, 48)) as pilot:
        await opened(pilot, app)
        shown = screen_text(app)
        for words in (
            "Sends only changed fields.", "✔ pass · 24 pairs · bubblewrap", "▼ p95_latency_ms", "[0.66, 0.79]", "├━■",
            "no canary yet", "simulated · data 0 s old", "✔ p95_latency_ms < 10", "☐ No message is lost",
            "s signs it off", "0 of 1", "you may approve, Grace Hopper: you are not the owner", "GATE INTO CANARY",
            "Release to a canary: shut", "nobody has signed off", "LOGGED WITH IT",
        ):  # fmt: skip
            assert words in shown, words
        facts = approval(app).dossier.sheet.facts  # type: ignore[union-attr]
        await press(pilot, app, "y")
        clock.pass_by(app, 10.0)
        await calm(pilot, app)
        (entry,) = approvals(place)
        assert world.proof(app, "KAIZ-001") == ()
    assert entry["evidence"] == evidence_hash(facts.ticket, facts.score_card_hash)
    assert (entry["plan"], entry["score_card"]) == (facts.ticket.governed_hash(), facts.score_card_hash)
    seen = entry["seen"]
    assert isinstance(seen, dict)
    assert entry["seen_sha256"] == sha256_hex(seen)
    assert seen["at"] == "2025-06-01T12:00:00Z"
    assert (seen["score_card"]["verdict"], seen["score_card"]["candidate"]) == ("pass", CANDIDATE)
    assert seen["score_card"]["metrics"][0]["ratio"] == [0.66, 0.72, 0.79]
    assert [(one["text"], one["state"]) for one in seen["criteria"]] == [
        ("p95_latency_ms < 10", "met"), ("No message is lost", "open"), ("p95_latency_ms > 15", "met"),
    ]  # fmt: skip
    budget = seen["budget"]
    assert (budget["source"], budget["metrics"][0]["name"]) == ("simulated", "p95_latency_ms")
    assert budget["metrics"][0]["value"] > 0


@pytest.mark.parametrize(
    ("status", "actor", "reason"),
    [
        ("draft", GRACE, "it is a draft"),
        ("complete", GRACE, "there is nothing left to approve"),
        ("planned", OWNER, "your approval would not count: backend-team owns the ticket"),
        ("in_review", GRACE, "there is no score-card yet"),
    ],
)
@pytest.mark.parametrize("size", SIZES)
async def test_enter_is_off_and_it_says_why(
    place: Place, clock: Clock, status: str, actor: str, reason: str, size: tuple[int, int]
) -> None:
    place.ticket(1, status)
    app = app_of(place, clock, actor=actor)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, "enter", "y", "enter")
        assert reason in " ".join(approval(app).state_words.split())
        assert "Enter is off" in screen_text(app)
        clock.pass_by(app, 60.0)
        await calm(pilot, app)
    assert approvals(place) == []


async def test_a_broken_score_card_is_said_and_the_rest_works(place: Place, clock: Clock) -> None:
    place.ticket(1, "in_review")
    (place.root / "tickets/KAIZ-001/Score-card.json").write_text('{"schema": NaN', encoding="utf-8")
    app = app_of(place, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, "y")
        assert "the score-card can't be read" in approval(app).state_words
        assert "No message is lost" in screen_text(app)
    assert approvals(place) == []


async def test_stale_evidence_shuts_it(place: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ticket(1, "in_review")
    world.write_card(place.root, "KAIZ-001")
    monkeypatch.setattr("kaizen_tui.loop.facts.candidate_commit", lambda workspace, ticket_id: "d" * 40)
    monkeypatch.setattr(git, "commit_author", lambda cwd, commit: "Bob <bob@example.org>")
    app = app_of(place, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, "y")
        assert "the score-card is stale: it is of commit cccccccc, the candidate is now dddddddd" in (
            approval(app).state_words
        )
        assert "by Bob" in approval(app).plain
    assert approvals(place) == []


async def test_stale_numbers_shut_it(place: Place, clock: Clock) -> None:
    world.write_config(place.root, "metrics: {source: simulated}\n")
    # The simulated platform's twelfth metric is scraped late: tier 0 components come first.
    for nth in range(11):
        world.write_component(place.root, 0, f"other-{nth:02d}")
    place.ticket(1, "in_review")
    world.write_card(place.root, "KAIZ-001")
    app = app_of(place, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, "y")
        assert re.search(r"the numbers of p95_latency_ms are not fresh \(15 min old\)", approval(app).state_words)
    assert approvals(place) == []


async def test_a_change_during_the_hold_takes_the_approval_back(place: Place, clock: Clock) -> None:
    place.ticket(1, "planned")
    app = app_of(place, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, "y")
        place.ticket(1, "planned", objective="Something else entirely")
        approval(app).post_message(WorkspaceTouched(frozenset()))
        await calm(pilot, app)
        assert "not approved: it changed meanwhile" in approval(app).state_words
        assert "Something else entirely" in screen_text(app)
        clock.pass_by(app, 60.0)
        await calm(pilot, app)
    assert approvals(place) == []


async def test_a_change_that_nobody_noticed_is_refused_in_words(place: Place, clock: Clock) -> None:
    place.ticket(1, "planned")
    app = app_of(place, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, "y")
        place.ticket(1, "planned", objective="Something else entirely")
        clock.pass_by(app, 10.0)
        await calm(pilot, app)
        assert "not approved: KAIZ-001 changed since you looked at it" in approval(app).state_words
        assert "Something else entirely" in screen_text(app)
        await press(pilot, app, "y")
        clock.pass_by(app, 10.0)
        await calm(pilot, app)
    assert len(approvals(place)) == 1


async def test_a_ticket_that_is_gone(place: Place, clock: Clock) -> None:
    place.ticket(1, "planned")
    app = app_of(place, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, "y")
        (place.root / "tickets/KAIZ-001/Kaizen-Tkt.yml").write_text("id: [", encoding="utf-8")
        approval(app).read()
        await calm(pilot, app)
        assert "Kaizen-Tkt.yml" in screen_text(app)
        assert "Enter is off" in approval(app).state_words
        await press(pilot, app, "enter", "q")
        assert app.screen is app.main


async def test_who_approved_already_is_told_so(place: Place, clock: Clock) -> None:
    world.write_component(place.root, 3)
    place.ticket(1, "planned")
    app = app_of(place, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, "enter")
        clock.pass_by(app, 10.0)
        await calm(pilot, app)
        await press(pilot, app, "a")
        assert "you approved already, 0 s ago" in approval(app).state_words
        assert "1 of 1" in screen_text(app)
        assert "✔ Grace Hopper" in screen_text(app)


async def test_the_last_verdict_of_the_canary_is_shown(place: Place, clock: Clock) -> None:
    from kaizen_tui.store.records import NewEvent, transaction
    from tests.tui.boards import NOW

    place.ticket(1, "canary")
    world.write_card(place.root, "KAIZ-001")
    with transaction(place.workspace, "KAIZ-001") as tx:
        numbers = {"errors": {"canary": 0.48, "ratio": [0.84, 1.1]}, "query": "sum(x)\x1b[2J"}
        tx.commit(data=None, at=NOW, events=[
            NewEvent(ADA, "status", {"from": "in_review", "to": "canary", "unmet": []}),
            NewEvent(ADA, "rollout", {"action": "set_share", "share": 0.25}),
            NewEvent(ADA, "verdict", {"verdict": "promote", **numbers}),
        ])  # fmt: skip
    app = app_of(place, clock)
    async with app.run_test(size=(120, 60)) as pilot:
        await opened(pilot, app)
        shown = screen_text(app)
        for words in ("rollout set_share", "share 0.25", "verdict promote", "errors.canary 0.48",
                      "errors.ratio [0.84, 1.1]",
                      "sum(x)\\x1b[2J", "Promote to 100 %"):  # fmt: skip
            assert words in shown, words


async def test_read_only_is_refused_by_the_act_and_by_the_desk(place: Place, clock: Clock) -> None:
    place.ticket(1, "planned")
    app = app_of(place, clock, read_only=True)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, "r", "s", "x")
        assert app.screen is app.main
        assert approve(app.main, "KAIZ-001") is None
        await calm(pilot, app)
        assert "this board is read-only" in screen_text(app)
    assert approvals(place) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_texts(place: Place, clock: Clock, text: str, size: tuple[int, int]) -> None:
    place.ticket(1, "in_review", title=text, objective=text, criterion=text, owner=text)
    world.write_card(place.root, "KAIZ-001", metrics=[{**world.METRIC, "name": text, "unit": text}], reasons=[text])
    world.write_spec(place.root, "KAIZ-001", f"## Summary\n\n{text}\n")
    app = app_of(place, clock)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, "pagedown", "end", "home")
        shown = screen_text(app)
        assert "KAIZ-001" in shown
        assert not any(char in shown for char in "\x1b\u202e\u200b")
        assert all("@click" not in str(span.style) for span in approval(app)._left.words.spans)


@pytest.mark.parametrize("width", [60, 79, 139, 140, 220])
async def test_the_confirm_line_stays_in_sight(place: Place, clock: Clock, width: int) -> None:
    world.write_component(place.root, 0)
    place.ticket(1, "in_review")
    world.write_card(place.root, "KAIZ-001")
    app = app_of(place, clock)
    async with app.run_test(size=(width, 20)) as pilot:
        await opened(pilot, app, "end")
        last = screen_text(app).split("\n")[-2]
        assert "Note" in last
        assert "type KAIZ-001 to confirm" in last
        assert all(len(line) <= width * 2 for line in screen_text(app).split("\n"))


async def test_what_is_typed_in_one_go_behind_a_key_of_the_note_goes_where_the_key_leads(
    place: Place, clock: Clock
) -> None:
    world.write_component(place.root, 0)
    place.ticket(1, "planned")
    app = app_of(place, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, "n")
        note, typed = (app.screen.query_one(f"#approval-{name}", NoteEntry) for name in ("note", "id"))
        burst(note, "seen", "enter", "KAIZ")
        await until(pilot, lambda: typed.value == "KAIZ")
        assert note.value == "seen"
        burst(typed, "-001", "enter")
        await until(pilot, lambda: "approving in 10 s" in screen_text(app))
        clock.pass_by(app, 11)
        await calm(pilot, app)
    assert [entry["note"] for entry in approvals(place)] == ["seen"]

"""A ticket's page: opening it, its five pages, and what is decided from there: reject, sign off, abort, move."""

import json
from pathlib import Path

import pytest
from textual.pilot import Pilot

from kaizen_tui.store.records import NewEvent, transaction
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.screens.approval import ApprovalScreen
from kaizen_tui.tui.screens.form import FormScreen
from kaizen_tui.tui.screens.help import HelpScreen
from kaizen_tui.tui.screens.reason import ReasonScreen
from kaizen_tui.tui.screens.sign_off import SignOffScreen
from kaizen_tui.tui.screens.ticket import TabLine, TicketScreen
from kaizen_tui.tui.ticket.pages import TABS
from kaizen_tui.tui.widgets.entries import NoteEntry
from tests.tui.boards import GRACE, HOSTILE, NOW, SIZES, Place, burst, calm, press, screen_text, until, write
from tests.tui.ticket import ticket_world as world
from tests.tui.ticket.ticket_world import log_of, page

WIDE, NARROW = (120, 36), (80, 24)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "ws")


async def opened(pilot: Pilot[int], app: KaizenApp, *keys: str) -> None:
    """The ticket's page, from the board."""
    await calm(pilot, app)
    await press(pilot, app, *(["enter"] if app.size.width < 100 else ["enter", "enter"]), *keys)
    assert isinstance(app.screen, TicketScreen) or keys


async def test_enter_opens_the_page_where_the_pane_does_not_fit(place: Place) -> None:
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=NARROW) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "enter")
        assert page(app).ticket_id == "KAIZ-001"
        await press(pilot, app, "escape")
        assert app.screen is app.main


async def test_enter_opens_the_pane_and_enter_again_the_page(place: Place) -> None:
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "enter")
        assert app.screen is app.main
        assert app.main.detail.focused
        await press(pilot, app, "enter")
        assert page(app).ticket_id == "KAIZ-001"
        await press(pilot, app, "q")
        assert app.main.detail.focused


@pytest.mark.parametrize("size", SIZES)
async def test_the_five_pages(place: Place, size: tuple[int, int]) -> None:
    place.ticket(1, "in_review", title="Pool sockets")
    world.write_card(place.root, "KAIZ-001")
    world.write_spec(place.root, "KAIZ-001", "# Spec\n\n## Summary\n\nSends *only* changed fields.\n\n- one\n")
    app = place.app()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        assert "Pool sockets" in screen_text(app)
        expected = {
            "1": ("OBJECTIVE", "p95 below 10 ms"),
            "2": ("Sends only changed fields.", "• one"),
            "3": ("✔ pass", "▼ p95_latency_ms", "0.72", "■", "┊", "12 passed", "✔ bubblewrap", world.CANDIDATE[:20]),
            "4": ("the log is empty",),
            "5": ("INTO CANARY  shut", "kaizen signoff KAIZ-001", "INTO ABORTED"),
        }
        for key, found in expected.items():
            await press(pilot, app, key)
            for words in found:
                assert words in page(app).plain, words
                assert words in screen_text(app) or size[1] < 40, words


async def test_turning_pages_and_scrolling(place: Place) -> None:
    place.ticket(1, objective="\n".join(f"line {nth}" for nth in range(60)))
    app = place.app()
    async with app.run_test(size=NARROW) as pilot:
        await opened(pilot, app)
        for key, tab in (
            ("tab", 1), ("l", 2), ("right", 3), ("h", 2), ("left", 1), ("shift+tab", 0), ("h", 5), ("tab", 0)
        ):  # fmt: skip
            await press(pilot, app, key)
            assert page(app).tab == tab
        await press(pilot, app, "j", "down", "pagedown", "k")
        place_before = page(app)._body.scroll_offset.y
        assert place_before > 3
        await press(pilot, app, "2", "1")
        assert page(app)._body.scroll_offset.y == place_before
        await press(pilot, app, "end")
        assert page(app)._body.scroll_offset.y == page(app)._body.max_scroll_y
        await press(pilot, app, "pageup", "home")
        assert page(app)._body.scroll_offset.y == 0


async def test_a_click_turns_to_a_page(place: Place) -> None:
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app)
        text = screen_text(app).split("\n")[1]
        for nth, name in enumerate(TABS):
            await pilot.click(TabLine, offset=(text.index(f"{nth + 1} {name}") + 2, 0))
            assert page(app).tab == nth


@pytest.mark.parametrize("width", [60, 70, 80])
async def test_each_page_is_in_sight_however_narrow_it_is(place: Place, width: int) -> None:
    place.ticket(1)
    world.write_card(place.root, "KAIZ-001")
    app = place.app()
    async with app.run_test(size=(width, 24)) as pilot:
        await opened(pilot, app)
        text = screen_text(app).split("\n")[1]
        assert "✔" in text
        await pilot.click(TabLine, offset=(text.index("6 Canary") + 2, 0))
        assert page(app).tab == 5
        await pilot.resize_terminal(160, 48)
        assert "2 Patch spec   3 Score-card ✔   4 Log" in screen_text(app)


async def test_without_files(place: Place) -> None:
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "2")
        assert "There is no Patch-Spec.md yet" in screen_text(app)
        await press(pilot, app, "3")
        assert "Not evaluated yet." in screen_text(app)


async def test_a_broken_score_card_is_said_and_the_other_pages_stand(place: Place) -> None:
    place.ticket(1)
    path = place.root / "tickets/KAIZ-001/Score-card.json"
    path.write_text(json.dumps(world.card(ticket="KAIZ-001", verdict="great\x1b[2J")), encoding="utf-8")
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "3")
        assert "The score-card can't be read" in page(app).plain
        assert "Score-card.json" in page(app).plain
        await press(pilot, app, "1")
        assert "OBJECTIVE" in page(app).plain


async def test_verdicts_have_shapes_and_ratios_may_be_missing(place: Place) -> None:
    place.ticket(1)
    metrics = [
        {**world.METRIC, "name": "slower", "verdict": "regressed", "ratio": {"point": 3.0, "low": 2.5, "high": 9.0}},
        {**world.METRIC, "name": "same", "verdict": "unchanged", "ratio": {"point": 1.0, "low": 0.99, "high": 1.01}},
        {
            **world.METRIC,
            "name": "unsure",
            "verdict": "inconclusive",
            "more_pairs": 14,
            "ratio": None,
            "baseline": None,
        },
        {**world.METRIC, "name": "faster", "direction": "higher", "verdict": "improved"},
    ]
    world.write_card(place.root, "KAIZ-001", metrics=metrics, verdict="fail", tests=None, reasons=["slower regressed"],
                     sandbox={"kind": "unsafe-local"})  # fmt: skip
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "3")
        for words in ("✖ slower", "= same", "◌ unsure", "▲ faster", "unsure: 14 more pairs would decide", "no ratio",
                      "▸", "✖ fail", "· slower regressed", "does not open the canary's gate"):  # fmt: skip
            assert words in page(app).plain, words


async def test_the_log_says_what_is_proven_overridden_and_unverified(place: Place) -> None:
    place.ticket(1, "in_review")
    with transaction(place.workspace, "KAIZ-001") as tx:
        tx.commit(data=None, at=NOW, events=[
            NewEvent(GRACE, "status", {"from": "draft", "to": "in_review", "unmet": ["x"], "override": "fire\x1b[2J"}),
            NewEvent(GRACE, "comment", {"text": "[@click=app.quit]x[/]"}),
            NewEvent(GRACE, "rollout", {"action": "set_share", "from": 0, "to": 0.01, "verified": False}),
            NewEvent(GRACE, "rollout", {"action": "set_share", "from": 0, "to": 0.01, "verified": True}),
        ])  # fmt: skip
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "4")
        lines = page(app).plain.split("\n")
        assert "✔ verified  4 entries proven" in lines[0]
        assert "rollout  set share 0 % → 1 %  Grace Hopper" in lines[2]
        assert "rollout  set share 0 % → 1 %, begun  Grace Hopper" in lines[3]
        assert "comment  [@click=app.quit]x[/]" in lines[4]
        assert "⚑ gate overridden: fire\\x1b[2J" in lines[6]
    path = place.root / "tickets/KAIZ-001/Promotion-Log"
    path.write_text(path.read_text().replace("fire", "calm"))
    with path.open("a") as file:
        file.write("2025-05-19T09:15:00Z - Status changed to: complete by CLI\n")
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "4")
        assert "✖ not proven" in page(app).plain
        assert "4 Log ✖" in screen_text(app)
        assert "its hash is wrong" in page(app).plain
        assert "unverified (old form)" in page(app).plain
        assert page(app).plain.count("unverified") == 5


async def test_a_ticket_that_breaks_and_is_mended(place: Place) -> None:
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app)
        (place.root / "tickets/KAIZ-001/Kaizen-Tkt.yml").write_text("id: [", encoding="utf-8")
        page(app).read()
        await calm(pilot, app)
        assert "Kaizen-Tkt.yml" in page(app).plain
        place.ticket(1, title="Mended")
        page(app).read()
        await calm(pilot, app)
        assert "Mended" in screen_text(app)


async def test_rejecting_asks_for_the_reason(place: Place) -> None:
    place.ticket(1, "planned")
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "r")
        assert isinstance(app.screen, ReasonScreen)
        await press(pilot, app, "enter")
        assert "A reason is needed" in screen_text(app)
        await write(pilot, "too bold")
        await press(pilot, app, "enter")
        assert "KAIZ-001 is rejected" in screen_text(app)
        await press(pilot, app, "4")
        assert "reject  while planned" in page(app).plain
        assert "too bold" in page(app).plain
    assert [(entry["event"], entry["note"]) for entry in log_of(place.workspace, "KAIZ-001")] == [
        ("reject", "too bold")
    ]


async def test_rejecting_from_the_board_and_leaving_it(place: Place) -> None:
    place.ticket(1, "planned")
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "r", "escape")
        assert app.screen is app.main
        assert log_of(place.workspace, "KAIZ-001") == []
        await press(pilot, app, "r", "n", "o", "enter")
        assert "KAIZ-001 is rejected" in screen_text(app)


async def test_signing_off(place: Place) -> None:
    place.ticket(1, "in_review", criterion="No message is lost [/]")
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "s")
        assert isinstance(app.screen, SignOffScreen)
        assert "☐ No message is lost [/]" in app.screen.plain
        await press(pilot, app, "space", "n")
        await write(pilot, "watched")
        await press(pilot, app, "escape", "j", "k", "space", "space", "enter")
        assert "signed off No message is lost [/]" in screen_text(app)
        (entry,) = log_of(place.workspace, "KAIZ-001")
        assert (entry["event"], entry["criterion"], entry["note"]) == ("signoff", "No message is lost [/]", "watched")
        await press(pilot, app, "s")
        assert "☑ No message is lost [/]" in app.screen.plain
        assert "signed off by Grace Hopper" in app.screen.plain
        await press(pilot, app, "enter")
        assert isinstance(app.screen, SignOffScreen)
        await press(pilot, app, "q")
    assert len(log_of(place.workspace, "KAIZ-001")) == 1


async def test_a_note_is_signed_with_what_stood_in_it_when_enter_came(place: Place) -> None:
    place.ticket(1, "in_review")
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "s", "n")
        burst(app.screen.query_one("#sign-off-note", NoteEntry), "watched", "enter", "j")
        await until(pilot, lambda: app.screen is app.main)
        await calm(pilot, app)
    assert [entry["note"] for entry in log_of(place.workspace, "KAIZ-001")] == ["watched"]


async def test_a_rollback_is_never_signed_off_by_the_way(place: Place) -> None:
    place.ticket(1, "canary", criterion="p95_latency_ms < 9")
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "s", "enter")
        assert isinstance(app.screen, SignOffScreen)
        assert "tick it with Space first" in app.screen.key_bar.word
        await press(pilot, app, "space", "tab", "enter")
    assert [entry["criterion"] for entry in log_of(place.workspace, "KAIZ-001")] == ["rollback"]


@pytest.mark.parametrize(
    ("status", "words"),
    [("draft", "no criterion that a person signs off"), ("complete", "there is nothing left to sign off")],
)
async def test_where_there_is_nothing_to_sign_off(place: Place, status: str, words: str) -> None:
    place.ticket(1, status, criterion="p95_latency_ms < 9")
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "s")
        assert words in screen_text(app)
        await press(pilot, app, "escape")
        assert words not in screen_text(app)
        assert isinstance(app.screen, TicketScreen)


@pytest.mark.parametrize(("status", "after"), [("planned", "aborted"), ("canary", "canary")])
async def test_aborting_goes_through_the_gate(place: Place, status: str, after: str) -> None:
    place.ticket(1, status)
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "x")
        await write(pilot, "no use")
        await press(pilot, app, "enter")
        if after == status:
            assert "nothing shows that the rollback was executed" in screen_text(app)
        else:
            assert "KAIZ-001 is now in Aborted" in screen_text(app)
    assert place.status_of("KAIZ-001") == after


async def test_the_other_keys(place: Place) -> None:
    place.ticket(1, "planned")
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert "On a ticket's page" in screen_text(app)  # the keys of where one is come first
        await press(pilot, app, "escape", "a")
        assert isinstance(app.screen, ApprovalScreen)
        await press(pilot, app, "r", "escape", "question_mark", "escape", "escape", "e")
        assert isinstance(app.screen, FormScreen)
        await press(pilot, app, "escape")
        assert isinstance(app.screen, TicketScreen)
        await press(pilot, app, "m")
        assert app.screen is app.main
        assert app.main.work.moving is not None
        assert app.main.work.moving.row.id == "KAIZ-001"


async def test_ctrl_c_leaves(place: Place) -> None:
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app)
        await pilot.press("ctrl+c")
    assert app.return_value == 0


async def test_read_only_refuses_every_act(place: Place) -> None:
    place.ticket(1, "planned")
    app = place.app(read_only=True)
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app)
        assert "approve" not in screen_text(app).split("\n")[-1]
        for key in ("a", "r", "s", "x", "m", "e", "E"):
            await press(pilot, app, key)
            assert isinstance(app.screen, TicketScreen)
            assert "this board is read-only" in screen_text(app)
    assert log_of(place.workspace, "KAIZ-001") == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_texts_on_every_page(place: Place, text: str, size: tuple[int, int]) -> None:
    place.ticket(1, "in_review", title=text, objective=text, criterion=text, owner=text)
    world.write_card(place.root, "KAIZ-001", metrics=[{**world.METRIC, "name": text, "unit": text}], reasons=[text],
                     machine={"system": text, "arch": text, "cpu": text})  # fmt: skip
    world.write_spec(place.root, "KAIZ-001", f"# {text}\n\n{text}\n\n- {text}\n\n| {text} |\n|---|\n| {text} |\n")
    with transaction(place.workspace, "KAIZ-001") as tx:
        tx.commit(data=None, at=NOW, events=[NewEvent("[/]", "signoff", {"criterion": text, "note": text})])
    app = place.app()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        for key in "12345":
            await press(pilot, app, key)
            shown = screen_text(app)
            assert page(app).tab == int(key) - 1
            assert not any(char in shown for char in "\x1b\u202e\u200b")
        await press(pilot, app, "s")
        assert not any(char in screen_text(app) for char in "\x1b\u202e\u200b")

"""Undo, several tickets at once, commands, news, notes: through the keys, on files."""

import json
from pathlib import Path

import pytest

from kaizen_tui.loop import govern
from kaizen_tui.loop.context import Session, random_token, utc_now
from kaizen_tui.tui.actions import ACTIONS, BOARD
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.screens.choose import ChooseScreen
from kaizen_tui.tui.screens.command import CommandScreen
from kaizen_tui.tui.screens.digest import DigestScreen
from tests.tui.boards import HOSTILE, SIZES, Place, calm, press, screen_text, write

ADA = "Ada Lovelace <ada@example.org>"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "ws")


def log_of(place: Place, ticket_id: str) -> list[dict[str, object]]:
    path = place.root / "tickets" / ticket_id / "Promotion-Log"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def words(app: KaizenApp) -> str:
    assert app.main.words is not None
    return app.main.words.plain


def other(place: Place, actor: str = ADA) -> Session:
    return Session(place.workspace, actor, utc_now, random_token)


# Undo


async def test_u_takes_a_move_back(place: Place) -> None:
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "u")
        assert "Nothing to undo" in app.main.key_bar.word or "changed nothing" in app.main.key_bar.word
        await press(pilot, app, "m", "enter")
        assert place.status_of("KAIZ-001") == "planned"
        await press(pilot, app, "u")
        assert "KAIZ-001  the move to Planned is taken back" in words(app)
        assert app.main.board.focused_column == 0
    assert place.status_of("KAIZ-001") == "draft"
    assert [entry["event"] for entry in log_of(place, "KAIZ-001")] == ["status", "status"]


async def test_u_is_refused_when_someone_changed_it_since_and_then_goes_on(place: Place) -> None:
    place.ticket(1)
    place.ticket(2)
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "m", "enter", "1", "m", "enter")
        moved = app.main.board.selected
        assert moved is not None
        govern.move(other(place), moved.id, "in_progress")
        await press(pilot, app, "u")
        assert "the move to Planned" in words(app)
        assert "stays: Ada Lovelace moved it since" in words(app)
        assert "u again: the move to Planned of" in words(app)
        await press(pilot, app, "u")
        assert "is taken back" in words(app)


async def test_a_new_ticket_is_never_erased(place: Place) -> None:
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        app.desk.undo_stack.created("KAIZ-001")
        await press(pilot, app, "u")
        assert "never erased; abort it" in words(app)


# Several tickets


@pytest.mark.parametrize("size", SIZES)
async def test_space_picks_and_a_move_takes_all_of_them_and_one_undo_brings_them_back(
    place: Place, size: tuple[int, int]
) -> None:
    for number in (1, 2, 3):
        place.ticket(number)
    app = place.app()
    async with app.run_test(size=size) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "space", "space")
        assert list(app.main.picks.ids) == ["KAIZ-001", "KAIZ-002"]
        assert "2 tickets picked" in app.main.key_bar.word
        assert screen_text(app).count("✓") >= 2
        await press(pilot, app, "m")
        assert isinstance(app.screen, ChooseScreen)
        assert "2 of 2 may go there" in app.screen.plain
        await press(pilot, app, *"planned", "enter")
        assert "✔ 2 tickets: now in Planned" in words(app)
        assert not app.main.picks.ids
        assert [place.status_of(f"KAIZ-00{n}") for n in (1, 2, 3)] == ["planned", "planned", "draft"]
        await press(pilot, app, "u")
        assert "✔ 2 tickets: the move to Planned is taken back" in words(app)
    assert [place.status_of(f"KAIZ-00{n}") for n in (1, 2, 3)] == ["draft"] * 3


async def test_what_was_refused_is_said_with_the_reason_and_stays_picked(place: Place) -> None:
    place.ticket(1)
    place.ticket(2, "in_review")
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "space", "4", "space", "m", *"planned", "enter")
        assert "✔ KAIZ-001  now in Planned" in words(app)
        assert "✖ KAIZ-002  stays in In review: " in words(app)
        assert list(app.main.picks.ids) == ["KAIZ-002"]
        await press(pilot, app, "escape", "escape")
        assert not app.main.picks.ids


async def test_picking_ranges_and_columns(place: Place) -> None:
    for number in range(1, 6):
        place.ticket(number)
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "asterisk")
        assert len(app.main.picks.ids) == 5
        await press(pilot, app, "asterisk")
        assert not app.main.picks.ids
        await press(pilot, app, "J", "J")
        assert list(app.main.picks.ids) == ["KAIZ-001", "KAIZ-002", "KAIZ-003"]
        await press(pilot, app, "escape", "home", "space", "j", "j", "V")
        assert sorted(app.main.picks.ids) == ["KAIZ-001", "KAIZ-002", "KAIZ-003", "KAIZ-004"]
        await press(pilot, app, "escape", "K")
        assert sorted(app.main.picks.ids) == ["KAIZ-003", "KAIZ-004"]


async def test_abort_label_and_owner_of_several(place: Place) -> None:
    place.ticket(1)
    place.ticket(2)
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "asterisk", "L")
        await write(pilot, "perf -old")
        await press(pilot, app, "enter")
        assert "labels +perf -old" in words(app)
        await press(pilot, app, "asterisk", "O")
        await write(pilot, "search")
        await press(pilot, app, "enter")
        assert [row.owner for row in app.main.board.columns.cards[0]] == ["search", "search"]
        assert [row.labels for row in app.main.board.columns.cards[0]] == [("perf",), ("perf",)]
        for key, now, label in (("L", "Now perf; ", "Labels"), ("O", "Now search; ", "Owner")):
            await press(pilot, app, key, "enter")
            assert now in screen_text(app)
            assert any(f"  {label}  " in line for line in screen_text(app).splitlines())
            assert "Type something, or leave it with Esc." in screen_text(app)
            assert "eason" not in screen_text(app)
            await press(pilot, app, "escape")
        await press(pilot, app, "asterisk", "x")
        await write(pilot, "no use")
        await press(pilot, app, "enter")
    assert place.status_of("KAIZ-001") == place.status_of("KAIZ-002") == "aborted"


# Commands


async def test_the_palette_lists_every_action_and_runs_one(place: Place) -> None:
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "ctrl+p")
        assert isinstance(app.screen, ChooseScreen)
        assert "digest" in "".join(choice.label for choice in app.screen.found)
        await press(pilot, app, *"undo")
        assert "you changed nothing" in app.screen.plain
        await press(pilot, app, "enter")
        assert isinstance(app.screen, ChooseScreen)
        await press(pilot, app, *["backspace"] * 4, *"watch", "enter")
        assert app.screen is app.main
        assert app.main.news.watched == {"KAIZ-001"}


async def test_a_choice_of_the_palette_is_one_line(place: Place) -> None:
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "ctrl+p")
        assert isinstance(app.screen, ChooseScreen)
        shown = app.screen.plain.splitlines()
        assert app.screen.query_one("#choose-list").size.height == len(shown)
        assert any(len(line) > 76 for line in shown)  # some have to be cut


async def test_the_command_line_jumps_filters_and_acts(place: Place) -> None:
    place.ticket(1)
    place.ticket(22, "canary")
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "colon")
        assert isinstance(app.screen, CommandScreen)
        await press(pilot, app, *"22", "enter")
        assert app.main.board.selected is not None
        assert app.main.board.selected.id == "KAIZ-022"
        await press(pilot, app, "colon")
        await write(pilot, "status:draft")
        await press(pilot, app, "enter")
        assert app.main.filter.filter.text == "status:draft"
        await press(pilot, app, "colon")
        await write(pilot, "KAIZ-022")
        await press(pilot, app, "enter")
        assert app.main.filter.filter.text == ""  # it hid the ticket
        assert app.main.board.selected.id == "KAIZ-022"
        await press(pilot, app, "colon", *"wat", "tab", "enter")
        assert app.main.news.watched == {"KAIZ-022"}
        await press(pilot, app, "colon", *"99", "enter")
        assert "no ticket 99" in app.main.key_bar.word
        await press(pilot, app, "colon", *"ticket.apprve", "enter")
        assert "did you mean ticket.approve?" in app.main.key_bar.word


# News


async def test_what_others_changed_is_marked_counted_and_told_and_opening_reads_it(place: Place) -> None:
    place.ticket(1)
    place.ticket(2)
    first = place.app()
    async with first.run_test(size=(120, 36)) as pilot:
        await calm(pilot, first)
        assert first.main.news.unread == []
        await press(pilot, first, "D")
        assert "Nothing has changed" in first.main.key_bar.word or "nothing has changed" in first.main.key_bar.word
    govern.move(other(place), "KAIZ-002", "planned")
    govern.comment(other(place), "KAIZ-001", HOSTILE[1])
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        assert sorted(app.main.news.unread) == ["KAIZ-001", "KAIZ-002"]
        assert "2 unread" in app.main.header.render_line(0).text
        assert "•" in screen_text(app)
        await press(pilot, app, "D")
        assert isinstance(app.screen, DigestScreen)
        assert "Ada Lovelace moved it to Planned" in app.screen.plain
        assert "Ada Lovelace wrote: [@click=app.quit]x[/]" in app.screen.plain
        await press(pilot, app, "escape", "1", "enter", "escape")
        assert app.main.news.unread == ["KAIZ-002"]
        await press(pilot, app, "D", "r")
        assert app.main.news.unread == []
    again = place.app()
    async with again.run_test(size=(120, 36)) as pilot:
        await calm(pilot, again)
        assert again.main.news.unread == []


async def test_my_own_changes_are_no_news(place: Place) -> None:
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "m", "enter")
        assert app.main.news.unread == []


async def test_a_watched_ticket_rings(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ticket(1)
    app = place.app()
    rung: list[str] = []
    monkeypatch.setattr(app, "bell", lambda: rung.append("bell"))
    monkeypatch.setattr(app, "notify_desktop", rung.append)
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "w")
        assert "KAIZ-001 is watched" in app.main.key_bar.word
        assert "◎" in screen_text(app)
        govern.move(other(place), "KAIZ-001", "planned", reason="a\x1b]9;x\x07\u202eb")
        app.main.follow("KAIZ-001")
        await calm(pilot, app)
        assert rung == ["bell", "KAIZ-001: Ada Lovelace moved it to Planned: a\\x1b]9;x\\x07\\u202eb"]
        await press(pilot, app, "w")
        assert "no longer watched" in app.main.key_bar.word


async def test_a_desktop_notification_never_carries_a_control_character(place: Place) -> None:
    app = place.app()
    async with app.run_test() as pilot:
        await calm(pilot, app)
        written: list[str] = []
        assert app._driver is not None
        app._driver.write = written.append  # type: ignore[method-assign]
        app.notify_desktop("KAIZ-001: fine")
        app.notify_desktop("bad\x07\x1b[2J")
        assert written == ["\x1b]9;KAIZ-001: fine\x07"]


# Notes


async def test_y_copies_an_incident_update(place: Place) -> None:
    place.ticket(1, title="Cut *p95* [x](javascript:1) @everyone\x1b[2J", owner="web_team")
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "y")
        assert "KAIZ-001 is in the clipboard" in app.main.key_bar.word
        copied = app.clipboard
    assert copied.startswith(
        "**KAIZ-001: Cut \\*p95\\* \\[x\\](javascript:1) \\@everyone\\\\x1b\\[2J**\n\n"
        "- Status: Draft (2025-06-01T12:00:00Z)\n"
    )
    assert "- Owner: web\\_team\n" in copied
    assert "- Before Planned:" in copied
    assert "\x1b" not in copied


# Read-only


@pytest.mark.parametrize(
    "key", [key for action in ACTIONS if action.context == BOARD and action.writes for key in action.keys]
)
async def test_every_writing_key_is_refused_on_a_read_only_board(place: Place, key: str) -> None:
    place.ticket(1)
    before = {path: path.read_bytes() for path in place.root.rglob("*") if path.is_file()}
    app = place.app(read_only=True)
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, key)
        assert app.screen is app.main
        assert "read-only" in app.main.key_bar.word
    assert {path: path.read_bytes() for path in place.root.rglob("*") if path.is_file()} == before

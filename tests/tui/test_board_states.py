"""The states of the board: loading, empty, broken files, read-only, too small, hostile text, changes on disk."""

import threading
from pathlib import Path

import pytest

from kaizen_tui.core.errors import StoreError
from kaizen_tui.store import index
from kaizen_tui.tui.reading import Asked
from tests.tui.boards import HOSTILE, SIZES, Place, calm, press, screen_text, until, write


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "ws")


async def test_the_board_is_painted_before_the_tickets_are_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ticket(1)
    go_on = threading.Event()
    load = index.load_newer

    def slow(*args: object, **kwargs: object) -> index.Snapshot:
        go_on.wait()
        return load(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(index, "load_newer", slow)
    app = place.app()
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        assert "Reading the tickets" in screen_text(app)
        assert "DRAFT …" in screen_text(app)
        await pilot.press("j", "l", "1", "enter", "m", "a")  # nothing to act on yet
        assert app.main.board.waiting
        go_on.set()
        await calm(pilot, app)
        assert "KAIZ-001" in screen_text(app)
        assert "DRAFT 1" in screen_text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_an_empty_workspace_says_what_to_do(place: Place, size: tuple[int, int]) -> None:
    app = place.app()
    async with app.run_test(size=size) as pilot:
        await calm(pilot, app)
        assert "No tickets yet." in screen_text(app)
        assert "Press n" in screen_text(app)


async def test_an_unreadable_folder_is_said_and_what_was_shown_stays(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)

        def broken(*args: object, **kwargs: object) -> index.Snapshot:
            raise StoreError("cannot read tickets/: Input/output error")

        monkeypatch.setattr(index, "load_newer", broken)
        app.loader.request(Asked())
        await calm(pilot, app)
        assert "Input/output error" in screen_text(app)
        assert "KAIZ-001" in screen_text(app)


async def test_broken_files_are_counted_and_listed_with_their_lines(place: Place) -> None:
    place.ticket(1)
    place.ticket(2)
    (place.root / "tickets/KAIZ-002/Kaizen-Tkt.yml").write_text("id: KAIZ-002\ntitle: [/]\n  x: }\n", encoding="utf-8")
    (place.root / "registry/kaizen/config.yml").write_text("governence: {}\n", encoding="utf-8")
    app = place.app()
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)
        assert "2 broken files" in screen_text(app)
        assert "KAIZ-001" in screen_text(app)
        assert "! problems" in screen_text(app)
        await press(pilot, app, "exclamation_mark")
        assert "tickets/KAIZ-002/Kaizen-Tkt.yml:" in screen_text(app)
        assert "config.yml:1" in screen_text(app)
        await press(pilot, app, "escape")
        assert app.screen is app.main


@pytest.mark.parametrize(("size", "small"), [((59, 24), True), ((80, 14), True), ((60, 15), False)])
async def test_too_small_a_window_says_so(place: Place, size: tuple[int, int], small: bool) -> None:
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=size) as pilot:
        await calm(pilot, app)
        assert ("The board needs 60 × 15" in screen_text(app)) is small
        assert ("KAIZ-001" in screen_text(app)) is not small
        if small:
            await pilot.resize_terminal(100, 30)
            await calm(pilot, app)
            assert "KAIZ-001" in screen_text(app)


async def test_in_a_window_made_too_small_nothing_is_typed_unseen(place: Place) -> None:
    place.ticket(1, title="Trim payloads")
    place.ticket(2, title="Pool sockets")
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "slash")
        await write(pilot, "trim")
        await pilot.resize_terminal(50, 12)
        await calm(pilot, app)
        assert not app.main.filter.typing
        assert app.main.filter.filter.text == "trim"
        await press(pilot, app, "q")
    assert app.return_code == 0


async def test_read_only_is_said_and_kept(place: Place) -> None:
    place.ticket(1, "planned")
    app = place.app(read_only=True)
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        assert "read-only" in screen_text(app)
        keys = app.main.key_bar.render_line(0).text
        assert "open" in keys
        assert "move" not in keys
        assert "new" not in keys
        for key in ("m", "n"):
            await press(pilot, app, key)
            assert "this board is read-only" in app.main.key_bar.word
            assert app.screen is app.main
    assert place.status_of("KAIZ-001") == "planned"
    assert not (place.root / ".kaizen").exists()  # not even the index is written


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_shown_harmlessly_everywhere(place: Place, text: str, size: tuple[int, int]) -> None:
    place.ticket(1, "planned", title=text, owner=text, objective=text, criterion=text)
    app = place.app()
    async with app.run_test(size=size) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "2", "enter")
        shown = screen_text(app)
        await press(pilot, app, "escape", "m", "l")
        shown += screen_text(app)
        await press(pilot, app, "escape", "question_mark", "escape")
        assert app.is_running
        for control in ("\x1b", "\x9b", "\u202e", "\u200b"):
            assert control not in shown


async def test_hostile_component_and_problem_text(place: Place) -> None:
    folder = place.root / "tickets" / "KAIZ-001"
    folder.mkdir()
    (folder / "Kaizen-Tkt.yml").write_text(
        'id: KAIZ-001\ntitle: x\ncomponent: "[/]"\nstatus: "[/]"\n', encoding="utf-8"
    )
    (place.root / "tickets" / "[@click=app.quit]x[").mkdir()
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "exclamation_mark")
        assert "[@click=app.quit]x[" in screen_text(app)
        await pilot.click("#panel-body", offset=(6, 2))
        await calm(pilot, app)
        assert app.is_running


async def test_a_change_on_disk_is_shown_and_the_cursor_stays_on_its_ticket(place: Place) -> None:
    for number in range(1, 8):
        place.ticket(number)
    app = place.app()
    async with app.run_test(size=(160, 48)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "j", "j", "j")
        place.ticket(2, title="Changed by someone else", severity="critical")
        place.ticket(9)
        (place.root / "tickets/KAIZ-001/Kaizen-Tkt.yml").unlink()
        (place.root / "tickets/KAIZ-001").rmdir()
        app._files_changed(frozenset(f"{place.root}/tickets/KAIZ-00{n}/Kaizen-Tkt.yml" for n in (1, 2, 9)))
        await calm(pilot, app)
        board = app.main.board
        assert board.selected is not None
        assert board.selected.id == "KAIZ-004"
        assert [row.id for row in board.columns.cards[0]][:2] == ["KAIZ-002", "KAIZ-003"]
        assert "Changed by someone" in screen_text(app)
        place.ticket(4, "in_progress")
        app._files_changed(frozenset())
        await calm(pilot, app)
        assert board.selected.id == "KAIZ-004"
        assert board.focused_column == 2  # it moved, and the cursor with it


async def test_a_filter_narrows_the_board_as_it_is_typed(place: Place) -> None:
    place.ticket(1, title="Pool the sockets")
    place.ticket(2, title="Trim payloads")
    place.ticket(3, "canary", title="Trim again")
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "slash")
        await write(pilot, "trim")
        await until(pilot, lambda: app.main.board.columns.shown == 2)
        assert "2 of 3 tickets" in screen_text(app)
        assert "none that match" not in screen_text(app)
        await write(pilot, " payloads")
        await until(pilot, lambda: app.main.board.columns.shown == 1)
        assert screen_text(app).count("none that match") == 1  # in Canary; the other columns have no tickets at all
        await press(pilot, app, *["backspace"] * 9, "enter")
        assert app.main.context == "board"
        await press(pilot, app, "j")
        assert app.main.board.selected is not None
        assert app.main.board.selected.id == "KAIZ-002"
        await press(pilot, app, "slash")
        await write(pilot, " statsu:canary")
        await until(pilot, lambda: "status" in app.main.filter.filter.error)
        assert "did you mean" in screen_text(app)
        await press(pilot, app, "escape")
        assert app.main.filter.filter.text == "trim"
        await press(pilot, app, "escape")
        assert app.main.board.columns.shown == 3
        await press(pilot, app, "slash")
        await write(pilot, "nothing at all")
        await press(pilot, app, "tab")
        assert "No ticket matches the filter." in screen_text(app)
        await press(pilot, app, "escape")
        assert app.main.board.selected.id == "KAIZ-002"  # the cursor is back on its ticket


@pytest.mark.parametrize("size", [*SIZES[1:], (220, 50)])
async def test_the_detail_pane(place: Place, size: tuple[int, int]) -> None:
    place.ticket(1, title="Pool the sockets", objective="Half the connects")
    app = place.app()
    async with app.run_test(size=size) as pilot:
        await calm(pilot, app)
        await press(pilot, app, "enter")
        assert app.main.context == "detail"
        assert app.main.detail.pane is not None
        plain = app.main.detail.pane.plain
        for part in ("Half the connects", "automatic: p95_latency_ms below 10 ms", "manual: needs sign-off",
                     "PCC State Broadcaster", "tier 2", "into Planned", "LOG"):  # fmt: skip
            assert part in plain
        assert app.main.board.display
        # Where the keys go is seen without colour: a bar down the pane's side.
        side = app.main.detail.pane.region.x
        assert {line[side] for line in screen_text(app).splitlines()[1 : 1 + app.main.detail.pane.size.height]} == {"▌"}
        assert app.main.key_bar.render_line(0).text.startswith(" Esc back   ↵ whole page   j k scroll   m move ")
        await press(pilot, app, "j", "pagedown", "end", "home", "k", "escape")
        assert app.main.context == "board"
        assert app.main.detail.pane.display is (size[0] >= 200)
        assert app.main.board.display


async def test_remapped_keys_work_and_show(place: Place) -> None:
    place.ticket(1, "planned")
    app = place.app(keys=(("ticket.move", "M"), ("ticket.mvoe", "x")))
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        assert "M move" in app.main.key_bar.render_line(0).text
        await press(pilot, app, "m")
        assert app.main.context == "board"
        await press(pilot, app, "M")
        assert app.main.context == "move"
        assert any("ticket.move" in problem.message for problem in app.main.problems)

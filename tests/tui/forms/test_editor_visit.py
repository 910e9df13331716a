"""`E`: what becomes of an edited text. The editor itself is a small script; suspending is tried in tmux."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from kaizen_tui.store import drafts
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.screens.refused import RefusedScreen
from tests.tui.forms.form_world import add_ticket, make_app, make_workspace


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = make_workspace(tmp_path)
    add_ticket(made)
    return made


@pytest.fixture
def app(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> KaizenApp:
    """A board whose suspending is only noted: a test has no terminal to give away."""
    app = make_app(ws)

    @contextmanager
    def suspend() -> Iterator[None]:
        yield

    monkeypatch.setattr(app, "suspend", suspend)
    return app


def editor(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Makes $EDITOR a script; $1 is the file."""
    script = folder / "editor.sh"
    script.write_text(f"#!/bin/sh\nset -e\n{body}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("EDITOR", str(script))


async def settle(app: KaizenApp, pilot: Pilot[int]) -> None:
    for _ in range(4):
        await pilot.pause()
        await app.jobs.settled()
    await pilot.pause()


async def visit(app: KaizenApp, pilot: Pilot[int]) -> None:
    await settle(app, pilot)
    await pilot.press("E")
    await settle(app, pilot)


async def test_a_good_text_is_taken(
    ws: Workspace, app: KaizenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path, monkeypatch, "sed -i 's/Delta encoding/By hand/' \"$1\"")
    async with app.run_test(size=(80, 24)) as pilot:
        await visit(app, pilot)
        assert app.screen is app.main
        assert app.main.key_bar.word == "KAIZ-001: title saved"
    assert read_ticket_file(ws, "KAIZ-001").fields.title == "By hand"


async def test_an_untouched_text_changes_nothing(
    ws: Workspace, app: KaizenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    before = Path(ws.ticket_path("KAIZ-001")).read_bytes()
    async with app.run_test(size=(80, 24)) as pilot:
        await visit(app, pilot)
        assert app.main.key_bar.word == "KAIZ-001: nothing changed"
    assert Path(ws.ticket_path("KAIZ-001")).read_bytes() == before


@pytest.mark.parametrize("setting", ["false", "/nowhere/to/be/found"])
async def test_an_editor_that_fails_is_said(
    ws: Workspace, app: KaizenApp, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", setting)
    async with app.run_test(size=(80, 24)) as pilot:
        await visit(app, pilot)
        assert app.screen is app.main
        assert "the editor" in app.main.key_bar.word


async def test_without_an_editor_no_copy_stays(ws: Workspace, app: KaizenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaizen_tui.loop.editor.FALLBACK_EDITORS", ())
    async with app.run_test(size=(80, 24)) as pilot:
        await visit(app, pilot)
        assert app.main.words is not None
        assert "there is no editor" in app.main.words.plain
    assert list(Path(ws.state, "edits").iterdir()) == []


async def test_an_unknown_field_value_is_shown_with_its_line_and_edited_again(
    ws: Workspace, app: KaizenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(
        tmp_path,
        monkeypatch,
        'if grep -q hgih "$1"; then sed -i s/hgih/high/ "$1"; else sed -i s/medium/hgih/ "$1"; fi',
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await visit(app, pilot)
        assert isinstance(app.screen, RefusedScreen)
        assert "KAIZ-001.yml:5: " in app.screen.plain
        assert "hgih" in app.screen.plain
        await pilot.press("e")
        await settle(app, pilot)
        assert app.screen is app.main
    assert read_ticket_file(ws, "KAIZ-001").fields.severity == "high"


@pytest.mark.parametrize(("key", "kept"), [("k", True), ("escape", True), ("d", False)])
async def test_a_refused_text_is_kept_or_discarded(
    ws: Workspace, app: KaizenApp, key: str, kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path, monkeypatch, "printf 'nonsense: [/] \\033[31m: [' > \"$1\"")
    before = Path(ws.ticket_path("KAIZ-001")).read_bytes()
    async with app.run_test(size=(80, 24)) as pilot:
        await visit(app, pilot)
        assert isinstance(app.screen, RefusedScreen)
        assert "\x1b" not in app.screen.plain
        await pilot.press(key)
        await settle(app, pilot)
        assert app.screen is app.main
    folder = Path(drafts.drafts_folder(ws))
    assert [path.name for path in folder.glob("*.yml")] == (["KAIZ-001-1.yml"] if kept else [])
    assert Path(ws.ticket_path("KAIZ-001")).read_bytes() == before


async def test_a_shut_gate_refuses_the_text(
    ws: Workspace, app: KaizenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path, monkeypatch, "sed -i 's/^status: .*/status: complete/' \"$1\"")
    async with app.run_test(size=(80, 24)) as pilot:
        await visit(app, pilot)
        assert isinstance(app.screen, RefusedScreen)
        assert "the gate into complete is shut" in app.screen.plain
        await pilot.press("d")
    assert read_ticket_file(ws, "KAIZ-001").fields.status == "draft"


async def test_a_change_on_disk_meanwhile_is_put_together(
    ws: Workspace, app: KaizenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ws.ticket_path("KAIZ-001")
    editor(tmp_path, monkeypatch, f"sed -i 's/medium/high/' \"$1\"; sed -i 's/^owner: .*/owner: bob/' {path}")
    async with app.run_test(size=(80, 24)) as pilot:
        await visit(app, pilot)
        assert "put together" in app.main.key_bar.word
    made = read_ticket_file(ws, "KAIZ-001").fields
    assert (made.severity, made.owner) == ("high", "bob")


async def test_a_clash_on_disk_is_edited_again_with_both_versions(
    ws: Workspace, app: KaizenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ws.ticket_path("KAIZ-001")
    body = f"""
    if grep -q '<<<<<<<' "$1"; then cp "$1" {tmp_path}/seen; sed -i '/^<<<<<<</d;/^=======/,/^>>>>>>>/d' "$1"
    else sed -i 's/^owner: .*/owner: mine/' "$1"; sed -i 's/^owner: .*/owner: theirs/' {path}; fi
    """
    editor(tmp_path, monkeypatch, body)
    async with app.run_test(size=(80, 24)) as pilot:
        await visit(app, pilot)
        assert isinstance(app.screen, RefusedScreen)
        assert "changed on disk" in app.screen.plain
        await pilot.press("e")
        await settle(app, pilot)
        assert app.screen is app.main
    seen = (tmp_path / "seen").read_text()
    assert "owner: mine" in seen
    assert "owner: theirs" in seen
    assert read_ticket_file(ws, "KAIZ-001").fields.owner == "mine"


async def test_a_board_that_cannot_be_suspended_says_so(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "true")
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        await visit(app, pilot)
        assert "can't be opened here" in app.main.key_bar.word

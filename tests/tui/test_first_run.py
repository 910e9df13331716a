"""No workspace here: what the screen says, and what its keys do."""

from pathlib import Path

import pytest

from kaizen_tui.store.workspace import find_workspace
from kaizen_tui.tui import entry
from kaizen_tui.tui.first_run import LEFT, MADE, FirstRun
from tests.tui.boards import COMPONENT, SIZES, Place, calm, press, screen_text


def shown(app: FirstRun) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips(app.size))


@pytest.mark.parametrize("size", [*SIZES, (60, 20)])
async def test_it_says_where_it_looked_and_what_to_do(tmp_path: Path, size: tuple[int, int]) -> None:
    app = FirstRun("/srv/[/]\x1b[2J/platform")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = shown(app)
        assert "No workspace here" in text
        assert "/srv/[/]" in text
        assert "\x1b" not in text
        assert "kaizen init" in text
        assert "kaizen-tui -C DIR" in text


async def test_i_makes_the_workspace(tmp_path: Path) -> None:
    app = FirstRun(str(tmp_path))
    async with app.run_test() as pilot:
        await pilot.press("i")
    assert app.return_value == MADE
    assert find_workspace(str(tmp_path), {}, "/").root == str(tmp_path)
    assert (tmp_path / "registry/kaizen/components/example-service.yml").exists()


@pytest.mark.parametrize("key", ["q", "escape", "ctrl+c"])
async def test_leaving_makes_nothing(tmp_path: Path, key: str) -> None:
    app = FirstRun(str(tmp_path))
    async with app.run_test() as pilot:
        await pilot.press("n", "enter", key)
    assert app.return_value == LEFT
    assert list(tmp_path.iterdir()) == []


async def test_what_hinders_is_said_and_can_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "tickets").write_text("a file", encoding="utf-8")
    app = FirstRun(str(tmp_path))
    async with app.run_test() as pilot:
        await pilot.press("i")
        await pilot.pause()
        assert "tickets is not a folder" in shown(app)
        (tmp_path / "tickets").unlink()
        await pilot.press("i")
    assert app.return_value == MADE


async def test_read_only_offers_nothing(tmp_path: Path) -> None:
    app = FirstRun(str(tmp_path), read_only=True)
    async with app.run_test() as pilot:
        await pilot.press("i")
        await pilot.pause()
        assert "nothing is made" in shown(app)
        await pilot.press("q")
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_it_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert entry.run([]) == 3
    assert "kaizen init" in capsys.readouterr().err


def test_a_named_folder_is_never_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(entry, "_has_terminal", lambda: True)
    assert entry.run(["-C", str(tmp_path)]) == 3
    monkeypatch.setenv("KAIZEN_WORKSPACE", str(tmp_path))
    assert entry.run([]) == 3
    assert list(tmp_path.iterdir()) == []
    assert "is not a workspace" in capsys.readouterr().err


async def test_without_a_component_the_empty_board_says_how_to_make_one(tmp_path: Path) -> None:
    place = Place(tmp_path / "ws", components=False)
    app = place.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await calm(pilot, app)
        assert "no component to write one about" in screen_text(app)
        assert "kaizen component ID" in screen_text(app)
        (tmp_path / "ws/registry/kaizen/components/pcc-main.yml").write_text(COMPONENT, encoding="utf-8")
        app._files_changed(frozenset())
        await calm(pilot, app)
        assert "Press n" in screen_text(app)


async def test_a_broken_config_leaves_the_board_usable_and_is_listed(tmp_path: Path) -> None:
    place = Place(tmp_path / "ws")
    place.ticket(1)
    (tmp_path / "ws/registry/kaizen/config.yml").write_text("keys: {ticket.move: [\n", encoding="utf-8")
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        assert "KAIZ-001" in screen_text(app)
        assert "1 broken file" in screen_text(app)
        await press(pilot, app, "exclamation_mark")
        assert "config.yml:" in screen_text(app)

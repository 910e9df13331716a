"""A screen that is left finds keys behind the one that left it; they must not end the board."""

from pathlib import Path

import pytest
from textual import events
from textual.geometry import Size
from textual.pilot import Pilot

from kaizen_tui.loop.context import Session
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.app import KaizenApp, Options
from kaizen_tui.tui.screens.components import ComponentScreen
from kaizen_tui.tui.screens.help import HelpScreen
from kaizen_tui.tui.screens.reason import ReasonScreen
from kaizen_tui.tui.widgets.entries import AnswerEntry
from tests.tui.boards import NOW, Place


def board(tmp_path: Path) -> KaizenApp:
    workspace = Workspace(str(Place(tmp_path / "ws").root))
    return KaizenApp(workspace, Options(watch=False), lambda: Session(workspace, "Dora", lambda: NOW, lambda: "t"))


async def settle(app: KaizenApp, pilot: Pilot[int]) -> None:
    await app.jobs.settled()
    await pilot.pause()


async def test_enter_twice_answers_once(tmp_path: Path) -> None:
    app = board(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        answers: list[str | None] = []
        await app.push_screen(ReasonScreen("Why?", "It is logged."), answers.append)
        entry = app.screen.query_one(AnswerEntry)
        entry.value = "because"
        for _ in range(3):  # all of them are there before the first is looked at
            entry.post_message(events.Key("enter", None))
        await pilot.pause()
        await pilot.pause()
        assert answers == ["because"]
        assert app.screen is app.main
        app.exit(0)


@pytest.mark.parametrize("opened", ["question_mark", "f", "c"])
async def test_a_screen_that_is_left_takes_no_other_along(tmp_path: Path, opened: str) -> None:
    app = board(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        await pilot.press(opened)
        await settle(app, pilot)
        screen = app.screen
        assert screen is not app.main
        screen.dismiss()
        screen.dismiss()
        screen.post_message(events.Key("escape", None))
        assert not screen.check_action("scroll", (1,))
        await pilot.pause()
        assert app.screen is app.main
        app.exit(0)


async def at_components(app: KaizenApp, pilot: Pilot[int]) -> ComponentScreen:
    await settle(app, pilot)
    await pilot.press("c")
    await settle(app, pilot)
    assert isinstance(app.screen, ComponentScreen)
    return app.screen


async def test_keys_behind_the_one_that_opened_a_screen_go_there(tmp_path: Path) -> None:
    app = board(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        components = await at_components(app, pilot)
        for _ in range(2):  # the first opens the help page, the second leaves that
            components.post_message(events.Key("question_mark", "?"))
        await pilot.pause()
        await pilot.pause()
        assert app.screen is components
        app.exit(0)


async def test_a_screen_is_left_with_those_on_top_of_it(tmp_path: Path) -> None:
    app = board(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        components = await at_components(app, pilot)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        components.dismiss(None)
        components.dismiss(None)
        await settle(app, pilot)
        await pilot.pause()
        assert app.screen is app.main
        app.exit(0)


async def test_a_dialog_without_its_words_can_be_resized_and_scrolled(tmp_path: Path) -> None:
    app = board(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        await pilot.press("question_mark")
        dialog = app.screen
        assert isinstance(dialog, HelpScreen)
        await dialog.query("*").remove()
        dialog.on_resize(events.Resize(Size(60, 15), Size(60, 15)))
        dialog.action_scroll(1)
        dialog.action_page(1)
        dialog.action_ends(1)
        app.exit(0)


async def test_a_screen_may_be_opened_again_while_the_last_one_is_being_removed(tmp_path: Path) -> None:
    app = board(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        first = await at_components(app, pilot)
        first.dismiss(None)
        await app.push_screen(ComponentScreen(app))
        assert isinstance(app.screen, ComponentScreen)
        assert app.screen is not first
        app.exit(0)

"""Hostile words where no other test shows them: flow, components, a chart, digest, palette, command line, picking a
column for several tickets, moving and dragging."""

import re
from pathlib import Path

import pytest
from textual import events

from kaizen_tui.loop import govern
from kaizen_tui.loop.context import Session
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.screens.choose import ChooseScreen
from kaizen_tui.tui.screens.command import CommandScreen
from kaizen_tui.tui.screens.digest import DigestScreen
from kaizen_tui.tui.screens.flow import FlowScreen
from kaizen_tui.tui.screens.full import FullScreen
from kaizen_tui.tui.screens.reason import ReasonScreen
from kaizen_tui.tui.widgets.entries import LineEntry
from tests.tui.boards import HOSTILE, NOW, SIZES, Place, calm, press, quote, screen_text, write
from tests.tui.platform_world import Named, ready, with_source, world
from tests.tui.test_drag import drag

# Everything at once: markup that crashes or acts, an escape sequence, a C1 control, turned and invisible text.
WORST = "[/] [@click=app.quit]x[/] [bold \x1b[2J\x9b2J\u202eback\u200b\\[x]"
CONTROLS = "\x1b\x9b\u202e\u200b"
ADA = "Ada Lovelace <ada@example.org>"


def harmless(app: KaizenApp, *, shown: str = "[@click=app.quit]x[/]") -> None:
    """The app runs on, nothing on the screen is a control character or acts, and markup stands there as text."""
    assert app.is_running
    text = screen_text(app)
    assert not any(control in text for control in CONTROLS)
    assert not any(control in app.export_screenshot() for control in CONTROLS)
    assert "app.quit" not in "".join(metas(app))
    if shown:
        assert shown in re.sub(r"\s+", " ", text), text


def metas(app: KaizenApp) -> list[str]:
    """What stands on the screen with an action or a link behind it."""
    rendered = app.screen._compositor.render_strips(app.size)
    styles = [segment.style for strip in rendered for segment in strip if segment.style is not None]
    return [f"{style.meta} {style.link}" for style in styles if style.meta or style.link]


def hostile_world(root: Path) -> Place:
    """Components and tickets whose every free text is hostile."""
    place = world(root, config="metrics: {source: simulated}\n")
    folder = root / "registry" / "kaizen" / "components"
    metric = f"    - {{name: over, threshold: '10', abort_threshold: '15', unit: {quote(WORST)}}}\n"
    (folder / "calm.yml").write_text(
        f"id: calm\nname: {quote(WORST)}\ntier: 0\nowner: {quote(WORST)}\nslo:\n  metrics:\n{metric}"
        f"rollback_plan: {quote(WORST)}\n",
        encoding="utf-8",
    )
    for number, status in ((1, "draft"), (2, "in_review"), (3, "complete")):
        place.ticket(number, status, title=WORST, owner=WORST, component="calm", objective=WORST, criterion=WORST)
    return place


@pytest.mark.parametrize("size", SIZES)
async def test_components_chart_and_flow(tmp_path: Path, size: tuple[int, int]) -> None:
    source = Named()
    source.refused = WORST
    app = with_source(hostile_world(tmp_path).app(), source)
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "home")
        assert isinstance(app.screen, FullScreen)
        harmless(app, shown="")
        assert "[/]" in screen_text(app)
        source.refused = ""
        app.main.slo.poll()
        await calm(pilot, app)
        harmless(app, shown="")
        await press(pilot, app, "enter")
        harmless(app, shown="")
        assert "[/]" in screen_text(app)  # the unit
        await press(pilot, app, "escape", "escape", "f")
        assert isinstance(app.screen, FlowScreen)
        harmless(app, shown="")


@pytest.mark.parametrize("size", SIZES)
async def test_the_digest(tmp_path: Path, size: tuple[int, int]) -> None:
    place = hostile_world(tmp_path)
    first = place.app()
    async with first.run_test(size=size) as pilot:
        await ready(pilot, first)
    tokens = iter(f"{number:016x}" for number in range(100, 200))
    ada = Session(place.workspace, ADA, lambda: NOW, lambda: next(tokens))
    govern.comment(ada, "KAIZ-001", WORST)
    govern.move(ada, "KAIZ-001", "planned", reason=WORST, override=WORST)
    app = place.app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "D")
        assert isinstance(app.screen, DigestScreen)
        harmless(app)


@pytest.mark.parametrize("text", HOSTILE)
async def test_palette_and_command_line_with_pasted_into_them(tmp_path: Path, text: str) -> None:
    app = hostile_world(tmp_path).app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        for key, screen in (("ctrl+p", ChooseScreen), ("colon", CommandScreen)):
            await press(pilot, app, key)
            assert isinstance(app.screen, screen)
            app.screen.query_one(LineEntry).post_message(events.Paste(text))
            await calm(pilot, app)
            assert app.screen.query_one(LineEntry).value
            harmless(app, shown="")
            await press(pilot, app, "enter")
            harmless(app, shown="")
            if isinstance(app.screen, screen):
                await press(pilot, app, "escape")
        assert app.screen is app.main


@pytest.mark.parametrize("size", SIZES)
async def test_moving_aborting_and_several_at_once(tmp_path: Path, size: tuple[int, int]) -> None:
    app = hostile_world(tmp_path).app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "4", "m")
        harmless(app)  # the criterion that nobody signed off
        await press(pilot, app, "enter")
        harmless(app)
        await press(pilot, app, "escape", "x")
        assert isinstance(app.screen, ReasonScreen)
        harmless(app, shown="")
        await press(pilot, app, "escape", "1", "space", "4", "space", "m")
        assert isinstance(app.screen, ChooseScreen)
        harmless(app, shown="")
        await write(pilot, "canary")
        await press(pilot, app, "enter")
        harmless(app, shown="")


async def test_dragging(tmp_path: Path) -> None:
    app = hostile_world(tmp_path).app()
    async with app.run_test(size=(160, 48)) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "4")
        await drag(pilot, app, 3, 4, drop=False)
        assert app.main.context == "move"
        harmless(app)
        await pilot.mouse_up("#board", offset=(app.size.width - 40, 6))
        await calm(pilot, app)
        harmless(app, shown="")

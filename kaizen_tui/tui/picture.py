"""The board's picture as SVG: the dashboard itself, run without a terminal on a clock that stands still."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from kaizen_tui.core.errors import StoreError
from kaizen_tui.loop.context import Session, random_token
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.app import KaizenApp, Options
from kaizen_tui.tui.tokens import DEFAULT_THEME, theme_named

# Textual's picture loads fonts from the network; one that is sent around should load nothing.
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}\s*")
# Textual marks its names in the SVG with a checksum; one fixed name makes two pictures differ only where they do.
_MARK = re.compile(r"\bterminal-\d+")
_ROUNDS = 5


def render_svg(
    workspace: Workspace, now: int, *, filter_text: str, me: str, size: tuple[int, int], theme: str = ""
) -> bytes:
    """The picture. now: epoch seconds. size: columns and lines. Raises UsageError (theme), StoreError."""
    return asyncio.run(_draw(workspace, now, filter_text, me, size, theme_named(theme) if theme else DEFAULT_THEME))


async def _draw(workspace: Workspace, now: int, filter_text: str, me: str, size: tuple[int, int], theme: str) -> bytes:
    when = datetime.fromtimestamp(now, UTC)
    # Nothing is done by anyone here: the actor is only whom `owner:me` means.
    session = Session(workspace, me, lambda: when, random_token)
    app = KaizenApp(
        workspace, Options(read_only=True, theme=theme, watch=False), lambda: session, now=lambda: float(now)
    )
    async with app.run_test(size=size) as pilot:
        await _settle(app, pilot.pause)
        if app.main.board.waiting:
            raise StoreError("the board did not get its tickets", where=workspace.root, hint="try `kaizen doctor`")
        if filter_text:
            app.me = me
            app.main.filter.apply(filter_text)
            await _settle(app, pilot.pause)
        drawn = app.export_screenshot(title=f"kaizen - {app.workspace_name}")
        app.exit(0)
    return clean(drawn).encode("utf-8", "xmlcharrefreplace")


async def _settle(app: KaizenApp, pause: Callable[[], Awaitable[None]]) -> None:
    """Waits until no job is under way; an answer may start the next job."""
    for _ in range(_ROUNDS):
        await app.jobs.settled()
        await pause()


def clean(svg: str) -> str:
    """The picture without what it would load, and with names that are the same every time."""
    return _MARK.sub("kaizen-board", _FONT_FACE.sub("", svg)).rstrip() + "\n"

"""`kaizen-tui --export`: reads the workspace, writes one file or stdout. Starts no terminal; only svg needs Textual."""

import os
import sys
from typing import NamedTuple

from kaizen_tui.core.errors import UsageError
from kaizen_tui.export.destination import put
from kaizen_tui.store.workspace import Workspace

PICTURE_SIZE = (160, 48)
_MOST_CELLS = 500


class Wanted(NamedTuple):
    """What `--export` was asked for.

    target: a path, or "-" for stdout. chosen: the format. size: of the picture, columns and lines.
    actor: whom `owner:me` means, None to find out. write: the index may be kept for the next time.
    theme: of the picture, "" for the usual one.
    """

    target: str
    chosen: str
    filter_text: str = ""
    size: tuple[int, int] = PICTURE_SIZE
    actor: str | None = None
    write: bool = True
    theme: str = ""


def picture_size(text: str) -> tuple[int, int]:
    """`160x48` -> columns and lines. Raises UsageError."""
    width, _, height = text.partition("x")
    if all(side.isascii() and side.isdigit() and 1 <= int(side) <= _MOST_CELLS for side in (width, height)):
        return int(width), int(height)
    raise UsageError(f"`{text}` is no size", hint=f"columns x lines, {_MOST_CELLS} at most, such as --size 160x48")


def export(workspace: Workspace, wanted: Wanted) -> int:
    """Makes the export; returns the exit code. Raises UsageError (filter, $SOURCE_DATE_EPOCH), StoreError."""
    from kaizen_tui.export.collect import collect
    from kaizen_tui.export.formats import export_time, render, unloaded

    now = export_time(os.environ)
    # Finding out who someone is may ask git: only where the filter may mean them.
    me = _me(workspace, wanted.actor) if "me" in wanted.filter_text else ""
    board = collect(workspace, now, filter_text=wanted.filter_text, me=me, write=wanted.write)
    if wanted.chosen == "svg":
        from kaizen_tui.tui.picture import render_svg

        pieces = [
            render_svg(workspace, now, filter_text=wanted.filter_text, me=me, size=wanted.size, theme=wanted.theme)
        ]
    else:
        pieces = render(board, workspace, wanted.chosen)
    code = put(wanted.target, pieces)
    missing = unloaded(board)
    if missing and not code:
        sys.stderr.write(f"kaizen-tui: {missing}\n")
    return code


def _me(workspace: Workspace, actor: str | None) -> str:
    from kaizen_tui.loop.context import resolve_actor

    return resolve_actor(actor, os.environ, workspace.root)

"""Which format a file name asks for, and the one call that makes its bytes."""

import time
from collections.abc import Mapping

from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.ids import nearest
from kaizen_tui.export.collect import Board
from kaizen_tui.store.workspace import Workspace

# svg is the board's picture, which only the dashboard itself can make.
FORMATS: tuple[str, ...] = ("json", "yaml", "csv", "md", "html", "svg", "prom")
_SUFFIXES = {
    ".json": "json", ".yaml": "yaml", ".yml": "yaml", ".csv": "csv", ".md": "md", ".markdown": "md",
    ".html": "html", ".htm": "html", ".svg": "svg", ".prom": "prom",
}  # fmt: skip


def export_time(env: Mapping[str, str]) -> int:
    """Epoch seconds: $SOURCE_DATE_EPOCH where it is set (reproducible-builds.org), else now. Raises UsageError."""
    text = env.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return int(time.time())
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        raise UsageError(f"SOURCE_DATE_EPOCH is `{text}`, not whole seconds since 1970", hint="unset it, or correct it")
    return int(text)


def choose_format(path: str, named: str = "") -> str:
    """The format for a file ("-": standard output). named: of `--format`, goes before the suffix. Raises UsageError."""
    if named:
        if named not in FORMATS:
            near = nearest(named, FORMATS)
            hint = f"did you mean {near}?" if near else f"one of {', '.join(FORMATS)}"
            raise UsageError(f"no such export format: {named}", hint=hint)
        return named
    if path == "-":
        return "json"
    dot = path.rfind(".")
    found = _SUFFIXES.get(path[dot:].lower()) if dot > path.rfind("/") else None
    if found is None:
        raise UsageError(
            f"the file name {path} does not tell the format", hint=f"add --format ({', '.join(FORMATS)}) or a suffix"
        )
    return found


def render(board: Board, ws: Workspace, chosen: str) -> list[bytes]:
    """The file, in pieces, of every format but svg."""
    if chosen == "json":
        from kaizen_tui.export.as_json import render_json

        return render_json(board)
    if chosen == "html":
        from kaizen_tui.export.as_html import render_html

        return [render_html(board)]
    if chosen == "prom":
        from kaizen_tui.export.as_prom import render_prom

        return [render_prom(board, ws)]
    from kaizen_tui.export.as_text import render_csv, render_markdown, render_yaml

    return [{"yaml": render_yaml, "csv": render_csv, "md": render_markdown}[chosen](board)]


def unloaded(board: Board) -> str:
    """How many files are not in the export because they are wrong, in words; "" for none."""
    count = len({problem.path for problem in board.problems if problem.level == "error"})
    if not count:
        return ""
    files, are = ("1 file", "is") if count == 1 else (f"{count} files", "are")
    return f"{files} could not be loaded and {are} not in the export; `kaizen lint` says why"

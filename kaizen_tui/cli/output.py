"""What a command prints: data on stdout, messages on stderr, colour only where it is wanted. Light.

Every text that came from a file or a person goes through `core.text.safe` on its way out; JSON is written in ASCII,
with every control character escaped, so it is safe to show as well.
"""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kaizen_tui.cli.listing import display_width
from kaizen_tui.core.text import safe

if TYPE_CHECKING:
    from kaizen_tui.core.problem import Problem

SEVERITY_COLOURS = {"critical": "red", "high": "yellow", "medium": "cyan", "low": "bright_black"}
STATUS_COLOURS = {"canary": "magenta", "complete": "green", "aborted": "bright_black"}


def wants_colour(*, plain: bool = False) -> bool:
    """Colour follows NO_COLOR (any value that isn't empty), `--plain` and whether stdout is a terminal."""
    return not plain and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and sys.stdout.isatty()


class Painter:
    """Styles text when colour is on, returns it unchanged when not. The text must be safe already."""

    __slots__ = ("on",)

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, colour: str | None = None, *, bold: bool = False, dim: bool = False) -> str:
        if not self.on or not text:
            return text
        import click

        return click.style(text, fg=colour, bold=bold or None, dim=dim or None)


def emit(text: str) -> None:
    """One piece of data and a line end, to stdout."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """One message to stderr. `text` must be safe; it may have several lines."""
    sys.stderr.write(text + "\n")


def warn(text: str) -> None:
    """One warning to stderr, made safe."""
    note("kaizen: warning: " + safe(text))


def json_text(value: Any) -> str:
    """JSON in ASCII, indented, keys in the order given; NaN and infinity are errors, DEL is escaped too."""
    import json

    return json.dumps(value, indent=2, allow_nan=False).replace("\x7f", "\\u007f")


def emit_json(value: Any) -> None:
    emit(json_text(value))


def columns(rows: Sequence[Sequence[str]], *, indent: str = "", gap: str = "  ") -> list[str]:
    """Left-aligned columns of safe, unstyled text; trailing blanks are cut."""
    if not rows:
        return []
    widths = [max(display_width(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell + " " * (width - display_width(cell)) for cell, width in zip(row, widths, strict=True)]
        lines.append((indent + gap.join(cells)).rstrip())
    return lines


def problem_json(problem: "Problem") -> dict[str, Any]:
    return {
        "path": problem.path,
        "line": problem.line,
        "level": problem.level,
        "message": problem.message,
        "hint": problem.hint,
    }


def problem_line(problem: "Problem") -> str:
    """`path:line: level: message; hint`, as editors and CI read it."""
    text = f"{problem.where}: {problem.level}: {problem.message}"
    return safe(f"{text}; {problem.hint}" if problem.hint else text)

"""The progress of an evaluation or a generator on stderr: a bar in a terminal, a line for each step elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kaizen_tui.cli.output import note
from kaizen_tui.core.text import safe, safe_block
from kaizen_tui.loop.evaluation.progress import said_of

if TYPE_CHECKING:
    from kaizen_tui.loop.evaluation.progress import Listener, Step

_LINES = 10  # of pairs, in a pipe: one in so many is told


@contextmanager
def listening(*, plain: bool) -> Iterator["Listener"]:
    """Whom an evaluation tells. plain: no bar, also in a terminal."""
    if plain or not sys.stderr.isatty():
        yield _Lines()
        return
    from kaizen_tui.cli.progress_bar import bar

    with bar() as shown:
        yield shown


class _Lines:
    """For logs: every step, and of the pairs one in ten."""

    def __init__(self) -> None:
        self._text = ""
        self._told = -1

    def step(self, step: "Step") -> None:
        every = max(1, step.total // _LINES)
        if step.text == self._text and step.done // every == self._told and step.done < step.total:
            return
        self._text, self._told = step.text, step.done // every
        said = said_of(step)
        note("kaizen: " + safe(step.text) + (f" ({said})" if said else ""))

    def output(self, title: str, text: str) -> None:
        print_output(title, text)


def print_output(title: str, text: str) -> None:
    """What a command that failed printed."""
    note("kaizen: " + safe(title))
    for line in safe_block(text).split("\n") if text else ():
        note("  | " + line)

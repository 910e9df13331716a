"""The progress of an evaluation or a generator on stderr: a bar in a terminal, a line for each step elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kaizen_tui.cli.output import note
from kaizen_tui.core.text import safe, safe_block
from kaizen_tui.loop.evaluation.progress import said_of

if TYPE_CHECKING:
    from rich.progress import Progress

    from kaizen_tui.loop.evaluation.progress import Listener, Step

_LINES = 10  # of pairs, in a pipe: one in so many is told


@contextmanager
def listening(*, plain: bool) -> Iterator["Listener"]:
    """Whom an evaluation tells. plain: no bar, also in a terminal."""
    if plain or not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[said]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar)


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
        _print_output(title, text)


class _Bar:
    """For people."""

    def __init__(self, bar: "Progress") -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None, said="")

    def step(self, step: "Step") -> None:
        total = step.total or None
        self._bar.update(self._task, description=safe(step.text), completed=step.done, total=total, said=said_of(step))

    def output(self, title: str, text: str) -> None:
        self._bar.stop()  # the bar would draw over what is printed now
        _print_output(title, text)
        self._bar.start()


def _print_output(title: str, text: str) -> None:
    note("kaizen: " + safe(title))
    for line in safe_block(text).split("\n") if text else ():
        note("  | " + line)

"""The progress of an evaluation as one line of a terminal. Imports rich: only for who looks at it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from kaizen_tui.cli.progress import print_output
from kaizen_tui.core.text import safe
from kaizen_tui.loop.evaluation.progress import Step, said_of

_BAR = 12
_FREE = 3  # columns at the end: the terminal writes ^C there, and a line that wrapped would stay on the screen
_GAPS = 5  # the spinner, and the blanks between the parts


@contextmanager
def bar() -> Iterator["Bar"]:
    """The line, which goes away at the end."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(_BAR),
        TextColumn("{task.fields[said]}", markup=False),
    )
    with _Narrow(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bar(progress)


class Bar:
    """A listener of evaluations."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None, said="")

    def step(self, step: Step) -> None:
        said, text = said_of(step), Text(safe(step.text))
        text.truncate(max(1, self._progress.console.width - _FREE - _GAPS - _BAR - len(said)), overflow="ellipsis")
        total = step.total or None
        self._progress.update(self._task, description=text.plain, completed=step.done, total=total, said=said)

    def output(self, title: str, text: str) -> None:
        self._progress.stop()  # the bar would draw over what is printed now
        print_output(title, text)
        self._progress.start()


class _Narrow(Progress):
    """Leaves the end of its line free."""

    def get_renderables(self) -> Iterable[RenderableType]:
        for one in super().get_renderables():
            yield _Within(one)


class _Within:
    def __init__(self, inner: RenderableType) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self._inner, options.update_width(max(1, options.max_width - _FREE)))

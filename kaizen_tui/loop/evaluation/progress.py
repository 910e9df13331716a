"""What an evaluation tells while it runs: what it does, how far it is, how long it will still take about."""

from typing import NamedTuple, Protocol


class Step(NamedTuple):
    """text: what is done now, such as "tests of the candidate". done, total: pairs; total 0 where none are counted.

    left: seconds that the rest of the pairs will take about, None before the first is known. more: benchmarks whose
    time isn't known yet follow, so that `left` is the least.
    """

    text: str
    done: int = 0
    total: int = 0
    left: float | None = None
    more: bool = False


def said_of(step: Step) -> str:
    """ "12 of 40 pairs, about 2 min left", as far as it is known."""
    if not step.total:
        return ""
    text = f"{step.done} of {step.total} pairs"
    if step.left is None or step.done == step.total:
        return text
    return f"{text}, {'at least' if step.more else 'about'} {_span(step.left)} left"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class Listener(Protocol):
    """Hears of an evaluation. Texts are hostile: escape on output."""

    def step(self, step: Step) -> None: ...

    def output(self, title: str, text: str) -> None:
        """What a command that failed printed, its end."""


class Silence:
    """Nobody listens."""

    def step(self, step: Step) -> None:
        """Nothing."""

    def output(self, title: str, text: str) -> None:
        """Nothing."""

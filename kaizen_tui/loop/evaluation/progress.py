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

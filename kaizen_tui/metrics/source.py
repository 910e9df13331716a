"""The protocol that every metrics source speaks, and what it answers with."""

from typing import NamedTuple, Protocol

from kaizen_tui.core.errors import KaizenError


class UnreachableError(KaizenError):
    """The server can't be asked at all; `what` says why in words. One metric without data is no such error."""


class Instant(NamedTuple):
    """One present value. value: in the metric's unit, None when there is none; at: epoch seconds of the measurement;
    error: why there is no value, in words for a person, or ""."""

    value: float | None
    at: float | None
    error: str = ""


class Series(NamedTuple):
    """Evenly spaced values: values[i] was measured at start + i * step (seconds); None is a gap."""

    start: float
    step: float
    values: tuple[float | None, ...]
    error: str = ""


class Events(NamedTuple):
    """Good and bad events of a span, for error budgets. total 0: nothing happened (not: nothing is known)."""

    bad: float
    total: float
    error: str = ""


class MetricSource(Protocol):
    """Where numbers come from. What a server says of one metric stands in the answer; UnreachableError (or an OSError)
    is raised when it can't be asked at all, and the last good data stay the caller's. Metrics are named by component
    and name; times are epoch seconds."""

    @property
    def name(self) -> str:
        """As shown in the board's header: "simulated", "prometheus"."""

    def instant(self, component: str, metric: str, at: float) -> Instant: ...

    def series(self, component: str, metric: str, start: float, end: float, step: float) -> Series: ...

    def events(self, component: str, metric: str, start: float, end: float) -> Events: ...

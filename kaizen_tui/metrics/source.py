"""The protocol that every metrics source speaks, and what it answers with."""

from typing import Literal, NamedTuple, Protocol

from kaizen_tui.core.errors import KaizenError

# Which of a component's two versions is meant; "" is all of it.
Version = Literal["", "baseline", "canary"]

# The error of an answer that has nothing in it: the metric is gone, or was never there.
NO_SERIES = "the query returned no series"


class UnreachableError(KaizenError):
    """The server can't be asked at all; `what` says why in words. One metric without data is no such error."""


class QueryError(Exception):
    """The server answered, but not this query; the text says why. Another query may fare better."""


class RefusedError(QueryError):
    """The server says that the query itself is wrong."""


class Instant(NamedTuple):
    """One present value. value: in the metric's unit, None when there is none; at: epoch seconds of the newest
    measurement in it; error: why there is no value, in words for a person, or ""; warning: what the server said beside
    the value (an answer of which a part is missing, say), or ""."""

    value: float | None
    at: float | None
    error: str = ""
    warning: str = ""


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


class Counter(NamedTuple):
    """One cumulative counter as the process exports it, not yet corrected for restarts.

    part: what it counts; "bucket" with its upper bound `le` (the histogram's unit; infinite for the last).
    instance: tells the processes (pods) of one version apart; counters of one process have the same.
    """

    part: Literal["bad", "good", "total", "bucket", "value"]
    instance: str
    value: float
    le: float | None = None


class Counters(NamedTuple):
    """The raw counters of one metric and one version, all measured at or before one instant.

    at: when the newest of them was measured, epoch seconds; without counters the instant that was asked about. For a
    gauge, `value` of each instance.
    """

    at: float
    counters: tuple[Counter, ...]
    error: str = ""


class Past(NamedTuple):
    """The raw counters of one metric and one version at moments of the past, evenly spaced, oldest first; without
    counters where there were none. error: why there are no moments at all, or ""."""

    looks: tuple[Counters, ...]
    error: str = ""


class MetricSource(Protocol):
    """Where numbers come from. What a server says of one metric stands in the answer; UnreachableError (or an OSError)
    is raised when it can't be asked at all, and the last good data stay the caller's. Metrics are named by component
    and name; times are epoch seconds. May be asked by several threads at once."""

    @property
    def name(self) -> str:
        """As shown in the board's header: "simulated", "prometheus"."""

    @property
    def width(self) -> int:
        """How many questions it answers at once; more threads than this gain nothing."""

    def query(self, component: str, metric: str) -> str:
        """What is asked for the present value, for evidence and refusals; "" where there is no query."""

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant: ...

    def series(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Series: ...

    def events(self, component: str, metric: str, start: float, end: float, version: Version = "") -> Events: ...

    def counters(self, component: str, metric: str, at: float, version: Version = "") -> Counters: ...

    def past_counters(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Past: ...

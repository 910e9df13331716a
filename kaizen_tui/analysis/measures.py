"""What a look sees of one version: increments of counters since the look before, or a gauge's present value."""

import math
from collections.abc import Mapping
from typing import NamedTuple

MOST = float(2**53)  # beyond it a count is no longer exact


class Ratio(NamedTuple):
    """Events, and the bad ones of them."""

    total: float
    bad: float


class Histogram(NamedTuple):
    """Events by size. le: upper bounds, rising; counts: events in each bucket, one more than bounds."""

    le: tuple[float, ...]
    counts: tuple[float, ...]


Measure = Ratio | Histogram | float


class Look(NamedTuple):
    """One look at both versions. at: seconds on any clock that only moves on. What is missing is a gap.

    share: the canary's share of the traffic that the splitter was told, tested when given.
    skipped: SLIs that can't be used at this look, and why.
    """

    at: float
    baseline: Mapping[str, Measure]
    canary: Mapping[str, Measure]
    share: float | None = None
    skipped: Mapping[str, str] = {}


def torn(measure: Measure) -> bool:
    """True where the numbers contradict each other: more bad events than events, a count below zero or beyond 2^53."""
    if isinstance(measure, Ratio):
        return not 0 <= measure.bad <= measure.total <= MOST
    if isinstance(measure, Histogram):
        return not all(0 <= count <= MOST for count in measure.counts)
    return not math.isfinite(measure)

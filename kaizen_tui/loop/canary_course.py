"""How one SLI of a canary went, look by look: both versions' events, the evidence and the interval of their ratio.

Of a long canary neighbouring looks are put together, so that a day's course is as long as a screen is wide.
"""

from typing import NamedTuple

from kaizen_tui.analysis.measures import Histogram, Measure, Ratio
from kaizen_tui.analysis.verdict import Evidence

MOST = 240  # moments of a course


class Moment(NamedTuple):
    """Some neighbouring looks of one share. at: of the last one, epoch seconds. baseline, canary: their events together
    (of a gauge the last value), None where none counted. low, high: of the ratio, after the last one. rollback,
    promote: log e-values after it."""

    at: float
    share: float
    looks: int
    baseline: Measure | None
    canary: Measure | None
    low: float
    high: float
    rollback: float
    promote: float | None


class Course:
    """The moments of one SLI, oldest first."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self._width = 1

    def add(self, at: float, share: float, baseline: Measure | None, canary: Measure | None, one: Evidence) -> None:
        """One more look, with what it showed in all."""
        if one.skipped:
            baseline = canary = None
        moment = Moment(at, share, 1, baseline, canary, one.low, one.high, one.log_e_rollback, one.log_e_promote)
        last = self.moments[-1] if self.moments else None
        if last is not None and last.looks < self._width and last.share == share:
            self.moments[-1] = joined(last, moment)
            return
        self.moments.append(moment)
        if len(self.moments) > MOST:
            self._width *= 2
            self.moments = _paired(self.moments)


def _paired(moments: list[Moment]) -> list[Moment]:
    paired: list[Moment] = []
    alone = False
    for moment in moments:
        if alone and paired[-1].share == moment.share:
            paired[-1] = joined(paired[-1], moment)
            alone = False
        else:
            paired.append(moment)
            alone = True
    return paired


def joined(first: Moment, second: Moment) -> Moment:
    """Both as one; what stands at the end is the second's."""
    return second._replace(
        looks=first.looks + second.looks,
        baseline=added(first.baseline, second.baseline),
        canary=added(first.canary, second.canary),
    )


def added(first: Measure | None, second: Measure | None) -> Measure | None:
    """The events of both; where they can't be added (gauges, other bounds) the second."""
    if first is None or second is None:
        return second if first is None else first
    if isinstance(first, Ratio) and isinstance(second, Ratio):
        return Ratio(first.total + second.total, first.bad + second.bad)
    if isinstance(first, Histogram) and isinstance(second, Histogram) and first.le == second.le:
        return Histogram(first.le, tuple(one + two for one, two in zip(first.counts, second.counts, strict=True)))
    return second

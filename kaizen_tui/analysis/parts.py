"""One SLI of one canary: from what a look saw to the rows of its tests, and from the tests' results to evidence."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from kaizen_tui.analysis.counters import GAP, TORN
from kaizen_tui.analysis.eprocess import Advanced, log_sum
from kaizen_tui.analysis.gauge import GaugeTest, median_interval
from kaizen_tui.analysis.histogram import above_bounds, headline, usable_bounds
from kaizen_tui.analysis.measures import Histogram, Measure, Ratio, torn
from kaizen_tui.analysis.points import Array, Comparison, Points, points_of
from kaizen_tui.analysis.settings import Settings, Sli

NO_CANARY = "no canary traffic"
NO_BASELINE = "no baseline traffic"
NO_BOUND = "no usable bound"
OTHER_BOUNDS = "other bounds"
NOT_POSITIVE = "not positive"

_ALARM = math.log(2.0)

Row = tuple[float, float, float, float]  # baseline's total and bad, canary's total and bad


class Unit:
    """One comparison of two bad shares, with its state; `rows` are the looks that wait to be judged."""

    __slots__ = ("counted", "looks", "path", "points", "rows", "state")

    def __init__(self, points: Points) -> None:
        self.points = points
        self.state: Array = points.initial()
        self.looks = 0
        self.rows: list[Row | None] = []
        self.path: Array = self.state[None, :]
        self.counted: list[int] = []

    def take(self, path: Array, counted: list[int]) -> None:
        """The states after each of the waiting looks, and how many were counted by then since the beginning."""
        self.path = path
        self.state = path[-1].copy()
        self.counted = counted
        self.looks = counted[-1]
        self.rows = []


class Tally(NamedTuple):
    """Log e-values after each look; None where there is no such test. alone, both: at each look, whether the absolute
    guard speaks of the canary where the baseline keeps within it, and whether it speaks of both. alarmed: it has begun
    to: no time for a promotion."""

    rollback: list[float]
    promote: list[float] | None
    alone: list[bool] | None = None
    both: list[bool] | None = None
    alarmed: list[bool] | None = None


class RatioPart:
    """Bad events of all events."""

    def __init__(self, sli: Sli, settings: Settings, share: float) -> None:
        self.sli = sli
        self.bar = math.log(1.0 / (settings.alpha * share))
        self.units: list[Unit] = [Unit(points_of(comparison_of(sli, settings)))]

    @property
    def shown(self) -> Unit | None:
        return self.units[0]

    def wait(self) -> None:
        """A look that is not counted."""
        self.units[0].rows.append(None)

    def look(self, baseline: Measure | None, canary: Measure | None, looks: int) -> str:
        """Takes one look; returns why it isn't counted, or ""."""
        if baseline is None or canary is None:
            why = GAP
        elif not isinstance(baseline, Ratio) or not isinstance(canary, Ratio):
            raise TypeError(f"`{self.sli.name}` is a ratio")
        elif torn(baseline) or torn(canary):
            why = TORN
        elif baseline.total <= 0:
            why = NO_BASELINE
        elif canary.total <= 0:
            why = NO_CANARY
        else:
            self.units[0].rows.append((baseline.total, baseline.bad, canary.total, canary.bad))
            return ""
        self.wait()
        return why

    def tally(self, results: Mapping[int, tuple[Advanced, int]], looks: int) -> Tally:
        """What the tests say after each of `looks` looks. results: by unit's identity, with its row."""
        done, row = results[id(self.units[0])]
        promote = None if done.promote is None else done.promote[row, :looks].tolist()
        rollback = done.rollback[row, :looks].tolist()
        if done.guard is None:
            return Tally(rollback, promote)
        alone = done.guard.alone[row, :looks]
        both = np.minimum(done.guard.canary[row, :looks], done.guard.baseline[row, :looks])
        alarmed = (alone >= _ALARM) | (both >= _ALARM)
        return Tally(rollback, promote, (alone >= self.bar).tolist(), (both >= self.bar).tolist(), alarmed.tolist())


class HistogramPart:
    """Events above each usable bound. without: so many looks of the batch came before the bounds were chosen."""

    def __init__(self, sli: Sli, settings: Settings) -> None:
        self.sli = sli
        self.units: list[Unit] = []
        self._points = points_of(comparison_of(sli, settings))
        self.bounds: tuple[float, ...] = ()
        self.headline = 0
        self.without = self._before = 0

    @property
    def shown(self) -> Unit | None:
        return self.units[self.headline] if self.units else None

    @property
    def bound(self) -> float | None:
        """Of the unit that is shown."""
        return self.bounds[self.headline] if self.bounds else None

    def bound_at(self, look: int) -> float | None:
        """The same, at a look of the batch."""
        return self.bound if look >= self.without else None

    def take_bounds(self, bounds: tuple[float, ...], shown: int) -> None:
        """From now on these are tested; `shown` is the place of the one that is shown."""
        self.bounds, self.headline = bounds, shown
        self.units = [Unit(self._points) for _ in bounds]

    def wait(self) -> None:
        for unit in self.units:
            unit.rows.append(None)

    def look(self, baseline: Measure | None, canary: Measure | None, looks: int) -> str:
        """Takes one look; looks: how many wait already in this batch. Returns why it isn't counted, or ""."""
        why = self._why_not(baseline, canary, looks)
        if why or not isinstance(baseline, Histogram) or not isinstance(canary, Histogram):
            self.wait()
            return why
        both = above_bounds(baseline, self.bounds), above_bounds(canary, self.bounds)
        if both[0] is None or both[1] is None:
            why = OTHER_BOUNDS
        elif both[0][0] <= 0 or both[1][0] <= 0:
            why = NO_BASELINE if both[0][0] <= 0 else NO_CANARY
        if why or both[0] is None or both[1] is None:
            self.wait()
            return why
        (total, above), (canary_total, canary_above) = both[0], both[1]
        for unit, bad, canary_bad in zip(self.units, above, canary_above, strict=True):
            unit.rows.append((total, bad, canary_total, canary_bad))
        return ""

    def _why_not(self, baseline: Measure | None, canary: Measure | None, looks: int) -> str:
        if baseline is None or canary is None:
            return GAP
        if not isinstance(baseline, Histogram) or not isinstance(canary, Histogram):
            raise TypeError(f"`{self.sli.name}` is a histogram")
        if torn(baseline) or torn(canary):
            return TORN
        if not self.bounds:
            bounds = usable_bounds(baseline)
            if not bounds:
                return NO_BOUND
            self.take_bounds(bounds, headline(baseline, bounds))
            self._before = looks
            for unit in self.units:
                unit.rows = [None] * looks
        return ""

    def tally(self, results: Mapping[int, tuple[Advanced, int]], looks: int) -> Tally:
        """The mean of the bounds' e-values against roll-back; the least of them for promotion."""
        if not self.units:
            return Tally([0.0] * looks, None if self.sli.promote_ratio is None else [0.0] * looks)
        self.without, self._before = self._before, 0
        found = [results[id(unit)] for unit in self.units]
        rollback = np.stack([done.rollback[row, :looks] for done, row in found], axis=-1)
        mean = log_sum(rollback) - math.log(len(found))
        mean[: self.without] = 0.0
        parts = [done.promote[row, :looks] for done, row in found if done.promote is not None]
        if not parts:
            return Tally(mean.tolist(), None)
        least = np.min(parts, axis=0)
        least[: self.without] = 0.0
        return Tally(mean.tolist(), least.tolist())


class GaugePart:
    """Two values of the same kind. Its tests are run at once: there is one number a look."""

    units: tuple[Unit, ...] = ()
    shown = None

    def __init__(self, sli: Sli, settings: Settings) -> None:
        self.sli = sli
        self.test = GaugeTest(sli, settings)
        self.looks = 0
        self._after: list[_After] = []
        self._told: list[_After] = []

    def wait(self) -> None:
        test = self.test
        state = (test.log_e_rollback, test.log_e_promote, test.alone_beyond, test.both_beyond)
        self._after.append(_After(*state, self.looks, len(test.means)))

    def look(self, baseline: Measure | None, canary: Measure | None, looks: int) -> str:
        """Takes one look; returns why it isn't counted, or ""."""
        why = ""
        if baseline is None or canary is None:
            why = GAP
        elif not isinstance(baseline, float) or not isinstance(canary, float):
            raise TypeError(f"`{self.sli.name}` is a gauge")
        elif not (0 < baseline < math.inf and 0 < canary < math.inf):
            why = NOT_POSITIVE
        else:
            self.test.look(baseline, canary)
            self.looks += 1
        self.wait()
        return why

    def tally(self, _results: Mapping[int, tuple[Advanced, int]], _looks: int) -> Tally:
        after, self._told, self._after = self._after, self._after, []
        promote = None if self.sli.promote_ratio is None else [one.promote or 0.0 for one in after]
        return Tally(
            [one.rollback for one in after], promote, [one.alone for one in after], [one.both for one in after]
        )

    def looks_by(self, look: int) -> int:
        """How many looks were counted by a look of the batch."""
        return self._told[look].looks

    def interval(self, look: int, alpha: float) -> tuple[float, float]:
        """Of the median of the block means, after a look of the batch."""
        return median_interval(self.test.means[: self._told[look].blocks], alpha)


class _After(NamedTuple):
    """A gauge's test after a look."""

    rollback: float
    promote: float | None
    alone: bool
    both: bool
    looks: int
    blocks: int


SliPart = RatioPart | HistogramPart | GaugePart


def part_of(sli: Sli, settings: Settings, share: float) -> SliPart:
    """share: the SLI's part of alpha."""
    if sli.kind == "ratio":
        return RatioPart(sli, settings, share)
    return HistogramPart(sli, settings) if sli.kind == "histogram" else GaugePart(sli, settings)


def comparison_of(sli: Sli, settings: Settings) -> Comparison:
    return Comparison(
        sli.rollback_ratio,
        sli.promote_ratio,
        sli.dispersion,
        settings.cap,
        settings.late_start,
        settings.planned_looks,
        sli.guard_share,
        sli.promote_below,
    )


def carry(old: SliPart, new: SliPart) -> None:
    """The state of an SLI into the next step: all but the evidence for promotion."""
    if isinstance(old, GaugePart) and isinstance(new, GaugePart):
        new.looks = old.looks
        new.test.carry(old.test)
    elif isinstance(old, HistogramPart) and isinstance(new, HistogramPart):
        new.take_bounds(old.bounds, old.headline)
    for before, after in zip(old.units, new.units, strict=True):
        here, there = before.points, after.points
        after.looks = before.looks
        after.state[: there.late] = before.state[: here.late]
        after.state[there.nodes.start :] = before.state[here.nodes.start :]

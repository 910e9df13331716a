"""From cumulative counters to the increments of a look.

A process that restarts begins at zero: when any of its counters fell, all of them count from zero. A process that is
seen for the first time only gives its starting point, as its past may be older than the canary. A look is taken for
both versions or for neither, so that their increments always span the same time: a gap, a torn scrape or one that is
late leaves everything as it was, and the next good look spans both.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from kaizen_tui.analysis.measures import Histogram, Measure, Ratio, torn

Part = Literal["bad", "good", "total", "bucket", "value"]
Key = tuple[Part, float]  # what is counted, and a bucket's upper bound (0 for the others)

FIRST = "first reading"
GAP = "no data"
TORN = "torn"
LATE = "late or duplicate"


class Reading(NamedTuple):
    """One counter as its process exports it. Fields as of `metrics.source.Counter`."""

    part: Part
    instance: str
    value: float
    le: float | None = None


class Scrape(NamedTuple):
    """The readings of one version and one SLI, taken at one instant (seconds)."""

    at: float
    readings: tuple[Reading, ...]


class Increments(NamedTuple):
    """What both versions did since the last look that counted; `why` says why there is nothing."""

    baseline: Measure | None
    canary: Measure | None
    why: str = ""


def increase(before: tuple[float, ...], now: tuple[float, ...]) -> tuple[float, ...]:
    """How much the counters of one process rose; from zero when one of them fell."""
    if any(new < old for old, new in zip(before, now, strict=True)):
        return now
    return tuple(new - old for old, new in zip(before, now, strict=True))


class PairedTotals:
    """One SLI of two versions, each told as the totals so far of a single process."""

    __slots__ = ("_baseline", "_canary")

    def __init__(self) -> None:
        self._baseline: Measure | None = None
        self._canary: Measure | None = None

    def advance(self, baseline: Measure | None, canary: Measure | None) -> Increments:
        """The increments since the last look that counted."""
        if baseline is None or canary is None:
            return Increments(None, None, GAP)
        if torn(baseline) or torn(canary):
            return Increments(None, None, TORN)
        before = self._baseline, self._canary
        risen = _rise(before[0], baseline), _rise(before[1], canary)
        if risen[0] is None or risen[1] is None:
            self._baseline, self._canary = baseline, canary
            return Increments(None, None, FIRST)
        if torn(risen[0]) or torn(risen[1]):
            return Increments(None, None, TORN)
        self._baseline, self._canary = baseline, canary
        return Increments(*risen)


def _rise(before: Measure | None, now: Measure) -> Measure | None:
    """None where there is nothing to compare with: the first reading, other bounds."""
    if isinstance(now, float):
        return now  # a gauge is no counter
    if isinstance(now, Ratio) and isinstance(before, Ratio):
        return Ratio(*increase(before, now))
    if isinstance(now, Histogram) and isinstance(before, Histogram) and before.le == now.le:
        return Histogram(now.le, increase(before.counts, now.counts))
    return None


class Tracker:
    """The raw counters of one SLI in both versions, process by process."""

    __slots__ = ("_at", "_known")

    def __init__(self) -> None:
        self._known: tuple[dict[str, dict[Key, float]], ...] = ({}, {})
        self._at = [-math.inf, -math.inf]

    def advance(self, baseline: Scrape | None, canary: Scrape | None) -> Increments:
        """The increments since the last look that counted."""
        scrapes = (baseline, canary)
        if baseline is None or canary is None or not baseline.readings or not canary.readings:
            return Increments(None, None, GAP)
        if any(scrape.at <= at for scrape, at in zip((baseline, canary), self._at, strict=True)):
            return Increments(None, None, LATE)
        seen = [by_process(scrape.readings) for scrape in scrapes if scrape is not None]
        rises = [list(risen(known, now).values()) for known, now in zip(self._known, seen, strict=True)]
        measures = [summed(processes) for processes in rises]
        if any(measure is not None and torn(measure) for measure in measures) or any(
            one is not None and torn(one) for processes in rises for one in map(measured, processes)
        ):
            return Increments(None, None, TORN)
        for known, now in zip(self._known, seen, strict=True):
            known.update(now)
        self._at = [baseline.at, canary.at]
        if measures[0] is None or measures[1] is None:
            return Increments(None, None, FIRST)
        return Increments(measures[0], measures[1])


def by_process(readings: Iterable[Reading]) -> dict[str, dict[Key, float]]:
    """Process -> what it counts -> the value. What is no number is left out."""
    found: dict[str, dict[Key, float]] = {}
    for reading in readings:
        if math.isfinite(reading.value):
            found.setdefault(reading.instance, {})[reading.part, reading.le or 0.0] = reading.value
    return found


def risen(
    known: Mapping[str, Mapping[Key, float]], now: Mapping[str, Mapping[Key, float]]
) -> dict[str, dict[Key, float]]:
    """The increases of each process that was known, over the counters that both readings have; a gauge as it is."""
    found = {}
    for instance, values in now.items():
        if ("value", 0.0) in values:
            found[instance] = dict(values)
            continue
        before = known.get(instance)
        keys = [key for key in values if before is not None and key in before]
        if before is None or not keys:
            continue
        rise = increase(tuple(before[key] for key in keys), tuple(values[key] for key in keys))
        found[instance] = dict(zip(keys, rise, strict=True))
    return found


def summed(processes: Sequence[Mapping[Key, float]]) -> Measure | None:
    """All processes of a version together; of gauges the mean."""
    if not processes:
        return None
    shared = set(processes[0]).intersection(*processes[1:])
    whole = {key: math.fsum(process[key] for process in processes) for key in shared}
    measure = measured(whole)
    return measure / len(processes) if isinstance(measure, float) else measure


def measured(counts: Mapping[Key, float]) -> Measure | None:
    """What the counters of one process, or the sums of several, say; None where they say too little."""
    found = {part: counts.get((part, 0.0)) for part in ("value", "total", "bad", "good")}
    if found["value"] is not None:
        return float(found["value"])
    bounds = sorted(le for part, le in counts if part == "bucket")
    if bounds:
        below = [counts["bucket", le] for le in bounds]
        if not math.isinf(bounds[-1]):
            total = found["total"]
            if total is None:
                return None
            bounds, below = [*bounds, math.inf], [*below, total]
        each = [here - before for before, here in zip([0.0, *below], below, strict=False)]
        return Histogram(tuple(bounds[:-1]), tuple(each))
    total, bad, good = found["total"], found["bad"], found["good"]
    if bad is None and total is not None and good is not None:
        bad = total - good
    if total is None and good is not None and bad is not None:
        total = good + bad
    return None if total is None or bad is None else Ratio(total, bad)

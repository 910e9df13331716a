"""The raw counters of the simulated platform: cumulative, one set an instance, from nothing again after a restart."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from kaizen_tui.metrics.simulated_shape import noise
from kaizen_tui.metrics.source import Counter, Version

Shares = tuple[tuple[float, float], ...]  # since when (epoch seconds) which share of the users a canary had, in order

EVENTS_PER_SECOND = 20_000.0
CANARY_SHARE = 0.05  # of the traffic, where nothing else is said
ALWAYS: Shares = ((-math.inf, CANARY_SHARE),)
RESTART_EVERY = 6 * 3600.0  # seconds, each instance at its own time
_BASELINES = 3
_CELL = 120.0  # seconds over which a value counts as constant
# Bounds of histograms, as multiples of the target.
_BOUNDS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, math.inf)


class Running(NamedTuple):
    """One process. version: "" where its component has no versions. share: of that version's traffic."""

    name: str
    version: Version
    share: float

    def started(self, at: float) -> float:
        """When the process that runs at `at` was started."""
        early = RESTART_EVERY * (noise(self.name, 0) + 1.0) / 2
        return at - (at + early) % RESTART_EVERY


def stretches(shares: Shares, at: float) -> Iterator[tuple[float | None, float, float]]:
    """Start, end and share of each stretch of time until `at`; the first one has no start, and before what `shares`
    says nobody had the canary."""
    start: float | None = None
    share = 0.0
    for since, following in shares:
        if since >= at:
            break
        if since > -math.inf:
            yield start, since, share
            start = since
        share = following
    yield start, at, share


def share_of(version: Version) -> float:
    """A version's share of the traffic."""
    return {"canary": CANARY_SHARE, "baseline": 1.0 - CANARY_SHARE}.get(version, 1.0)


def instances(component: str, versioned: bool, version: Version) -> tuple[Running, ...]:
    """The processes of a component, or of one of its versions."""
    of: Version = "baseline" if versioned else ""
    baseline = tuple(Running(f"{component}-{nth}", of, 1.0 / _BASELINES) for nth in range(_BASELINES))
    canary = (Running(f"{component}-canary-0", "canary", 1.0),) if versioned else ()
    return {"baseline": baseline, "canary": canary}.get(version, (*baseline, *canary))


def event_counters(
    instance: Running, at: float, added_up: Callable[[float], tuple[float, float]]
) -> tuple[Counter, Counter]:
    """added_up: bad and all events of the instance's version until a time."""
    (bad, total), (bad_then, total_then) = added_up(at), added_up(instance.started(at))
    return (
        Counter("bad", instance.name, math.floor(instance.share * (bad - bad_then))),
        Counter("total", instance.name, math.floor(instance.share * (total - total_then))),
    )


def rate_counter(instance: Running, at: float, value: Callable[[float], float]) -> Counter:
    """value: the rate of the instance's version at a time, per second."""
    counted = sum(length * value(middle) for middle, length in _cells(instance.started(at), at))
    return Counter("total", instance.name, math.floor(instance.share * counted))


def bucket_counters(
    instance: Running, at: float, target: float, quantile: float, value: Callable[[float], float],
    shares: Shares = ALWAYS,
) -> list[Counter]:  # fmt: skip
    """A histogram of an exponential distribution whose quantile is `value`."""
    counts = [0.0] * len(_BOUNDS)
    bounds = [abs(target or 1.0) * bound for bound in _BOUNDS]
    began = instance.started(at)
    for start, end, share in stretches(shares, at):
        part = {"canary": share, "baseline": 1.0 - share}.get(instance.version, 1.0)
        for middle, length in _cells(max(began, start if start is not None else began), end):
            scale = max(1e-12, value(middle)) / -math.log(1.0 - quantile)
            for nth, bound in enumerate(bounds):
                counts[nth] += length * EVENTS_PER_SECOND * instance.share * part * (1.0 - math.exp(-bound / scale))
    return [
        Counter("bucket", instance.name, math.floor(count), bound) for count, bound in zip(counts, bounds, strict=True)
    ]


def gauge(instance: Running, at: float, value: float) -> Counter:
    """Each instance a little different."""
    return Counter("value", instance.name, value * (1.0 + 0.02 * noise(instance.name, int(at // 60))))


def _cells(start: float, end: float) -> list[tuple[float, float]]:
    """Middle and length of the cells from start to end; the same cells whatever the end, so that counts only grow."""
    cells = []
    low = start
    while low < end:
        border = low - low % _CELL + _CELL
        high = min(border, end)
        cells.append((border - _CELL / 2, high - low))
        low = high
    return cells

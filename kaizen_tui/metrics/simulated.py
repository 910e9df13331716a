"""A deterministic platform: what the board shows before a metrics server is configured. Always labelled "simulated".

Every value is a pure function of (seed, component, metric, time), so that two runs, two panels and a test see the same
platform. Most metrics are healthy with a daily rhythm and some noise; a few play a part, so that every state of a
panel can be seen within a minute. Events, raw counters and the values of metrics that count events are one and the
same numbers. Of the components that have two versions, the first has a canary that is worse, the second one that is
better.
"""

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from kaizen_tui.core.fields import ComponentFields, MetricFields, SliKind
from kaizen_tui.core.slo import Target
from kaizen_tui.metrics import simulated_counters as raw
from kaizen_tui.metrics.simulated_shape import (
    ORIGIN,
    Level,
    bursts,
    drifting,
    incidents,
    noise,
    rhythm,
    served,
    steady,
    wave,
)
from kaizen_tui.metrics.source import NO_SERIES, Counter, Counters, Events, Instant, Past, Series, Version

Part = Literal["healthy", "drifting", "incidents", "late", "absent", "overspent", "burning"]

# By position among all metrics of the platform; the rest are healthy.
_PARTS: dict[int, Part] = {2: "drifting", 6: "incidents", 11: "late", 15: "absent"}
_CYCLE = 16
# By position among the metrics with an objective; those that have a part already keep it.
_BUDGET_PARTS: dict[int, Part] = {0: "overspent", 2: "burning", 5: "burning"}
_BUDGET_CYCLE = 6
SCRAPE = 15.0  # seconds between two measurements
_LATE_BY = 900.0
_WORSE, _BETTER = 1.6, 0.75
_OWN = (100.0 / raw.EVENTS_PER_SECOND) ** 0.5
_EVENT_KINDS = ("ratio", "slower")


class _Role(NamedTuple):
    """How a metric behaves.

    level: share of the target that it uses, over time. grain: of its noise, as a share of the least level.
    floor, slope: its share of bad events is floor + slope * level; slope 0: it counts no events.
    span: how far its value moves from the target for one level. canary: how much worse the canary is.
    """

    target: Target
    part: Part
    kind: SliKind
    level: Level
    grain: float
    floor: float
    slope: float
    span: float
    versioned: bool
    canary: float
    quantile: float


def target_of(metric: MetricFields) -> Target:
    """The target of a metric of the registry; without an abort threshold lower is better."""
    abort = metric.abort_threshold
    return Target(metric.threshold, abort, abort is not None and abort < metric.threshold)


def _place(component: ComponentFields) -> tuple[bool, int, str]:
    """A component that says of no metric where it comes from plays last: nobody measures it, only benchmarks do."""
    return not any(metric.has_source for metric in component.metrics), component.tier, component.id


class SimulatedSource:
    """Implements `MetricSource` for the components given. seed: another number is another platform.

    shares: of a component, what share of the users its canary had since when; () is the usual one. Raw counters follow
    it, so that a canary can be driven on a simulated platform.
    """

    def __init__(
        self,
        components: Sequence[ComponentFields],
        seed: int = 1,
        shares: Callable[[str], raw.Shares | None] | None = None,
    ) -> None:
        self._seed = seed
        self._shares = shares
        self._roles: dict[tuple[str, str], _Role] = {}
        position = budgets = versioned = 0
        seen: dict[Part, int] = {}
        for component in sorted(components, key=_place):
            canary = {0: _WORSE, 1: _BETTER}.get(versioned, 1.0)
            versioned += component.versioned
            for metric in component.metrics:
                part = _PARTS.get(position % _CYCLE, "healthy")
                if metric.objective is not None:
                    part = _BUDGET_PARTS.get(budgets % _BUDGET_CYCLE, part) if part == "healthy" else part
                    budgets += 1
                # The second with the same part plays it at another time.
                phase = 0.5 * (seen.get(part, 0) % 2)
                seen[part] = seen.get(part, 0) + 1
                key = f"{seed}/{component.id}/{metric.name}"
                role = _role(metric, part, phase, noise(key, -1))
                self._roles[component.id, metric.name] = role._replace(versioned=component.versioned, canary=canary)
                position += 1

    @property
    def name(self) -> str:
        return "simulated"

    @property
    def width(self) -> int:
        return 1

    def query(self, component: str, metric: str) -> str:
        return ""

    def _find(self, component: str, metric: str, version: Version) -> tuple[_Role | None, str]:
        """The metric's role, or why there is none for this question."""
        role = self._roles.get((component, metric))
        if role is None:
            return None, f"{component} has no metric {metric}"
        if version and not role.versioned:
            return None, f"{component} has no `versions`: nothing tells baseline and canary apart"
        return (None, NO_SERIES) if role.part == "absent" else (role, "")

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
        role, why = self._find(component, metric, version)
        if role is None:
            return Instant(None, None, why)
        measured = at - at % SCRAPE - (_LATE_BY if role.part == "late" else 0.0)
        return Instant(self._value(component, metric, role, measured, version), measured)

    def series(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Series:
        role, why = self._find(component, metric, version)
        count = max(0, int((end - start) // step) + 1)
        if role is None:
            return Series(start, step, (None,) * count, why)
        last = end - (_LATE_BY if role.part == "late" else 0.0)
        times = [start + index * step for index in range(count)]
        return Series(
            start,
            step,
            tuple(self._value(component, metric, role, at, version) if at <= last else None for at in times),
        )

    def events(self, component: str, metric: str, start: float, end: float, version: Version = "") -> Events:
        role, why = self._find(component, metric, version)
        if role is None:
            return Events(0.0, 0.0, why)
        if not role.slope:
            return Events(0.0, 0.0, f"{metric} tells no good events from bad ones")
        key = self._key(component, metric)
        before, after = (_added_up(role, key, at, version) for at in (start, end))
        return Events(after[0] - before[0], after[1] - before[1])

    def counters(self, component: str, metric: str, at: float, version: Version = "") -> Counters:
        role, why = self._find(component, metric, version)
        if role is None:
            return Counters(at, (), why)
        measured = float(math.floor(at)) - (_LATE_BY if role.part == "late" else 0.0)
        key = self._key(component, metric)
        shares = (self._shares(component) if self._shares is not None and role.versioned else ()) or raw.ALWAYS
        found: list[Counter] = []
        for instance in raw.instances(component, role.versioned, version):
            of = instance.version

            def value(when: float, of: Version = of) -> float:
                return self._value(component, metric, role, when, of, alike=True)

            def events(when: float, of: Version = of) -> tuple[float, float]:
                return _added_up(role, key, when, of, shares)

            if role.slope:
                found += raw.event_counters(instance, measured, events)
            elif role.kind == "latency":
                found += raw.bucket_counters(instance, measured, role.target.threshold, role.quantile, value, shares)
            elif role.kind == "rate":
                found.append(raw.rate_counter(instance, measured, value))
            else:
                found.append(raw.gauge(instance, measured, value(measured)))
        return Counters(measured, tuple(found))

    def past_counters(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Past:
        role, why = self._find(component, metric, version)
        if role is None:
            return Past((), why)
        count = max(0, int((end - start) // step) + 1)
        return Past(tuple(self.counters(component, metric, start + nth * step, version) for nth in range(count)))

    def _key(self, component: str, metric: str) -> str:
        return f"{self._seed}/{component}/{metric}"

    def _value(
        self, component: str, metric: str, role: _Role, at: float, version: Version, *, alike: bool = False
    ) -> float:
        """alike: both versions have the same noise."""
        key = self._key(component, metric)
        if role.slope:
            used = _used_of_events(role, key, at, version)
        else:
            used = _used(role, f"{key}/canary" if version == "canary" and not alike else key, at)
        target = role.target
        if target.higher_is_better:
            value = target.threshold + (1.0 - used) * role.span
        else:
            value = role.span * used if target.threshold else max(0.0, used - 1.0)
        if role.slope or version == "":
            return value
        if role.kind == "rate":  # a sum over instances: of one version it is its share of the traffic
            value *= raw.share_of(version)
        worse = role.canary if version == "canary" else 1.0
        return value / worse if target.higher_is_better else value * worse


def _role(metric: MetricFields, part: Part, phase: float, own: float) -> _Role:
    """own: what makes this metric another than the next, -1 to 1."""
    target = target_of(metric)
    rest = 0.65 + 0.10 * own
    levels = {"drifting": drifting(phase), "incidents": incidents(rest), "overspent": steady(1.12)}
    level = bursts(phase) if part == "burning" else levels.get(part) or steady(rest)
    span, floor, slope = _span(metric, target), 0.0, 0.0
    unit = {"%": 100.0, "ratio": 1.0}.get(metric.shown_unit)
    allowed = None if metric.objective is None else 1.0 - metric.objective / 100.0
    if unit is not None and target.threshold and (allowed is not None or metric.kind in _EVENT_KINDS):
        slope = span / unit
        floor = 1.0 - (target.threshold + span) / unit if target.higher_is_better else 0.0
    elif allowed is not None:
        slope = allowed
    if part in ("overspent", "burning") and allowed is not None and slope:
        # Judged by the budget, whatever the target is.
        level = _scaled(level, part, max(1e-9, (allowed - floor) / slope))
    worst = (1.0 - floor) / level.most if slope else 1.0
    if slope > worst:  # a share of bad events is never over 1
        slope = worst
    grain = {"drifting": 0.01, "overspent": 0.03}.get(part, 0.1)
    return _Role(target, part, metric.kind, level, grain, floor, slope, span, False, 1.0, metric.quantile or 0.95)


def _scaled(level: Level, part: Part, budget: float) -> Level:
    """budget: the level that spends exactly the budget. What is overspent misses its target as well."""
    return steady(1.12 * max(1.0, budget)) if part == "overspent" else level.times(budget)


def _span(metric: MetricFields, target: Target) -> float:
    threshold = target.threshold
    if not target.higher_is_better:
        return threshold
    # The most that the metric can be: a share isn't over 100 %.
    ceiling = {"%": 100.0, "ratio": 1.0}.get(metric.shown_unit, math.inf)
    return min(abs(threshold) * 0.4, ceiling - threshold) if threshold < ceiling else abs(threshold) * 0.4


def _used(role: _Role, key: str, at: float) -> float:
    """The level of a metric that is measured, not counted."""
    used = role.level.at(at - ORIGIN) + role.grain * 0.3 * noise(key, int(at // SCRAPE))
    if role.part in ("healthy", "late", "incidents"):
        used += 0.06 * rhythm(at) + 0.08 * wave(key + "/slow", at, 240.0)
    return used


def _used_of_events(role: _Role, key: str, at: float, version: Version) -> float:
    """The level of a metric that counts events: of those of the last scrape."""
    before, after = (_added_up(role, key, when, version) for when in (at - SCRAPE, at))
    return ((after[0] - before[0]) / (after[1] - before[1]) - role.floor) / role.slope


def _added_up(
    role: _Role, key: str, at: float, version: Version, shares: raw.Shares = raw.ALWAYS
) -> tuple[float, float]:
    """Bad events, all events since a fixed time, of one version or of all. shares: of the canary over time."""
    bad = total = 0.0
    for start, end, share in raw.stretches(shares, at):
        seconds, plain, own = _unit(role, key, end)
        if start is not None:
            before = _unit(role, key, start)
            seconds, plain, own = seconds - before[0], plain - before[1], own - before[2]
        # With the usual share both together are what the whole platform is without a canary.
        baseline = (plain - raw.CANARY_SHARE * own) / (1.0 - raw.CANARY_SHARE)
        if version != "canary":
            bad += (1.0 - share) * baseline
            total += (1.0 - share) * seconds
        if version != "baseline":
            bad += share * own
            total += share * seconds
    return raw.EVENTS_PER_SECOND * bad, raw.EVENTS_PER_SECOND * total


def _unit(role: _Role, key: str, at: float) -> tuple[float, float, float]:
    """Until a time, for a load of one event a second: all events, the bad ones without a canary, and a canary's if it
    had all users."""
    seconds = served(at)
    level, grain = role.level.sum(seconds), role.grain * role.level.least / 2
    # Noise that adds up to nothing: over a scrape and over a quarter of an hour. The more events, the less of it is
    # the canary's own.
    slow = 1.5 * wave(key + "/slow", at, 900.0) * 900.0
    plain = wave(key, at, SCRAPE)
    own = plain + _OWN * (wave(f"{key}/canary", at, SCRAPE) - plain)
    worse = min(role.canary, (1.0 - role.floor) / (role.slope * role.level.most))
    bad, canary = (
        role.floor * seconds + role.slope * factor * (level + grain * (noise * SCRAPE + slow))
        for factor, noise in ((1.0, plain), (worse, own))
    )
    return seconds, bad, canary

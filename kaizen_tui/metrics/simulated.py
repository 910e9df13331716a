"""A deterministic platform: what the board shows before a metrics server is configured. Always labelled "simulated".

Every value is a pure function of (seed, component, metric, time), so that two runs, two panels and a test see the same
platform. Most metrics are healthy with a daily rhythm and some noise; a few play a part, so that every state of a
panel can be seen within a minute: one drifts towards its target, one has incidents, one is scraped late, one has no
exporter at all.
"""

import math
import zlib
from collections.abc import Sequence
from typing import Literal, NamedTuple

from kaizen_tui.core.fields import ComponentFields, MetricFields
from kaizen_tui.core.slo import Target
from kaizen_tui.metrics.source import Counters, Events, Instant, Series, Version

Part = Literal["healthy", "drifting", "incidents", "late", "absent"]

# By position among all metrics of the platform; the rest are healthy.
_PARTS: dict[int, Part] = {2: "drifting", 6: "incidents", 11: "late", 15: "absent"}
_CYCLE = 16
_SCRAPE = 15.0  # seconds between two measurements
_INCIDENT_EVERY, _INCIDENT_FOR = 1800.0, 1500.0
_DRIFT_PERIOD = 8 * 3600.0
_DAY = 86400.0
_EVENTS_PER_SECOND = 100.0
_LATE_BY = 900.0


class _Role(NamedTuple):
    target: Target
    part: Part
    objective: float | None
    # The most that the metric can be: a share isn't over 100 %.
    ceiling: float


def target_of(metric: MetricFields) -> Target:
    """The target of a metric of the registry; without an abort threshold lower is better."""
    abort = metric.abort_threshold
    return Target(metric.threshold, abort, abort is not None and abort < metric.threshold)


def _ceiling(metric: MetricFields) -> float:
    return 100.0 if metric.shown_unit == "%" and metric.threshold < 100.0 else math.inf


def _noise(key: str, bucket: int) -> float:
    """A number in [-1, 1) that only depends on its arguments."""
    return zlib.crc32(f"{key}/{bucket}".encode()) / 2**31 - 1.0


class SimulatedSource:
    """Implements `MetricSource` for the components given. seed: another number is another platform."""

    def __init__(self, components: Sequence[ComponentFields], seed: int = 1) -> None:
        self._seed = seed
        self._roles: dict[tuple[str, str], _Role] = {}
        position = 0
        for component in sorted(components, key=lambda one: (one.tier, one.id)):
            for metric in component.metrics:
                part = _PARTS.get(position % _CYCLE, "healthy")
                self._roles[component.id, metric.name] = _Role(
                    target_of(metric), part, metric.objective, _ceiling(metric)
                )
                position += 1

    @property
    def name(self) -> str:
        return "simulated"

    @property
    def width(self) -> int:
        return 1

    def query(self, component: str, metric: str) -> str:
        return ""

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
        role = self._roles.get((component, metric))
        if role is None:
            return Instant(None, None, f"{component} has no metric {metric}")
        if role.part == "absent":
            return Instant(None, None, "the query returned no series")
        measured = at - at % _SCRAPE - (_LATE_BY if role.part == "late" else 0.0)
        return Instant(self._value(component, metric, role, measured), measured)

    def series(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Series:
        role = self._roles.get((component, metric))
        count = max(0, int((end - start) // step) + 1)
        if role is None or role.part == "absent":
            return Series(start, step, (None,) * count, "the query returned no series")
        last = end - (_LATE_BY if role.part == "late" else 0.0)
        times = [start + index * step for index in range(count)]
        return Series(
            start, step, tuple(self._value(component, metric, role, at) if at <= last else None for at in times)
        )

    def events(self, component: str, metric: str, start: float, end: float, version: Version = "") -> Events:
        role = self._roles.get((component, metric))
        if role is None or role.part == "absent" or role.objective is None:
            return Events(0.0, 0.0, "the query returned no series")
        samples = 48
        allowed = 1.0 - role.objective / 100.0
        bad = total = 0.0
        for index in range(samples):
            at = start + (index + 0.5) * (end - start) / samples
            count = _EVENTS_PER_SECOND * (end - start) / samples * (1.0 + 0.3 * self._rhythm(at))
            total += count
            bad += count * allowed * self._burn(component, metric, role, at)
        return Events(bad, total)

    def counters(self, component: str, metric: str, at: float, version: Version = "") -> Counters:
        return Counters(at, (), "the simulated platform has no raw counters")

    def _rhythm(self, at: float) -> float:
        """The daily load, -1 (night) to 1 (afternoon)."""
        return math.sin(2 * math.pi * (at / _DAY - 0.375))

    def _in_incident(self, at: float) -> bool:
        return at % _INCIDENT_EVERY < _INCIDENT_FOR

    def _burn(self, component: str, metric: str, role: _Role, at: float) -> float:
        base = 0.25 + 0.1 * _noise(f"{self._seed}/{component}/{metric}/burn", int(at // 3600))
        if role.part == "drifting":
            return base + 0.9
        if role.part == "incidents" and self._in_incident(at):
            return base + 1.2
        return base

    def _value(self, component: str, metric: str, role: _Role, at: float) -> float:
        key = f"{self._seed}/{component}/{metric}"
        # Share of the target that is used: 0.55 to 0.75 at rest, 1 is the target itself.
        used = 0.65 + 0.10 * _noise(key, -1) + 0.06 * self._rhythm(at)
        coarse = at / 240.0
        low = math.floor(coarse)
        blend = coarse - low
        used += 0.08 * ((1 - blend) * _noise(key + "/slow", low) + blend * _noise(key + "/slow", low + 1))
        used += 0.03 * _noise(key, int(at // _SCRAPE))
        if role.part == "drifting":
            used = 0.80 + 0.19 * ((at % _DRIFT_PERIOD) / _DRIFT_PERIOD) + 0.01 * _noise(key, int(at // _SCRAPE))
        elif role.part == "incidents" and self._in_incident(at):
            rise = min(1.0, (at % _INCIDENT_EVERY) / 120.0)
            used += rise * (0.55 + 0.08 * _noise(key + "/incident", int(at // 60)))
        threshold = role.target.threshold
        if role.target.higher_is_better:
            return threshold + (1.0 - used) * min(threshold * 0.4, role.ceiling - threshold)
        return threshold * used if threshold else max(0.0, used - 1.0)

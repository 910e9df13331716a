"""Do the numbers of a criterion come? Asked of the metrics source, and never while a ticket is locked.

A gate is judged under the ticket's lock, so that nothing changes between the facts and the write. A server that takes
three seconds must not hold that lock: who moves a ticket calls `ahead` first, and the answers are kept for a moment.
"""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

from kaizen_tui.core.text import safe
from kaizen_tui.core.times import format_epoch
from kaizen_tui.metrics.asking import ask_all
from kaizen_tui.metrics.source import Instant, MetricSource, UnreachableError
from kaizen_tui.store.workspace import Workspace

if TYPE_CHECKING:
    from kaizen_tui.core.component import Component, Metric
    from kaizen_tui.core.config import Config, MetricsConfig
    from kaizen_tui.core.facts import MetricState

STALE_AFTER = 300.0  # seconds, as Prometheus takes a series for stale
KEEP = 15.0  # seconds for which an answer is good enough for a gate
KEEP_LOCKED = 60.0  # the same while a ticket is locked: who waited for the lock has asked before

States: TypeAlias = "dict[str, tuple[MetricState, str]]"


class Meter:
    """What one session knows of metrics. clock: monotonic seconds. May be asked by several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[tuple[str, str, str], tuple[float, tuple[MetricState, str]]] = {}
        self._connected: tuple[MetricsConfig, Component, MetricSource] | None = None

    def states(
        self,
        workspace: Workspace,
        component: "Component",
        config: "Config",
        names: Iterable[str],
        now: float,
        *,
        locked: bool = False,
    ) -> States:
        """For each metric: whether its numbers come, and in words why not. now: epoch seconds.

        locked: a ticket is locked, so that no server is asked: what nobody asked before is "unchecked".
        """
        settings = config.metrics
        states: States = {}
        asked: dict[str, Metric] = {}
        for name in names:
            metric = component.metric(name)
            if metric is None:
                states[name] = ("unknown_metric", "the component has no such metric")
            elif settings is None or not metric.has_source:
                simulated = settings is not None and settings.source == "simulated"
                if simulated:
                    asked[name] = metric
                else:
                    states[name] = ("no_source" if not metric.has_source else "no_server", "")
            else:
                asked[name] = metric
        if settings is not None and asked:
            states |= self._asked(workspace, component, settings, asked, now, locked and settings.source != "simulated")
        return states

    def _asked(
        self,
        workspace: Workspace,
        component: "Component",
        settings: "MetricsConfig",
        asked: "dict[str, Metric]",
        now: float,
        locked: bool,
    ) -> States:
        fresh = self._clock() - (KEEP_LOCKED if locked else KEEP)
        where = settings.model_dump_json()
        keys = {name: (where, component.id, metric.model_dump_json()) for name, metric in asked.items()}
        known = {name: self._known[key] for name, key in keys.items() if key in self._known}
        missing = [name for name in asked if name not in known or known[name][0] <= fresh]
        if locked:
            unchecked: States = dict.fromkeys(missing, ("unchecked", ""))
            return {name: answer for name, (_, answer) in known.items()} | unchecked
        if missing:
            source = self._source(workspace, component, settings)
            answers = _answers(source, component.id, missing, now)
            for name, answer in answers.items():
                self._known[keys[name]] = (self._clock(), answer)
        return {name: self._known[key][1] for name, key in keys.items()}

    def _source(self, workspace: Workspace, component: "Component", settings: "MetricsConfig") -> MetricSource:
        """The source for these settings; a connection is used again while they stay."""
        if self._connected is not None and self._connected[:2] == (settings, component):
            return self._connected[2]
        if settings.source == "simulated":
            from kaizen_tui.metrics.simulated import SimulatedSource
            from kaizen_tui.store.reading import list_components

            source: MetricSource = SimulatedSource([file.fields for file in list_components(workspace)[0]])
        else:
            import os

            from kaizen_tui.metrics.configured import connect
            from kaizen_tui.metrics.prometheus import PrometheusSource

            source = PrometheusSource([component], lambda: connect(settings, workspace.registry, os.environ))
        self._connected = (settings, component, source)
        return source


def _answers(source: MetricSource, component: str, names: list[str], now: float) -> States:
    def question(name: str) -> Callable[[], Instant]:
        return lambda: source.instant(component, name, now)

    try:
        instants = ask_all(source.width, [question(name) for name in names])
    except (UnreachableError, OSError) as error:
        return dict.fromkeys(names, ("unreachable", safe(str(error))))
    return {
        name: _state(instant, source.query(component, name), now) for name, instant in zip(names, instants, strict=True)
    }


def _state(instant: Instant, query: str, now: float) -> "tuple[MetricState, str]":
    asked = f"; asked {format_epoch(int(now))}: {safe(query)}" if query else ""
    if instant.value is None or instant.at is None:
        return "no_number", f"{safe(instant.error)}{asked}"
    old = now - instant.at
    if old > STALE_AFTER:
        return "stale", f"the newest is {int(old)} s old{asked}"
    return "fresh", ""

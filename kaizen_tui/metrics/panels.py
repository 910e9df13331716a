"""What a component's panel shows, read from a source in one go: immutable, so that it crosses threads safely."""

from typing import NamedTuple

from kaizen_tui.core.fields import ComponentFields, MetricFields
from kaizen_tui.core.slo import SloState, Target, budget_left, burn_rate, slo_state, time_to_limit, worst
from kaizen_tui.core.units import parse_duration
from kaizen_tui.metrics.simulated import target_of
from kaizen_tui.metrics.source import MetricSource, Series

DEFAULT_BUDGET_WINDOW = 30 * 86400.0
# Three missed scrapes of a minute: Prometheus itself calls a series stale after five minutes.
STALE_AFTER = 300.0


class MetricPanel(NamedTuple):
    """One metric as a panel shows it.

    value, at, age:  present value (metric's unit), when it was measured (epoch seconds), how old that is (seconds).
    series:          for the sparkline; gaps are None.
    budget, burn:    share of the error budget left and burn rate of the last hour, None without an objective.
    limit_in:        seconds until the trend reaches the target, or None.
    error:           what the source said instead of data, or "".
    """

    component: str
    name: str
    unit: str
    target: Target
    state: SloState
    value: float | None
    at: float | None
    age: float | None
    series: Series
    budget: float | None
    burn: float | None
    limit_in: float | None
    error: str


class ComponentPanel(NamedTuple):
    """One component with all of its metrics. state: the worst of its metrics'."""

    id: str
    name: str
    tier: int
    owner: str
    state: SloState
    metrics: tuple[MetricPanel, ...]


def read_metric(
    source: MetricSource, component: str, metric: MetricFields, now: float, *, span: float, points: int
) -> MetricPanel:
    """One metric over the last `span` seconds as `points` values, with its state now (epoch seconds)."""
    target = target_of(metric)
    instant = source.instant(component, metric.name, now)
    step = span / max(1, points - 1)
    series = source.series(component, metric.name, now - span, now, step)
    age = None if instant.at is None else max(0.0, now - instant.at)
    budget = burn = None
    if metric.objective is not None:
        window = parse_duration(metric.window) if metric.window else DEFAULT_BUDGET_WINDOW
        spent = source.events(component, metric.name, now - window, now)
        hour = source.events(component, metric.name, now - 3600.0, now)
        budget = budget_left(spent.bad, spent.total, metric.objective)
        burn = burn_rate(hour.bad, hour.total, metric.objective)
    limit_in = time_to_limit(series.values, step, target)
    state = slo_state(instant.value, age, target, stale_after=STALE_AFTER, limit_in=limit_in, burn_rate=burn)
    shown_limit = limit_in if state == "at_risk" else None
    return MetricPanel(
        component,
        metric.name,
        metric.unit,
        target,
        state,
        instant.value,
        instant.at,
        age,
        series,
        budget,
        burn,
        shown_limit,
        instant.error,
    )


def read_component(
    source: MetricSource, component: ComponentFields, now: float, *, span: float = 3600.0, points: int = 60
) -> ComponentPanel:
    """All metrics of one component at one instant."""
    metrics = tuple(
        read_metric(source, component.id, metric, now, span=span, points=points) for metric in component.metrics
    )
    state = worst([metric.state for metric in metrics])
    return ComponentPanel(component.id, component.name, component.tier, component.owner, state, metrics)

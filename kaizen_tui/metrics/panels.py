"""What a component's panel shows, read from a source in one go: immutable, so that it crosses threads safely."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from kaizen_tui.core.burn import BURN_PAIRS, Burn, time_to_exhaustion
from kaizen_tui.core.fields import ComponentFields, MetricFields
from kaizen_tui.core.slo import SloState, Target, budget_left, burn_rate, slo_state, time_to_limit, worst
from kaizen_tui.core.units import parse_duration
from kaizen_tui.metrics.asking import ask_all
from kaizen_tui.metrics.simulated import target_of
from kaizen_tui.metrics.source import NO_SERIES, Instant, MetricSource, Series

DEFAULT_BUDGET_WINDOW = 30 * 86400.0
# Three missed scrapes of a minute: Prometheus itself calls a series stale after five minutes.
STALE_AFTER = 300.0
_HOUR = 3600.0


class MetricPanel(NamedTuple):
    """One metric as a panel shows it.

    value, at, age:  present value (metric's unit), when it was measured (epoch seconds), how old that is (seconds).
    series:          for the sparkline; gaps are None.
    budget, burn:    share of the error budget left and burn rate of the last hour, None without an objective.
    limit_in:        seconds until the trend reaches the target, or None.
    error:           what the source said instead of data, or "". warning: what it said beside them, or "".
    burns:           burn rates of the alerts' window pairs, () where nobody asked for them.
    exhausts_in:     seconds until the budget is spent at the present burn rate, 0 when it is; None when it isn't spent.
    window:          of the budget in seconds, 0 without an objective.
    query:           what was asked for the value, "" where there is no query.
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
    burns: tuple[Burn, ...] = ()
    exhausts_in: float | None = None
    window: float = 0.0
    query: str = ""
    warning: str = ""


class ComponentPanel(NamedTuple):
    """One component with all of its metrics. state: the worst of its metrics'."""

    id: str
    name: str
    tier: int
    owner: str
    state: SloState
    metrics: tuple[MetricPanel, ...]


class Depth(NamedTuple):
    """How much is asked about a metric. span: seconds of its series; points: how many values of it, 0 for none;
    burns: the burn rates of all window pairs as well."""

    span: float = _HOUR
    points: int = 60
    burns: bool = False


class _Spending(NamedTuple):
    """An error budget: see MetricPanel."""

    budget: float | None = None
    burn: float | None = None
    burns: tuple[Burn, ...] = ()
    exhausts_in: float | None = None
    window: float = 0.0


def read_metric(
    source: MetricSource, component: str, metric: MetricFields, now: float, depth: Depth | None = None
) -> MetricPanel:
    """One metric with its state at an instant (epoch seconds)."""
    depth = depth or Depth()
    target = target_of(metric)
    instant = source.instant(component, metric.name, now)
    step = depth.span / max(1, depth.points - 1)
    series = (
        source.series(component, metric.name, now - depth.span, now, step) if depth.points else Series(now, step, ())
    )
    instant = _last_known(instant, series)
    age = None if instant.at is None else max(0.0, now - instant.at)
    spent = _spending(source, component, metric, now, depth) if metric.objective is not None else _Spending()
    limit_in = time_to_limit(series.values, series.step, target)
    state = slo_state(
        instant.value,
        age,
        target,
        stale_after=STALE_AFTER,
        limit_in=limit_in,
        burn_rate=spent.burn,
        budget=spent.budget,
    )
    return MetricPanel(
        component,
        metric.name,
        metric.shown_unit,
        target,
        state,
        instant.value,
        instant.at,
        age,
        series,
        spent.budget,
        spent.burn,
        limit_in if state == "at_risk" else None,
        instant.error,
        spent.burns,
        spent.exhausts_in,
        spent.window,
        source.query(component, metric.name),
        instant.warning,
    )


def _last_known(instant: Instant, series: Series) -> Instant:
    """Of a metric that is gone, the last value that is known, with its age. One that is idle (it has a time and no
    value), or whose query is wrong, is no such thing."""
    if instant.value is not None or instant.at is not None or instant.error != NO_SERIES:
        return instant
    for place in range(len(series.values) - 1, -1, -1):
        value = series.values[place]
        if value is not None:
            return instant._replace(value=value, at=series.start + place * series.step)
    return instant


def _spending(source: MetricSource, component: str, metric: MetricFields, now: float, depth: Depth) -> _Spending:
    objective = metric.objective or 0.0
    window = parse_duration(metric.window) if metric.window else DEFAULT_BUDGET_WINDOW
    rates: dict[float, float | None] = {}

    def burned(seconds: float) -> float | None:
        if seconds not in rates:
            events = source.events(component, metric.name, now - seconds, now)
            rates[seconds] = burn_rate(events.bad, events.total, objective)
        return rates[seconds]

    events = source.events(component, metric.name, now - window, now)
    budget, burn = budget_left(events.bad, events.total, objective), burned(_HOUR)
    pairs = BURN_PAIRS if depth.burns else ()
    burns = tuple(Burn(pair, pair.factor(window), burned(pair.long), burned(pair.short)) for pair in pairs)
    return _Spending(budget, burn, burns, time_to_exhaustion(budget, burn, window), window)


def read_component(
    source: MetricSource, component: ComponentFields, now: float, depth: Depth | None = None
) -> ComponentPanel:
    """All metrics of one component at one instant."""
    return read_components(source, [component], now, depth)[0]


def read_components(
    source: MetricSource,
    components: Sequence[ComponentFields],
    now: float,
    depth: Depth | None = None,
    depths: Mapping[str, Depth] | None = None,
) -> tuple[ComponentPanel, ...]:
    """All metrics of the components at one instant, in their order, as many at a time as the source answers.

    depths: of single components, by id. Raises UnreachableError (or an OSError) when the source can't be asked.
    """
    chosen = depths or {}

    def question(component: ComponentFields, metric: MetricFields) -> Callable[[], MetricPanel]:
        return lambda: read_metric(source, component.id, metric, now, chosen.get(component.id, depth))

    questions = [question(component, metric) for component in components for metric in component.metrics]
    answers = iter(ask_all(source.width, questions))
    return tuple(panel_of(component, [next(answers) for _ in component.metrics]) for component in components)


def panel_of(component: ComponentFields, metrics: Sequence[MetricPanel]) -> ComponentPanel:
    """The panel of a component whose metrics were read."""
    state = worst([metric.state for metric in metrics])
    return ComponentPanel(component.id, component.name, component.tier, component.owner, state, tuple(metrics))

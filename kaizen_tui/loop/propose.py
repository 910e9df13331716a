"""Metrics for a component from the series that its server has: asked for, proposed, and written when picked."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from kaizen_tui.core.component import Component, Metric
from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.core.values import Value, quoted
from kaizen_tui.loop.context import Session
from kaizen_tui.metrics import promql
from kaizen_tui.metrics.asking import ask_all
from kaizen_tui.metrics.configured import SilentSource
from kaizen_tui.metrics.propose import ENDING_LABELS, Draft, Offered, Proposal, drafts, with_target
from kaizen_tui.metrics.source import Instant, MetricSource, QueryError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from kaizen_tui.loop.registry import Registered
    from kaizen_tui.metrics.prometheus import PrometheusSource

__all__ = ["Proposal", "add_metrics", "proposals"]

MOST = 200  # proposals at once; each is a query or two


def proposals(
    source: MetricSource, component: Component, now: float, *, everything: bool = False
) -> tuple[Proposal, ...]:
    """What could be measured of the component by what the server has of it now (epoch seconds).

    everything: also the series of the language's runtime. The order depends on names only, so that a number means the
    same a moment later. Raises UsageError (no server, no selector), UnreachableError, StoreError (the server refuses).
    """
    server = _asked(source)
    matchers = promql.selector_of(promql.Scope(component.selector))
    try:
        if not matchers:
            raise _no_selector(server, component, now)
        found = drafts(_offered(server, matchers, now), everything=everything)[:MOST]
    except QueryError as error:
        refused = isinstance(error, RefusedError)
        hint = "see the component's selector" if refused else "`kaizen doctor` looks into it"
        raise StoreError(str(error), where=server.server.url, hint=hint) from None
    values = _values(server, component, found, now)
    return tuple(
        with_target(draft, instant.value, instant.error, _taken(component, draft))
        for draft, instant in zip(found, values, strict=True)
    )


def add_metrics(session: Session, component_id: str, picked: Sequence[Proposal]) -> "Registered":
    """Adds the picked ones to the component's file, all or none; the rest of the file stays as it is.

    Raises UsageError for one that is there already or has no target, NotFoundError, YamlProblems, StoreError.
    """
    from kaizen_tui.loop.metric_lines import MetricGiven
    from kaizen_tui.loop.registry import ComponentGiven, set_component
    from kaizen_tui.store.reading import read_component_file

    names = [metric.name for metric in read_component_file(session.workspace, component_id).fields.metrics]
    for one in picked:
        if one.taken or one.name in names:
            raise UsageError(f"{component_id} has {quoted(one.taken or one.name)} already, and it stays as it is")
        if one.problem:
            raise UsageError(f"{quoted(one.name)} can't be added: {one.problem}", hint="write it by hand")
    given = [MetricGiven(one.name, one.threshold, one.abort_threshold, _more(one)) for one in picked]
    return set_component(session, component_id, ComponentGiven(metrics=given))


def _more(one: Proposal) -> dict[str, Value]:
    fields: dict[str, Value] = {"unit": one.unit} if one.unit else {}
    fields["sli"] = dict(one.sli.items())
    if one.objective:
        fields |= {"objective": one.objective, "window": one.window}
    return fields


def _asked(source: MetricSource) -> "PrometheusSource":
    """The source as one that knows what series there are."""
    from kaizen_tui.metrics.prometheus import PrometheusSource

    if isinstance(source, PrometheusSource):
        return source
    if isinstance(source, SilentSource) and source.name:
        raise UnreachableError(source.reason)
    words = "the simulated platform has no series" if source.name else "no metrics server configured"
    hint = 'set metrics.source: prometheus and metrics.url: "http://…" in registry/kaizen/config.yml'
    raise UsageError(words, hint=hint)


def _no_selector(source: "PrometheusSource", component: Component, now: float) -> UsageError:
    """Without a selector every series of the server would be the component's."""
    jobs = sorted(sample.labels.get("job", "") for sample in source.ask("count by (job) (up)", now).samples)
    known = ", ".join(quoted(job) for job in jobs[:12] if job)
    hint = "add `selector: {job: …}` to its file" + (f"; the server has the jobs {known}" if known else "")
    return UsageError(f"{component.id} has no selector that says which series are its own", hint=hint)


def _offered(source: "PrometheusSource", matchers: str, now: float) -> Offered:
    """What the server has of the component, in three queries."""
    names = source.names(matchers, now)
    by = ", ".join(ENDING_LABELS)
    counters = source.ask(f'count by (__name__, {by}) ({{__name__=~".+_total",{matchers}}})', now)
    buckets = source.ask(f'count by (__name__, le) ({{__name__=~".+_bucket",{matchers}}})', now)
    labels: dict[str, dict[str, set[str]]] = {}
    for sample in counters.samples:
        of_it = labels.setdefault(sample.labels.get("__name__", ""), {})
        for label in ENDING_LABELS:
            if label in sample.labels:
                of_it.setdefault(label, set()).add(sample.labels[label])
    bounds: dict[str, set[str]] = {}
    for sample in buckets.samples:
        bounds.setdefault(sample.labels.get("__name__", ""), set()).add(sample.labels.get("le", ""))
    return Offered(
        names,
        {name: {label: frozenset(values) for label, values in of_it.items()} for name, of_it in labels.items()},
        {name: frozenset(values) for name, values in bounds.items()},
    )


def _values(source: "PrometheusSource", component: Component, found: Sequence[Draft], now: float) -> list[Instant]:
    """The present value of each, as it would be once the metric is in the file."""
    metrics = tuple(_metric(draft) for draft in found)
    trial = source.of([component.model_copy(update={"metrics": metrics})])

    def question(name: str) -> Callable[[], Instant]:
        return lambda: trial.instant(component.id, name, now)

    return ask_all(source.width, [question(draft.name) for draft in found])


def _metric(draft: Draft) -> Metric:
    """The draft with thresholds that say nothing but the direction."""
    abort = 1.0 if draft.higher_is_better else 3.0
    return Metric.model_validate(
        {"name": draft.name, "threshold": 2.0, "abort_threshold": abort, "unit": draft.unit, "sli": dict(draft.sli)}
    )


def _taken(component: Component, draft: Draft) -> str:
    """The component's metric that has this name, or measures the same."""
    mine = _metric(draft)
    same = (metric for metric in component.metrics if metric.name == draft.name or _meaning(metric) == _meaning(mine))
    return next((metric.name for metric in same), "")


def _meaning(metric: Metric) -> Mapping[str, object] | None:
    return metric.sli.model_dump() if metric.sli is not None else None

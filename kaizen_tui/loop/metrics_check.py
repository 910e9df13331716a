"""Does the metrics server answer what the components ask of it? What `kaizen doctor` says, in the server's own words.

Every query is asked once, many at a time, each for as long as metrics.timeout at most.
"""

import math
import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core.component import Component, Metric
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.sli import LatencySli
from kaizen_tui.core.text import safe
from kaizen_tui.core.times import age
from kaizen_tui.loop.lint_metrics import UNIT_HINT
from kaizen_tui.loop.models import component_model, load_config
from kaizen_tui.metrics import promql
from kaizen_tui.metrics.asking import ask_all
from kaizen_tui.metrics.source import Instant, QueryError, UnreachableError
from kaizen_tui.store.finding import Finding
from kaizen_tui.store.reading import ComponentFile, list_components, read_config_document
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.store.yaml_reader import parse_yaml

if TYPE_CHECKING:
    from kaizen_tui.core.config import MetricsConfig
    from kaizen_tui.metrics.prometheus import PrometheusSource

STALE_AFTER = 300.0  # seconds, as Prometheus takes a series for stale

_BOUNDS_SHOWN = 20


class Asked(NamedTuple):
    """A metric and where its source stands. line: of its query or sli."""

    component: Component
    metric: Metric
    where: str


def check_metrics(workspace: Workspace, now: float, env: Mapping[str, str] | None = None) -> list[Finding]:
    """What is wrong with the source of the metrics; [] where it is the simulated one or there is none.

    now: epoch seconds. env: where the token is, os.environ unless a test says otherwise. What can't be read is
    `kaizen lint`'s, and passed over. Raises StoreError.
    """
    try:
        settings = load_config(workspace).metrics
    except KaizenError:
        return []
    if settings is None or settings.source != "prometheus":
        return []
    found, source = _connected(workspace, settings, now, os.environ if env is None else env)
    if source is None:
        return found
    asked = [one for file in list_components(workspace)[0] for one in asked_of(workspace, file)]
    source = source.of(list({one.component.id: one.component for one in asked}.values()))

    def question(one: Asked) -> Callable[[], list[Finding]]:
        return lambda: list(_check(source, one, now))

    try:
        parts = ask_all(source.width, [question(one) for one in asked])
    except (UnreachableError, OSError) as error:
        return [*found, _server_finding(workspace, settings, error)]
    return [*found, *(finding for part in parts for finding in part)]


def _connected(
    workspace: Workspace, settings: "MetricsConfig", now: float, env: Mapping[str, str]
) -> "tuple[list[Finding], PrometheusSource | None]":
    """The source, where the server answers the simplest question."""
    from kaizen_tui.metrics.configured import connect
    from kaizen_tui.metrics.prometheus import PrometheusSource

    source = PrometheusSource([], lambda: connect(settings, workspace.registry, env))
    try:
        answer = source.ask("vector(1)", now)
    except (UnreachableError, QueryError, OSError) as error:
        return [_server_finding(workspace, settings, error)], None
    if not answer.warning:
        return [], source
    said = f"the server says: {answer.warning}"
    return [Finding("metrics_server", "warning", said, _config_line(workspace, "url"), "")], source


def _server_finding(workspace: Workspace, settings: "MetricsConfig", error: Exception) -> Finding:
    """That the server can't be asked: why, which address, what to do."""
    what, hint = str(error), ""
    if isinstance(error, KaizenError):
        what, hint = error.what, error.hint
    where = _config_line(workspace, "url")
    address = safe(settings.url or "")
    advice = hint or "is metrics.url the right address, and does the server run?"
    return Finding("metrics_server", "error", f"no metrics from {address}: {what}", where, advice)


def _config_line(workspace: Workspace, key: str) -> str:
    document = read_config_document(workspace)
    shown = workspace.relative(workspace.config_path)
    return shown if document is None else f"{shown}:{document.line('metrics', key)}"


def asked_of(workspace: Workspace, file: ComponentFile) -> Iterator[Asked]:
    """The metrics of a component that have a source, with their places."""
    try:
        component = component_model(workspace, file)
    except KaizenError:
        return
    shown = workspace.relative(file.path)
    document = parse_yaml(file.data, shown)
    for position, metric in enumerate(component.metrics):
        if metric.has_source:
            line = document.line("slo", "metrics", position, "query" if metric.query is not None else "sli")
            yield Asked(component, metric, f"{shown}:{line}")


def _check(source: "PrometheusSource", one: Asked, now: float) -> Iterator[Finding]:
    """What is wrong with one metric. Raises UnreachableError."""
    component, metric = one.component, one.metric
    query = source.query(component.id, metric.name)
    unit = promql.unit_problem(metric)
    if unit:
        yield Finding("metrics_unit", "error", unit, one.where, UNIT_HINT, subject=component.id)
    try:
        answer = source.ask(query, now)
    except QueryError as error:
        yield _finding("metrics_query", "error", one, str(error), f"its query is {query}")
        return
    instant = source.instant(component.id, metric.name, now)
    if len(answer.samples) > 1:
        yield _finding("metrics_query", "error", one, instant.error, f"its query is {query}")
        return
    bucket = _bucket_finding(source, one, now)
    if bucket is not None:
        yield bucket
        return
    yield from _of_value(source, one, instant, now)
    if instant.warning:
        yield _finding("metrics_query", "warning", one, f"the server says: {instant.warning}", "")


def _of_value(source: "PrometheusSource", one: Asked, instant: Instant, now: float) -> Iterator[Finding]:
    """A value that is missing, old, or of one version only. An idle service is as it should be."""
    component, metric = one.component, one.metric
    if _idle(instant):
        return
    if instant.value is None:
        hint = f"ask the server: {source.query(component.id, metric.name)}"
        yield _finding("metrics_series", "warning", one, instant.error, hint)
        return
    if instant.at is not None and now - instant.at > STALE_AFTER:
        old = age(int(now - instant.at))
        yield _finding("metrics_stale", "warning", one, f"its newest sample is {old} old", "is its target scraped?")
    if component.versions is not None and (metric.query is None or "$selector" in metric.query):
        baseline = source.instant(component.id, metric.name, now, "baseline")
        if baseline.value is None and not _idle(baseline):
            label, value = component.versions.label, component.versions.baseline
            words = f'of the baseline ({label}="{value}"): {baseline.error}'
            yield _finding("metrics_version", "warning", one, words, "see the component's versions")


def _idle(instant: Instant) -> bool:
    """Nothing happened: a metric without a value, of which samples are there."""
    return instant.value is None and instant.at is not None and "nothing happened" in instant.error


def _bucket_finding(source: "PrometheusSource", one: Asked, now: float) -> Finding | None:
    """A share of slow events needs a bucket with just that bound."""
    sli = one.metric.sli
    if not isinstance(sli, LatencySli) or sli.threshold is None:
        return None
    scope = promql.scope_of(one.component)
    if scope is None:
        return None
    buckets = promql.series_of(sli.histogram, scope, suffix="_bucket")
    try:
        samples = source.ask(f"count by (le) ({buckets})", now).samples
    except QueryError:
        return None  # the value's own query says why
    bounds = sorted(bound for sample in samples if (bound := _bound(sample.labels.get("le", ""))) is not None)
    if not bounds or any(math.isclose(bound, sli.threshold, rel_tol=1e-9) for bound in bounds):
        return None
    shown = ", ".join(f"{bound:.12g}" for bound in bounds[:_BOUNDS_SHOWN])
    shown += " …" if len(bounds) > _BOUNDS_SHOWN else ""
    words = f"{one.metric.name}: the histogram has no bucket of {sli.threshold:.12g}, so nothing is known of it"
    return Finding("metrics_bucket", "error", words, one.where, f"set its threshold to one of {shown}")


def _bound(text: str) -> float | None:
    try:
        bound = float(text)
    except ValueError:
        return None
    return bound if math.isfinite(bound) else None


def _finding(code: str, level: str, one: Asked, words: str, fix: str) -> Finding:
    return Finding(code, level, f"{one.metric.name}: {words}", one.where, fix, subject=one.component.id)

"""A component's metrics as Prometheus rules: recorded error ratios, and the alerts on them. Pure.

Alerts on an error budget are the multiwindow, multi-burn-rate ones of the Site Reliability Workbook, chapter 5.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from kaizen_tui.core.burn import BURN_PAIRS, BurnPair, BurnSeverity
from kaizen_tui.core.component import Component, Metric
from kaizen_tui.core.fields import DEFAULT_WINDOW
from kaizen_tui.core.sli import LatencySli
from kaizen_tui.core.units import parse_duration
from kaizen_tui.export.templates import SHARE, VALUE, literal
from kaizen_tui.export.yaml_out import yaml_bytes
from kaizen_tui.metrics.promql import (
    duration,
    error_ratio_query,
    le_matcher,
    measured_series,
    quoted_label,
    scope_of,
    series_of,
    unit_problem,
    value_query,
)

BURN_ALERT = "KaizenErrorBudgetBurn"
THRESHOLD_ALERT = "KaizenThresholdCrossed"
ABSENT_ALERT = "KaizenNoData"
# How long a threshold must stay crossed, and data away: a deployment's restart is no incident.
THRESHOLD_FOR, ABSENT_FOR = 300.0, 600.0
# Up to this tier somebody is woken; below, a ticket will do.
_PAGING_TIER = 1

_BURN_SUMMARIES = {
    "page": "the error budget is burning fast",
    "ticket": "the error budget will not last its window",
}

Rule = dict[str, Any]


class ComponentRules(NamedTuple):
    """rules: in the order in which Prometheus evaluates them. warnings: what was left out, and why, a line each."""

    component: str
    rules: tuple[Rule, ...]
    warnings: tuple[str, ...]


def ratio_name(window: float) -> str:
    """The name of the recorded error ratio: level_metric_operation, as Prometheus' documentation advises."""
    return f"component_slo:error_ratio:rate{duration(window)}"


def ratio_series(component: Component, metric: Metric, window: float) -> str:
    """The recorded error ratio of one SLO."""
    labels = f"component={quoted_label(component.id)},slo={quoted_label(metric.name)}"
    return f"{ratio_name(window)}{{{labels}}}"


def budget_share(metric: Metric) -> float:
    """The share of events that may be bad, of a metric with an objective."""
    return round(1.0 - (metric.objective or 0.0) / 100.0, 12)


def budget_window(metric: Metric) -> float:
    """Seconds of the error budget."""
    return metric.window or parse_duration(DEFAULT_WINDOW)


def component_rules(component: Component) -> ComponentRules:
    """The rules of every metric that has a source."""
    rules: list[Rule] = []
    warnings: list[str] = []
    for metric in component.metrics:
        where = f"{component.id}/{metric.name}"
        if not metric.has_source:
            warnings.append(f"{where}: no rules, its file says no sli and no query")
            continue
        problem = unit_problem(metric)
        if problem:
            warnings.append(f"{where}: {problem}; its numbers are compared as they are")
        if metric.objective is not None:
            pairs, reasons = _pairs(metric)
            warnings += [f"{where}: {reason}" for reason in reasons]
            rules += _recordings(component, metric, pairs)
            rules += _burn_alerts(component, metric, pairs)
        elif metric.abort_threshold is not None:
            rules.append(_threshold_alert(component, metric, metric.abort_threshold))
        else:
            warnings.append(f"{where}: no alert on its value, it has neither an objective nor an abort_threshold")
        rules.append(_absent_alert(component, metric))
    return ComponentRules(component.id, tuple(rules), tuple(warnings))


def rules_file(found: Sequence[ComponentRules], sources: Sequence[str]) -> bytes:
    """A rule file, one group a component. sources: the components' files, for the comment at the head."""
    comment = [
        "Made by `kaizen export rules`: change the files below and make it anew, not this one.",
        *(f"  {source}" for source in sources),
    ]
    left_out = [warning for one in found for warning in one.warnings]
    if left_out:
        comment += ["Not as somebody may expect:", *(f"  {warning}" for warning in left_out)]
    groups = [{"name": f"kaizen-{one.component}", "rules": list(one.rules)} for one in found if one.rules]
    return yaml_bytes([{"groups": groups}], comment)


def _pairs(metric: Metric) -> tuple[list[BurnPair], list[str]]:
    """The pairs of windows that make sense for the metric's budget, and why the others don't."""
    window, objective = budget_window(metric), metric.objective or 0.0
    kept, reasons = [], []
    for pair in BURN_PAIRS:
        head = f"no {pair.severity} on {duration(pair.long)} and {duration(pair.short)}"
        if not pair.can_fire(window, objective):
            most = 1.0 / budget_share(metric)
            reasons.append(f"{head}: a burn rate above {pair.factor(window):.4g} can't be, {most:.4g} is all events")
        elif pair.long > window:
            reasons.append(f"{head}: that looks further back than the budget's window of {duration(window)}")
        else:
            kept.append(pair)
    return kept, reasons


def _recordings(component: Component, metric: Metric, pairs: Sequence[BurnPair]) -> list[Rule]:
    windows = sorted({seconds for pair in pairs for seconds in (pair.long, pair.short)})
    return [
        {
            "record": ratio_name(window),
            "expr": error_ratio_query(component, metric, window),
            "labels": {"component": component.id, "slo": metric.name},
        }
        for window in windows
    ]


def _burn_alerts(component: Component, metric: Metric, pairs: Sequence[BurnPair]) -> list[Rule]:
    severities: tuple[BurnSeverity, ...] = ("page", "ticket")
    alerts = []
    window = budget_window(metric)
    for severity in severities:
        own = [pair for pair in pairs if pair.severity == severity]
        if not own:
            continue
        expression = "\nor\n".join(_burning(component, metric, pair) for pair in own)
        longs = " or ".join(duration(pair.long) for pair in own)
        objective = f"{metric.objective:.10g} % over {duration(window)}"
        alerts.append(
            {
                "alert": BURN_ALERT,
                "expr": expression,
                "labels": _labels(component, metric, severity),
                "annotations": _annotations(
                    component,
                    metric,
                    f"{component.id} {metric.name}: {_BURN_SUMMARIES[severity]}",
                    f"{SHARE} of the events in the last {longs} were bad; the objective is {objective}.",
                    "burns its error budget",
                ),
            }
        )
    return alerts


def _burning(component: Component, metric: Metric, pair: BurnPair) -> str:
    limit = f"({pair.factor(budget_window(metric)):.10g} * {budget_share(metric):.10g})"
    long, short = (ratio_series(component, metric, window) for window in (pair.long, pair.short))
    return f"(\n  {long} > {limit}\n  and\n  {short} > {limit}\n)"


def _threshold_alert(component: Component, metric: Metric, abort: float) -> Rule:
    sign, side = (">", "above") if metric.direction == "lower" else ("<", "below")
    unit = f" {literal(metric.shown_unit)}" if metric.shown_unit else ""
    return {
        "alert": THRESHOLD_ALERT,
        "expr": f"{_value(component, metric)} {sign} {abort:.12g}",
        "for": duration(THRESHOLD_FOR),
        "labels": _labels(component, metric, _severity(component)),
        "annotations": _annotations(
            component,
            metric,
            f"{component.id} {metric.name}: {side} its abort threshold",
            f"It is {VALUE}{unit}; it is to be rolled back {side} {abort:.10g}{unit}, "
            f"the target is {metric.threshold:.10g}{unit}.",
            f"is {side} its abort threshold",
        ),
    }


def _value(component: Component, metric: Metric) -> str:
    query = value_query(component, metric)
    # A comment at the end of a person's query would take the comparison with it.
    return f"({query})" if metric.query is None or "#" not in query else f"(\n{query}\n)"


def _absent_alert(component: Component, metric: Metric) -> Rule:
    return {
        "alert": ABSENT_ALERT,
        "expr": _absent(component, metric),
        "for": duration(ABSENT_FOR),
        "labels": _labels(component, metric, _severity(component)),
        "annotations": _annotations(
            component,
            metric,
            f"{component.id} {metric.name}: no data",
            "Prometheus has no series to measure it by: the service is gone, is not scraped, or was renamed.",
            "has no data",
        ),
    }


def _absent(component: Component, metric: Metric) -> str:
    sli, scope = metric.sli, scope_of(component)
    if isinstance(sli, LatencySli) and sli.threshold is not None and scope is not None:
        # The bucket, not the count: a bound that the histogram doesn't have leaves the SLO as blind as no service.
        return f"absent({series_of(sli.histogram, scope, le_matcher(sli.threshold), suffix='_bucket')})"
    series = measured_series(component, metric)
    return f"absent({series})" if series else f"absent{_value(component, metric)}"


def _severity(component: Component) -> BurnSeverity:
    return "page" if component.tier <= _PAGING_TIER else "ticket"


def _labels(component: Component, metric: Metric, severity: BurnSeverity) -> dict[str, str]:
    return {"component": component.id, "slo": metric.name, "tier": str(component.tier), "severity": severity}


def _annotations(component: Component, metric: Metric, summary: str, text: str, trouble: str) -> dict[str, str]:
    """summary, text: templates. trouble: for the ticket's title. Ids and names have no character that a shell minds."""
    about = [part for part in (component.name, metric.description) if part and part != component.id]
    found = {"summary": summary, "description": " ".join([text, *(f"{literal(part)}." for part in about)])}
    links = dict(component.links)
    for name, link in (("dashboard", "dashboard"), ("runbook_url", "runbook")):
        if links.get(link, "").startswith(("https://", "http://")):
            found[name] = literal(links[link])
    if component.rollback_plan:
        found["rollback_plan"] = literal(component.rollback_plan)
    found["ticket"] = f"kaizen new '{metric.name} {trouble}' -c {component.id}"
    return found

"""A new ticket about a metric that misses its objective, as far as the numbers can write it."""

from typing import TYPE_CHECKING

from kaizen_tui.core.burn import alerting
from kaizen_tui.core.metric_words import (
    AT_RISK,
    BREACHED,
    abort_line,
    bring_back,
    by_tier,
    success_line,
    target_words,
)
from kaizen_tui.core.numbers import human_number, human_percent, with_unit
from kaizen_tui.core.slo import STATE_WORDS
from kaizen_tui.core.times import age, format_epoch
from kaizen_tui.metrics.panels import ComponentPanel, MetricPanel

if TYPE_CHECKING:
    from kaizen_tui.tui.forms.state import Prefill

_SEVERITY = {"breached": BREACHED, "at_risk": AT_RISK}


def prefill_for(component: ComponentPanel, metric: MetricPanel, source: str) -> "Prefill":
    """What the form begins with. source: where the numbers come from, as it is said in the objective."""
    from kaizen_tui.tui.forms.state import Prefill

    severity = by_tier(_SEVERITY.get(metric.state, ("medium",) * 4), component.tier)
    title = {
        "breached": bring_back(metric.name, component.id),
        "at_risk": f"Keep {metric.name} of {component.id} within its target",
    }.get(metric.state, f"Look at {metric.name} of {component.id}")
    target, up = metric.target, metric.target.higher_is_better
    aborts: tuple[str, ...] = ()
    if target.abort is not None:
        aborts = (abort_line(metric.name, target.abort, metric.unit, higher_is_better=up),)
    return Prefill(
        title=title,
        component=component.id,
        severity=severity,
        objective=objective_text(metric, source),
        success_criteria=(success_line(metric.name, target.threshold, metric.unit, higher_is_better=up),),
        abort_criteria=aborts,
    )


def objective_text(metric: MetricPanel, source: str) -> str:
    """What was seen, with its number, time and source, and what is wanted."""
    seen = f"{metric.name} is {STATE_WORDS[metric.state]}"
    if metric.value is not None:
        seen += f" at {with_unit(metric.value, metric.unit)}"
    if metric.at is not None:
        seen += f" ({format_epoch(int(metric.at))}, {source})"
    target = metric.target
    parts = [seen, target_words(target.threshold, metric.unit, higher_is_better=target.higher_is_better)]
    if metric.budget is not None:
        parts.append(f"{human_percent(metric.budget)} of the error budget is left")
    if metric.burn is not None:
        parts.append(f"it burns {human_number(metric.burn)} times as fast as it may")
    if metric.exhausts_in and metric.exhausts_in < metric.window:
        parts.append(f"the budget is spent in {age(int(metric.exhausts_in))} at this rate")
    severity = alerting(metric.burns)
    if severity:
        parts.append(f"the burn-rate alert of severity {severity} holds")
    if metric.limit_in is not None:
        parts.append(f"the trend reaches the target in {age(int(metric.limit_in))}")
    return "; ".join(parts) + "."

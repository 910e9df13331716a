"""A new ticket about a metric that misses its objective, as far as the numbers can write it."""

from typing import TYPE_CHECKING

from kaizen_tui.core.numbers import human_number, human_percent, with_unit
from kaizen_tui.core.slo import STATE_WORDS
from kaizen_tui.core.times import age, format_epoch
from kaizen_tui.metrics.panels import ComponentPanel, MetricPanel
from kaizen_tui.tui.widgets.component_lines import criterion_of, threshold_text

if TYPE_CHECKING:
    from kaizen_tui.tui.forms.state import Prefill

_SEVERITY = {"breached": ("critical", "high", "high", "medium"), "at_risk": ("high", "medium", "medium", "low")}


def prefill_for(component: ComponentPanel, metric: MetricPanel, source: str) -> "Prefill":
    """What the form begins with. source: where the numbers come from, as it is said in the objective."""
    from kaizen_tui.tui.forms.state import Prefill

    severity = _SEVERITY.get(metric.state, ("medium",) * 4)[min(3, component.tier)]
    back = {"breached": "Bring {0} of {1} back within its target", "at_risk": "Keep {0} of {1} within its target"}
    title = back.get(metric.state, "Look at {0} of {1}").format(metric.name, component.id)
    abort = metric.target.abort
    aborts: tuple[str, ...] = ()
    if abort is not None:
        unit = f" {metric.unit}" if metric.unit else ""
        aborts = (f"{metric.name} {'<' if metric.target.higher_is_better else '>'} {abort:.12g}{unit}",)
    return Prefill(
        title=title,
        component=component.id,
        severity=severity,
        objective=objective_text(metric, source),
        success_criteria=(criterion_of(metric),),
        abort_criteria=aborts,
    )


def objective_text(metric: MetricPanel, source: str) -> str:
    """What was seen, with its number, time and source, and what is wanted."""
    seen = f"{metric.name} is {STATE_WORDS[metric.state]}"
    if metric.value is not None:
        seen += f" at {with_unit(metric.value, metric.unit)}"
    if metric.at is not None:
        seen += f" ({format_epoch(int(metric.at))}, {source})"
    parts = [
        seen,
        f"the target is {'at least' if metric.target.higher_is_better else 'at most'} {threshold_text(metric)}",
    ]
    if metric.budget is not None:
        parts.append(f"{human_percent(metric.budget)} of the error budget is left")
    if metric.burn is not None:
        parts.append(f"it burns {human_number(metric.burn)} times as fast as it may")
    if metric.limit_in is not None:
        parts.append(f"the trend reaches the target in {age(int(metric.limit_in))}")
    return "; ".join(parts) + "."

"""What a ticket about a metric says: title, criteria and severity, from its target. Light.

Shared by the board's new ticket from a metric and by the tickets that alerts make.
"""

from collections.abc import Sequence

from kaizen_tui.core.criterion_text import read_criterion
from kaizen_tui.core.fields import MetricFields

# By the component's tier, 0 to 3.
BREACHED = ("critical", "high", "high", "medium")
AT_RISK = ("high", "medium", "medium", "low")


def by_tier(severities: Sequence[str], tier: int) -> str:
    """The severity of a tier."""
    return severities[min(3, max(0, tier))]


def bring_back(metric: str, component: str) -> str:
    """The title of a ticket about a metric that misses its target."""
    return f"Bring {metric} of {component} back within its target"


def bound(value: float, unit: str) -> str:
    """An exact number with its unit: `10 ms`."""
    return f"{value:.12g} {unit}" if unit else f"{value:.12g}"


def success_line(name: str, target: float, unit: str, *, higher_is_better: bool) -> str:
    """`p95_latency_ms <= 10 ms`: the metric is back within its target."""
    return f"{name} {'>=' if higher_is_better else '<='} {bound(target, unit)}"


def abort_line(name: str, abort: float, unit: str, *, higher_is_better: bool) -> str:
    """`p95_latency_ms > 15 ms`: roll back."""
    return f"{name} {'<' if higher_is_better else '>'} {bound(abort, unit)}"


def target_words(target: float, unit: str, *, higher_is_better: bool) -> str:
    """`the target is at most 10 ms`."""
    return f"the target is {'at least' if higher_is_better else 'at most'} {bound(target, unit)}"


def success_of(metric: MetricFields) -> str:
    """The success criterion of a metric of the registry; without a unit that the language of criteria doesn't know."""
    up = metric.direction == "higher"
    line = success_line(metric.name, metric.threshold, metric.shown_unit, higher_is_better=up)
    plain = success_line(metric.name, metric.threshold, "", higher_is_better=up)
    return line if read_criterion(line, (metric,)).kind == "automatic" else plain


def abort_of(metric: MetricFields) -> str | None:
    """The abort criterion of a metric of the registry, None where it has no abort threshold."""
    if metric.abort_threshold is None:
        return None
    up = metric.direction == "higher"
    line = abort_line(metric.name, metric.abort_threshold, metric.shown_unit, higher_is_better=up)
    plain = abort_line(metric.name, metric.abort_threshold, "", higher_is_better=up)
    return line if read_criterion(line, (metric,)).kind == "automatic" else plain

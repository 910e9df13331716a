"""How the components stand, for programs: the JSON of `kaizen slo`, and its tab-separated lines."""

import math
from typing import TYPE_CHECKING, Any

from kaizen_tui.core.burn import alerting
from kaizen_tui.core.slo import worst
from kaizen_tui.core.text import safe
from kaizen_tui.core.times import format_epoch
from kaizen_tui.export.as_json import component_object, metric_object

if TYPE_CHECKING:
    from kaizen_tui.core.burn import Burn
    from kaizen_tui.metrics.panels import MetricPanel
    from kaizen_tui.metrics.platform import Platform


def platform_json(platform: "Platform") -> dict[str, Any]:
    """The object of docs/json.md: what the source said of each component, worst first."""
    states = [metric.state for panel in platform.components for metric in panel.metrics]
    return {
        "source": platform.source or None,
        "connection": platform.connection,
        "trouble": platform.trouble or None,
        "read_at": _time(platform.read_at),
        "data_at": _time(platform.data_at),
        "state": worst(states),
        "components": [
            {**component_object(panel), "metrics": [metric_json(metric) for metric in panel.metrics]}
            for panel in platform.components
        ],
    }


def metric_json(metric: "MetricPanel") -> dict[str, Any]:
    """The metric of the board's export, and what only this command asks for."""
    series = metric.series
    return {
        **metric_object(metric),
        "at": _time(metric.at),
        "window_seconds": metric.window or None,
        "exhausts_in_seconds": _finite(metric.exhausts_in),
        "alert": alerting(metric.burns),
        "burn_rates": [_burn(burn) for burn in metric.burns],
        "series": {
            "start": _time(series.start),
            "step_seconds": series.step,
            "values": [_finite(value) for value in series.values],
        },
        "warning": metric.warning or None,
        "query": metric.query or None,
    }


def _burn(burn: "Burn") -> dict[str, Any]:
    return {
        "severity": burn.pair.severity,
        "long_seconds": burn.pair.long,
        "short_seconds": burn.pair.short,
        "factor": burn.factor,
        "long": _finite(burn.long),
        "short": _finite(burn.short),
        "firing": burn.firing,
    }


def plain_lines(platform: "Platform") -> list[str]:
    """One metric a line, tabs between the fields, - for what isn't known: see docs/slo.md for their order."""
    return [_plain(panel.id, metric) for panel in platform.components for metric in panel.metrics]


def _plain(component: str, metric: "MetricPanel") -> str:
    numbers = (metric.budget, metric.burn, metric.exhausts_in)
    cells = (
        component,
        metric.name,
        metric.state,
        _digits(metric.value),
        metric.unit or "-",
        _digits(metric.target.threshold),
        *map(_digits, numbers),
        alerting(metric.burns) or "-",
        "-" if metric.age is None else f"{metric.age:.0f}",
        metric.error or metric.warning or "-",
    )
    return "\t".join(safe(cell) for cell in cells)


def _digits(value: float | None) -> str:
    return "-" if value is None or not math.isfinite(value) else f"{value:.6g}"


def _finite(value: float | None) -> float | None:
    """JSON knows neither NaN nor infinity; six digits are more than any measurement has."""
    return float(f"{value:.6g}") if value is not None and math.isfinite(value) else None


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else format_epoch(int(seconds))

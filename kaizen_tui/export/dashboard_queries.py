"""The queries of a component's dashboard, and all those that an exported dashboard asks. Pure; needs no SDK."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from kaizen_tui.core.component import Component, Metric
from kaizen_tui.export.rules import budget_share, budget_window
from kaizen_tui.metrics.promql import duration, error_ratio_query, event_queries, quoted_label

PROMOTED = "kaizen_component_promoted_timestamp_seconds"
DATASOURCE = "datasource"

Kind = Literal["instant", "range", "annotation"]


class PanelQuery(NamedTuple):
    """One question of a dashboard. panel: its title. query: PromQL, variables filled in."""

    panel: str
    kind: Kind
    query: str


def burn_query(component: Component, metric: Metric, window: float) -> str:
    """The burn rate over `window` seconds: 1 spends exactly the budget."""
    return f"{error_ratio_query(component, metric, window)} / {budget_share(metric):.10g}"


def budget_query(component: Component, metric: Metric) -> str:
    """The share of the error budget that is left, event-weighted over its window; "" where no events are counted."""
    events = event_queries(component, metric, budget_window(metric))
    if events is None:
        return ""
    return f"1 - {events.bad} / ({events.total} > 0) / {budget_share(metric):.10g}"


def exhaustion_query(component: Component, metric: Metric) -> str:
    """Seconds until the budget is spent if the burn rate of the last hour stays; no series while nothing is spent."""
    left, window = budget_query(component, metric), budget_window(metric)
    return f"clamp_min({left}, 0) * {window:.10g} / ({burn_query(component, metric, 3600.0)} > 0)"


def promotions_query(component: Component) -> str:
    """There while a promotion of the component is not older than five minutes (of `kaizen-tui --export` as prom)."""
    return f"changes({PROMOTED}{{component={quoted_label(component.id)}}}[{duration(300.0)}]) > 0"


def queries_of(dashboard: Mapping[str, Any], values: Mapping[str, str] | None = None) -> Iterator[PanelQuery]:
    """Every query of an exported dashboard, as Grafana sends it.

    dashboard: the file's JSON. values: of variables; else those that Grafana itself has get plausible ones.
    """
    filled = {"__interval": "1m", "__rate_interval": "5m", "__range": "6h", **(values or {})}

    def fill(query: str) -> str:
        return re.sub(r"\$\{(\w+)\}|\$(\w+)", lambda found: filled.get(found[1] or found[2], found[0]), query)

    for panel in dashboard.get("panels") or []:
        for target in panel.get("targets") or []:
            yield PanelQuery(
                panel.get("title", ""), "instant" if target.get("instant") else "range", fill(target["expr"])
            )
    for annotation in dashboard.get("annotations", {}).get("list") or []:
        if annotation.get("expr"):
            yield PanelQuery(annotation["name"], "annotation", fill(annotation["expr"]))

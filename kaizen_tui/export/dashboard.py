"""A component as a Grafana dashboard, built with Grafana's own SDK. Needs the extra `dashboard`."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from kaizen_tui.core.burn import BURN_PAIRS
from kaizen_tui.core.component import Component, Metric
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.text import safe
from kaizen_tui.export.dashboard_queries import (
    DATASOURCE,
    budget_query,
    burn_query,
    exhaustion_query,
    promotions_query,
)
from kaizen_tui.export.rules import budget_window
from kaizen_tui.metrics.promql import duration, value_query

try:
    from grafana_foundation_sdk.builders import dashboard as builders
    from grafana_foundation_sdk.builders import stat, timeseries
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import dashboard as models

    from kaizen_tui.export.dashboard_panels import BAD, GOOD, MISSED, Line, Step, chart, source, stat_panel, steps_of
    from kaizen_tui.export.dashboard_panels import title_text as title_text
    from kaizen_tui.export.dashboard_panels import unit_of as unit_of
except ImportError as missing:
    raise StoreError(
        f"dashboards need a package that is not installed ({missing.name})",
        hint='install the extra: pip install "kaizen-tui[dashboard]"',
    ) from missing

_WIDTH = 24
_MOST_STATS = 6
_UID_LIMIT = 40
# A chart of the budget counts the events of its whole window at each point.
_BUDGET_POINTS = 100
_SHOWN_BURNS = (3600.0, 6 * 3600.0)

Panel = stat.Panel | timeseries.Panel


class Placed(NamedTuple):
    """A panel with its size in Grafana's grid of 24 columns."""

    panel: Panel
    width: int
    height: int


def dashboard_uid(component_id: str) -> str:
    """The same for the same component for ever: links and provisioning go by it. At most 40 of a-z 0-9 _ -"""
    plain = f"kaizen-{component_id}"
    if len(plain) <= _UID_LIMIT and "." not in component_id:
        return plain
    return f"kaizen-{sha256(component_id.encode()).hexdigest()[:24]}"


def dashboard_file(component: Component) -> bytes:
    """The dashboard's JSON: the same bytes for the same component."""
    text = JSONEncoder(indent=2, sort_keys=True).encode(component_dashboard(component))
    return (text + "\n").encode()


def component_dashboard(component: Component) -> models.Dashboard:
    """The dashboard of every metric that has a source."""
    board = (
        builders.Dashboard(title_text(f"{component.id}: {component.name}" if component.name else component.id))
        .uid(dashboard_uid(component.id))
        .description(safe(component.description))
        .tags(["kaizen", f"tier-{component.tier}"])
        .time("now-6h", "now")
        .refresh("1m")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .with_variable(builders.DatasourceVariable(DATASOURCE).label("Data source").type("prometheus"))
        .annotation(
            builders.AnnotationQuery()
            .name("Promotions")
            .datasource(source())
            .enable(True)
            .icon_color("blue")
            .expr(promotions_query(component))
        )
    )
    for name, url in component.links:
        if url.startswith(("https://", "http://")):
            link = builders.DashboardLink(title_text(name)).type(models.DashboardLinkType.LINK).url(url)
            board = board.link(link.target_blank(True))
    measured = [metric for metric in component.metrics if metric.has_source]
    return _with_rows(board, _rows(component, measured))


def _rows(component: Component, measured: Sequence[Metric]) -> Iterator[tuple[str, list[Placed]]]:
    """Title and panels of each row."""
    yield "Now", list(_stats(component, measured))
    for metric in measured:
        if metric.objective is not None:
            objective = f"{metric.objective:.10g} % over {duration(budget_window(metric))}"
            yield f"Error budget of {metric.name}: {objective}", _budget(component, metric)
    yield "Over time", [
        Placed(
            chart(metric.name, [Line(value_query(component, metric))], unit_of(metric.shown_unit), steps_of(metric),
                  metric.description),
            12, 8,
        )
        for metric in measured
    ]  # fmt: skip
    if component.versions is not None:
        yield "Baseline and canary", list(_versions(component, measured))


def _stats(component: Component, measured: Sequence[Metric]) -> Iterator[Placed]:
    width = _WIDTH // max(1, min(_MOST_STATS, len(measured)))
    for metric in measured:
        panel = stat_panel(
            metric.name,
            value_query(component, metric),
            unit_of(metric.shown_unit),
            steps_of(metric),
            metric.description,
        )
        yield Placed(panel, width, 4)


def _budget(component: Component, metric: Metric) -> list[Placed]:
    left = budget_query(component, metric)
    levels = [Step(None, BAD), Step(0.0, MISSED), Step(0.25, GOOD)]
    window = budget_window(metric)
    factors = sorted(pair.factor(window) for pair in BURN_PAIRS if pair.severity == "page")
    burning = [Step(None, GOOD), Step(1.0, MISSED), Step(factors[0], BAD)]
    hour = burn_query(component, metric, 3600.0)
    burns = [Line(burn_query(component, metric, seconds), duration(seconds)) for seconds in _SHOWN_BURNS]
    budget_chart = chart(f"{metric.name}: budget left over time", [Line(left)], "percentunit", levels)
    return [
        Placed(stat_panel(f"{metric.name}: budget left", left, "percentunit", levels), 4, 8),
        Placed(stat_panel(f"{metric.name}: burn rate, 1h", hour, "short", burning), 4, 8),
        Placed(
            stat_panel(
                f"{metric.name}: budget lasts", exhaustion_query(component, metric), "s",
                [Step(None, BAD), Step(3 * 86400.0, MISSED), Step(window, GOOD)],
                "If the burn rate of the last hour stays. No data while nothing is spent.",
            ),
            4, 8,
        ),
        Placed(chart(f"{metric.name}: burn rate", burns, "short", [burning[0], *_limits(factors)],
                     "1 spends exactly the budget. The lines: what pages when it holds over 6h, over 1h."), 12, 8),
        Placed(budget_chart.interval("1h").max_data_points(_BUDGET_POINTS), 12, 8),
    ]  # fmt: skip


def _limits(factors: Sequence[float]) -> list[Step]:
    return [Step(factor, BAD) for factor in factors]


def _versions(component: Component, measured: Sequence[Metric]) -> Iterator[Placed]:
    for metric in measured:
        lines = [
            Line(query, version)
            for version, query in (
                ("baseline", value_query(component, metric, version="baseline")),
                ("canary", value_query(component, metric, version="canary")),
            )
            if query
        ]
        if lines:
            title = f"{metric.name}: baseline and canary"
            yield Placed(chart(title, lines, unit_of(metric.shown_unit), steps_of(metric), metric.description), 12, 8)


def _with_rows(board: builders.Dashboard, rows: Iterator[tuple[str, list[Placed]]]) -> models.Dashboard:
    """Lays the panels out from left to right, row under row, and numbers them."""
    number = y = 0
    for title, placed in rows:
        if not placed:
            continue
        number += 1
        row = builders.Row(title_text(title)).id(number).grid_pos(models.GridPos(h=1, w=_WIDTH, x=0, y=y))
        board = board.with_row(row)
        y += 1
        x = tallest = 0
        for one in placed:
            if x + one.width > _WIDTH:
                x, y, tallest = 0, y + tallest, 0
            number += 1
            position = models.GridPos(h=one.height, w=one.width, x=x, y=y)
            board = board.with_panel(one.panel.id(number).grid_pos(position))
            x, tallest = x + one.width, max(tallest, one.height)
        y += tallest
    return board.build()

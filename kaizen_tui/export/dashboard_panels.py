"""The panels of a dashboard: units, thresholds, texts. Needs the extra `dashboard`."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import prometheus, stat, timeseries
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as models

from kaizen_tui.core.component import Metric
from kaizen_tui.core.text import safe
from kaizen_tui.export.dashboard_queries import DATASOURCE

GOOD, MISSED, BAD = "green", "orange", "red"

# Grafana's own units; any other is written behind the number as it is.
_UNITS = {
    "": "short", "%": "percent", "ratio": "percentunit", "s": "s", "ms": "ms", "us": "µs", "µs": "µs", "ns": "ns",
    "min": "m", "h": "h", "d": "d", "B": "decbytes", "kB": "deckbytes", "MB": "decmbytes", "GB": "decgbytes",
    "KiB": "kbytes", "MiB": "mbytes", "GiB": "gbytes", "B/s": "Bps", "/s": "cps", "Hz": "hertz",
}  # fmt: skip
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#!|~$&])")


class Line(NamedTuple):
    """A query of a panel and what its line is called; "" after the panel."""

    query: str
    name: str = ""


class Step(NamedTuple):
    """From `value` on (None: from below) a value has this colour."""

    value: float | None
    colour: str


def title_text(text: str) -> str:
    """A text as a title in which Grafana fills in no variable."""
    return re.sub(r"\$(?=[{\w])", "＄", safe(text)).replace("[[", "[ [")


def markdown_text(text: str) -> str:
    """A text that Grafana's Markdown shows as it is."""
    return _MARKDOWN.sub(r"\\\1", safe(text))


def unit_of(unit: str) -> str:
    """The unit as Grafana names it."""
    return _UNITS.get(unit) or f"suffix: {title_text(unit)}"


def steps_of(metric: Metric) -> list[Step]:
    """Green within the target, orange beyond it, red beyond the abort threshold."""
    if metric.abort_threshold is None or metric.abort_threshold == metric.threshold:
        return [Step(None, GOOD), Step(metric.threshold, BAD)]
    if metric.direction == "lower":
        return [Step(None, GOOD), Step(metric.threshold, MISSED), Step(metric.abort_threshold, BAD)]
    return [Step(None, BAD), Step(metric.abort_threshold, MISSED), Step(metric.threshold, GOOD)]


def source() -> models.DataSourceRef:
    """The data source that the dashboard's variable chooses."""
    return models.DataSourceRef(type_val="prometheus", uid=f"${{{DATASOURCE}}}")


def _thresholds(steps: Sequence[Step]) -> builders.ThresholdsConfig:
    return (
        builders.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps([models.Threshold(value=step.value, color=step.colour) for step in steps])
    )


def _target(line: Line, place: int, *, instant: bool) -> prometheus.Dataquery:
    query = prometheus.Dataquery().datasource(source()).expr(line.query).ref_id(chr(ord("A") + place))
    query = query.legend_format(line.name or "__auto")
    return query.instant() if instant else query.range()


def stat_panel(title: str, query: str, unit: str, steps: Sequence[Step], about: str = "") -> stat.Panel:
    """One number, coloured by its thresholds."""
    return (
        stat.Panel()
        .title(title_text(title))
        .description(markdown_text(about))
        .datasource(source())
        .with_target(_target(Line(query, title_text(title)), 0, instant=True))
        .unit(unit)
        .no_value("no data")
        .thresholds(_thresholds(steps))
        .color_mode(common.BigValueColorMode.BACKGROUND)
        .graph_mode(common.BigValueGraphMode.NONE)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
    )


def chart(title: str, lines: Sequence[Line], unit: str, steps: Sequence[Step], about: str = "") -> timeseries.Panel:
    """Lines over time, with a dashed line at each threshold. Gaps stay gaps: no data is no zero."""
    panel = (
        timeseries.Panel()
        .title(title_text(title))
        .description(markdown_text(about))
        .datasource(source())
        .unit(unit)
        .thresholds(_thresholds(steps))
        .thresholds_style(common_builders.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED))
        .span_nulls(False)
    )
    for place, line in enumerate(lines):
        panel = panel.with_target(_target(line._replace(name=line.name or title_text(title)), place, instant=False))
    return panel

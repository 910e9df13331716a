"""The figures behind one metric: budget, burn rates with the alert that would hold, age, query. Pure."""

from collections.abc import Sequence
from textwrap import wrap
from typing import NamedTuple

from rich.cells import cell_len

from kaizen_tui.core.burn import Burn
from kaizen_tui.core.numbers import human_number, human_percent
from kaizen_tui.core.times import age
from kaizen_tui.metrics.panels import MetricPanel
from kaizen_tui.tui.celltext import pad, shown
from kaizen_tui.tui.spans import short_span
from kaizen_tui.tui.tokens import Palette
from kaizen_tui.tui.widgets.cards import Line
from kaizen_tui.tui.widgets.slo_lines import Piece, fit

ROOMY = 34  # lines of a screen from which on the figures stand there unasked
_NAMES = 8
_QUERY_LINES = 3


class Reading(NamedTuple):
    """How the numbers came. source: its name, "" without one. ago: seconds since it answered, None if it never did.
    every: seconds between two readings. trouble: why it can't be asked, or ""."""

    source: str
    ago: float | None
    every: float
    trouble: str = ""


def figure_lines(metric: MetricPanel, reading: Reading, width: int, palette: Palette) -> list[Line]:
    """The figures below a rule, each `width` cells wide."""
    tones = palette.normal
    name = f" {shown(metric.name)} "
    rows: list[list[Piece]] = [
        *_budget(metric, palette),
        *_burns(metric.burns, palette),
        *_data(metric, reading, palette),
        *_query(metric, reading, width, palette),
    ]
    if metric.warning:
        rows.append([(f" {pad('warning', _NAMES)} ⚠ {shown(metric.warning)}", tones.warning)])
    rule = fit(
        [("──", palette.rule), (name, tones.accent), ("─" * max(0, width - 2 - cell_len(name)), palette.rule)],
        width,
        tones.text,
    )
    return [rule, *(fit(row, width, tones.text) for row in rows)]


def _label(name: str, palette: Palette) -> Piece:
    return f" {pad(name, _NAMES)} ", palette.normal.muted


def left_words(metric: MetricPanel) -> str:
    """`72 % left of 30 d, out in 12 d at this rate`; "" without a budget."""
    if metric.budget is None:
        return ""
    span = f" of {short_span(metric.window)}" if metric.window else ""
    words = f"{human_percent(metric.budget)} left{span}"
    if metric.budget <= 0:
        return f"{words}: it is spent"
    if metric.exhausts_in is None:
        return f"{words}, nothing burns it now"
    if metric.exhausts_in >= metric.window:
        return f"{words}, it lasts"
    return f"{words}, spent in {age(int(metric.exhausts_in))} at this rate"


def _budget(metric: MetricPanel, palette: Palette) -> list[list[Piece]]:
    tones = palette.normal
    if not metric.window:
        return [[_label("budget", palette), ("no objective, so no error budget", tones.muted)]]
    if metric.budget is None:
        return [[_label("budget", palette), ("no events in its window", tones.muted)]]
    style = tones.error if metric.budget < 0 else tones.text
    return [[_label("budget", palette), (left_words(metric), style)]]


def _burns(burns: Sequence[Burn], palette: Palette) -> list[list[Piece]]:
    """A line for each pair of windows, the alert that holds marked by a shape."""
    tones = palette.normal
    rows: list[list[Piece]] = []
    for nth, burn in enumerate(burns):
        firing = burn.firing
        loud = tones.error if firing and burn.pair.severity == "page" else tones.warning if firing else tones.muted
        rates = "  ".join(
            f"{short_span(seconds):>3} {_rate(rate):>7}"
            for seconds, rate in ((burn.pair.long, burn.long), (burn.pair.short, burn.short))
        )
        rows.append([
            _label("burn" if nth == 0 else "", palette),
            (rates, tones.text),
            (f"  {pad(burn.pair.severity, 6)} above {human_number(burn.factor)}×", tones.muted),
            ("  ✖ holds" if firing else "", loud),
        ])  # fmt: skip
    return rows


def _rate(rate: float | None) -> str:
    return "–" if rate is None else f"{human_number(rate)}×"


def _data(metric: MetricPanel, reading: Reading, palette: Palette) -> list[list[Piece]]:
    tones = palette.normal
    old = f"{age(int(metric.age))} old" if metric.age is not None else "none"
    style = tones.warning if metric.state == "stale" else tones.text
    said: list[Piece] = [_label("data", palette), (old, style)]
    if reading.trouble:
        said.append((f" · {shown(reading.source or 'no source')}: {shown(reading.trouble)}", tones.warning))
    else:
        asked = f", asked {age(int(reading.ago))} ago" if reading.ago is not None else ""
        said.append((f" · {shown(reading.source)}{asked}, again every {age(int(reading.every))}", tones.muted))
    rows = [said]
    if metric.error:
        rows.append([_label("answer", palette), (shown(metric.error), tones.warning)])
    return rows


def _query(metric: MetricPanel, reading: Reading, width: int, palette: Palette) -> list[list[Piece]]:
    tones = palette.normal
    if not metric.query:
        made_up = "none: the numbers are made up" if reading.source == "simulated" else "none"
        return [[_label("query", palette), (made_up, tones.muted)]]
    room = max(10, width - _NAMES - 3)
    parts = wrap(shown(metric.query), room) or [""]
    kept = parts[:_QUERY_LINES]
    if len(parts) > _QUERY_LINES:
        kept[-1] = kept[-1][: room - 2] + " …"
    return [[_label("" if nth else "query", palette), (part, tones.text)] for nth, part in enumerate(kept)]

"""How the components stand, for people: a table as wide as the terminal, worst first."""

import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.cli.invocation import Call
from kaizen_tui.cli.listing import display_width
from kaizen_tui.cli.output import Painter
from kaizen_tui.core.numbers import human_number, human_percent, with_unit
from kaizen_tui.core.slo import STATE_SHAPES, STATE_WORDS
from kaizen_tui.core.sparkline import sparkline
from kaizen_tui.core.text import safe
from kaizen_tui.core.times import age

if TYPE_CHECKING:
    from kaizen_tui.core.burn import Burn
    from kaizen_tui.core.slo import SloState
    from kaizen_tui.metrics.panels import ComponentPanel, MetricPanel
    from kaizen_tui.metrics.platform import Platform

_COLOURS: "dict[SloState, str]" = {"ok": "green", "at_risk": "yellow", "breached": "red"}
_QUIET = "bright_black"
_SPARK_COLOURS = {"missed": "yellow", "abort": "red", "gap": _QUIET}
_SPARK = 20
_GAP = "  "
_HEADS = ("state", "metric", "now", "target", "last hour", "budget", "burn 1h", "lasts", "age", "why")
# What is left out of a narrow terminal, in this order.
_DISPENSABLE = ("lasts", "age", "last hour", "why", "burn 1h", "budget")
_WIDE = 10_000  # cells: of a pipe, which has no width


class _Cell(NamedTuple):
    """Pieces of safe text with their colours."""

    pieces: tuple[tuple[str, str | None], ...]

    @property
    def width(self) -> int:
        return sum(display_width(text) for text, _ in self.pieces)


def shown(call: Call, platform: "Platform", now: float) -> list[str]:
    """The lines for a person, or with --plain for a program. now: epoch seconds."""
    if call.plain:
        from kaizen_tui.cli.slo_json import plain_lines

        return plain_lines(platform)
    trouble = [call.paint(safe(platform.trouble), "red")] if platform.trouble else []
    return [heading(platform, call.paint, now), *trouble, *table_lines(platform, call.paint, terminal_width())]


def heading(platform: "Platform", paint: Painter, now: float) -> str:
    """Where the numbers come from and how old they are."""
    from kaizen_tui.metrics.platform import source_words

    words = source_words(platform, now)
    colour = "red" if words.bad else "yellow" if platform.source == "simulated" else None
    text = paint(safe(words.text), colour, bold=True)
    return text + paint("  nothing is connected", dim=True) * (platform.source == "simulated")


def terminal_width() -> int:
    """Cells of a line of stdout's terminal; more than any line has where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDE


def table_lines(platform: "Platform", paint: Painter, width: int) -> list[str]:
    """A line per component and one per metric; why there is no number stands below its metric."""
    rows = [(panel, [_row(metric) for metric in panel.metrics]) for panel in platform.components]
    heads = dict(zip(_HEADS, map(_text, _HEADS), strict=True))
    every = [heads, *(row for _, found in rows for row in found)]
    kept = _kept(every, width - 2)
    widths = {name: max(row[name].width for row in every) for name in kept}
    lines = ["  " + _joined(heads, kept, widths, paint, dim=True)] if len(every) > 1 else []
    for panel, found in rows:
        lines.append(_head(panel, paint))
        for metric, row in zip(panel.metrics, found, strict=True):
            lines.append("  " + _joined(row, kept, widths, paint))
            said = [text for text in (metric.error, metric.warning) if text and text != platform.trouble]
            lines += [paint(f"      {safe(text)}", dim=True) for text in said]
    return lines


def _kept(rows: "Sequence[dict[str, _Cell]]", width: int) -> list[str]:
    """The columns that have something to say and together fit."""
    kept = [name for name in _HEADS if any(row[name].pieces for row in rows[1:])]
    for name in _DISPENSABLE:
        total = sum(max(row[column].width for row in rows) + len(_GAP) for column in kept) - len(_GAP)
        if total <= width:
            break
        if name in kept:
            kept.remove(name)
    return kept


def _head(panel: "ComponentPanel", paint: Painter) -> str:
    about = " · ".join(safe(part) for part in (panel.name if panel.name != panel.id else "", panel.owner) if part)
    shape = paint(STATE_SHAPES[panel.state], _COLOURS.get(panel.state, _QUIET))
    none = "" if panel.metrics else "  no metrics"
    return f"{shape} {paint(safe(panel.id), bold=True)}{paint(f'  tier {panel.tier} · {about}{none}', dim=True)}"


def _joined(
    row: "dict[str, _Cell]", kept: Sequence[str], widths: dict[str, int], paint: Painter, *, dim: bool = False
) -> str:
    cells = []
    for name in kept:
        cell = row[name]
        painted = "".join(paint(text, colour, dim=dim) for text, colour in cell.pieces)
        room = " " * (widths[name] - cell.width)
        cells.append(room + painted if name in ("now", "budget", "burn 1h") else painted + room)
    return _GAP.join(cells).rstrip()


def _text(text: str, colour: str | None = None) -> _Cell:
    return _Cell(((text, colour),) if text else ())


def _row(metric: "MetricPanel") -> "dict[str, _Cell]":
    colour = _COLOURS.get(metric.state, _QUIET)
    loud = colour if metric.state in ("breached", "at_risk") else None
    value = "-" if metric.value is None else safe(with_unit(metric.value, metric.unit))
    target = f"{'≥' if metric.target.higher_is_better else '≤'} {human_number(metric.target.threshold)}"
    burn = "" if metric.burn is None else f"{human_number(metric.burn)}×"
    runs = sparkline(metric.series.values, _SPARK, metric.target) if _drawn(metric) else []
    return {
        "state": _text(f"{STATE_SHAPES[metric.state]} {STATE_WORDS[metric.state]}", colour),
        "metric": _text(safe(metric.name)),
        "now": _text(value, loud),
        "target": _text(target),
        "last hour": _Cell(tuple((text, _SPARK_COLOURS.get(kind)) for text, kind in runs)),
        "budget": _text("" if metric.budget is None else human_percent(metric.budget)),
        "burn 1h": _text(burn),
        "lasts": _text(lasts(metric)),
        "age": _text("" if metric.age is None else age(int(metric.age))),
        "why": _text(why(metric), loud),
    }


def _drawn(metric: "MetricPanel") -> bool:
    return any(value is not None for value in metric.series.values)


def lasts(metric: "MetricPanel") -> str:
    """How long the error budget lasts at the present burn rate, where that is shorter than its window."""
    left = metric.exhausts_in
    if left is None or (left > metric.window and metric.window):
        return ""
    return age(int(left)) if left > 0 else "spent"


def why(metric: "MetricPanel") -> str:
    """What a state comes from: the alert that holds, what is missed, where a trend leads."""
    parts = [f"{burn.pair.severity} {_span(burn.pair.long)}/{_span(burn.pair.short)}" for burn in _firing(metric)][:1]
    target = metric.target
    if metric.state == "breached" and metric.value is not None:
        if target.beyond_abort(metric.value):
            parts.append("beyond abort")
        elif not target.meets(metric.value):
            parts.append("off target")
        else:
            parts.append("budget overspent")
    elif metric.state == "at_risk":
        if metric.limit_in is not None:
            parts.append(f"off target in {age(int(metric.limit_in))}" if metric.limit_in >= 1 else "at the target")
        elif metric.value is not None and target.near(metric.value):
            parts.append("near target")
        elif not parts:
            parts.append("burning")
    return ", ".join(parts)


def _firing(metric: "MetricPanel") -> list["Burn"]:
    firing = [burn for burn in metric.burns if burn.firing]
    return sorted(firing, key=lambda burn: burn.pair.severity != "page")


def _span(seconds: float) -> str:
    from kaizen_tui.metrics.promql import duration

    return duration(seconds)

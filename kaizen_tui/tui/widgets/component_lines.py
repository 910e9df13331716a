"""The screen of components as lines: the list at the left, the selected one's metrics with their charts. Pure."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from rich.cells import cell_len
from rich.segment import Segment

from kaizen_tui.core.numbers import human_number, human_percent
from kaizen_tui.core.slo import STATE_SHAPES, STATE_WORDS
from kaizen_tui.core.sparkline import chart, row_of
from kaizen_tui.core.times import age
from kaizen_tui.metrics.panels import ComponentPanel, MetricPanel
from kaizen_tui.tui.celltext import clip, pad, shown, wrap
from kaizen_tui.tui.tokens import Palette
from kaizen_tui.tui.widgets.cards import BAR, Line
from kaizen_tui.tui.widgets.slo_lines import (
    Piece,
    count_pieces,
    fit,
    spark_pieces,
    state_style,
    target_text,
    value_text,
)

_LABELS = 9
_TALLEST = 7


def list_width(width: int) -> int:
    """How wide the list is on a screen of `width` cells."""
    return 26 if width < 100 else 46


def list_lines(
    components: Sequence[ComponentPanel],
    selected: int,
    tickets: Mapping[str, int],
    width: int,
    height: int,
    palette: Palette,
) -> list[Line]:
    """One line per component: state, id, tier, owner, open tickets; scrolled so that the selected one is seen."""
    wide = width >= 40
    names = width - 4 - (3 + 14 if wide else 3) - 5
    head = f"   {pad('COMPONENT', names)} {'T':>2}" + (f"  {pad('OWNER', 12)}" if wide else "") + f"{'OPEN':>5}"
    lines = [fit([(head, palette.heading)], width, palette.heading)]
    room = max(1, height - 1)
    top = max(0, min(selected - room // 2, len(components) - room))
    for nth, component in enumerate(components[top : top + room], top):
        tones = palette.selected if nth == selected else palette.normal
        shape = state_style(component.state, palette)
        owner: list[Piece] = [(f"  {pad(shown(component.owner), 12)}", tones.muted)] if wide else []
        pieces: list[Piece] = [
            (BAR if nth == selected else " ", tones.accent),
            (f"{STATE_SHAPES[component.state]} ", shape + tones.text.background_style if nth == selected else shape),
            (pad(shown(component.id), names), tones.title),
            (f" {component.tier:>2}", tones.muted),
            *owner,
            (f"{tickets.get(component.id, 0):>5}", tones.text),
        ]
        lines.append(fit(pieces, width, tones.text))
    return lines


def row_at(y: int, selected: int, count: int, height: int) -> int | None:
    """The component in a line of the list."""
    room = max(1, height - 1)
    nth = y - 1 + max(0, min(selected - room // 2, count - room))
    return nth if y >= 1 and nth < count else None


def chart_height(metrics: int, height: int) -> int:
    """How many lines each metric's chart has, below its own line and above an empty one."""
    return max(2, min(_TALLEST, (height - 2) // max(1, metrics) - 2))


def metric_lines(
    component: ComponentPanel, selected: int, tickets: int, span: str, width: int, height: int, palette: Palette
) -> list[Line]:
    """The component's metrics below each other; scrolled so that the selected one is seen. span: of the charts."""
    tones = palette.normal
    noun = "ticket" if tickets == 1 else "tickets"
    head: list[Piece] = [
        (f" {shown(component.name)}", tones.accent),
        (f"   {span}", tones.text),
        (f" · tier {component.tier} · {shown(component.owner)}", tones.muted),
        (f" · {tickets} open {noun}", tones.muted),
    ]
    counted = [*head, *count_pieces(component, palette)]
    if sum(cell_len(text) for text, _ in counted) < width:
        head = counted
    lines = [fit(_whole(head, width - 1), width, tones.text), fit([], width, tones.text)]
    if not component.metrics:
        return [*lines, fit([(" This component has no metrics yet.", tones.muted)], width, tones.text)]
    tall = chart_height(len(component.metrics), height)
    block = tall + 2
    seen = max(1, (height - 2) // block)
    top = max(0, min(selected - seen + 1, len(component.metrics) - seen)) if selected >= seen else 0
    for nth, metric in enumerate(component.metrics[top : top + seen], top):
        lines += _metric_block(metric, nth == selected, tall, width, palette)
    return lines


def _metric_block(metric: MetricPanel, selected: bool, tall: int, width: int, palette: Palette) -> list[Line]:
    tones = palette.normal
    bar: Piece = (BAR if selected else " ", tones.accent)
    lines = [fit([bar, *_whole(describe(metric, palette, selected, width - 2), width - 2)], width, tones.text)]
    room = max(8, width - _LABELS - 3)
    error = metric.series.error or metric.error
    if error and not any(value is not None for value in metric.series.values):
        said = wrap(shown(error), width - 4, tall)
        lines += [fit([bar, (f"  {text}", tones.muted)], width, tones.text) for text in said]
        return lines + [fit([bar], width, tones.text)] * (tall - len(said)) + [fit([], width, tones.text)]
    for label, runs in zip(_labels(metric, tall), chart(metric.series.values, room, tall, metric.target), strict=True):
        side: Piece = (f"{clip(label, _LABELS - 1):>{_LABELS}} ", tones.muted)
        lines.append(fit([bar, side, *spark_pieces(runs, palette)], width, tones.text))
    return [*lines, fit([], width, tones.text)]


def _whole(pieces: Sequence[Piece], width: int) -> list[Piece]:
    """The first pieces, as many as `width` cells hold whole; the very first in any case."""
    ends = accumulate(cell_len(text) for text, _ in pieces)
    return [piece for nth, (piece, end) in enumerate(zip(pieces, ends, strict=True)) if nth == 0 or end <= width]


def _labels(metric: MetricPanel, tall: int) -> list[str]:
    """What stands beside the rows of the chart: the target and the abort threshold at their heights."""
    labels = [""] * tall
    if metric.target.abort is not None:
        labels[row_of(metric.target.abort, tall, metric.target)] = f"{human_number(metric.target.abort)} ✖"
    labels[row_of(metric.target.threshold, tall, metric.target)] = target_text(metric.target)
    return labels


def describe(metric: MetricPanel, palette: Palette, selected: bool = False, width: int = 80) -> list[Piece]:
    """A metric in words: state, name, value, target, abort, age, budget, burn. width: the name leaves room for the
    value in it."""
    tones = palette.normal
    style = state_style(metric.state, palette)
    name = min(max(22, min(30, cell_len(metric.name))), max(8, width - 2 - 11))
    pieces: list[Piece] = [
        (f"{STATE_SHAPES[metric.state]} ", style),
        (pad(shown(metric.name), name), tones.accent if selected else tones.title),
        (f" {value_text(metric):>10}", style if metric.state == "breached" else tones.text),
        (f"   {target_text(metric.target)}", tones.muted),
    ]
    if metric.state != "ok":
        pieces.append((f"   {STATE_WORDS[metric.state]}", style))
    if metric.limit_in is not None:
        pieces.append((f", limit in {age(int(metric.limit_in))}", style))
    if metric.budget is not None:
        pieces.append(
            (f"   budget {human_percent(metric.budget)} left", tones.error if metric.budget < 0 else tones.text)
        )
    if metric.burn is not None:
        burning = tones.warning if metric.burn > 1 else tones.muted
        pieces.append((f"   burn {human_number(metric.burn)}×", burning))
    if metric.age is not None:
        pieces.append((f"   {age(int(metric.age))} old", tones.muted))
    if metric.target.abort is not None:
        beyond = "<" if metric.target.higher_is_better else ">"
        pieces.append((f"  abort {beyond} {human_number(metric.target.abort)}", tones.muted))
    return pieces


def beside(left: Sequence[Line], right: Sequence[Line], left_width: int, height: int, palette: Palette) -> list[Line]:
    """Two columns of lines with a thin rule between them."""
    blank = Segment(" " * left_width, palette.normal.text)
    rule = Segment("│", palette.rule)
    return [
        (
            *(left[y] if y < len(left) else (blank,)),
            rule,
            *(right[y] if y < len(right) else ()),
        )
        for y in range(height)
    ]

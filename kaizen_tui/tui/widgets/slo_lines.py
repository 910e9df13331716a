"""Components and their metrics as lines of segments: heads, one line per metric, and folded to one line each. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from kaizen_tui.core.numbers import human_number, human_percent, with_unit
from kaizen_tui.core.slo import STATE_ORDER, STATE_SHAPES, STATE_WORDS, SloState, Target
from kaizen_tui.core.sparkline import Kind, Run, sparkline
from kaizen_tui.core.times import age
from kaizen_tui.metrics.panels import ComponentPanel, MetricPanel
from kaizen_tui.tui.celltext import clip, pad, shown
from kaizen_tui.tui.tokens import Palette
from kaizen_tui.tui.widgets.cards import Line

Piece = tuple[str, Style]

_TIGHT, _VALUE = 58, 9
_LEAST_NAME, _MOST_NAME = 12, 24
_LEAST_NOTE = 13  # the usual ones; wider where one of them needs it, so that little moves when one comes or goes
_LEAST_SPARK, _MOST_SPARK = 6, 40


def state_style(state: SloState, palette: Palette) -> Style:
    """The colour of a state; its shape says the same."""
    tones = palette.normal
    return {"ok": tones.success, "at_risk": tones.warning, "breached": tones.error}.get(state, tones.muted)


def spark_style(kind: Kind, palette: Palette) -> Style:
    """The colour of a piece of a sparkline. What meets its target is quiet."""
    tones = palette.normal
    styles: dict[Kind, Style] = {
        "ok": tones.muted,
        "missed": tones.warning,
        "abort": tones.error,
        "gap": palette.rule,
        "target_line": tones.accent,
        "abort_line": tones.error,
    }
    return styles[kind]


def spark_pieces(runs: Sequence[Run], palette: Palette) -> list[Piece]:
    """A sparkline with its colours."""
    return [(text, spark_style(kind, palette)) for text, kind in runs]


def target_text(target: Target) -> str:
    """`≤ 10`, `≥ 200`."""
    return f"{'≥' if target.higher_is_better else '≤'} {human_number(target.threshold)}"


def value_text(metric: MetricPanel) -> str:
    """`7.4 ms`; – without a value."""
    return "–" if metric.value is None else shown(with_unit(metric.value, metric.unit))


def note_text(metric: MetricPanel) -> str:
    """What matters most about a metric beyond its value: why it is at risk, how old it is, the budget left."""
    if metric.state == "stale" and metric.age is not None:
        return f"stale {age(int(metric.age))}"
    if metric.state == "no_data":
        return STATE_WORDS["no_data"]
    if metric.state == "at_risk" and metric.limit_in is not None:
        return f"limit in {age(int(metric.limit_in))}" if metric.limit_in >= 1 else "at the limit"
    if metric.state == "at_risk" and metric.burn is not None and metric.burn > 1:
        return f"burn {human_number(metric.burn)}×"
    if metric.budget is not None:
        return f"budget {human_percent(metric.budget):>6}"
    if metric.value is not None and metric.target.beyond_abort(metric.value):
        return "beyond abort"
    return {"breached": "off target", "at_risk": "near target"}.get(metric.state, "")


def counts(component: ComponentPanel) -> list[tuple[SloState, int]]:
    """How many metrics are in each state, ok first."""
    found = [(state, sum(metric.state == state for metric in component.metrics)) for state in reversed(STATE_ORDER)]
    return [(state, count) for state, count in found if count]


def count_pieces(component: ComponentPanel, palette: Palette) -> list[Piece]:
    """`✔ 3  ◐ 1`."""
    pieces: list[Piece] = []
    for state, count in counts(component):
        pieces += [
            (f"  {STATE_SHAPES[state]}", state_style(state, palette)),
            (f" {count}", palette.normal.text),
        ]
    return pieces or [("  no metrics", palette.normal.muted)]


def fit(pieces: Sequence[Piece], width: int, blank: Style) -> Line:
    """The pieces in exactly `width` cells, cut or filled at the right."""
    segments: list[Segment] = []
    room = width
    for text, style in pieces:
        size = cell_len(text)
        if size > room:
            text, size = pad(text, room), room
        if text:
            segments.append(Segment(text, style))
        room -= size
        if room <= 0:
            break
    if room > 0:
        segments.append(Segment(" " * room, blank))
    return tuple(segments)


def head_line(component: ComponentPanel, width: int, palette: Palette, *, marked: bool = False) -> Line:
    """Name, tier and how its metrics stand. marked: it is the selected card's component."""
    tones = palette.normal
    name = clip(shown(component.id), max(8, width - 30))
    pieces: list[Piece] = [
        (" ", tones.text),
        (name, tones.accent if marked else tones.title),
        (f"  tier {component.tier}", tones.muted),
        *count_pieces(component, palette),
    ]
    return fit(pieces, width, tones.text)


class Widths(NamedTuple):
    """How wide the parts of metrics that stand below each other are; the sparkline has what they leave."""

    name: int
    target: int
    note: int


def widths_of(metrics: Sequence[MetricPanel], width: int) -> Widths:
    """Of lines of `width` cells: names are as wide as the longest, and give way to what stands beside them."""
    target = max((cell_len(target_text(metric.target)) for metric in metrics), default=0)
    note = max((cell_len(note_text(metric)) for metric in metrics), default=0)
    note = max(note, _LEAST_NOTE)
    longest = max((cell_len(shown(metric.name)) for metric in metrics), default=0)
    room = width - (3 + 1 + _VALUE + 2 + target + 2 + _LEAST_SPARK + 2 + note + 1)
    return Widths(min(longest, _MOST_NAME, max(_LEAST_NAME, room)), target, note)


def metric_line(metric: MetricPanel, wide: Widths, width: int, palette: Palette) -> Line:
    """One metric: shape, name, value, target, sparkline, note. What doesn't fit a narrow line is left out."""
    tones = palette.normal
    style = state_style(metric.state, palette)
    pieces: list[Piece] = [
        (f" {STATE_SHAPES[metric.state]} ", style),
        (pad(shown(metric.name), wide.name), tones.text),
        (f" {clip(value_text(metric), _VALUE):>{_VALUE}}", style if metric.state == "breached" else tones.text),
        (f"  {pad(target_text(metric.target), wide.target)}  ", tones.muted),
    ]
    room = width - sum(cell_len(text) for text, _ in pieces) - 1
    if metric.state == "no_data" and metric.error:
        pieces.append((clip(shown(metric.error), room), tones.muted))
        return fit(pieces, width, tones.text)
    spark = min(_MOST_SPARK, room - wide.note - 2)
    if spark >= _LEAST_SPARK:
        pieces += spark_pieces(sparkline(metric.series.values, spark, metric.target), palette)
        pieces.append(("  ", tones.text))
    quiet = metric.state in ("ok", "stale", "no_data")
    pieces.append((pad(note_text(metric), min(wide.note, max(0, room))), tones.muted if quiet else style))
    return fit(pieces, width, tones.text)


def folded_lines(components: Sequence[ComponentPanel], width: int, palette: Palette, first: str) -> list[Line]:
    """Each component in one line: how its metrics stand, then the worst of them. first: the one that is marked."""
    standing = [count_pieces(one, palette) for one in components]
    counted = max((_cells(pieces) for pieces in standing), default=0)
    names = min(18, max((cell_len(shown(one.id)) for one in components), default=0))
    room = width - 3 - names - counted - 3
    return [
        _folded(one, pieces, (names, counted, room), width, palette, marked=one.id == first)
        for one, pieces in zip(components, standing, strict=True)
    ]


def _cells(pieces: Sequence[Piece]) -> int:
    return sum(cell_len(text) for text, _ in pieces)


def _folded(
    component: ComponentPanel,
    standing: list[Piece],
    wide: tuple[int, int, int],
    width: int,
    palette: Palette,
    *,
    marked: bool,
) -> Line:
    """wide: of the component's name, of how its metrics stand, and of what is left for the worst of them."""
    tones, (names, counted, room) = palette.normal, wide
    pieces: list[Piece] = [
        (f" {STATE_SHAPES[component.state]} ", state_style(component.state, palette)),
        (pad(shown(component.id), names), tones.accent if marked else tones.text),
        *standing,
        (" " * (counted - _cells(standing) + 2), tones.text),
    ]
    metric = worst_metric(component)
    if metric is not None and metric.state != "ok":
        pieces += [(text, tones.muted) for text in _worst_words(metric, room)]
    return fit(pieces, width, tones.text)


def _worst_words(metric: MetricPanel, room: int) -> list[str]:
    """A metric's name, value and note in `room` cells. The name gives way to the numbers, and a note that has no room
    is left out: half a number is a wrong one."""
    if metric.error:
        name = max(8, min(18, room - 24))
        return [pad(shown(metric.name), name), clip(f"  {shown(metric.error)}", max(0, room - name))]
    value, note = f" {value_text(metric):>{_VALUE}}", f"  {' '.join(note_text(metric).split())}"
    if cell_len(value + note) > room - 8:
        note = ""
    return [pad(shown(metric.name), max(0, min(18, room - cell_len(value + note)))), value, note]


def worst_metric(component: ComponentPanel) -> MetricPanel | None:
    """The metric that a component is judged by: of its worst state, the one nearest to its target or furthest off."""

    def place(metric: MetricPanel) -> tuple[int, float]:
        margin = metric.target.margin(metric.value) if metric.value is not None else 0.0
        return STATE_ORDER.index(metric.state), margin

    return min(component.metrics, key=place, default=None)


class Plan(NamedTuple):
    """How the panels stand: components beside each other, lines of metrics below each head, and below each other.

    folded: one line per component instead. height: with the rule above, 0 where there is no room.
    """

    across: int
    metrics: int
    bands: int
    folded: bool

    @property
    def height(self) -> int:
        return (self.bands if self.folded else self.bands * (1 + self.metrics)) + 1 if self.bands else 0


NO_PANELS = Plan(0, 0, 0, False)


def plan(components: Sequence[ComponentPanel], width: int, height: int) -> Plan:
    """The panels of a screen of this size: about a third of it, folded on a small one, none on a tiny one."""
    if not components or width < 60 or height < 20:
        return NO_PANELS
    if width < 100 or height < 32:
        return Plan(1, 0, min(3, len(components)), True)
    room = (height - 2) * 3 // 10 - 1
    across = min(len(components), max(1, width // _TIGHT) if width < 200 else width // 76)
    metrics = min(room - 1, max(1, max(len(one.metrics) for one in components)))
    bands = min(-(-len(components) // across), max(1, room // (1 + metrics)))
    return Plan(across, metrics, bands, False)


def preferred(components: Sequence[ComponentPanel], first: str) -> list[ComponentPanel]:
    """The components with that one in front."""
    return sorted(components, key=lambda one: one.id != first)


def needing(components: Sequence[ComponentPanel], first: str) -> tuple[ComponentPanel, MetricPanel] | None:
    """The metric that a ticket should be about: of the first component (that of the selected card before all) with a
    metric that misses its target or is about to, the worst."""
    for component in preferred(components, first):
        metric = worst_metric(component)
        if metric is not None and metric.state in ("breached", "at_risk"):
            return component, metric
    return None


def rule_line(about: tuple[ComponentPanel, MetricPanel] | None, key: str, width: int, palette: Palette) -> Line:
    """The rule above the panels, with the key that writes a ticket about a metric that needs one. key: "" for none."""
    if about is None or not key:
        return (Segment("─" * width, palette.rule),)
    component, metric = about
    room = max(8, width - 34)
    name = clip(f"{shown(metric.name)} of {shown(component.id)}", room)
    words: list[Piece] = [
        (f" {STATE_SHAPES[metric.state]} ", state_style(metric.state, palette)),
        (f"{name}: ", palette.normal.muted),
        (key, palette.normal.accent),
        (" writes a ticket ", palette.normal.muted),
    ]
    used = sum(cell_len(text) for text, _ in words)
    return fit([("─" * max(0, width - used - 2), palette.rule), *words, ("──", palette.rule)], width, palette.rule)


def panel_lines(
    components: Sequence[ComponentPanel], layout: Plan, width: int, palette: Palette, first: str, key: str = ""
) -> list[Line]:
    """The lines of the panels, the rule above them first. first: the selected card's component. key: of a new ticket
    about a metric, "" where none can be written."""
    tones = palette.normal
    lines: list[Line] = [rule_line(needing(components, first), key, width, palette)]
    ordered = preferred(components, first)
    if layout.folded:
        return lines + folded_lines(ordered[: layout.bands], width, palette, first)
    each = width // layout.across
    blank = Segment(" " * each, tones.text)
    seen = ordered[: layout.bands * layout.across]
    # The same widths in all panels that stand below each other.
    wide = [
        widths_of([metric for one in seen[place :: layout.across] for metric in one.metrics], each)
        for place in range(layout.across)
    ]
    for band in range(layout.bands):
        row = ordered[band * layout.across : (band + 1) * layout.across]
        blocks = [
            _block(one, column, each, layout.metrics, palette, one.id == first)
            for one, column in zip(row, wide, strict=False)
        ]
        for y in range(1 + layout.metrics):
            cells = [block[y] if y < len(block) else (blank,) for block in blocks]
            lines.append(fit_line(cells, width, tones.text))
    return lines


def fit_line(cells: Sequence[Line], width: int, blank: Style) -> Line:
    """Cells beside each other, filled to `width`."""
    joined = [segment for cell in cells for segment in cell]
    used = sum(segment.cell_length for segment in joined)
    return (*joined, Segment(" " * max(0, width - used), blank))


def _block(
    component: ComponentPanel, wide: Widths, width: int, most: int, palette: Palette, marked: bool
) -> list[Line]:
    metrics = list(component.metrics)
    if len(metrics) > most:
        metrics.sort(key=lambda metric: STATE_ORDER.index(metric.state))
    head = head_line(component, width, palette, marked=marked)
    return [head, *(metric_line(metric, wide, width, palette) for metric in metrics[:most])]

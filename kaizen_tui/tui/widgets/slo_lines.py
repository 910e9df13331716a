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

_TIGHT, _VALUE, _TARGET, _NOTE = 58, 9, 8, 15
_LEAST_SPARK = 6


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


def metric_line(metric: MetricPanel, width: int, palette: Palette) -> Line:
    """One metric: shape, name, value, target, sparkline, note. What doesn't fit a narrow line is left out."""
    tones = palette.normal
    style = state_style(metric.state, palette)
    name_width = min(24, max(12, width - _VALUE - _TARGET - _NOTE - 18))
    pieces: list[Piece] = [
        (f" {STATE_SHAPES[metric.state]} ", style),
        (pad(shown(metric.name), name_width), tones.text),
        (f" {clip(value_text(metric), _VALUE):>{_VALUE}}", style if metric.state == "breached" else tones.text),
        (f"  {pad(target_text(metric.target), _TARGET)}", tones.muted),
    ]
    room = width - sum(cell_len(text) for text, _ in pieces) - 1
    if metric.state == "no_data" and metric.error:
        pieces.append((clip(shown(metric.error), room), tones.muted))
        return fit(pieces, width, tones.text)
    note = note_text(metric)
    spark = min(40, room - _NOTE - 2)
    if spark >= _LEAST_SPARK:
        pieces += spark_pieces(sparkline(metric.series.values, spark, metric.target), palette)
        pieces.append(("  ", tones.text))
    quiet = metric.state in ("ok", "stale", "no_data")
    pieces.append((pad(note, min(_NOTE, max(0, room))), tones.muted if quiet else style))
    return fit(pieces, width, tones.text)


def folded_line(component: ComponentPanel, width: int, palette: Palette, *, marked: bool = False) -> Line:
    """A component in one line: how its metrics stand, then the worst of them."""
    tones = palette.normal
    pieces: list[Piece] = [
        (f" {STATE_SHAPES[component.state]} ", state_style(component.state, palette)),
        (pad(shown(component.id), 18), tones.accent if marked else tones.text),
    ]
    standing = count_pieces(component, palette)
    pieces += standing
    used = sum(cell_len(text) for text, _ in standing)
    pieces.append((" " * max(2, 14 - used), tones.text))
    metric = worst_metric(component)
    if metric is not None and metric.state != "ok":
        room = width - sum(cell_len(text) for text, _ in pieces) - 1
        words = shown(metric.error) or f"{value_text(metric):>9}  {note_text(metric)}"
        pieces.append((pad(shown(metric.name), max(8, min(18, room - 24))), tones.muted))
        pieces.append((clip(f" {words}", max(0, room - min(18, max(8, room - 24)))), tones.muted))
    return fit(pieces, width, tones.text)


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
        lines += [folded_line(one, width, palette, marked=one.id == first) for one in ordered[: layout.bands]]
        return lines
    each = width // layout.across
    blank = Segment(" " * each, tones.text)
    for band in range(layout.bands):
        row = ordered[band * layout.across : (band + 1) * layout.across]
        blocks = [_block(one, each, layout.metrics, palette, one.id == first) for one in row]
        for y in range(1 + layout.metrics):
            cells = [block[y] if y < len(block) else (blank,) for block in blocks]
            lines.append(fit_line(cells, width, tones.text))
    return lines


def fit_line(cells: Sequence[Line], width: int, blank: Style) -> Line:
    """Cells beside each other, filled to `width`."""
    joined = [segment for cell in cells for segment in cell]
    used = sum(segment.cell_length for segment in joined)
    return (*joined, Segment(" " * max(0, width - used), blank))


def _block(component: ComponentPanel, width: int, most: int, palette: Palette, marked: bool) -> list[Line]:
    metrics = list(component.metrics)
    if len(metrics) > most:
        metrics.sort(key=lambda metric: STATE_ORDER.index(metric.state))
    head = head_line(component, width, palette, marked=marked)
    return [head, *(metric_line(metric, width, palette) for metric in metrics[:most])]

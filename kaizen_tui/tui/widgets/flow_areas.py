"""The cumulative flow as lines: the drawn chart in the statuses' colours, with its legend."""

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.style import Style

from kaizen_tui.core.states import STATUS_TITLES, STATUSES
from kaizen_tui.core.times import format_epoch
from kaizen_tui.tui.plot import edge_of
from kaizen_tui.tui.tokens import Palette
from kaizen_tui.tui.widgets.cards import Line
from kaizen_tui.tui.widgets.slo_lines import Piece, fit

# Days, oldest first: (the day's end, tickets per status in lifecycle order).
Days = Sequence[tuple[int, tuple[int, ...]]]
# The chart of so many cells and lines, as drawn last; () before the first time. It is drawn elsewhere.
Chart = Callable[[int, int], Sequence[str]]
# From the bottom of the stack up: what is done lies below, what has just come in on top. Each status has a shape as
# well as a colour.
STACK: tuple[tuple[str, str], ...] = (
    ("complete", "█"), ("aborted", "×"), ("canary", "▓"), ("in_review", "▒"), ("in_progress", "░"), ("planned", ":"),
    ("draft", "·"),
)  # fmt: skip
_HEAD, _LEGEND = 1, 2
LEAST = _HEAD + 5 + _LEGEND  # lines in which anything can be seen


def layers_of(days: Days) -> list[tuple[str, list[int]]]:
    """The statuses' counts per day with their shapes, the lowest first."""
    return [(shape, [counts[STATUSES.index(status)] for _, counts in days]) for status, shape in STACK]


def dates_of(days: Days) -> tuple[str, str, str]:
    """The first, the middle and the last day, as 2025-05-18."""
    first, middle, last = (format_epoch(days[nth][0])[:10] for nth in (0, len(days) // 2, -1))
    return first, middle, last


def area_lines(days: Days, width: int, height: int, palette: Palette, chart: Chart) -> list[Line]:
    """How many tickets were in each status at each day's end, stacked, oldest day first; nothing in less than LEAST."""
    if height < LEAST:
        return []
    tones = palette.normal
    lines = [fit([(" CUMULATIVE FLOW", tones.accent)], width, tones.text)]
    tall = height - _HEAD - _LEGEND
    if not any(sum(counts) for _, counts in days):
        return [*lines, fit([(" no tickets yet", tones.muted)], width, tones.text)]
    drawn = chart(width - 2, tall)
    if not drawn:
        return [*lines, fit([(" drawing …", tones.muted)], width, tones.text)]
    lines += [fit(_coloured(line, palette), width, tones.text) for line in drawn[:tall]]
    return [*lines, *_legend(width, palette)]


def _style(status: str, palette: Palette) -> Style:
    tones = palette.normal
    return {
        "complete": tones.success,
        "aborted": tones.error,
        "canary": tones.warning,
        "in_review": tones.accent,
        "in_progress": tones.text,
    }.get(status, tones.muted)


def _coloured(line: str, palette: Palette) -> list[Piece]:
    """A line of the chart: axes and labels quiet, each layer in its status' colour."""
    muted = palette.normal.muted
    styles = {shape: _style(status, palette) for status, shape in STACK}
    edge = edge_of(line)
    if edge < 0:
        return [(f" {line}", muted)]
    pieces: list[Piece] = [(f" {line[: edge + 1]}", muted)]
    for char in line[edge + 1 :]:
        style = styles.get(char, muted)
        if pieces[-1][1] is style:
            pieces[-1] = (pieces[-1][0] + char, style)
        else:
            pieces.append((char, style))
    return pieces


def _legend(width: int, palette: Palette) -> list[Line]:
    """Shape, colour and name of each status, top of the stack first, in as many lines as it takes (two at most)."""
    lines: list[list[Piece]] = [[("      ", palette.normal.text)]]
    used = 6
    for status, shape in reversed(STACK):
        name = f" {STATUS_TITLES[status].lower()}  "
        need = 2 + cell_len(name)
        if used + need > width and len(lines) == 1:
            lines.append([("      ", palette.normal.text)])
            used = 6
        lines[-1] += [(shape * 2, _style(status, palette)), (name, palette.normal.muted)]
        used += need
    return [fit(line, width, palette.normal.text) for line in lines]

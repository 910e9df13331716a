"""A canary's gauges and charts by hand: text and the kind of each piece, for whoever maps kinds to colours. Pure."""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from kaizen_tui.core.slo import Target
from kaizen_tui.core.sparkline import scale_of

Kind = Literal["blank", "line", "baseline", "canary", "missed", "open", "good", "bad"]
Run = tuple[str, Kind]

EIGHTHS = " ▏▎▍▌▋▊▉█"
_BASELINE, _CANARY = "▔─▁", "▀■▄"  # at the top, in the middle, at the foot of a cell
SLO_LINE, ONE_LINE, INTERVAL = "┄", "┄", "│"
_WIDEST = math.log(64.0)
_LARGEST = 1e300  # beyond it nothing can be drawn to scale


def filled(value: float, needed: float, cells: int) -> int:
    """Eighths of `cells` cells that a gauge fills: none at an e-value of 1 or less, all at the one that decides. By
    its logarithm, which is what grows evenly."""
    if value >= needed:
        return 8 * cells
    if value <= 1.0:
        return 0
    return min(8 * cells - 1, int(8 * cells * math.log(value) / math.log(needed)))


def gauge(eighths: int, cells: int) -> tuple[str, str]:
    """The gauge of `cells` cells: what is full, and what is empty, shaded."""
    whole, rest = divmod(min(eighths, 8 * cells), 8)
    drawn = "█" * whole + (EIGHTHS[rest] if rest else "")
    return drawn, "░" * (cells - len(drawn))


class Row(NamedTuple):
    """A line of a chart. label: the value at its height, None where nothing is said."""

    label: float | None
    runs: tuple[Run, ...]


def thinned(count: int, width: int) -> list[int]:
    """Which of `count` values stand in `width` columns: the last of each group."""
    if count <= width:
        return list(range(count))
    return [(column + 1) * count // width - 1 for column in range(width)]


def both_versions(
    baseline: Sequence[float | None], canary: Sequence[float | None], target: Target, width: int, height: int
) -> tuple[Row, ...]:
    """Baseline and canary on one axis with the SLO's line. Labels stand at the top, the target and the foot."""
    low, high = scale_of(target)
    known = [value for value in (*baseline, *canary) if value is not None and abs(value) < _LARGEST]
    if known:
        low, high = min(low, *known), max(high, *known)
    places = thinned(max(len(baseline), len(canary)), width)
    thirds = height * 3

    def level(value: float) -> int:
        return min(thirds - 1, max(0, int((value - low) / (high - low) * thirds)))

    grid: list[list[Run]] = [[(" ", "blank")] * width for _ in range(height)]
    slo_row = height - 1 - level(target.threshold) // 3
    grid[slo_row] = [(SLO_LINE, "line")] * width
    for values, marks in ((baseline, _BASELINE), (canary, _CANARY)):
        for column, place in enumerate(places):
            value = values[place] if place < len(values) else None
            if value is None or not abs(value) < _LARGEST:
                continue
            row, third = divmod(level(value), 3)
            met: Kind = "canary" if target.meets(value) else "missed"
            kind: Kind = "baseline" if marks is _BASELINE else met
            if kind != "baseline" and column % 2 and grid[height - 1 - row][column][1] == "baseline":
                continue  # where both are the same, both are seen
            grid[height - 1 - row][column] = (marks[2 - third], kind)
    labels: dict[int, float] = {0: high, height - 1: low, slo_row: target.threshold}
    return tuple(Row(labels.get(row), _runs(cells)) for row, cells in enumerate(grid))


def interval_course(
    low: Sequence[float | None], high: Sequence[float | None], limit: float | None, width: int, height: int
) -> tuple[Row, ...]:
    """The interval of canary over baseline in the course of time, on a logarithmic axis around 1. limit: below which it
    must come for the promotion, or None. Labels are ratios."""
    places = thinned(len(low), width)
    reach = [1.3 * abs(math.log(end)) for end in (*low[-1:], *high[-1:]) if end]
    if limit is not None and limit > 1.0:
        reach.append(1.2 * math.log(limit))
    half = min(_WIDEST, max([math.log(2.0), *reach]))
    middle = height // 2

    def row_of(ratio: float) -> int:
        share = math.log(min(max(ratio, 1e-9), 1e9)) / half
        return round(middle - share * middle)

    grid: list[list[Run]] = [[(" ", "blank")] * width for _ in range(height)]
    grid[middle] = [(ONE_LINE, "line")] * width
    for column, place in enumerate(places):
        below, above = low[place], high[place]
        if below is None or above is None:
            continue
        kind: Kind = "bad" if below > 1.0 else "good" if limit is not None and above < limit else "open"
        for row in range(max(0, row_of(above)), min(height - 1, row_of(below)) + 1):
            grid[row][column] = (INTERVAL, kind)
    labels = {0: math.exp(half), middle: 1.0, height - 1: math.exp(-half)}
    return tuple(Row(labels.get(row), _runs(cells)) for row, cells in enumerate(grid))


def _runs(cells: Sequence[Run]) -> tuple[Run, ...]:
    return tuple(("".join(text for text, _ in group), kind) for kind, group in groupby(cells, key=lambda cell: cell[1]))

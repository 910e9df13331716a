"""Sparklines drawn by hand: gaps stay gaps, the scale is fixed by the SLO, target and abort lines are visible.

Pure and light: numbers in, runs of (text, kind) out; whoever shows them maps kinds to styles. A row of 60 values takes
about 0.02 ms.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from kaizen_tui.core.slo import Target

Kind = Literal["ok", "missed", "abort", "gap", "target_line", "abort_line"]
Run = tuple[str, Kind]

BLOCKS = "▁▂▃▄▅▆▇█"
GAP = "·"
TARGET_LINE = "┄"
ABORT_LINE = "╌"


def scale_of(target: Target) -> tuple[float, float]:
    """The fixed range of the y axis (low, high), in the metric's unit.

    It depends on the SLO alone: a flat line and a crash must not look alike, as they do with a range fitted to the
    data. The target stands at three quarters of the height (a quarter where higher is better).
    """
    threshold = target.threshold
    abort = target.abort if target.abort is not None else threshold
    if target.higher_is_better:
        reach = max(abs(threshold - abort), abs(threshold) * 0.25, 1e-9)
        return threshold - reach * 1.25, threshold + reach * 1.5
    high = max(abort * 1.05, threshold * 4 / 3)
    return 0.0, high if high > 0 else 1.0


def _level(value: float, low: float, high: float, steps: int) -> int:
    """0 .. steps-1; what lies outside the range stands at its edge."""
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return min(steps - 1, int(share * steps))


def row_of(value: float, height: int, target: Target) -> int:
    """The row of a chart of `height` rows (0 is the top) in which a value stands."""
    low, high = scale_of(target)
    return height - 1 - _level(value, low, high, height * 8) // 8


def kind_of(value: float | None, target: Target) -> Kind:
    if value is None or value != value:
        return "gap"
    if target.beyond_abort(value):
        return "abort"
    return "ok" if target.meets(value) else "missed"


def resample(values: Sequence[float | None], width: int, target: Target) -> list[float | None]:
    """At most `width` values: each the worst of those that it stands for, so that a spike never disappears."""
    count = len(values)
    if width <= 0:
        return []
    if count <= width:
        return list(values)
    worst = min if target.higher_is_better else max
    out: list[float | None] = []
    for index in range(width):
        part = [v for v in values[index * count // width : (index + 1) * count // width] if v is not None and v == v]
        out.append(worst(part) if part else None)
    return out


def sparkline(values: Sequence[float | None], width: int, target: Target) -> list[Run]:
    """One row of exactly `width` cells, oldest first, right-aligned; cells before the first value are gaps."""
    shown = resample(values, width, target)
    low, high = scale_of(target)
    cells: list[Run] = [(" ", "gap")] * max(0, width - len(shown))
    for value in shown:
        if value is None or value != value:
            cells.append((GAP, "gap"))
        else:
            cells.append((BLOCKS[_level(value, low, high, 8)], kind_of(value, target)))
    return _runs(cells)


def chart(values: Sequence[float | None], width: int, height: int, target: Target) -> list[list[Run]]:
    """`height` rows (top first) of exactly `width` cells; free cells at the target's and the abort's height show them
    as dotted lines: the target's where a low chart has one row for both."""
    if height <= 1:
        return [sparkline(values, width, target)]
    shown = resample(values, width, target)
    low, high = scale_of(target)
    steps = height * 8
    target_row = _level(target.threshold, low, high, steps) // 8
    abort_row = -1 if target.abort is None else _level(target.abort, low, high, steps) // 8
    pad: list[float | None] = [None] * max(0, width - len(shown))
    columns = [*pad, *shown]
    rows: list[list[Run]] = []
    for row in range(height - 1, -1, -1):
        cells: list[Run] = []
        for index, value in enumerate(columns):
            filled = -1 if value is None or value != value else _level(value, low, high, steps) - row * 8
            if filled >= 0 and value is not None:
                cells.append((BLOCKS[min(7, filled)], kind_of(value, target)))
            elif row == target_row:
                cells.append((TARGET_LINE, "target_line"))
            elif row == abort_row:
                cells.append((ABORT_LINE, "abort_line"))
            elif index >= len(pad) and (value is None or value != value) and row == 0:
                cells.append((GAP, "gap"))
            else:
                cells.append((" ", "gap"))
        rows.append(_runs(cells))
    return rows


def _runs(cells: Sequence[Run]) -> list[Run]:
    return [("".join(text for text, _ in group), kind) for kind, group in groupby(cells, key=lambda cell: cell[1])]

"""Confidence intervals of ratios as bars around 1.0: `├━■━┤  ··┊··  `. Pure: text only."""

from collections.abc import Iterable
from typing import NamedTuple

from kaizen_tui.core.scorecard import Ratio

# Half-widths of the axis: the smallest that holds every interval is taken; what is beyond the last is cut off.
_HALF_WIDTHS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
SHORTEST = 9


class Axis(NamedTuple):
    """Ratios from 1 - half to 1 + half. low, high: its ends as people read them."""

    half: float

    @property
    def low(self) -> str:
        return f"{1.0 - self.half:.2f}".rstrip("0").rstrip(".")

    @property
    def high(self) -> str:
        return f"{1.0 + self.half:.2f}".rstrip("0").rstrip(".")


def axis_for(ratios: Iterable[Ratio | None]) -> Axis:
    """The axis that all of these share, so that their bars can be compared."""
    widest = max(
        (abs(end - 1.0) for ratio in ratios if ratio is not None for end in (ratio.low, ratio.high)), default=0
    )
    return Axis(next((half for half in _HALF_WIDTHS if widest <= half), _HALF_WIDTHS[-1]))


def bar(ratio: Ratio | None, axis: Axis, width: int, tolerance: float = 0.0) -> str:
    """The interval in `width` cells (at least SHORTEST, made odd), ┊ (┼ within the interval) standing at 1.0.

    tolerance: as a share. Dots stand within it, and what of the interval lies beyond it is heavy. An end that is off
    the axis is an arrow at the edge. Without a ratio there is no interval.
    """
    width = max(SHORTEST, width - (width + 1) % 2)
    middle = width // 2
    band = int(tolerance / axis.half * middle + 1e-9)  # whole cells to either side
    cells = ["·" if tolerance and abs(cell - middle) <= band else " " for cell in range(width)]
    cells[middle] = "┊"
    if ratio is None:
        return "".join(cells)

    def place(value: float) -> int:
        return round(middle + (value - 1.0) / axis.half * middle)

    low, point, high = place(ratio.low), place(ratio.point), place(ratio.high)
    for cell in range(max(0, low), min(width - 1, high) + 1):
        beyond = "━" if abs(cell - middle) > band and tolerance else "─"
        cells[cell] = "┼" if cell == middle else beyond
    for end, mark in ((low, "├"), (high, "┤")):
        cells[min(max(end, 0), width - 1)] = mark if 0 <= end < width else ("◂" if end < 0 else "▸")
    if 0 <= point < width:
        cells[point] = "■"
    elif point < 0:
        cells[0] = "◂"
    return "".join(cells)


def scale(axis: Axis, width: int) -> str:
    """The axis' numbers, to stand above bars of `width` cells."""
    width = max(SHORTEST, width - (width + 1) % 2)
    cells = list(axis.low.ljust(width - len(axis.high)) + axis.high)
    middle = width // 2
    if middle - 1 > len(axis.low) and middle + 2 < width - len(axis.high):
        cells[middle - 1 : middle + 2] = "1.0"
    return "".join(cells)

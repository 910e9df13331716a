"""Where columns and cards stand on a board of a given size. Pure: cells and lines, no screen."""

from typing import NamedTuple

from kaizen_tui.core.states import STATUSES

COLUMNS = len(STATUSES)
# The narrowest column in which ids, components and verdicts stay readable, with the rule at its right.
NARROWEST = 22
SMALLEST_WIDTH, SMALLEST_HEIGHT = 60, 15
_ROOMY = 32


class Lane(NamedTuple):
    """A column on the screen: its place in the lifecycle, its left edge and its width with the rule at its right."""

    column: int
    x: int
    width: int


class CardShape(NamedTuple):
    """How many lines a card has, and of these how many are its title; `pitch` adds the empty line below."""

    lines: int
    title_lines: int
    pitch: int


def visible_count(width: int) -> int:
    """How many columns fit into `width` cells."""
    return max(1, min(COLUMNS, width // NARROWEST))


def first_visible(first: int, focus: int, count: int) -> int:
    """The first of `count` columns shown, moved as little as possible from `first` so that `focus` is among them."""
    if focus < first:
        first = focus
    elif focus >= first + count:
        first = focus - count + 1
    return max(0, min(first, COLUMNS - count))


def lanes(width: int, first: int) -> tuple[Lane, ...]:
    """The columns that fit into `width` cells, from `first` on; what is left over goes to the first ones."""
    count = visible_count(width)
    each, over = divmod(width, count)
    placed, x = [], 0
    for nth in range(count):
        lane = Lane(first + nth, x, each + (nth < over))
        placed.append(lane)
        x += lane.width
    return tuple(placed)


def card_shape(height: int) -> CardShape:
    """Cards of five lines where the board is tall, else of four (component and owner share one)."""
    return CardShape(5, 2, 6) if height >= _ROOMY else CardShape(4, 2, 5)


def detail_width(width: int) -> int:
    """How wide the detail pane is on a screen of `width` cells: all of a narrow one, a part of others."""
    if width < 100:
        return width
    if width < 200:
        return max(56, width * 2 // 5)
    return max(44, min(84, width - COLUMNS * NARROWEST))


def detail_beside(width: int) -> bool:
    """True where the detail pane always stands beside the board."""
    return width >= 200

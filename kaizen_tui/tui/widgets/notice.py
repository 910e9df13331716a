"""Words in the middle of the board in place of cards."""

from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment

from kaizen_tui.tui.celltext import clip, shown
from kaizen_tui.tui.tokens import Palette


class Notice(NamedTuple):
    """What is so, and what to do."""

    title: str
    hint: str = ""


def notice_line(notice: Notice, y: int, width: int, height: int, palette: Palette) -> list[Segment]:
    """Line `y` of an area of `width` cells and `height` lines."""
    middle = height // 3
    text, style = "", palette.heading
    if y == middle:
        text, style = notice.title, palette.normal.text
    elif y == middle + 2:
        text = shown(notice.hint)
    text = clip(text, width)
    before = (width - cell_len(text)) // 2
    return [Segment(" " * before + text + " " * (width - before - cell_len(text)), style)]

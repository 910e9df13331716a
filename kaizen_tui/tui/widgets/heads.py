"""The board's upper edge: column headings, the rule below them, and the strip of all columns on a narrow board."""

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from kaizen_tui.core.states import STATUS_TITLES, STATUSES
from kaizen_tui.core.wip import over_limit
from kaizen_tui.tui.celltext import clip
from kaizen_tui.tui.columns import Columns
from kaizen_tui.tui.layout import Lane
from kaizen_tui.tui.tokens import Palette
from kaizen_tui.tui.widgets.cards import Line

_TITLES = tuple(STATUS_TITLES[status].upper() for status in STATUSES)
# From the longest names to none at all; the first line that fits is taken.
_STRIP_NAMES = (
    _TITLES,
    ("DRAFT", "PLANNED", "IN PROGRESS", "REVIEW", "CANARY", "✔", "✖"),
    ("DRAFT", "PLAN", "PROGRESS", "REVIEW", "CANARY", "✔", "✖"),
    ("DRAFT", "PLAN", "PROG", "REV", "CAN", "✔", "✖"),
    ("", "", "", "", "", "✔", "✖"),
    ("",) * 7,
)


def number(count: int) -> str:
    """A count as people read it: 1,428."""
    return f"{count:,}"


def heading(
    lane: Lane, columns: Columns, palette: Palette, focused: bool, loading: bool, limit: int | None = None
) -> Line:
    """The name of a column and how many tickets it shows (of how many, when the filter hides some); `5/6` where a
    limit of work in progress is set, which counts all tickets of the column."""
    shown, total = len(columns.cards[lane.column]), columns.totals[lane.column]
    count = "…" if loading else number(shown)
    if limit is not None and not loading:
        count = f"{number(total)}/{number(limit)}" if shown == total else f"{count} of {number(total)}/{number(limit)}"
    too_many = not loading and over_limit(total, limit)
    of_all = f" of {number(total)}" if shown != total and limit is None else ""
    room = lane.width - 2
    name = _TITLES[lane.column]
    if cell_len(name) + 1 + len(count) + len(of_all) > room:
        of_all = ""
    name = clip(name, max(0, room - 1 - len(count) - too_many))
    segments = [
        Segment(" " + name, palette.heading_focus if focused else palette.heading),
        Segment(f" {count}", _count_style(palette, loading, too_many)),
        Segment("!" if too_many else "", palette.normal.warning),
        Segment(of_all, palette.heading),
    ]
    used = 1 + cell_len(name) + 1 + len(count) + too_many + len(of_all)
    return (*segments, Segment(" " * (lane.width - used), palette.heading))


def _count_style(palette: Palette, loading: bool, too_many: bool) -> Style:
    if loading:
        return palette.heading
    return palette.normal.warning if too_many else palette.normal.text


def rule(lane: Lane, palette: Palette, focused: bool, last: bool) -> Line:
    """The line below a heading, stronger below the column in focus."""
    line = Segment(("━" if focused else "─") * (lane.width - 1), palette.rule_focus if focused else palette.rule)
    return line, Segment("─" if last else "┬", palette.rule)


def column_strip(width: int, columns: Columns, palette: Palette, focus: int, visible: range, loading: bool) -> Line:
    """All seven columns in one line, for a board that can't show them side by side: numbered, the focused one in
    brackets, those on the screen brighter."""
    counts = ["…" if loading else number(len(pile)) for pile in columns.cards]
    for names in _STRIP_NAMES:
        items = [_item(nth, name, counts[nth]) for nth, name in enumerate(names)]
        if sum(cell_len(item) + 2 for item in items) + 2 <= width:
            break
    segments = [Segment("‹" if visible.start else " ", palette.heading)]
    for nth, item in enumerate(items):
        if nth == focus:
            segments.append(Segment(f"[{item}]", palette.heading_focus))
        else:
            segments.append(Segment(f" {item} ", palette.normal.text if nth in visible else palette.heading))
    segments.append(Segment("›" if visible.stop < len(items) else " ", palette.heading))
    return tuple(segments)


def _item(nth: int, name: str, count: str) -> str:
    if len(name) == 1:
        return f"{nth + 1} {name}{count}"
    return f"{nth + 1} {name} {count}" if name else f"{nth + 1}·{count}"

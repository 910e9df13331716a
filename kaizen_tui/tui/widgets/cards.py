"""A ticket as a card: a few lines of exactly the same width, drawn from a row, a palette and a shape.

Lines are tuples of segments, not Textual's strips: a strip carries seven caches, and a board line joins seven lanes.
"""

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import SEVERITY_SHAPES
from kaizen_tui.core.times import age
from kaizen_tui.tui.celltext import clip, shown, wrap
from kaizen_tui.tui.layout import CardShape
from kaizen_tui.tui.tokens import Palette, Tones

if TYPE_CHECKING:
    from kaizen_tui.tui.canary.mini import Mini

Line = tuple[Segment, ...]
Piece = tuple[str, Style]

NORMAL, SELECTED, GHOST = 0, 1, 2
# Added to a look: the ticket is one of several picked; it changed since it was seen; it is watched.
PICKED, UNREAD, WATCHED_MARK = 4, 8, 16
_LOOKS = 3
BAR = "▌"
_SIGNS = ((WATCHED_MARK, "◎"), (UNREAD, "•"), (PICKED, "✓"))
_VERDICTS = {"pass": ("✔ pass", "success"), "fail": ("✖ fail", "error"), "inconclusive": ("◌ unsure", "warning")}
_FINAL_SHAPES = {"complete": "✔", "aborted": "✖"}


def age_in_column(row: TicketRow, now: int) -> str:
    """How long the ticket has been in its column, "" when its files don't say."""
    entered = row.since or row.updated or row.created
    return age(now - entered) if entered else ""


def draw_card(
    row: TicketRow,
    width: int,
    shape: CardShape,
    palette: Palette,
    look: int,
    waited: str,
    canary: "Mini | None" = None,
    running: str = "",
) -> tuple[Line, ...]:
    """The card's `shape.pitch` lines of `width` cells; the last one is the empty line below it.

    look:   NORMAL, SELECTED, or GHOST (where a move would put it), with PICKED, UNREAD, WATCHED_MARK added.
    waited: the age shown (see age_in_column). canary: how it stands, which takes the place of a line of the title.
    running: how far its evaluation is, in the place of the verdict (of a canary: of who owns it).
    """
    tones = (palette.normal, palette.selected, palette.ghost)[look & _LOOKS]
    inner = max(1, width - 2)
    roomy = shape.lines >= 5
    lines = [_first_line(row, inner, tones, "" if roomy else waited, look)]
    title_lines = shape.title_lines - (canary is not None)
    titles = wrap(shown(row.title), inner, title_lines)
    lines += [[(title, tones.title)] for title in titles] + [[] for _ in range(title_lines - len(titles))]
    lines += _foot(row, inner, tones, waited, roomy, canary, running)
    marked = look & (_LOOKS | PICKED)
    bar = tones.accent if marked else tones.text
    drawn = [_line(line, BAR if marked else " ", bar, inner, tones.text) for line in lines]
    return (*drawn, (Segment(" " * width, palette.normal.text),))


def _foot(
    row: TicketRow, inner: int, tones: Tones, waited: str, roomy: bool, canary: "Mini | None", running: str
) -> list[list[Piece]]:
    """The lines below the title."""
    if canary is not None:
        return _canary(row, inner, tones, waited, canary, roomy, running)
    owner, component = shown(row.owner), shown(row.component)
    verdict, tone = (running, "accent") if running else _VERDICTS.get(row.verdict, ("", "muted"))
    verdict_style: Style = getattr(tones, tone)
    if roomy:
        return [
            _two_ends(component, tones.muted, verdict, verdict_style, inner),
            _two_ends(owner, tones.muted, waited, tones.muted, inner),
        ]
    who = _who(component, owner, inner - cell_len(verdict) - 1)
    return [_two_ends(who, tones.muted, verdict, verdict_style, inner)]


def _who(component: str, owner: str, room: int) -> str:
    """Both, or the component alone where the owner would have less than three cells."""
    return (
        f"{component} · {owner}" if owner and cell_len(component) + 3 + min(3, cell_len(owner)) <= room else component
    )


def _canary(
    row: TicketRow, inner: int, tones: Tones, waited: str, one: "Mini", roomy: bool, running: str
) -> list[list[Piece]]:
    """Share and step; the gauges of the evidence for going back and for going on, and what it waits for."""
    from kaizen_tui.tui.canary.drawing import gauge
    from kaizen_tui.tui.canary.mini import CELLS

    place = f"{one.share} {one.place}".rstrip()
    beside = waited if roomy else place
    who = running or _who(shown(row.component), shown(row.owner), inner - cell_len(beside) - 1)
    who_style = tones.accent if running else tones.muted
    word_style: Style = getattr(tones, one.tone)
    cells = CELLS if inner >= 2 * CELLS + 13 else 3
    bars: list[Piece] = []
    for mark, eighths, style in (("✖", one.against, tones.error), (" ✔", one.ahead, tones.success)):
        full, empty = gauge(eighths * cells // CELLS, cells)
        bars += [(mark, style if eighths else tones.muted), (full, style), (empty, tones.muted)]
    word = clip(one.word, max(0, inner - 2 * cells - 4))
    gap = inner - 2 * cells - 3 - cell_len(word)
    gauges = [*bars, (" " * gap, tones.text), (word, word_style)]
    if roomy:
        here = f"{one.here} here" if one.here else ""
        share = _two_ends(place, tones.title, here, tones.muted, inner)
        return [share, gauges, _two_ends(who, who_style, waited, tones.muted, inner)]
    return [_two_ends(who, who_style, place, tones.title, inner), gauges]


def _first_line(row: TicketRow, width: int, tones: Tones, waited: str, look: int = 0) -> list[Piece]:
    """Shape and id at the left; at the right a flag for an overridden gate, the number of unmet conditions, the age."""
    if row.status in _FINAL_SHAPES:
        mark, style = _FINAL_SHAPES[row.status], tones.success if row.status == "complete" else tones.muted
    else:
        mark, style = SEVERITY_SHAPES.get(row.severity, "?"), tones.severity.get(row.severity, tones.muted)
    ends = []
    if row.overridden:
        ends.append(("⚑", tones.error))
    if row.warnings:
        ends.append((f"⚠{row.warnings}", tones.warning))
    if waited:
        ends.append((waited, tones.muted))
    ends += [(sign, tones.accent) for flag, sign in _SIGNS if look & flag]
    right = sum(cell_len(text) + 1 for text, _ in ends)
    name = clip(row.id, max(1, width - 2 - right))
    line = [(f"{mark} ", style), (name, tones.text)]
    if ends:
        line.append((" " * max(0, width - 2 - cell_len(name) - right), tones.text))
        for text, end_style in ends:
            line += [(" ", tones.text), (text, end_style)]
    return line


def _two_ends(left: str, left_style: Style, right: str, right_style: Style, width: int) -> list[Piece]:
    """A text at each end of a line; the left one gives way."""
    right = clip(right, width)
    room = width - cell_len(right) - (1 if right else 0)
    left = clip(left, max(0, room))
    gap = width - cell_len(left) - cell_len(right)
    return [(left, left_style), (" " * gap, left_style), (right, right_style)]


def _line(line: list[Piece], bar: str, bar_style: Style, inner: int, blank: Style) -> Line:
    segments = [Segment(bar, bar_style)]
    used = 0
    for text, style in line:
        if text:
            segments.append(Segment(text, style))
            used += cell_len(text)
    segments.append(Segment(" " * (inner - used + 1), blank))
    return tuple(segments)

"""The board: one focusable widget that draws every column and card itself, line by line.

Nothing here is laid out or composed while a key is handled: a key changes numbers, and the regions of the cards that
look different are drawn again from an LRU of strips.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual import events
from textual.cache import LRUCache
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Offset, Region
from textual.strip import Strip
from textual.widget import Widget

from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import STATUSES
from kaizen_tui.tui import layout
from kaizen_tui.tui.columns import Columns, locate
from kaizen_tui.tui.messages import CardDragged, CardDropped, CardOpened, ColumnAimed, CursorMoved
from kaizen_tui.tui.tokens import Palette, make_palette
from kaizen_tui.tui.view import View
from kaizen_tui.tui.widgets import cards, heads
from kaizen_tui.tui.widgets.notice import Notice, notice_line

if TYPE_CHECKING:
    from kaizen_tui.tui.canary.mini import Mini

    _Card = tuple[TicketRow, int, int, str, Mini | None, str]  # as read, width, look, age, canary, evaluation
_KEPT_CARDS = 600
_CANARY = STATUSES.index("canary")


LOADING = Notice("Reading the tickets …")


class Board(Widget, can_focus=True, inherit_bindings=False):
    """Columns of cards with a cursor. The screen tells it what to show and moves the cursor; it posts CursorMoved."""

    ALLOW_SELECT = False

    def __init__(self, *, now: int, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self.view = View()
        self._now = now
        self._notice: Notice | None = LOADING
        self._palette: Palette | None = None
        self._limits: dict[str, int] = {}
        self._marks: dict[str, int] = {}
        # While the button is down on a card: the column that it is over.
        self._grabbed: int | None = None
        self._dragging = False
        self._edges = Segment("│"), Segment("┃")
        self._canaries: Mapping[str, Mini] = {}
        self._evaluated = ("", "")  # the ticket that is evaluated, and how far
        self._cards: LRUCache[_Card, tuple[cards.Line, ...]] = LRUCache(_KEPT_CARDS)
        self._drawn: dict[int, Strip] = {}

    # What is shown

    @property
    def columns(self) -> Columns:
        """The columns as shown (filtered)."""
        return self.view.columns

    @property
    def focused_column(self) -> int:
        """The column of the cursor, 0..6."""
        return self.view.focus

    @property
    def selected(self) -> TicketRow | None:
        """The card under the cursor."""
        return self.view.selected

    @property
    def waiting(self) -> bool:
        """True until the first tickets have been shown."""
        return self._notice is LOADING

    def show(self, columns: Columns, notice: Notice | None = None) -> None:
        """Shows other tickets; the cursor stays on its ticket, wherever that is now, and at its place on the screen."""
        first_time = self.waiting and notice is not LOADING
        self._notice = notice
        self.view.replace(columns, first_time=first_time)
        self.redraw()
        self._moved()

    def set_now(self, now: int) -> None:
        """Moves the clock that ages are counted from (epoch seconds)."""
        if now != self._now:
            self._now = now
            self.redraw()

    def mark(self, marks: dict[str, int]) -> None:
        """Takes the marks of cards by ticket id: see PICKED, UNREAD, WATCHED_MARK of widgets/cards.py."""
        if marks != self._marks:
            self._marks = marks
            self.redraw()

    def show_canaries(self, canaries: "Mapping[str, Mini]") -> None:
        """Takes how canaries stand, by ticket id. Their column is drawn again when one looks different."""
        if canaries != self._canaries:
            self._canaries = canaries
            self.redraw(self.view.lane_region(_CANARY))

    def set_running(self, ticket_id: str, brief: str) -> None:
        """Takes how far the evaluation of a ticket is, for its card; two empty texts when nothing is evaluated."""
        before, self._evaluated = self._evaluated, (ticket_id, brief)
        found = [place for name in {before[0], ticket_id} if (place := locate(self.columns, name))]
        self.redraw(Region(), *(self.view.lane_region(column) for column, _ in found))

    def set_limits(self, limits: dict[str, int]) -> None:
        """Takes the limits of work in progress, by status, that the headings show."""
        if limits != self._limits:
            self._limits = limits
            self.redraw()

    def aim(self, column: int | None) -> None:
        """While a ticket is moved: the column it would go to (None: no longer moving). Brings that column into view."""
        self.view.aim = column
        self.view.arrange()
        self.redraw()

    # The cursor

    def step(self, cards_down: int) -> None:
        """Moves the cursor within its column."""
        self._go_to_place(self.view.places[self.view.focus] + cards_down)

    def page(self, pages_down: int) -> None:
        """Moves the cursor by screens of cards."""
        self.step(pages_down * self.view.slots)

    def go_to_end(self, *, last: bool) -> None:
        """Moves the cursor to the first or the last card of its column."""
        self._go_to_place(len(self.columns.cards[self.view.focus]) - 1 if last else 0)

    def go_to_column(self, column: int) -> None:
        """Moves the cursor to a column; out of range is ignored."""
        view, before = self.view, self.view.focus
        if column == before or not 0 <= column < layout.COLUMNS:
            return
        old_region, old_top = view.card_region(before), view.tops[column]
        if view.go_to_column(column):
            self.redraw()
        elif view.tops[column] != old_top:
            self.redraw(view.heads_region(), old_region, view.lane_region(column))
        else:
            self.redraw(view.heads_region(), old_region, view.card_region(column))
        self._moved()

    def select(self, ticket_id: str) -> bool:
        """Puts the cursor on a ticket; False when it isn't shown."""
        found = locate(self.columns, ticket_id)
        if found is None:
            return False
        self._put_cursor(*found)
        return True

    def _put_cursor(self, column: int, place: int | None) -> None:
        """Puts the cursor on a card of any column; without one, on the column's last card in use."""
        if column == self.view.focus:
            if place is not None:
                self._go_to_place(place)
            return
        if place is not None:
            self.view.places[column] = place
        self.go_to_column(column)

    def _go_to_place(self, place: int) -> None:
        view, column = self.view, self.view.focus
        old_region, old_top = view.card_region(column), view.tops[column]
        if not view.go_to_place(place):
            return
        if view.tops[column] != old_top:
            self.redraw(view.lane_region(column))
        else:
            self.redraw(old_region, view.card_region(column))
        self._moved()

    def _moved(self) -> None:
        region = self.view.card_region(self.view.focus)
        if region and self.has_focus:
            self.app.cursor_position = Offset(self.region.x + region.x, self.region.y + region.y)
        self.post_message(CursorMoved(self.selected))

    # Drawing

    def _fit(self) -> None:
        """Takes the size that Textual gave the board. Its message about that comes too late for the first drawing."""
        width, height = self.size
        if (width, height) != (self.view.width, self.view.height):
            self.view.resize(width, height)
            self._cards.clear()
            self._drawn.clear()

    def notify_style_update(self) -> None:
        """Textual's call when styles changed: colours are resolved again before the next line is drawn."""
        self._palette = None
        self._cards.clear()
        self._drawn.clear()
        super().notify_style_update()

    @property
    def palette(self) -> Palette:
        """Styles of the present theme, resolved once."""
        if self._palette is None:
            self._palette = make_palette(self.app.theme_variables)
            self._edges = Segment("│", self._palette.rule), Segment("┃", self._palette.thumb)
        return self._palette

    def redraw(self, *regions: Region) -> None:
        """Draws these regions again (none: everything); empty ones don't count."""
        if not regions:
            self._drawn.clear()
            self.refresh()
            return
        seen = [region for region in regions if region]
        for region in seen:
            for y in region.line_range:
                self._drawn.pop(y, None)
        if seen:
            self.refresh(*seen)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of the board within `crop`, for Textual's compositor.

        In place of Textual's own way, which adds borders and backgrounds that a board doesn't have to each segment of
        each line. Lines that were drawn are kept until their region is drawn again.
        """
        self._fit()
        drawn, filters = self._drawn, self._filters()
        strips = []
        for y in crop.line_range:
            strip = drawn.get(y)
            if strip is None:
                strip = self.render_line(y)
                for line_filter in filters:
                    strip = strip.apply_filter(line_filter, self.background_colors[1])
                drawn[y] = strip
            strips.append(strip)
        if crop.column_span != (0, self.view.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def _filters(self) -> list[LineFilter]:
        """Textual's filters (NO_COLOR makes one), without the one that would look at each segment for ANSI colours:
        the palette has none."""
        return [one for one in self.get_line_filters() if not isinstance(one, ANSIToTruecolor)]

    def render_line(self, y: int) -> Strip:
        """One line of the board."""
        if not self.view.lanes:
            return Strip.blank(self.view.width, self.palette.normal.text)
        heads_height = self.view.cards_top
        if y < heads_height:
            segments = self._head_line(y - heads_height)
        elif self._notice is not None:
            view = self.view
            segments = notice_line(self._notice, y - heads_height, view.width, view.cards_height, self.palette)
        else:
            segments = [segment for lane in self.view.lanes for segment in self._lane_line(lane, y - heads_height)]
        return Strip(segments, self.view.width)

    def _head_line(self, from_below: int) -> list[Segment]:
        palette, lanes = self.palette, self.view.lanes
        focus = self.view.focus if self.view.aim is None else self.view.aim
        if from_below == -3:
            strip = heads.column_strip(self.view.width, self.columns, palette, focus, self.view.visible, self.waiting)
            return list(Strip(strip).adjust_cell_length(self.view.width, palette.heading))
        if from_below == -2:
            lines = [
                heads.heading(
                    lane,
                    self.view.columns,
                    palette,
                    lane.column == focus,
                    self.waiting,
                    self._limits.get(STATUSES[lane.column]),
                )
                for lane in lanes
            ]
        else:
            lines = [heads.rule(lane, palette, lane.column == focus, lane is lanes[-1]) for lane in lanes]
        return [segment for line in lines for segment in line]

    def _lane_line(self, lane: layout.Lane, y: int) -> cards.Line:
        """A lane's cells in line `y` of the cards' area: a line of a card, and the rule (or thumb) at the right."""
        column = lane.column
        pile = self.view.columns.cards[column]
        slot, line = divmod(y, self.view.shape.pitch)
        width = lane.width - 1
        moving = self.selected if self.view.aim is not None else None
        if moving is not None and column == self.view.aim != self.view.focus:
            if slot == 0:
                return (*self._card(moving, width, cards.SELECTED)[line], self._edge(column, y))
            slot -= 1
        place = self.view.tops[column] + slot
        if place >= len(pile):
            hidden = self.columns.totals[column]  # by the filter
            empty = " none that match" if hidden else " no tickets"
            text = empty if not pile and y == 0 and self.view.aim != column else ""
            return Segment(text.ljust(width)[:width], self.palette.heading), self._edge(column, y)
        look = cards.NORMAL
        if column == self.view.focus and place == self.view.places[column]:
            look = cards.GHOST if moving is not None and self.view.aim != column else cards.SELECTED
        return (*self._card(pile[place], width, look)[line], self._edge(column, y))

    def _card(self, row: TicketRow, width: int, look: int) -> tuple[cards.Line, ...]:
        waited = cards.age_in_column(row, self._now)
        look |= self._marks.get(row.id, 0)
        canary = self._canaries.get(row.id) if row.status == "canary" else None
        running = self._evaluated[1] if row.id == self._evaluated[0] else ""
        key = (row, width, look, waited, canary, running)
        lines = self._cards.get(key)
        if lines is None:
            lines = cards.draw_card(row, width, self.view.shape, self.palette, look, waited, canary, running)
            self._cards[key] = lines
        return lines

    def _edge(self, column: int, y: int) -> Segment:
        """The rule at a column's right; a stronger piece shows which part of a long column is on the screen."""
        return self._edges[y in self.view.thumb(column)]

    # Mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        view = self.view
        if not view.lanes:
            return
        column = view.column_at(event.x)
        if view.aim is not None:
            self.post_message(ColumnAimed(column))
            return
        place = view.place_at(column, event.y)
        self._put_cursor(column, place)
        self._grabbed = column if place is not None and event.button == 1 else None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._grabbed is None or event.button != 1 or not self.view.lanes:
            return
        column = self._column_dragged_to(event.x)
        if column != self._grabbed:
            self._grabbed = column
            self.post_message(CardDragged(column, first=not self._dragging))
            if not self._dragging:
                self._dragging = True
                self.capture_mouse()

    def _column_dragged_to(self, x: int) -> int:
        """The column under the pointer; at the board's edge the next one, which then comes into sight."""
        view = self.view
        column = view.column_at(max(0, x))
        edge = -1 if x <= 0 else int(x >= view.width - 1)
        return max(0, min(layout.COLUMNS - 1, column + edge)) if view.narrow else column

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._dragging and self._grabbed is not None:
            self.release_mouse()
            self.post_message(CardDropped(self._grabbed))
        self._grabbed, self._dragging = None, False

    def on_click(self, event: events.Click) -> None:
        if event.chain == 2 and self.view.aim is None and event.y >= self.view.cards_top:
            self.post_message(CardOpened())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, cards_down: int) -> None:
        """Scrolls the column under the pointer; the cursor stays on its card, even out of sight."""
        event.stop()
        if self.view.lanes:
            column = self.view.column_at(event.x)
            if self.view.scroll(column, cards_down):
                self.redraw(self.view.lane_region(column))

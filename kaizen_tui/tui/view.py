"""The board without its pixels: which cards there are, where the cursor is, what is on the screen and where. Pure."""

from textual.geometry import Region

from kaizen_tui.core.row import TicketRow
from kaizen_tui.tui import layout
from kaizen_tui.tui.columns import EMPTY, Columns, locate


class View:
    """Columns of cards with a cursor, on a board of a given size in cells.

    focus:  the column of the cursor, 0..6.
    aim:    while a ticket is moved, the column it would go to.
    places: of each column, which card the cursor is (or was last) on. tops: the first card on the screen.
    first:  the first column on the screen. lanes: those on the screen. shape: of the cards.
    """

    def __init__(self) -> None:
        self.columns: Columns = EMPTY
        self.focus = 0
        self.aim: int | None = None
        self.places = [0] * layout.COLUMNS
        self.tops = [0] * layout.COLUMNS
        self.first = 0
        self.lanes: tuple[layout.Lane, ...] = ()
        self.shape = layout.card_shape(24)
        self.width = self.height = 0
        # The ticket that the cursor was last put on: it is found again after a filter or a change hid it for a while.
        self._anchor = ""

    @property
    def selected(self) -> TicketRow | None:
        """The card under the cursor."""
        pile = self.columns.cards[self.focus]
        return pile[self.places[self.focus]] if pile else None

    def resize(self, width: int, height: int) -> None:
        """The board has another size."""
        self.width, self.height = width, height
        self.arrange()

    def replace(self, columns: Columns, *, first_time: bool) -> None:
        """Other cards; the cursor stays on its ticket, wherever that is now, and at its place on the screen."""
        kept = [pile[place].id if pile else "" for pile, place in zip(self.columns.cards, self.places, strict=True)]
        in_sight = bool(self.card_region(self.focus))
        self.columns = columns
        for column, ticket_id in enumerate(kept):
            self._keep_place(column, ticket_id)
        if self._anchor and (found := locate(columns, self._anchor)):
            self.focus, self.places[found[0]] = found
        elif not columns.cards[self.focus]:
            # Nothing here (any more): the nearest column that has cards, until the anchor is seen again.
            full = [nth for nth, pile in enumerate(columns.cards) if pile]
            self.focus = min(full, key=lambda nth: abs(nth - self.focus), default=self.focus)
        if first_time:
            self.drop_anchor()
        # A column that was scrolled away from the cursor by the mouse stays where it is.
        self.arrange(to_cursor=in_sight or first_time)

    def _keep_place(self, column: int, ticket_id: str) -> None:
        pile, place = self.columns.cards[column], self.places[column]
        if not (place < len(pile) and pile[place].id == ticket_id):
            found = next((nth for nth, row in enumerate(pile) if row.id == ticket_id), None)
            if found is not None:
                self.tops[column] += found - place
            self.places[column] = max(0, min(len(pile) - 1, place if found is None else found))
        self.tops[column] = max(0, min(self.tops[column], len(pile) - self.slots))

    def drop_anchor(self) -> None:
        """The cursor was put where it is by a person."""
        selected = self.selected
        if selected is not None:
            self._anchor = selected.id

    def go_to_column(self, column: int) -> bool:
        """Moves the cursor to a column; True when other columns came into sight."""
        first, self.focus = self.first, column
        self.drop_anchor()
        self.arrange()
        return self.first != first

    def go_to_place(self, place: int) -> bool:
        """Moves the cursor within its column, scrolling if it must; False when it was there already."""
        column = self.focus
        before = self.places[column], self.tops[column]
        self.places[column] = max(0, min(len(self.columns.cards[column]) - 1, place))
        self._scroll_into_view(column)
        self.drop_anchor()
        return before != (self.places[column], self.tops[column])

    def scroll(self, column: int, cards_down: int) -> bool:
        """Scrolls a column, the cursor staying on its card; False when there is nothing more that way."""
        most = max(0, len(self.columns.cards[column]) - self.slots)
        top = max(0, min(most, self.tops[column] + cards_down))
        changed = top != self.tops[column]
        self.tops[column] = top
        return changed

    # Geometry

    @property
    def narrow(self) -> bool:
        """Whether only some columns are on the screen."""
        return len(self.lanes) < layout.COLUMNS

    @property
    def cards_top(self) -> int:
        """The first line of cards, below the headings."""
        return 3 if self.narrow else 2

    @property
    def cards_height(self) -> int:
        """How many lines there are for cards."""
        return max(0, self.height - self.cards_top)

    @property
    def slots(self) -> int:
        """How many whole cards stand below each other."""
        return max(1, (self.cards_height + 1) // self.shape.pitch)

    @property
    def visible(self) -> range:
        """The columns on the screen."""
        return range(self.first, self.first + len(self.lanes))

    def arrange(self, *, to_cursor: bool = True) -> None:
        """Which columns are visible and where, for the present size, focus and aim; scrolls to the cursor."""
        if not self.width:
            return
        count = layout.visible_count(self.width)
        self.first = layout.first_visible(self.first, self.focus, count)
        if self.aim is not None:
            self.first = layout.first_visible(self.first, self.aim, count)
        self.lanes = layout.lanes(self.width, self.first)
        self.shape = layout.card_shape(self.height)
        for column, pile in enumerate(self.columns.cards):
            self.tops[column] = max(0, min(self.tops[column], len(pile) - self.slots))
        if to_cursor:
            self._scroll_into_view(self.focus)

    def _scroll_into_view(self, column: int) -> None:
        place, slots = self.places[column], self.slots
        self.tops[column] = max(min(self.tops[column], place), place - slots + 1, 0)

    def lane(self, column: int) -> layout.Lane | None:
        """Where a column is; None when it is not on the screen."""
        nth = column - self.first
        return self.lanes[nth] if 0 <= nth < len(self.lanes) else None

    def heads_region(self) -> Region:
        """All headings."""
        return Region(0, 0, self.width, self.cards_top)

    def lane_region(self, column: int) -> Region:
        """The cards of a column; empty when it is not on the screen."""
        lane = self.lane(column)
        return Region(lane.x, self.cards_top, lane.width, self.cards_height) if lane else Region()

    def card_region(self, column: int) -> Region:
        """Where the column's selected card is; empty when it is not on the screen."""
        lane = self.lane(column)
        slot = self.places[column] - self.tops[column]
        top = self.cards_top + slot * self.shape.pitch
        if lane is None or slot < 0 or top >= self.height:
            return Region()
        return Region(lane.x, top, lane.width - 1, min(self.shape.lines, self.height - top))

    def column_at(self, x: int) -> int:
        """The column at a cell, the last one beyond them."""
        return next((lane.column for lane in self.lanes if x < lane.x + lane.width), self.lanes[-1].column)

    def place_at(self, column: int, y: int) -> int | None:
        """The card at a line of a column; None where there is none."""
        place = self.tops[column] + (y - self.cards_top) // self.shape.pitch
        return place if y >= self.cards_top and place < len(self.columns.cards[column]) else None

    def thumb(self, column: int) -> range:
        """The lines (from `cards_top` on) of the scroll thumb; empty when all cards of the column are on the screen."""
        length, slots = len(self.columns.cards[column]), self.slots
        if length <= slots:
            return range(0)
        height = self.cards_height
        size = max(1, height * slots // length)
        start = self.tops[column] * (height - size) // (length - slots)
        return range(start, start + size)

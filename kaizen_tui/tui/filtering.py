"""The board's filter: the query language applied to columns, what is wrong with what was typed, and the typing."""

from typing import TYPE_CHECKING

from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.query import Query, parse_query
from kaizen_tui.tui.columns import Columns

if TYPE_CHECKING:
    from textual.timer import Timer

    from kaizen_tui.tui.screens.board import BoardScreen
    from kaizen_tui.tui.widgets.filter_line import FilterLine

_DELAY = 0.03  # seconds after a keystroke before the filter is applied


class Filter:
    """What is shown. While what is typed is wrong, the last right filter stays in force.

    text:  as typed. error: what is wrong with it, "" when nothing is.
    """

    def __init__(self) -> None:
        self.text = ""
        self.error = ""
        self._query: Query | None = None

    def type(self, text: str) -> None:
        """Takes another text."""
        self.text, self.error = text, ""
        if not text.strip():
            self._query = None
            return
        try:
            self._query = parse_query(text)
        except UsageError as error:
            # What to do first: a narrow header cuts the rest off.
            self.error = "; ".join(part for part in (error.hint, error.what) if part)

    def apply(self, columns: Columns, now: int, me: str) -> Columns:
        """The columns with only the tickets that match. now: epoch seconds. me: who `owner:me` is."""
        query = self._query
        if query is None:
            return columns
        return Columns(tuple(tuple(query.select(pile, now, me)) for pile in columns.cards), columns.totals)


class FilterSide:
    """Typing the filter on a board screen's last line. `filter` is what is in force."""

    def __init__(self, screen: "BoardScreen") -> None:
        self.filter = Filter()
        self._screen = screen
        self._before = ""
        self._timer: Timer | None = None
        self._line: FilterLine | None = None

    @property
    def typing(self) -> bool:
        """Whether keys go to the filter."""
        return self._line is not None and self._line.display

    async def action_filter(self) -> None:
        """Shows the line in place of the keys. It is made on first use."""
        if self._line is None:
            from kaizen_tui.tui.widgets.filter_line import FilterLine

            self._line = FilterLine(id="filter-line")
            await self._screen.mount(self._line, before=self._screen.key_bar)
        self._before = self.filter.text
        self._screen.key_bar.display = False
        self._line.display = True
        self._line.edit(self.filter.text)

    def typed(self) -> None:
        """A key was typed: the filter is applied a moment later."""
        self._stop()
        self._timer = self._screen.set_timer(_DELAY, self._apply_typed)

    def action_close_filter(self, keep: int) -> None:
        """Back to the cards: with the filter as typed, or as it was before."""
        if self._line is None:
            return
        self.apply(self._line.entry.value if keep else self._before)
        self._line.display = False
        self._screen.key_bar.display = True
        self._screen.set_focus(self._screen.board, scroll_visible=False)

    def fit(self, *, too_small: bool) -> None:
        """Nothing is typed where it can't be seen: in a window too small for the board keys are the board's again."""
        if too_small and self.typing:
            self.action_close_filter(1)

    def apply(self, text: str) -> None:
        """Takes another filter and shows what it leaves."""
        self._stop()
        if text != self.filter.text:
            self.filter.type(text)
            self._screen.show_tickets()

    def _apply_typed(self) -> None:
        if self._line is not None and self.typing:
            self.apply(self._line.entry.value)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

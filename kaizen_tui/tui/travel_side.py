"""Time travel: the board and its panels as they were, day by day. Nothing can be changed in the past."""

from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core.flow import DAY, History
from kaizen_tui.core.past import past
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.times import format_epoch
from kaizen_tui.tui.columns import Columns, arrange
from kaizen_tui.tui.latest import Latest
from kaizen_tui.tui.platform_messages import PastReady

if TYPE_CHECKING:
    from kaizen_tui.tui.screens.board import BoardScreen
    from kaizen_tui.tui.widgets.travel_banner import TravelBanner

_MINUTE = 60


class _Wish(NamedTuple):
    """visit: which journey. at: epoch seconds. rows: the tickets as they were known when the journey began."""

    visit: int
    at: int
    rows: tuple[TicketRow, ...]


def instant_text(at: int) -> str:
    """2026-11-03 14:00 UTC."""
    text = format_epoch(at)
    return f"{text[:10]} {text[11:16]} UTC"


class TravelSide:
    """Where in time a board screen is. at: epoch seconds, None for the present. columns: as they were then."""

    def __init__(self, screen: "BoardScreen") -> None:
        self._screen = screen
        self._app = screen.kaizen
        self.at: int | None = None
        self.columns: Columns | None = None
        self._visit = 0
        self._generation = 0
        self._earliest = 0
        self._rows: tuple[TicketRow, ...] = ()
        self._banner: TravelBanner | None = None
        self._latest: Latest[_Wish] = Latest(screen.kaizen.jobs, self._answer, screen.post_message)
        # Only the worker that answers touches these: the ways of the tickets of one journey.
        self._known_visit = 0
        self._histories: list[History] = []

    def now(self) -> int:
        """The instant that is shown (epoch seconds)."""
        return self._app.epoch() if self.at is None else self.at

    @property
    def refusal(self) -> str:
        """Why nothing can be changed now, "" in the present."""
        if self.at is None:
            return ""
        key = (self._app.keymap.keys_of("time.travel") or ("Esc",))[0]
        return f"the board shows {instant_text(self.at)}, and the past can't be changed; {key} goes back to now"

    async def action_travel(self) -> None:
        """Into the past, as far as yesterday; from there, back to now."""
        if self.at is None:
            await self._go(self._app.epoch() - DAY)
        else:
            self.leave()

    async def action_scrub(self, days: int) -> None:
        """Days later (back, when negative)."""
        if self.at is None and days > 0:
            self._screen.key_bar.say("the board shows the present already; [ goes back a day")
            return
        await self._go(self.now() + days * DAY)

    async def _go(self, at: int) -> None:
        screen, present = self._screen, self._app.epoch()
        if screen.board.waiting:
            return
        if self.at is None:
            self._visit += 1
            self._earliest = 0
            self._rows = tuple(row for pile in screen.all_tickets.cards for row in pile)
            self.columns = None
        at = min(at, present)
        if at < present:
            # Whole minutes, as the banner says them; the present itself stays exact.
            at = max(at - at % _MINUTE, min(self._earliest, present))
        self.at = at
        self._app.desk.as_of = instant_text(at)
        await self._show_banner(at)
        self._latest.want(_Wish(self._visit, at, self._rows))
        screen.slo.travel(float(at))

    async def _show_banner(self, at: int) -> None:
        from kaizen_tui.tui.widgets.travel_banner import TravelBanner

        if self._banner is None:
            self._banner = TravelBanner(self._app.keymap, id="travel")
            await self._screen.mount(self._banner, before="#main")
        self._banner.show(at, self._app.epoch())
        self._banner.display = True

    def leave(self) -> bool:
        """Back to the present; False when that is where the board is."""
        if self.at is None:
            return False
        self.at = self.columns = None
        self._visit += 1
        self._app.desk.as_of = ""
        if self._banner is not None:
            self._banner.display = False
        self._screen.show_tickets()
        self._screen.slo.travel(None)
        return True

    def _answer(self, generation: int, wish: _Wish) -> PastReady:
        """In a worker: the columns at an instant. The tickets' ways are read once per journey."""
        from kaizen_tui.store.history import histories

        if self._known_visit != wish.visit:
            self._histories = histories(self._app.workspace, wish.rows)
            self._known_visit = wish.visit
        then = past(wish.rows, self._histories, wish.at)
        return PastReady(generation, wish.visit, wish.at, arrange(then.rows), then.earliest)

    def ready(self, message: PastReady) -> None:
        """Shows the columns if they are still wanted."""
        if self.at is None or message.visit != self._visit or message.generation <= self._generation:
            return
        self._generation = message.generation
        self._earliest = message.earliest
        self.columns = message.columns
        self._screen.show_tickets()

    def shown(self, present: Columns) -> Columns:
        """What the board shows: the past's columns, or those of the present until they are known."""
        if self.at is None:
            return present
        return self.columns if self.columns is not None else present

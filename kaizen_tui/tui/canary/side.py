"""The canaries of a board screen: read in workers while there are any, shown on their cards and to other screens."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kaizen_tui.core.states import STATUSES
from kaizen_tui.tui.canary.messages import CanariesReady, CanariesShown
from kaizen_tui.tui.canary.reading import CanaryReader
from kaizen_tui.tui.latest import Latest

if TYPE_CHECKING:
    from textual.timer import Timer

    from kaizen_tui.loop.canary_standing import Standing
    from kaizen_tui.tui.canary.driving import Driving
    from kaizen_tui.tui.screens.board import BoardScreen

_COLUMN = STATUSES.index("canary")
_EVERY = 2.0  # seconds: times go on, and a driver that ends writes nothing


class CanarySide:
    """Without a ticket in canary nothing is read, and nothing is imported. standings: by ticket, as last read."""

    def __init__(self, screen: "BoardScreen") -> None:
        self._screen = screen
        self._app = screen.kaizen
        self.reader = CanaryReader(screen.kaizen.workspace)
        self.standings: Mapping[str, Standing] = {}
        self._ids: tuple[str, ...] = ()
        self._latest: Latest[None] = Latest(screen.kaizen.jobs, self._read, screen.post_message)
        self._generation = 0
        self._owed = False  # tickets changed since they were all asked about
        self._timer: Timer | None = None
        self.driving: Driving | None = None

    def tickets_read(self) -> None:
        """The board has other tickets, or one of them changed."""
        ids = tuple(row.id for row in self._screen.all_tickets.cards[_COLUMN])
        if ids or self._ids or self.standings:
            self._ids, self._owed = ids, True
            self._latest.want(None)

    def want(self) -> None:
        """Reads those that run now."""
        if self.standings:
            self._latest.want(None)

    def _poll(self) -> None:
        if not self._screen.slo.suspended and any(one.state.ending is None for one in self.standings.values()):
            self.want()

    def _read(self, generation: int, _: None) -> CanariesReady:
        """In a worker: all that may have a canary when tickets changed, else those that are known to."""
        every, self._owed = self._owed, False
        ids = self._ids if every else tuple(self.standings)
        found = self.reader.read(ids, self._app.now())
        return CanariesReady(generation, found, frozenset(ids), every=every)

    def ready(self, message: CanariesReady) -> None:
        """Shows them."""
        if message.generation <= self._generation:
            return
        self._generation = message.generation
        kept = {} if message.every else {name: one for name, one in self.standings.items() if name not in message.ids}
        self.reader.forget(self.standings.keys() - message.standings.keys() - kept.keys())
        self.standings = {**kept, **message.standings}
        if self.standings and self._timer is None:
            self._timer = self._screen.set_interval(_EVERY, self._poll)
        self._drive()
        self.show()
        for screen in self._app.screen_stack[1:]:
            screen.post_message(CanariesShown(self.standings))

    def _drive(self) -> None:
        if self.driving is None and self._app.options.drive and self.standings:
            from kaizen_tui.tui.canary.driving import Driving

            self.driving = Driving(self._app)
        if self.driving is not None:
            self.driving.look(self.standings.values(), self._app.clock())
            self.reader.mine = self.driving.mine
            for words in self.driving.news():
                self._screen.key_bar.say(words, bad=True)

    def farewell(self) -> str:
        """What a person who leaves should know, or ""."""
        return self.driving.farewell(self.standings.values()) if self.driving is not None else ""

    def stop(self) -> None:
        """The board ends."""
        if self.driving is not None:
            self.driving.stop()

    def shown(self, ticket_id: str) -> "Standing | None":
        """How the ticket's canary stands, as the board shows it; of the past there are none."""
        return self.standings.get(ticket_id) if self._screen.travel.at is None else None

    def show(self) -> None:
        """On their cards and beside the board; of the past there are none."""
        self._screen.detail.tell()
        board = self._screen.board
        if not self.standings or self._screen.travel.at is not None:
            board.show_canaries({})
            return
        from kaizen_tui.tui.canary.mini import mini_of

        board.show_canaries({ticket_id: mini_of(one) for ticket_id, one in self.standings.items()})

"""The detail pane's comings and goings: when it stands beside the board, in place of it, or not at all."""

from typing import TYPE_CHECKING

from kaizen_tui.tui import layout, words
from kaizen_tui.tui.messages import DetailReady, Failed

if TYPE_CHECKING:
    from textual.timer import Timer

    from kaizen_tui.core.row import TicketRow
    from kaizen_tui.tui.screens.board import BoardScreen
    from kaizen_tui.tui.widgets.panes import DetailPane

DETAIL_JOB = "detail"
_DELAY = 0.05  # seconds the cursor must rest before a ticket's details are read


class DetailSide:
    """Opens, fills and closes the pane of a board screen. The pane is made when it is first needed."""

    def __init__(self, screen: "BoardScreen") -> None:
        self._screen = screen
        self._pane: DetailPane | None = None
        self._open = False
        self._timer: Timer | None = None
        self._anew = False  # what lies on disk is wanted too, before a server is asked
        self._reads = self._done = 0  # the number of the newest reading, and of the newest one that has ended

    @property
    def pane(self) -> "DetailPane | None":
        """The pane, once there is one."""
        return self._pane

    @property
    def shown(self) -> bool:
        """Whether the pane is on the screen."""
        return self._open or layout.detail_beside(self._screen.size.width)

    @property
    def closable(self) -> bool:
        """Whether the pane was opened and can be closed (beside a wide board it always stands)."""
        return self._open and not layout.detail_beside(self._screen.size.width)

    @property
    def focused(self) -> bool:
        """Whether keys go to the pane."""
        return self._pane is not None and self._screen.focused is self._pane

    async def open(self) -> None:
        """Opens the pane on the selected ticket and moves there."""
        self._open = True
        await self.fit()
        if self._pane is not None:
            self._screen.set_focus(self._pane, scroll_visible=False)
        self.want(at_once=True)

    async def close(self) -> None:
        """Back to the board."""
        self._open = False
        self._screen.set_focus(self._screen.board, scroll_visible=False)
        await self.fit()

    async def fit(self) -> None:
        """Makes the pane stand where the screen's width says; mounts it on first use."""
        width, shown = self._screen.size.width, self.shown
        if shown and self._pane is None:
            from kaizen_tui.tui.widgets.panes import DetailPane

            self._pane = DetailPane(id="detail")
            await self._screen.query_one("#main").mount(self._pane)
            self.want(at_once=True)
        wide = layout.detail_width(width)
        if self._pane is not None:
            self._pane.display = shown
            self._pane.styles.width = wide
        self._screen.board.display = not (shown and wide >= width)

    def want(self, *, at_once: bool = False, again: bool = False) -> None:
        """The selected ticket may be another, or have changed: reads it when the cursor has come to rest.

        again: only what a server says of it may be another. What is shown stays until that is known, and a reading
        that is under way is enough.
        """
        if not self.shown or (again and self._done < self._reads):
            return
        self._anew = self._anew or not again
        if self._timer is not None:
            self._timer.stop()
        if at_once:
            self._read()
        else:
            self._timer = self._screen.set_timer(_DELAY, self._read)

    def _read(self) -> None:
        self._timer = None
        row = self._screen.board.selected
        self.tell()
        if row is None:
            if self._pane is not None:
                self._pane.show("", words.text(""))
            return
        app, ticket_id, post = self._screen.kaizen, row.id, self._screen.post_message
        slo, anew = self._screen.slo, self._anew
        self._anew = False
        self._reads += 1
        number = self._reads

        def read() -> DetailReady:
            from kaizen_tui.tui.detail import read_detail

            if slo.far and anew:  # what lies on disk is shown while a server is asked for the rest
                content = read_detail(app.workspace, ticket_id, app.epoch(), None)
                post(DetailReady(number, ticket_id, content, whole=False))
            content = read_detail(app.workspace, ticket_id, app.epoch(), app.desk.decisions, slo.measure)
            return DetailReady(number, ticket_id, content)

        app.jobs.ask(read, post, lambda error: Failed(f"{DETAIL_JOB} {ticket_id}", error))

    def tell(self) -> None:
        """Shows how far the evaluation of the selected ticket is, and how its canary stands."""
        row, app = self._screen.board.selected, self._screen.kaizen
        if self._pane is not None:
            found = app.evaluations.progress(row.id) if row is not None and app.evaluating else []
            canary = self._screen.canaries.shown(row.id) if row is not None else None
            if canary is not None:
                from kaizen_tui.tui.canary.page import summary

                found = [*found, *summary(canary, self._pane.size.width - 4)]
            self._pane.tell(words.lines(found))

    def ready(self, message: DetailReady, selected: "TicketRow | None") -> None:
        """A ticket was read; shown if it is still the selected one, and nothing newer is."""
        if message.number < self._done:
            return
        if message.whole:
            self._done = message.number
        if self._pane is not None and selected is not None and selected.id == message.ticket_id:
            self._pane.show(message.ticket_id, message.content)

    def failed(self, about: str, error: Exception, selected: "TicketRow | None") -> bool:
        """A ticket could not be read; False when that is not what failed."""
        if not about.startswith(DETAIL_JOB):
            return False
        self._done = self._reads
        if self._pane is not None and selected is not None and about == f"{DETAIL_JOB} {selected.id}":
            self._pane.show(selected.id, words.failure(error))
        return True

    def action_scroll_detail(self, lines: int) -> None:
        """Scrolls by lines; 10 is a page, 100 an end."""
        pane = self._pane
        if pane is None:
            return
        if abs(lines) == 100:
            pane.scroll_to(y=0 if lines < 0 else pane.max_scroll_y, animate=False)
        else:
            step = pane.size.height - 2 if abs(lines) == 10 else 1
            pane.scroll_relative(y=step if lines > 0 else -step, animate=False)

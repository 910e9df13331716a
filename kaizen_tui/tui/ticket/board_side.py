"""What the board does about the selected ticket: its page, approvals, rejections, sign-offs, aborts."""

from typing import TYPE_CHECKING

from kaizen_tui.tui import layout
from kaizen_tui.tui.ticket import acts
from kaizen_tui.tui.ticket.messages import CriteriaReady, Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.content import Content

    from kaizen_tui.tui.screens.board import BoardScreen


class Deciding:
    """Actions of a board screen about one ticket, and what the board does with the answers."""

    _screen: "BoardScreen"

    async def action_open_ticket(self) -> None:
        """Opens the pane beside the board; where there is no room for both, the ticket's page."""
        screen = self._screen
        if screen.board.selected is None:
            return
        screen.news.read(screen.board.selected.id)
        if layout.detail_width(screen.size.width) >= screen.size.width:
            await self.action_open_full()
        else:
            await screen.detail.open()

    async def action_open_full(self) -> None:
        """Opens the ticket's page."""
        opening = self._decide(lambda host, ticket_id: acts.open_ticket(host.kaizen, ticket_id))
        if opening is not None:
            await opening

    def _decide(self, act: "Callable[[acts.Host, str], acts.Opening]") -> acts.Opening:
        row = self._screen.board.selected
        return act(self._screen, row.id) if row is not None else None

    def action_approve_ticket(self) -> acts.Opening:
        """Opens the approval screen."""
        return self._decide(acts.approve)

    def action_reject_ticket(self) -> acts.Opening:
        """Asks why, then rejects."""
        return self._decide(acts.reject)

    def action_abort_ticket(self) -> acts.Opening:
        """Asks why, then aborts."""
        return self._decide(acts.abort)

    def action_pause_canary(self) -> acts.Opening:
        """Pauses its canary, or lets it go on."""
        return self._decide(lambda host, ticket_id: acts.canary_act(host, ticket_id, "pause"))

    def action_step_canary(self) -> acts.Opening:
        """Gives its canary the next step."""
        return self._decide(lambda host, ticket_id: acts.canary_act(host, ticket_id, "step"))

    def action_roll_back(self) -> acts.Opening:
        """Takes its canary from everybody for good."""
        return self._decide(lambda host, ticket_id: acts.canary_act(host, ticket_id, "roll_back"))

    def action_sign_off_ticket(self) -> None:
        """Reads what can be signed off."""
        self._decide(acts.start_sign_off)

    def action_evaluate_ticket(self) -> acts.Opening:
        """Starts an evaluation, or interrupts the one of this ticket."""
        return self._decide(acts.evaluate)

    def evaluation_moved(self, said: "Content | None") -> None:
        """What runs is another, or further, than before: card, first line and pane say so. said: how it ended."""
        screen, found = self._screen, self._screen.kaizen.evaluations
        if said is not None and screen.work.moving is None:
            screen.say(said)
        elif said is not None:  # the words below the board are the gate's
            screen.key_bar.say(said.plain.partition("\n")[0].strip())
        screen.board.set_running(found.ticket_id, found.brief)
        screen.detail.tell()
        screen.head()

    def criteria_ready(self, message: CriteriaReady) -> None:
        """The criteria that can be signed off are known: opens the pick list."""
        if self._screen.kaizen.screen is self._screen:
            acts.sign_off(self._screen, message.ticket_id, message.criteria)

    def told(self, message: Told) -> None:
        """Something was done to a ticket: says so, and reads it again."""
        self._screen.follow(message.ticket_id)
        self._screen.say(message.content)

"""What a person does to a ticket from the board: move it. Dialogs here, answers by message."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from kaizen_tui.tui import words
from kaizen_tui.tui.desk import ReadOnlyError
from kaizen_tui.tui.messages import (
    DecisionsReady,
    Failed,
    MoveAnswered,
    TicketCreated,
)
from kaizen_tui.tui.moving import MOVING, MoveMode
from kaizen_tui.tui.ticket.board_side import Deciding

if TYPE_CHECKING:
    from kaizen_tui.tui.screens.board import BoardScreen


class TicketWork(Deciding):
    """The acts of a board screen. `moving` is the ticket on its way, if any."""

    def __init__(self, screen: "BoardScreen") -> None:
        self._screen = screen
        self._app = screen.kaizen
        self.moving: MoveMode | None = None

    def _may_write(self) -> bool:
        if self._app.desk.read_only:
            self._screen.key_bar.say(str(ReadOnlyError()), bad=True)
            return False
        return True

    # Moving

    async def action_move_ticket(self) -> None:
        """Takes the selected ticket up."""
        row = self._screen.board.selected
        if row is None or not self._may_write():
            return
        await self._screen.back_to_board()
        screen = self._screen
        await screen.ensure_words()
        self.moving = MoveMode(
            row, self._app.desk, self._app.jobs, post=screen.post_message, say=screen.say, aim_at=screen.board.aim
        )
        self.moving.start()

    def action_aim(self, right: int) -> None:
        """Aims at another column."""
        if self.moving is not None:
            self.moving.aim(self.moving.column + right)

    def action_cancel_move(self) -> None:
        """Leaves the ticket where it is."""
        self.stop_move()
        self._screen.hush()

    def stop_move(self) -> None:
        """Puts it down where it was."""
        self.moving = None
        self._screen.board.aim(None)

    def action_commit_move(self) -> None:
        """Moves it; aborting asks for the reason first."""
        moving = self.moving
        if moving is None or not moving.can_commit:
            return
        if moving.target == "aborted":
            self._ask(
                f"Why is {moving.row.id} aborted?", "The reason is logged.", lambda why: moving.commit(reason=why)
            )
        else:
            moving.commit()

    def action_override_move(self) -> None:
        """Moves it past a shut gate, with a reason."""
        moving = self.moving
        if moving is None or not moving.can_override:
            return
        self._ask(
            f"Override the gate into {words.title(moving.target)} for {moving.row.id}?",
            "The reason, your name and every unmet condition stay in the log for ever.",
            lambda why: moving.commit(override=why),
        )

    def _ask(self, question: str, explanation: str, then: Callable[[str], None]) -> None:
        from kaizen_tui.tui.screens.reason import ReasonScreen

        def answered(reason: str | None) -> None:
            if reason and self.moving is not None:
                then(reason)

        self._app.push_screen(ReasonScreen(question, explanation), answered)

    def decisions_ready(self, message: DecisionsReady) -> None:
        """The gates have answered."""
        if self.moving is not None and self.moving.row.id == message.ticket_id:
            self.moving.answered(message.decisions)

    def move_answered(self, message: MoveAnswered) -> None:
        """A move was written, or refused."""
        moving = self.moving
        if not message.decision.allowed:
            if moving is not None:
                moving.refused(message.decision)
            return
        self.stop_move()
        self._screen.follow(message.ticket_id)
        self._screen.say(words.outcome(message.ticket_id, message.decision))

    # New tickets, and what failed

    def created(self, message: TicketCreated) -> None:
        """A new ticket is on disk: the cursor goes there."""
        self._screen.follow(message.ticket_id)
        said = [words.text(f" {message.ticket_id} is written, as a draft.")]
        said += [words.text(f" ⚠ {warning}", words.WARN) for warning in message.warnings]
        self._screen.say(words.lines(said))

    def failed(self, message: Failed) -> None:
        """Something asked for could not be done."""
        if message.about == MOVING and self.moving is not None:
            self.moving.failed(message.error)
            return
        self._screen.say(words.failure(message.error))

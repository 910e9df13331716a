"""A card dragged to a column with the mouse: move mode under another hand. The gates' words stand below meanwhile."""

from typing import TYPE_CHECKING

from kaizen_tui.tui.messages import CardDragged, CardDropped, MoveAnswered

if TYPE_CHECKING:
    from kaizen_tui.tui.screens.board import BoardScreen


class DragSide:
    """Dragging on a board screen."""

    def __init__(self, screen: "BoardScreen") -> None:
        self._screen = screen
        self._dropped = False

    async def dragged(self, message: CardDragged) -> None:
        """The card is over a column: takes it up, shows it there, asks the gates."""
        screen = self._screen
        if screen.work.moving is None:
            if not message.first:
                return  # let go with Esc meanwhile
            action = next(one for one in screen.kaizen.keymap.actions if one.id == "ticket.move")
            refusal = screen.refusal(action)
            if refusal:
                screen.key_bar.say(refusal, bad=True)
                return
            await screen.work.action_move_ticket()
        if screen.work.moving is not None:
            self._dropped = False
            screen.work.moving.aim(message.column)
            screen.offer()

    def dropped(self, message: CardDropped) -> None:
        """Let go: where it was, nothing happens; elsewhere the gates decide."""
        moving = self._screen.work.moving
        if moving is None:
            return
        moving.aim(message.column)
        if moving.column == moving.current:
            self._screen.work.action_cancel_move()
        else:
            self._dropped = True
            self._screen.work.action_commit_move()
        self._screen.offer()

    def answered(self, message: MoveAnswered) -> None:
        """A shut gate leaves a dropped card where it was; the words say why."""
        if self._dropped and not message.decision.allowed:
            self._screen.work.stop_move()
        self._dropped = False

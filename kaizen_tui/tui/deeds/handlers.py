"""What a board screen does with messages about undo, picking, news and notes, and whether an action works now."""

from typing import TYPE_CHECKING, cast

from kaizen_tui.core.states import FINAL
from kaizen_tui.tui.deeds.commanding import CommandSide
from kaizen_tui.tui.deeds.dragging import DragSide
from kaizen_tui.tui.deeds.news import DigestReady, NewsReady, NewsSide
from kaizen_tui.tui.deeds.noting import NoteReady, NoteSide
from kaizen_tui.tui.deeds.picking import BulkAnswered, PickSide
from kaizen_tui.tui.deeds.undoing import UndoAnswered, UndoSide
from kaizen_tui.tui.desk import ReadOnlyError
from kaizen_tui.tui.messages import CardDragged, CardDropped, MoveAnswered
from kaizen_tui.tui.ticket_actions import CANARY_METHODS, UNTIL_FINAL

if TYPE_CHECKING:
    from kaizen_tui.tui.action import Action
    from kaizen_tui.tui.app import KaizenApp
    from kaizen_tui.tui.screens.board import BoardScreen

NEEDS_CARD = frozenset({"label", "owner", "copy", "watch", "pick", "pick_step", "pick_to", "pick_column"})
_NO_CARD = "no card is selected"


class DeedHandlers:
    """A part of the board screen: see screens/board.py."""

    kaizen: "KaizenApp"
    picks: PickSide
    news: NewsSide
    undoing: UndoSide
    notes: NoteSide
    drags: DragSide

    def deed_sides(self) -> list[object]:
        """Makes the parts that have this room's actions."""
        screen = cast("BoardScreen", self)
        self.picks, self.news = PickSide(screen), NewsSide(screen)
        self.undoing, self.notes = UndoSide(screen), NoteSide(screen)
        self.drags = DragSide(screen)
        return [self.picks, self.news, self.undoing, self.notes, CommandSide(screen)]

    def refusal(self, action: "Action") -> str:
        """Why the board changes nothing now, "" when it may or the action changes nothing."""
        if not action.writes:
            return ""
        return str(ReadOnlyError()) if self.kaizen.desk.read_only else cast("BoardScreen", self).travel.refusal

    def why_not(self, action: "Action") -> str:
        """Why the action does nothing right now, in words; "" when it works."""
        refusal = self.refusal(action)
        if refusal:
            return refusal
        if action.method == "undo":
            return "" if len(self.kaizen.desk.undo_stack) else "you changed nothing since the board was opened"
        if action.method in ("digest", "mark_read"):
            return "" if self.news.unread else "nothing has changed since you last looked"
        screen = cast("BoardScreen", self)
        row = screen.board.selected
        if action.method in UNTIL_FINAL and row is not None and row.status in FINAL and not self.picks.ids:
            return f"{row.id} is {row.status}, which is final"
        if action.method in CANARY_METHODS:
            running = row is not None and row.id in screen.canaries.standings
            return "" if running else "the ticket under the cursor has no running canary"
        if action.method in NEEDS_CARD:
            return "" if screen.board.selected is not None else _NO_CARD
        if screen._offered(action):
            return ""
        return "no file is broken" if action.method == "problems" else _NO_CARD

    async def on_card_dragged(self, message: CardDragged) -> None:
        await self.drags.dragged(message)

    def on_card_dropped(self, message: CardDropped) -> None:
        self.drags.dropped(message)

    def on_move_answered(self, message: MoveAnswered) -> None:
        # Textual calls this after the board screen's own handler of the same message.
        self.drags.answered(message)

    def on_undo_answered(self, message: UndoAnswered) -> None:
        self.undoing.answered(message)

    def on_bulk_answered(self, message: BulkAnswered) -> None:
        self.picks.answered(message)

    def on_news_ready(self, message: NewsReady) -> None:
        self.news.ready(message)

    def on_digest_ready(self, message: DigestReady) -> None:
        self.news.show_digest(message)

    def on_note_ready(self, message: NoteReady) -> None:
        self.notes.ready(message)

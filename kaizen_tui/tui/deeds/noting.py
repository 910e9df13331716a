"""`y`: the ticket as an incident update, in the clipboard."""

from typing import TYPE_CHECKING

from textual.message import Message

from kaizen_tui.tui.messages import Failed

if TYPE_CHECKING:
    from kaizen_tui.tui.desk import Desk
    from kaizen_tui.tui.screens.board import BoardScreen

NOTING = "noting"


class NoteReady(Message):
    """Markdown for the clipboard."""

    def __init__(self, ticket_id: str, markdown: str) -> None:
        super().__init__()
        self.ticket_id = ticket_id
        self.markdown = markdown


def note_of(desk: "Desk", ticket_id: str) -> NoteReady:
    """In a worker: the text about one ticket."""
    from kaizen_tui.loop.facts import gather
    from kaizen_tui.tui.deeds.incident import incident_update

    session = desk.session
    return NoteReady(ticket_id, incident_update(gather(session, ticket_id), session.stamp()))


class NoteSide:
    """Copying on a board screen."""

    def __init__(self, screen: "BoardScreen") -> None:
        self._screen = screen

    def action_copy(self) -> None:
        """Copies the ticket under the cursor."""
        row = self._screen.board.selected
        if row is None:
            return
        desk, ticket_id = self._screen.kaizen.desk, row.id
        self._screen.kaizen.jobs.ask(
            lambda: note_of(desk, ticket_id), self._screen.post_message, lambda error: Failed(NOTING, error)
        )

    def ready(self, message: NoteReady) -> None:
        """The terminal takes it (OSC 52)."""
        self._screen.kaizen.copy_to_clipboard(message.markdown)
        self._screen.key_bar.say(f"{message.ticket_id} is in the clipboard, as Markdown")

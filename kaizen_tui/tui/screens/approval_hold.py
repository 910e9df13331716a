"""From Enter to the written approval: confirmed, held for ten seconds, taken back or logged."""

from typing import TYPE_CHECKING

from textual.content import Content

from kaizen_tui.tui import words
from kaizen_tui.tui.screens.left_once import LeftOnce
from kaizen_tui.tui.ticket import acts
from kaizen_tui.tui.ticket.confirm import Confirmation
from kaizen_tui.tui.ticket.dossier import Dossier
from kaizen_tui.tui.ticket.messages import ApprovalFailed, ApprovalWritten
from kaizen_tui.tui.widgets.entries import NoteEntry
from kaizen_tui.tui.words import GOOD, STRONG, WARN, text

if TYPE_CHECKING:
    from textual.timer import Timer

    from kaizen_tui.tui.app import KaizenApp

_TICK = 0.2


class ConfirmingScreen(LeftOnce[Content], inherit_bindings=False):
    """A part of the approval screen. What is approved is what stood on the screen when Enter was pressed: it is kept
    apart from later readings."""

    def __init__(self, app: "KaizenApp", ticket_id: str) -> None:
        super().__init__()
        self.kaizen = app
        self.ticket_id = ticket_id
        self.dossier: Dossier | None = None
        self.confirmation: Confirmation | None = None
        self._held: Dossier | None = None
        self._word, self._word_is_bad = "", False
        self._timer: Timer | None = None
        self._note = NoteEntry(
            app.approval_notes.get(ticket_id, ""), press=self.press, id="approval-note", max_length=2000
        )
        self._typed = NoteEntry(press=self.press, id="approval-id", max_length=40)

    async def press(self, key: str) -> bool:
        """Does what the registry says of `key` in the present context; False when that is nothing."""
        raise NotImplementedError

    def read(self) -> None:
        """Asks for everything as it is now."""
        raise NotImplementedError

    def show_state(self) -> None:
        """Says what Enter does now, or why it does nothing."""
        raise NotImplementedError

    def _stop(self) -> str:
        """Why Enter is off, or ""."""
        raise NotImplementedError

    def say(self, content: Content) -> None:
        """Says something in place of the keys."""
        raise NotImplementedError

    def _tell(self, word: str, *, bad: bool = False) -> None:
        self._word, self._word_is_bad = word, bad

    def action_confirm(self) -> None:
        confirmation, dossier = self.confirmation, self.dossier
        if self._stop() or confirmation is None or dossier is None or acts.refused(self):
            return
        said = confirmation.enter(self._typed.value)
        if said:
            self._tell(said, bad=said.startswith("that is not"))
            if confirmation.way == "typed":
                self._typed.focus(scroll_visible=False)
        else:
            self._begin_hold(dossier)

    def action_yes(self) -> None:
        confirmation, dossier = self.confirmation, self.dossier
        if self._stop() or confirmation is None or dossier is None or acts.refused(self):
            return
        if confirmation.yes():
            self._begin_hold(dossier)
        else:
            self._tell(f"tier 0 is confirmed by typing {self.ticket_id}")

    def _begin_hold(self, dossier: Dossier) -> None:
        self._held = dossier
        self.set_focus(None)
        if self._timer is None:
            self._timer = self.set_interval(_TICK, self.tick)

    def tick(self) -> None:
        """Time has gone by: the countdown goes on, and at its end the approval is written."""
        confirmation = self.confirmation
        if confirmation is None:
            return
        if confirmation.due():
            self._write()
        self.show_state()

    def action_cancel(self) -> None:
        self.take_back("you took it back")

    def take_back(self, why: str) -> None:
        """Ends the hold, if there is one, with nothing written."""
        confirmation = self.confirmation
        if confirmation is not None and confirmation.stage == "holding" and confirmation.cancel():
            self._tell(f"not approved: {why}")
            self._typed.value = ""
            self._end_hold()

    def _end_hold(self) -> None:
        self._held = None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _write(self) -> None:
        held, note, desk = self._held, self._note.value.strip(), self.kaizen.desk
        self._end_hold()
        if held is None:
            return
        dossier = held

        def write() -> ApprovalWritten:
            from kaizen_tui.tui.ticket.shown import shown_of

            return ApprovalWritten(desk.approve(dossier.sheet, note, shown_of(dossier, desk.session.stamp())))

        self.kaizen.jobs.ask(write, self.post_message, ApprovalFailed, writes=True)

    def on_approval_written(self, message: ApprovalWritten) -> None:
        self.kaizen.approval_notes.pop(self.ticket_id, None)
        said = [text(f" {self.ticket_id}", STRONG), text(" is approved"), text("  ✔", GOOD)]
        if message.doubt:
            said = [*said[:2], text(f", but it does not count: {message.doubt}", WARN)]
        self.dismiss(Content.assemble(*said))

    def on_approval_failed(self, message: ApprovalFailed) -> None:
        if self.confirmation is not None:
            self.confirmation.failed()
        self._typed.value = ""
        self._tell(f"not approved: {words.error_text(message.error)}", bad=True)
        self.read()
        self.show_state()

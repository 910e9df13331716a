"""Asks for a reason before something that is logged for ever, or for what shall be written."""

from collections.abc import Iterable

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kaizen_tui.tui.screens.dialog import Dialog
from kaizen_tui.tui.widgets.entries import AnswerEntry
from kaizen_tui.tui.words import MUTED, text


class ReasonScreen(Dialog[str]):
    """The answer is what was typed, never empty; None when the person thought better of it.

    label: of the entry. missing: what is said when it is empty.
    """

    def __init__(
        self,
        question: str,
        explanation: str,
        label: str = "Reason",
        missing: str = "A reason is needed: it is what others will read.",
    ) -> None:
        super().__init__(text(question), "↵ do it   Esc leave it")
        self._explanation = explanation
        self._label, self._missing = label, missing

    def body(self) -> Iterable[Widget]:
        yield Static(text(self._explanation, MUTED))
        yield Static(Content(self._label), classes="label")
        yield AnswerEntry(id="reason")
        yield Static(Content(""), id="reason-wrong", classes="wrong")

    def on_mount(self) -> None:
        self.query_one("#reason").focus()

    @on(AnswerEntry.Submitted)
    def _submitted(self, event: AnswerEntry.Submitted) -> None:
        event.stop()
        reason = event.value.strip()
        if reason:
            self.dismiss(reason)
        else:
            self.query_one("#reason-wrong", Static).update(Content(self._missing))

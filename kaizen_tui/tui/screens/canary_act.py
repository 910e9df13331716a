"""Asks before something is done to a canary: the reason, and a yes that weighs what is at stake."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kaizen_tui.tui.screens.dialog import Dialog
from kaizen_tui.tui.ticket.confirm import Confirmation
from kaizen_tui.tui.widgets.entries import AnswerEntry
from kaizen_tui.tui.words import MUTED, text

if TYPE_CHECKING:
    from kaizen_tui.tui.canary.acts import Question

_KEYS = {"key": "↵ do it", "twice": "↵ twice do it", "typed": "↵ do it, with the id typed"}


class CanaryActScreen(Dialog[str]):
    """The answer is the reason, which may be empty where none is needed; None when the person thought better of it.

    Tier 3 takes one Enter, tiers 1 and 2 two, tier 0 the ticket's id. A pause, which takes users away, takes one.
    """

    def __init__(self, ticket_id: str, question: "Question") -> None:
        super().__init__(text(question.title), f"{_KEYS[question.way]}   Tab next field   Esc leave it")
        self._question = question
        self._confirmation = Confirmation(question.way, ticket_id, time.monotonic)

    def body(self) -> Iterable[Widget]:
        for line in self._question.means:
            yield Static(text(line, MUTED))
        yield Static(Content("Reason" if self._question.needs_reason else "Reason (may be empty)"), classes="label")
        yield AnswerEntry(id="reason")
        if self._question.way == "typed":
            yield Static(text(f"Type {self._confirmation.ticket_id} to confirm"), classes="label")
            yield AnswerEntry(id="typed", max_length=40)
        yield Static(Content(""), id="canary-act-wrong", classes="wrong")

    def on_mount(self) -> None:
        self.query_one("#reason").focus()

    @property
    def _reason(self) -> str:
        return self.query_one("#reason", AnswerEntry).value.strip()

    def _say(self, word: str) -> None:
        self.query_one("#canary-act-wrong", Static).update(text(word))

    @on(AnswerEntry.Changed)
    def _changed(self, event: AnswerEntry.Changed) -> None:
        """What is typed after the first of two Enters takes that one back."""
        event.stop()
        self._confirmation.cancel()

    @on(AnswerEntry.Submitted)
    def _submitted(self, event: AnswerEntry.Submitted) -> None:
        event.stop()
        if self._question.needs_reason and not self._reason:
            self._say("A reason is needed: it is what others will read.")
            return
        typed = ""
        if self._question.way == "typed":
            entry = self.query_one("#typed", AnswerEntry)
            if self.focused is not entry and not entry.value:
                entry.focus()
                return
            typed = entry.value
        said = self._confirmation.enter(typed)
        if said:
            self._say(said.replace("Enter once more to approve", "Enter once more to do it"))
        else:
            self.dismiss(self._reason)

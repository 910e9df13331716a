"""Asks yes or no before something that can't be had back."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from kaizen_tui.tui.screens.dialog import Dialog
from kaizen_tui.tui.words import MUTED, text


class ConfirmScreen(Dialog[bool]):
    """The answer is True; None when the person thought better of it. yes: what Enter does, in a word or two."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "agree", "yes"),
        Binding("n,q", "leave", "no"),
    ]

    def __init__(self, question: str, explanation: str, yes: str) -> None:
        super().__init__(text(question), f"↵ y {yes}   Esc n leave it")
        self._explanation = explanation

    def body(self) -> Iterable[Widget]:
        yield Static(text(self._explanation, MUTED))

    def action_agree(self) -> None:
        self.dismiss(True)

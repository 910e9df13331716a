"""The command line: `:22` and `:KAIZ-022` jump, `:status:canary` filters, anything else is an action by its name."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kaizen_tui.core.query import FIELDS
from kaizen_tui.tui.screens.choose import Choice, matching
from kaizen_tui.tui.screens.dialog import Dialog
from kaizen_tui.tui.widgets.entries import AnswerEntry
from kaizen_tui.tui.words import ACCENT, MUTED, lines, text

_SHOWN = 6


class CommandScreen(Dialog[str]):
    """The answer is what was typed; Tab completes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "complete", priority=True)]

    def __init__(self, choices: Sequence[Choice], ids: Sequence[str]) -> None:
        super().__init__(Content("Command"), "↵ do it   Tab complete   Esc back")
        self._choices = [choice for choice in choices if not choice.why_not]
        self._ids = ids

    def body(self) -> Iterable[Widget]:
        yield AnswerEntry(id="command-entry", compact=True, placeholder="22   status:canary   ticket.approve   flow")
        yield Static(Content(""), id="command-list")

    def on_mount(self) -> None:
        self.query_one("#command-entry").focus(scroll_visible=False)
        self._draw("")

    def suggestions(self, typed: str) -> list[tuple[str, str]]:
        """What could be meant: the text that completes it, and what that does."""
        typed = typed.strip()
        if not typed:
            return []
        folded = typed.casefold()
        found = [(name, "jump to it") for name in self._ids if folded in name.casefold()][:_SHOWN]
        found += [(f"{name}:", meaning) for name, meaning in FIELDS.items() if name.startswith(folded)]
        found += [(choice.value, choice.help) for choice in matching(self._choices, typed)]
        return found[:_SHOWN]

    def _draw(self, typed: str) -> None:
        found = self.suggestions(typed)
        names = max((cell_len(name) for name, _ in found), default=0)
        said = [
            Content.assemble(text(f"  {name}{' ' * (names - cell_len(name))}", ACCENT), text(f"   {meaning}", MUTED))
            for name, meaning in found
        ]
        self.query_one("#command-list", Static).update(lines(said))

    @on(AnswerEntry.Changed)
    def _changed(self, event: AnswerEntry.Changed) -> None:
        event.stop()
        self._draw(event.value)

    def action_complete(self) -> None:
        """Takes the first suggestion."""
        entry = self.query_one("#command-entry", AnswerEntry)
        found = self.suggestions(entry.value)
        if found:
            entry.value = found[0][0]
            entry.cursor_position = len(entry.value)

    @on(AnswerEntry.Submitted)
    def _submitted(self, event: AnswerEntry.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip())

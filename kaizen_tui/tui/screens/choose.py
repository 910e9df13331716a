"""Choose one of a list by typing a part of it: the command palette, and where several tickets go."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import STATUS_TITLES, STATUSES
from kaizen_tui.tui.screens.dialog import Dialog
from kaizen_tui.tui.widgets.entries import AnswerEntry
from kaizen_tui.tui.words import ACCENT, MUTED, STRONG, lines, text

_SHOWN = 12


class Choice(NamedTuple):
    """value: the answer. label, help: in words. key: shown at the left. why_not: why it can't be chosen now, or ""."""

    value: str
    label: str
    help: str = ""
    key: str = ""
    why_not: str = ""


def matching(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """The choices that have every typed word in key, value, label or help: those that can be chosen first, and of them
    those whose label or value begins with what was typed."""
    typed = typed.strip().casefold()
    wanted = typed.split()

    def fits(choice: Choice) -> bool:
        whole = f"{choice.key} {choice.value} {choice.label} {choice.help}".casefold()
        return choice.key == typed or all(word in whole for word in wanted)

    def rank(choice: Choice) -> tuple[bool, bool]:
        begins = choice.label.casefold().startswith(typed) or choice.value.casefold().startswith(typed)
        return bool(choice.why_not), not (begins or choice.key == typed)

    return sorted((choice for choice in choices if fits(choice)), key=rank)


def targets(rows: Sequence[TicketRow]) -> list[Choice]:
    """The columns, and how many of these tickets the lifecycle lets go there; the gates are asked when they go."""
    from kaizen_tui.core.lifecycle import check_move

    found = []
    for nth, status in enumerate(STATUSES):
        going = sum(row.status != status and check_move(row.status, status) is None for row in rows)
        why_not = "" if going else "the lifecycle doesn't lead there"
        found.append(
            Choice(status, STATUS_TITLES[status], f"{going} of {len(rows)} may go there", str(nth + 1), why_not)
        )
    return found


class ChooseScreen(Dialog[str]):
    """The answer is the value of the chosen one; None when nothing was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n,tab", "turn(1)", "next", priority=True),
        Binding("up,ctrl+p,shift+tab", "turn(-1)", "before", priority=True),
    ]

    def __init__(self, title: Content, choices: Sequence[Choice], *, typed: str = "") -> None:
        super().__init__(title, "↵ choose   ↑ ↓ another   type to narrow   Esc back")
        self._choices = list(choices)
        self._typed = typed
        self.found = matching(self._choices, typed)
        self.place = 0

    def body(self) -> Iterable[Widget]:
        yield AnswerEntry(self._typed, id="choose-entry", compact=True)
        yield Static(Content(""), id="choose-list")

    def on_mount(self) -> None:
        self.query_one("#choose-entry").focus(scroll_visible=False)
        self._draw()

    @property
    def plain(self) -> str:
        """What is listed, as plain text."""
        return self._words().plain

    def _words(self) -> Content:
        if not self.found:
            return text("Nothing like that.", MUTED)
        first = max(0, min(self.place - _SHOWN // 2, len(self.found) - _SHOWN))
        keys = max(cell_len(choice.key) for choice in self.found)
        labels = max(cell_len(choice.label) for choice in self.found)
        said = []
        for nth, choice in enumerate(self.found[first : first + _SHOWN], start=first):
            here = nth == self.place
            style = MUTED if choice.why_not else STRONG if here else ""
            said.append(
                Content.assemble(
                    text("▌" if here else " ", ACCENT),
                    text(" " * (keys - cell_len(choice.key)) + choice.key, MUTED if choice.why_not else ACCENT),
                    text("  "),
                    text(choice.label + " " * (labels - cell_len(choice.label)), style),
                    text(f"  {choice.why_not or choice.help}", MUTED),
                )
            )
        more = len(self.found) - first - len(said)
        said.append(text(f"   {more} more" if more > 0 else "", MUTED))
        return lines(said)

    def _draw(self) -> None:
        self.query_one("#choose-list", Static).update(self._words())

    @on(AnswerEntry.Changed)
    def _changed(self, event: AnswerEntry.Changed) -> None:
        event.stop()
        self.found = matching(self._choices, event.value)
        self.place = 0
        self._draw()

    def action_turn(self, down: int) -> None:
        """Marks another one."""
        if self.found:
            self.place = max(0, min(len(self.found) - 1, self.place + down))
            self._draw()

    @on(AnswerEntry.Submitted)
    def _submitted(self, event: AnswerEntry.Submitted) -> None:
        event.stop()
        if self.found and not self.found[self.place].why_not:
            self.dismiss(self.found[self.place].value)

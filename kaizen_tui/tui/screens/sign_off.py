"""Signing off: the criteria that a person judges, with ticks, and a note."""

from typing import TYPE_CHECKING, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from kaizen_tui.core.conditions import ROLLBACK
from kaizen_tui.tui.action import Action
from kaizen_tui.tui.messages import ActionPressed
from kaizen_tui.tui.screens.left_once import LeftOnce
from kaizen_tui.tui.styles import style_sheet
from kaizen_tui.tui.ticket.approval_page import criterion_line
from kaizen_tui.tui.ticket_actions import SIGN_OFF, SIGN_OFF_TEXT
from kaizen_tui.tui.widgets.bars import KeyBar
from kaizen_tui.tui.widgets.entries import NoteEntry
from kaizen_tui.tui.widgets.prose import Prose
from kaizen_tui.tui.words import ACCENT, GOOD, MUTED, STRONG, lines, text

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp
    from kaizen_tui.tui.ticket.signing import Signable


class SignOff(NamedTuple):
    """What is to be signed off: the texts of criteria, never none; and a note, maybe ""."""

    criteria: tuple[str, ...]
    note: str


class SignOffScreen(LeftOnce[SignOff], ModalScreen[SignOff], inherit_bindings=False):
    """The answer is what was picked; None when the person thought better of it."""

    CSS_PATH = style_sheet("ticket")
    AUTO_FOCUS = ""

    def __init__(self, app: "KaizenApp", ticket_id: str, found: "Signable") -> None:
        super().__init__()
        self.kaizen = app
        self._ticket_id = ticket_id
        criteria = found.criteria
        self._criteria, self._measured = criteria, found.measured
        self._ticked: set[int] = set()
        self._at = next((nth for nth, one in enumerate(criteria) if one.mark == "open"), 0)
        self._list = Prose(Content(""))
        self.key_bar = KeyBar(app.keymap, id="sign-off-keys")

    @property
    def plain(self) -> str:
        """The list, as plain text."""
        return self._list.words.plain

    def compose(self) -> ComposeResult:
        with Vertical(id="sign-off-panel"):
            yield Static(text(f"Sign off criteria of {self._ticket_id}", STRONG), id="sign-off-title")
            with VerticalScroll(id="sign-off-body", can_focus=False):
                yield self._list
            yield Static(text("Note (goes into the log with each)", MUTED), classes="label")
            yield NoteEntry(press=self.press, id="sign-off-note")
            yield self.key_bar

    def on_mount(self) -> None:
        self._draw()
        self.offer()

    def _draw(self) -> None:
        said = []
        for nth, one in enumerate(self._criteria):
            signed = one.mark == "met"
            ticked = nth in self._ticked
            mark, style = ("☑", GOOD) if signed else ("☑", ACCENT) if ticked else ("☐", "")
            pointer = text("› " if nth == self._at else "  ", ACCENT)
            words = text(one.text, STRONG if nth == self._at else MUTED if signed else "")
            said.append(Content.assemble(pointer, text(f"{mark} ", style), words))
            if one.said:
                said.append(text(f"    {one.said}", MUTED))
        if self._measured:
            said += [Content(""), text("  Measured, not signed", MUTED)]
            said += [Content.assemble("  ", criterion_line(one)) for one in self._measured]
        self._list.say(lines(said))

    @property
    def context(self) -> str:
        """Which of the registry's contexts the keys are in."""
        return SIGN_OFF_TEXT if isinstance(self.focused, NoteEntry) else SIGN_OFF

    async def on_key(self, event: events.Key) -> None:
        if await self.press(event.key):
            event.stop()
            event.prevent_default()

    async def press(self, key: str) -> bool:
        """Does what the registry says of `key` in the present context; False when that is nothing."""
        action = self.kaizen.keymap.find(self.context, key)
        if action is not None:
            self.run(action)
        return action is not None

    def on_action_pressed(self, message: ActionPressed) -> None:
        message.stop()
        self.run(message.action)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.offer()

    def offer(self) -> None:
        """Shows the keys that work right now."""
        self.key_bar.offer(tuple(self.kaizen.keymap.footer(self.context)))

    def run(self, action: Action) -> None:
        """Runs an action of the registry."""
        self.key_bar.say("")
        method = getattr(self, f"action_{action.method}")
        if action.argument is None:
            method()
        else:
            method(action.argument)
        self.offer()

    def action_step(self, down: int) -> None:
        self._at = max(0, min(len(self._criteria) - 1, self._at + down))
        self._draw()
        self.query_one("#sign-off-body").scroll_to(y=max(0, self._at * 2 - 4), animate=False)

    def action_tick(self) -> None:
        if self._criteria[self._at].mark == "met":
            self.key_bar.say("it is signed off already")
            return
        self._ticked ^= {self._at}
        self._draw()

    def action_write(self) -> None:
        self.query_one("#sign-off-note").focus(scroll_visible=False)

    def action_text_leave(self) -> None:
        self.set_focus(None)

    def action_sign(self) -> None:
        if not self._ticked and self._criteria[self._at].text == ROLLBACK:
            # That a rollback was verified is never said by the way.
            self.key_bar.say("tick it with Space first: it says that the rollback was executed and verified")
            return
        picked = sorted(self._ticked) or [self._at]
        criteria = tuple(self._criteria[nth].text for nth in picked if self._criteria[nth].mark != "met")
        if not criteria:
            self.key_bar.say("it is signed off already: Space ticks another")
            return
        self.dismiss(SignOff(criteria, self.query_one("#sign-off-note", NoteEntry).value.strip()))

    def action_leave(self) -> None:
        self.dismiss(None)

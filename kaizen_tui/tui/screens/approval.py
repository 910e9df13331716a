"""The approval screen: everything that speaks for and against on one page, and a yes that can be taken back."""

from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from kaizen_tui.tui import words
from kaizen_tui.tui.action import Action
from kaizen_tui.tui.canary.messages import CanariesShown
from kaizen_tui.tui.messages import ActionPressed, Failed, WorkspaceTouched
from kaizen_tui.tui.screens.approval_hold import ConfirmingScreen
from kaizen_tui.tui.screens.ticket import scroll_by
from kaizen_tui.tui.styles import style_sheet
from kaizen_tui.tui.ticket import acts, approval_page
from kaizen_tui.tui.ticket.approval_state import READING, state_line
from kaizen_tui.tui.ticket.confirm import HOLD_SECONDS, Confirmation, way_of
from kaizen_tui.tui.ticket.dossier import read_dossier
from kaizen_tui.tui.ticket.messages import (
    CriteriaReady,
    DossierReady,
    ReadingFailed,
    Told,
)
from kaizen_tui.tui.ticket_actions import APPROVAL, APPROVAL_TEXT, HOLD
from kaizen_tui.tui.widgets.bars import KeyBar
from kaizen_tui.tui.widgets.entries import NoteEntry
from kaizen_tui.tui.widgets.prose import Prose
from kaizen_tui.tui.words import MUTED, STRONG, text

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp

TWO_COLUMNS = 140
_REFRESH = 15.0  # seconds between two readings: the numbers must not grow old before one's eyes


class ApprovalScreen(ConfirmingScreen, inherit_bindings=False):
    """The answer is what became of it, in words; None when nothing was approved.

    A reading that finds other evidence than what was confirmed takes the approval back.
    """

    CSS_PATH = style_sheet("ticket")
    AUTO_FOCUS = ""

    def __init__(self, app: "KaizenApp", ticket_id: str) -> None:
        super().__init__(app, ticket_id)
        self._generation, self._trouble = 0, ""
        self._asked = False
        self._head = Static(text(f" {ticket_id}", STRONG), id="approval-head")
        self._body = VerticalScroll(id="approval-body", can_focus=False)
        self._left, self._right = Prose(text("Reading …", MUTED)), Prose(Content(""))
        self._gate = Prose(Content(""), id="approval-gate")
        self._state = Prose(Content(""), id="approval-state")
        self._id_label = Static(Content(""), id="approval-id-label")
        self.key_bar = KeyBar(app.keymap, id="approval-keys")

    @property
    def plain(self) -> str:
        """The page as plain text."""
        return f"{self._left.words.plain}\n{self._right.words.plain}"

    @property
    def state_words(self) -> str:
        """The gate's line and the line that says what Enter does, or why it does nothing."""
        return f"{self._gate.words.plain}\n{self._state.words.plain}"

    def compose(self) -> ComposeResult:
        yield self._head
        with self._body, Container(id="approval-columns"):
            yield self._left
            yield self._right
        yield self._gate
        yield self._state
        with Horizontal(id="approval-confirm"):
            yield Static(text("Note", MUTED), id="approval-note-label")
            yield self._note
            yield self._id_label
            yield self._typed
        yield self.key_bar

    def on_mount(self) -> None:
        self._id_label.display = self._typed.display = False
        self.read()
        self.set_interval(_REFRESH, self.read)
        self.show_state()

    # Reading

    def read(self) -> None:
        """Asks for everything as it is now."""
        self._generation += 1
        self._asked = True
        app, generation, ticket_id = self.kaizen, self._generation, self.ticket_id

        def read() -> DossierReady:
            source, stands = app.main.slo.reading.source, app.main.canaries.reader.one
            found = read_dossier(app.desk, app.workspace, ticket_id, app.epoch(), source, stands)
            return DossierReady(generation, found)

        app.jobs.ask(
            read,
            self.post_message,
            lambda error: ReadingFailed(generation, error),
        )

    def on_dossier_ready(self, message: DossierReady) -> None:
        if message.generation != self._generation:
            return
        self._asked = False
        dossier, held = message.dossier, self._held
        self.dossier, self._trouble = dossier, ""
        tier = dossier.facts.component.tier if dossier.facts.component is not None else 0
        if self.confirmation is None or self.confirmation.way != way_of(tier):
            self.take_back("the component's tier changed")
            self.confirmation = Confirmation(way_of(tier), self.ticket_id, self.kaizen.clock)
        elif held is not None and (held.evidence != dossier.evidence or dossier.stops):
            self.take_back(dossier.stops[0] if dossier.stops else "it changed meanwhile")
        self.draw()

    def on_canaries_shown(self, message: CanariesShown) -> None:
        """A further look is judged with everything else, unless that is being read already."""
        found, known = message.standings.get(self.ticket_id), self.dossier.canary if self.dossier is not None else None
        if found is None or known is None or self._asked:
            return
        if (found.observations, found.state, found.stale) != (known.observations, known.state, known.stale):
            self.read()

    def on_reading_failed(self, message: ReadingFailed) -> None:
        if message.generation != self._generation:
            return
        self._asked = False
        self.dossier, self._trouble = None, words.error_text(message.error)
        self.take_back("it can't be read any more")
        self._left.say(words.failure(message.error))
        self._right.say(Content(""))
        self.show_state()

    def on_workspace_touched(self, message: WorkspaceTouched) -> None:
        folder, registry = self.kaizen.workspace.ticket_dir(self.ticket_id), self.kaizen.workspace.registry
        if not message.paths or any(path.startswith((folder, registry)) for path in message.paths):
            self.read()

    def on_resize(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Draws the page for the present width."""
        dossier, width = self.dossier, self.size.width
        if dossier is None or not width:
            return
        wide = width >= TWO_COLUMNS
        self.set_class(wide, "-wide")
        room = width - 3  # the page's own margins and its scroll bar
        left = room * 11 // 20 if wide else room
        right = room - left if wide else room
        self._left.styles.width, self._right.styles.width = left, right
        first, second = approval_page.columns_of(dossier, left - 2 if wide else left, right)
        self._left.say(words.lines(first))
        self._right.say(words.lines(second))
        self._head.update(approval_page.head_line(dossier, width))
        typed = self.confirmation is not None and self.confirmation.way == "typed" and not dossier.stops
        self._id_label.display = self._typed.display = typed
        self._id_label.update(text(f"type {self.ticket_id} to confirm", MUTED))
        self.show_state()

    # The lines below the page

    def _stop(self) -> str:
        """Why Enter is off, or ""."""
        if self.dossier is None:
            return self._trouble or READING
        return "; ".join(self.dossier.stops)

    def show_state(self) -> None:
        """Says what Enter does now, or why it does nothing; offers the keys that work."""
        if self.dossier is not None:
            self._gate.say(approval_page.gate_line(self.dossier))
        self._state.say(state_line(self.confirmation, self.dossier, self._stop(), self._word, bad=self._word_is_bad))
        self.offer()

    def say(self, content: Content) -> None:
        """Says something in place of the keys (what a dialog opened from here has done)."""
        self.key_bar.say(" ".join(content.plain.split()))

    # Keys

    @property
    def context(self) -> str:
        """Which of the registry's contexts the keys are in."""
        if self.confirmation is not None and self.confirmation.stage in ("holding", "writing"):
            return HOLD
        return APPROVAL_TEXT if isinstance(self.focused, NoteEntry) else APPROVAL

    async def on_key(self, event: events.Key) -> None:
        if self.kaizen.screen is not self:  # typed in one go with the key that opened the other screen
            self.kaizen.post_message(events.Key(event.key, event.character))
        elif await self.press(event.key):
            event.stop()
            event.prevent_default()

    async def press(self, key: str) -> bool:
        """Does what the registry says of `key` in the present context; False when that is nothing."""
        action = self.kaizen.keymap.find(self.context, key)
        if action is not None:
            await self.run(action)
        return action is not None

    async def on_action_pressed(self, message: ActionPressed) -> None:
        message.stop()
        await self.run(message.action)

    async def run(self, action: Action) -> None:
        """Runs an action of the registry. Any other key than Enter lets the first of two Enters be forgotten."""
        self.key_bar.say("")
        self._tell("")
        confirmation = self.confirmation
        if confirmation is not None and confirmation.stage == "asked" and action.method not in ("confirm", "scroll"):
            confirmation.cancel()
            if action.method == "leave":
                self.show_state()
                return
        method: Any = getattr(self, f"action_{action.method}")
        done = method() if action.argument is None else method(action.argument)
        if done is not None:
            await done
        self.show_state()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.offer()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self.offer()

    def offer(self) -> None:
        """Shows the keys that work right now."""
        shut, way = bool(self._stop()), self.confirmation.way if self.confirmation is not None else ""
        offered = []
        for action in self.kaizen.keymap.footer(self.context):
            off = action.method in ("confirm", "yes") and (shut or self.kaizen.desk.read_only)
            if off or (action.method == "yes" and way in ("key", "typed")):
                continue
            if action.method == "confirm" and way == "typed":
                action = action._replace(label="type the id")
            elif action.method == "text_done" and self.focused is self._typed:
                action = action._replace(label="approve")
            offered.append(action)
        self.key_bar.offer(tuple(offered))

    def action_scroll(self, down: int) -> None:
        scroll_by(self._body, down)

    def action_help(self) -> None:
        from kaizen_tui.tui.screens.help import HelpScreen

        self.kaizen.push_screen(HelpScreen(self.kaizen.keymap, self.context))

    def action_write(self, which: int) -> None:
        last = self._typed if self._typed.display else self._note
        (self._note if which > 0 else last).focus(scroll_visible=False)

    def action_text_step(self, down: int) -> None:
        fields = [field for field in (self._note, self._typed) if field.display]
        at = next((nth for nth, field in enumerate(fields) if field is self.focused), 0) + down
        self.set_focus(fields[at] if 0 <= at < len(fields) else None)

    def action_text_leave(self) -> None:
        self.set_focus(None)

    def action_text_done(self) -> None:
        return self.action_confirm() if self.focused is self._typed else self.action_text_step(1)

    def action_leave(self) -> None:
        self._keep_note()
        self.dismiss(None)

    def action_quit(self) -> None:
        holding = self.confirmation is not None and self.confirmation.stage == "holding"
        self.take_back("you left")
        message = f"{self.ticket_id} was not approved: you left before the {HOLD_SECONDS:g} seconds were over."
        self.kaizen.leave(Text(message) if holding else None)

    def _keep_note(self) -> None:
        if self._note.value.strip():
            self.kaizen.approval_notes[self.ticket_id] = self._note.value
        else:
            self.kaizen.approval_notes.pop(self.ticket_id, None)

    # What else is decided from here

    def action_sign_off_ticket(self) -> None:
        acts.start_sign_off(self, self.ticket_id)

    def action_score_card(self) -> acts.Opening:
        return acts.open_score_card(self.kaizen, self.ticket_id, self.action_leave)

    def action_reject_ticket(self) -> acts.Opening:
        return acts.reject(self, self.ticket_id)

    def on_criteria_ready(self, message: CriteriaReady) -> None:
        message.stop()
        if self.kaizen.screen is self:
            acts.sign_off(self, message.ticket_id, message.criteria)

    def on_told(self, message: Told) -> None:
        message.stop()
        self.kaizen.main.follow(message.ticket_id)
        self.say(message.content)
        self.read()

    def on_failed(self, message: Failed) -> None:
        message.stop()
        self._tell(words.error_text(message.error), bad=True)
        self.read()
        self.show_state()

"""The keys of a form: the registry's actions, in the context of the field that has the focus.

A key that moves the focus is handled before the next one is given to a widget, and after what was typed before it has
arrived: however fast keys come (a slow machine, a script), each text lands in the field it was typed for.
"""

import asyncio
import inspect
from typing import TYPE_CHECKING

from textual import events
from textual.actions import SkipAction
from textual.widgets import TextArea

from kaizen_tui.tui.action import Action
from kaizen_tui.tui.form_actions import FORM, FORM_CHOICE, FORM_LINE, FORM_LIST, FORM_PICK, FORM_SAVE
from kaizen_tui.tui.forms.state import FormState
from kaizen_tui.tui.messages import ActionPressed
from kaizen_tui.tui.screens.left_once import LeftOnce
from kaizen_tui.tui.styles import style_sheet
from kaizen_tui.tui.widgets.bars import KeyBar
from kaizen_tui.tui.widgets.form_body import FormBody, SaveButton
from kaizen_tui.tui.widgets.form_fields import ChoiceField
from kaizen_tui.tui.widgets.form_lists import ListField
from kaizen_tui.tui.widgets.form_pick import PickField

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp

_CONTEXTS = (FORM, FORM_LINE, FORM_LIST, FORM_PICK, FORM_CHOICE, FORM_SAVE)
_PATIENCE = 1.0  # seconds


class FormKeys(LeftOnce[None], inherit_bindings=False):
    """What keys do in a form."""

    CSS_PATH = style_sheet("form")
    AUTO_FOCUS = ""

    def __init__(self, app: "KaizenApp") -> None:
        super().__init__()
        self.kaizen = app
        self.key_bar = KeyBar(app.keymap, id="form-keys")
        self.body: FormBody | None = None
        self._thrown_away: dict[str, str] | None = None
        self._early: list[events.Key] = []
        self._ready = False
        for key in app.keymap.keys_in(_CONTEXTS):
            self._bindings.bind(key, f"form_key({key!r})", show=False, priority=True)

    @property
    def state(self) -> FormState:
        """The form's state. Only once it is open."""
        assert self.body is not None
        return self.body.state

    @property
    def context(self) -> str:
        """Which of the registry's contexts the focused field is in."""
        if self.body is None:
            return FORM
        if isinstance(self.focused, SaveButton):
            return FORM_SAVE
        field = self.body.fields.get(self.body.field_of(self.focused))
        if isinstance(field, PickField):
            return FORM_PICK
        if isinstance(field, ListField):
            return FORM_LIST
        if isinstance(field, ChoiceField):
            return FORM_CHOICE
        return FORM if isinstance(self.focused, TextArea) else FORM_LINE

    async def action_form_key(self, key: str) -> None:
        """A key of the registry, before any widget has it. Textual calls this in the app's own task."""
        if not self._ready and key != "escape":
            raise SkipAction  # on_key keeps it until there is a field
        await self._drained()
        keymap = self.kaizen.keymap
        action = keymap.find(self.context, key) or keymap.find(FORM, key)
        if action is None:
            raise SkipAction
        await self.run(action)

    async def _drained(self) -> None:
        """Waits until the focused widget has what was typed into it so far."""
        done = asyncio.Event()
        focused = self.focused
        if focused is not None and focused.is_running and focused.call_later(done.set):
            try:
                await asyncio.wait_for(done.wait(), _PATIENCE)
            except TimeoutError:
                # A widget that was just removed never answers; then there is nothing in it to wait for.
                self.log(f"{focused} did not answer")

    def on_key(self, event: events.Key) -> None:
        if not self._ready:
            self._early.append(event)
            event.stop()

    async def on_action_pressed(self, message: ActionPressed) -> None:
        message.stop()
        await self.run(message.action)

    async def run(self, action: Action) -> None:
        """Runs an action of the registry."""
        self.key_bar.say("")
        if self.body is not None:
            self.body.take_all()
        method = getattr(self, f"action_{action.method}")
        done = method() if action.argument is None else method(action.argument)
        if inspect.isawaitable(done):
            await done
        self.offer()

    def offer(self) -> None:
        """Shows the keys that work right now."""
        keymap, context = self.kaizen.keymap, self.context
        own = keymap.footer(context) if context != FORM else []
        shown = [action for action in keymap.footer(FORM) if self._offered(action) and not self._covered(action)]
        self.key_bar.offer((*shown[:1], *own, *shown[1:]))

    def _offered(self, action: Action) -> bool:
        if action.method == "compare":
            return self.body is not None and bool(self.state.clashes)
        if action.method == "discard":
            return self._thrown_away is not None or (self.body is not None and bool(self.state.changed))
        return True

    def _covered(self, action: Action) -> bool:
        """Whether the focused field has another use for the action's key."""
        return any(self.kaizen.keymap.find(self.context, key) not in (None, action) for key in action.keys[:1])

    def _key(self, action_id: str) -> str:
        return next(iter(self.kaizen.keymap.keys_of(action_id)), "")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The first focus: what was typed before there was a field goes there."""
        self._ready = True
        early, self._early = self._early, []
        for key in early:
            self.kaizen.post_message(events.Key(key.key, key.character))
        self.offer()

    def action_step(self, down: int) -> None:
        if self.body is not None:
            self.body.focus_step(down, self.focused)

    def _list(self) -> ListField | None:
        field = self.body.fields.get(self.body.field_of(self.focused)) if self.body is not None else None
        return field if isinstance(field, ListField) else None

    def action_line_new(self) -> None:
        lines = self._list()
        if lines is not None:
            lines.split()

    def action_line_step(self, down: int) -> None:
        lines = self._list()
        if lines is not None and not lines.step(down):
            self.action_step(down)

    def action_line_move(self, down: int) -> None:
        lines = self._list()
        if lines is not None:
            lines.move(down)

    def action_line_complete(self) -> None:
        lines = self._list()
        if lines is None or not lines.complete():
            self.action_step(1)

    def action_pick_step(self, down: int) -> None:
        if self.body is not None and isinstance(picker := self.body.fields["component"], PickField):
            picker.step(down)

    def action_pick_take(self) -> None:
        if self.body is not None and isinstance(picker := self.body.fields["component"], PickField):
            picker.take()
        self.action_step(1)

    def action_choose(self, right: int) -> None:
        if self.body is not None and isinstance(field := self.body.fields["severity"], ChoiceField):
            field.choice.turn(right)

    def action_help(self) -> None:
        from kaizen_tui.tui.screens.help import HelpScreen

        self.kaizen.push_screen(HelpScreen(self.kaizen.keymap, FORM))

"""A text from the editor that could not be taken: why, with the lines, and what shall become of it."""

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from kaizen_tui.core.text import safe
from kaizen_tui.tui.action import Action
from kaizen_tui.tui.form_actions import REFUSED
from kaizen_tui.tui.messages import ActionPressed
from kaizen_tui.tui.screens.left_once import LeftOnce
from kaizen_tui.tui.styles import style_sheet
from kaizen_tui.tui.widgets.bars import KeyBar

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp
    from kaizen_tui.tui.forms.external import Refusal, RefusedChoice

_MOST = 200


class RefusedScreen(LeftOnce["RefusedChoice | None"], ModalScreen["RefusedChoice | None"], inherit_bindings=False):
    """Returns what the person chose."""

    CSS_PATH = style_sheet("form")
    AUTO_FOCUS = ""

    def __init__(self, app: "KaizenApp", ticket_id: str, refusal: "Refusal") -> None:
        super().__init__()
        self.kaizen = app
        self._ticket_id = ticket_id
        self._refusal = refusal
        self.key_bar = KeyBar(app.keymap, id="refused-keys")

    @property
    def plain(self) -> str:
        """What is said, as plain text."""
        return self._words().plain

    def _words(self) -> Content:
        lines = []
        for what, hint in self._refusal.lines[:_MOST]:
            lines.append(Content.assemble(("✖ ", "$error"), safe(what)))
            if hint:
                lines.append(Content.styled(f"  {safe(hint)}", "$kz-muted"))
        if len(self._refusal.lines) > _MOST:
            lines.append(Content.styled(f"… and {len(self._refusal.lines) - _MOST} more", "$kz-muted"))
        return Content("\n").join(lines)

    def compose(self) -> ComposeResult:
        head = Content.assemble((f" {safe(self._ticket_id)}", "bold"), "  your text is not taken as it is")
        yield Static(head, id="clash-head")
        with VerticalScroll(id="clash-body", can_focus=False):
            yield Static(self._words(), classes="clash")
        yield self.key_bar

    def on_mount(self) -> None:
        self.key_bar.offer(tuple(self.kaizen.keymap.footer(REFUSED)))

    def on_key(self, event: events.Key) -> None:
        action = self.kaizen.keymap.find(REFUSED, event.key)
        if action is not None:
            event.stop()
            event.prevent_default()
            self.run(action)

    def on_action_pressed(self, message: ActionPressed) -> None:
        message.stop()
        self.run(message.action)

    def run(self, action: Action) -> None:
        """Runs an action of the registry."""
        choices: dict[str, RefusedChoice] = {"edit": "edit", "keep": "keep", "discard": "discard"}
        self.dismiss(choices[action.method])

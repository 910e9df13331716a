"""Three versions of a ticket's fields: as typed, as it is on disk now, as it was. The person picks, field by field."""

import inspect
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from kaizen_tui.core.text import safe, safe_block
from kaizen_tui.tui.action import Action
from kaizen_tui.tui.form_actions import CLASH
from kaizen_tui.tui.forms.three_way import PICKS, Clash, Merged, Pick
from kaizen_tui.tui.forms.values import TITLES
from kaizen_tui.tui.messages import ActionPressed
from kaizen_tui.tui.screens.left_once import LeftOnce
from kaizen_tui.tui.styles import style_sheet
from kaizen_tui.tui.widgets.bars import KeyBar

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp

_NAMES: dict[Pick, str] = {"mine": "yours", "theirs": "on disk now", "base": "as it was"}


class ClashCard(Static):
    """One field in its three versions."""

    def __init__(self, clash: Clash) -> None:
        super().__init__(Content(""), classes="clash")
        self.clash = clash
        self.pick: Pick = "mine"
        self.focused_card = False

    def draw(self) -> None:
        """Shows the field with the pick marked."""
        mark = "▸ " if self.focused_card else "  "
        parts = [Content.styled(f"{mark}{TITLES[self.clash.field]}", "$accent bold" if self.focused_card else "bold")]
        for nth, pick in enumerate(PICKS, 1):
            chosen = pick == self.pick
            style = "$foreground" if chosen else "$kz-muted"
            parts.append(
                Content.styled(
                    f"    {'●' if chosen else '○'} {nth} {_NAMES[pick]}", f"{style} bold" if chosen else style
                )
            )
            text = self.clash.of(pick) or "(empty)"
            parts += [Content.styled(f"        {line}", style) for line in safe_block(text).split("\n")]
        self.update(Content("\n").join(parts))


class ClashScreen(LeftOnce["dict[str, Pick] | None"], ModalScreen["dict[str, Pick] | None"], inherit_bindings=False):
    """Returns what was picked for each clashing field, or None when the person went back."""

    CSS_PATH = style_sheet("form")
    AUTO_FOCUS = ""

    def __init__(self, app: "KaizenApp", ticket_id: str, merged: Merged) -> None:
        super().__init__()
        self.kaizen = app
        self._ticket_id = ticket_id
        self._merged = merged
        self.cards = [ClashCard(clash) for clash in merged.clashes]
        self.at = 0
        self.key_bar = KeyBar(app.keymap, id="clash-keys")

    def compose(self) -> ComposeResult:
        head = Content.assemble(
            (f" {safe(self._ticket_id)}", "bold"), "  changed on disk while you edited it. Which text shall stand?"
        )
        yield Static(head, id="clash-head")
        with VerticalScroll(id="clash-body", can_focus=False):
            yield from self.cards
            yield Static(self._also(), classes="clash")
        yield self.key_bar

    def _also(self) -> Content:
        lines = []
        for what, fields in (("taken from disk", self._merged.taken), ("put together of both", self._merged.combined)):
            if fields:
                lines.append(Content.styled(f"  {what}: {', '.join(TITLES[field] for field in fields)}", "$kz-muted"))
        return Content("\n").join(lines)

    def on_mount(self) -> None:
        self.key_bar.offer(tuple(self.kaizen.keymap.footer(CLASH)))
        self._draw()

    async def on_key(self, event: events.Key) -> None:
        action = self.kaizen.keymap.find(CLASH, event.key)
        if action is not None:
            event.stop()
            event.prevent_default()
            await self.run(action)

    async def on_action_pressed(self, message: ActionPressed) -> None:
        message.stop()
        await self.run(message.action)

    async def run(self, action: Action) -> None:
        """Runs an action of the registry."""
        method = getattr(self, f"action_{action.method}")
        done = method() if action.argument is None else method(action.argument)
        if inspect.isawaitable(done):
            await done

    def _draw(self) -> None:
        for nth, card in enumerate(self.cards):
            card.focused_card = nth == self.at
            card.draw()
        self.cards[self.at].scroll_visible(animate=False)

    def action_step(self, down: int) -> None:
        self.at = max(0, min(len(self.cards) - 1, self.at + down))
        self._draw()

    def action_pick(self, nth: int) -> None:
        self.cards[self.at].pick = PICKS[nth]
        self._draw()

    def action_turn(self, right: int) -> None:
        card = self.cards[self.at]
        card.pick = PICKS[(PICKS.index(card.pick) + right) % len(PICKS)]
        self._draw()

    def action_apply(self) -> None:
        self.dismiss({card.clash.field: card.pick for card in self.cards})

    def action_back(self) -> None:
        self.dismiss(None)

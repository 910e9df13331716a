"""What the screens beside the board have in common: a head, a body drawn by hand, keys from the registry."""

import inspect
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.strip import Strip
from textual.widget import Widget

from kaizen_tui.metrics.platform import Platform, source_words
from kaizen_tui.tui.action import Action
from kaizen_tui.tui.messages import ActionPressed
from kaizen_tui.tui.screens.left_once import LeftOnce
from kaizen_tui.tui.styles import style_sheet
from kaizen_tui.tui.widgets.bars import Bar, KeyBar, Piece
from kaizen_tui.tui.widgets.cards import Line

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp


class HeadBar(Bar):
    """A title at the left, a few words at the right."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._left: list[Piece] = []
        self._right: list[Piece] = []

    def show(self, left: list[Piece], right: list[Piece]) -> None:
        """Shows other words."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line (Textual's line API)."""
        from kaizen_tui.tui.widgets.slo_lines import fit, fit_line

        blank, width = self.palette.normal.text, self.size.width
        right = fit(self._right, sum(len(text) for text, _ in self._right), blank)
        room = max(0, width - sum(segment.cell_length for segment in right) - 1)
        left = fit(self._left, room, blank)
        return Strip(fit_line([left, right], width, blank)).adjust_cell_length(width, blank)


class Lines(Bar):
    """A widget that shows lines it is given."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._lines: list[Line] = []

    def show(self, lines: list[Line]) -> None:
        """Shows other lines."""
        self._lines = lines
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line (Textual's line API)."""
        line = self._lines[y] if y < len(self._lines) else ()
        return Strip(line).adjust_cell_length(self.size.width, self.palette.normal.text)


class FullScreen(LeftOnce[None], inherit_bindings=False):
    """A screen over the board. Subclasses draw `body` in `draw` and name their context of the registry."""

    CSS_PATH = style_sheet("panels")
    AUTO_FOCUS = ""
    CONTEXT: ClassVar[str] = ""

    def __init__(self, app: "KaizenApp") -> None:
        super().__init__()
        self.kaizen = app
        self.head = HeadBar(id="panel-head")
        self.body = Lines(id="panel-lines")
        self.key_bar = KeyBar(app.keymap, id="panel-foot")

    def compose(self) -> ComposeResult:
        yield self.head
        yield from self.middle()
        yield self.key_bar

    def middle(self) -> list[Widget]:
        """The widgets between head and keys."""
        return [self.body]

    def on_mount(self) -> None:
        footer = self.kaizen.keymap.footer(self.CONTEXT)
        self.key_bar.offer(tuple(action for action in footer if not (action.writes and self.refusal)))
        self.call_after_refresh(self.draw)

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        """Draws everything anew."""
        raise NotImplementedError

    @property
    def refusal(self) -> str:
        """Why nothing can be written, or ""."""
        if self.kaizen.desk.read_only:
            return "this board is read-only; start kaizen-tui without --read-only to change it"
        return self.kaizen.main.travel.refusal

    @property
    def platform(self) -> Platform | None:
        """What is known of the components."""
        return self.kaizen.main.slo.platform

    def source_pieces(self) -> list[Piece]:
        """Where the numbers come from, for the head."""
        platform, tones = self.platform, self.head.palette.normal
        if platform is None:
            return [("reading …", tones.muted)]
        found = source_words(platform, self.kaizen.now())
        pieces: list[Piece] = [(found.text, tones.warning if found.bad else tones.muted)]
        at = self.kaizen.main.travel.at
        if at is not None:
            from kaizen_tui.tui.travel_side import instant_text

            pieces.append((f" · as of {instant_text(at)}", tones.warning))
        return pieces

    async def on_key(self, event: events.Key) -> None:
        action = self.kaizen.keymap.find(self.CONTEXT, event.key)
        if action is not None:
            event.stop()
            event.prevent_default()
            await self.run(action)

    async def on_action_pressed(self, message: ActionPressed) -> None:
        message.stop()
        await self.run(message.action)

    async def run(self, action: Action) -> None:
        """Runs an action of the registry."""
        if action.writes and self.refusal:
            self.key_bar.say(self.refusal, bad=True)
            return
        self.key_bar.say("")
        method = getattr(self, f"action_{action.method}")
        done = method() if action.argument is None else method(action.argument)
        if inspect.isawaitable(done):
            await done

    def action_back(self) -> None:
        self.dismiss(None)

    def action_help(self) -> None:
        from kaizen_tui.tui.screens.help import HelpScreen

        self.kaizen.push_screen(HelpScreen(self.kaizen.keymap, self.CONTEXT))

"""What every dialog has in common: a panel with a title, a body that scrolls, and a line that says which keys work."""

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.css.query import DOMQuery
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from kaizen_tui.tui.screens.left_once import LeftOnce
from kaizen_tui.tui.styles import style_sheet

Answer = TypeVar("Answer")
_FRAME_LINES = 6  # the rule, the title and the keys, the empty lines around the body, the margin below


class Dialog(LeftOnce[Answer | None], ModalScreen[Answer | None]):
    """A modal panel. Esc leaves it without an answer."""

    CSS_PATH = style_sheet("dialog")
    AUTO_FOCUS = None
    FOOT_LINES: ClassVar[int] = 0  # how many lines `foot` has
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "back", id="dialog.leave")]

    def __init__(self, title: Content, keys: str) -> None:
        super().__init__()
        self._title_words = title
        self._keys = keys

    def body(self) -> Iterable[Widget]:
        """The widgets between title and keys."""
        raise NotImplementedError

    def foot(self) -> Iterable[Widget]:
        """The widgets below the body, which stay in sight while it scrolls."""
        return ()

    def compose(self) -> ComposeResult:
        with Vertical(id="panel"):
            yield Static(self._title_words, id="panel-title")
            with VerticalScroll(id="panel-body", can_focus=False):
                yield from self.body()
            yield from self.foot()
            yield Static(Content(self._keys), id="panel-keys")

    def on_resize(self, event: events.Resize) -> None:
        # Textual gives an automatic height no share of what is left, so what the other lines take is counted here.
        room = event.size.height - _FRAME_LINES - self.FOOT_LINES
        for panel in self._panels():
            panel.styles.max_height = max(3, room)

    def _panels(self) -> DOMQuery[Widget]:
        """What scrolls; not there yet, or no longer, when keys come fast."""
        return self.query("#panel-body")

    def action_leave(self) -> None:
        self.dismiss(None)


class ReadingDialog(Dialog[None]):
    """A dialog that is only read: the arrow keys scroll it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "down"),
        Binding("k,up", "scroll(-1)", "up"),
        Binding("pagedown,space", "page(1)", "page down"),
        Binding("pageup", "page(-1)", "page up"),
        Binding("home,g", "ends(0)", "top"),
        Binding("end,G", "ends(1)", "bottom"),
        Binding("q,enter,question_mark,exclamation_mark", "leave", "back"),
    ]

    def action_scroll(self, down: int) -> None:
        for panel in self._panels():
            panel.scroll_relative(y=down, animate=False)

    def action_page(self, down: int) -> None:
        for panel in self._panels():
            panel.scroll_relative(y=down * max(1, panel.size.height - 2), animate=False)

    def action_ends(self, bottom: int) -> None:
        for panel in self._panels():
            panel.scroll_to(y=panel.max_scroll_y if bottom else 0, animate=False)

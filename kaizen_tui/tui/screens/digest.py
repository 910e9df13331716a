"""The digest: what happened to each ticket since it was last looked at."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from kaizen_tui.core.states import STATUS_TITLES
from kaizen_tui.tui.deeds.news import NewsItem
from kaizen_tui.tui.screens.dialog import Dialog
from kaizen_tui.tui.widgets.prose import Prose
from kaizen_tui.tui.words import ACCENT, MUTED, STRONG, lines, text


class DigestScreen(Dialog[bool]):
    """The answer is True when all of it counts as read now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "down"),
        Binding("k,up", "scroll(-1)", "up"),
        Binding("pagedown,space", "scroll(10)", "page down"),
        Binding("pageup", "scroll(-10)", "page up"),
        Binding("r", "read", "all read"),
        Binding("q,D,enter", "leave", "back"),
    ]

    def __init__(self, items: tuple[NewsItem, ...]) -> None:
        noun = "ticket" if len(items) == 1 else "tickets"
        super().__init__(Content(f"Since you last looked: {len(items)} {noun}"), "r all read   j k scroll   Esc back")
        self._items = items

    @property
    def plain(self) -> str:
        """What is said, as plain text."""
        return lines(digest_lines(self._items)).plain

    def body(self) -> Iterable[Widget]:
        yield Prose(lines(digest_lines(self._items)))

    def action_scroll(self, down: int) -> None:
        """Scrolls."""
        for panel in self._panels():
            panel.scroll_relative(y=down, animate=False)

    def action_read(self) -> None:
        """All of it was read."""
        self.dismiss(True)


def digest_lines(items: Iterable[NewsItem]) -> list[Content]:
    """The digest's lines."""
    said: list[Content] = []
    for item in items:
        head = Content.assemble(
            text(item.row.id, STRONG), text(f"  {item.row.title}"), text(f"  {STATUS_TITLES[item.row.status]}", MUTED)
        )
        said += [head, *(Content.assemble(text("  • ", ACCENT), text(line)) for line in item.lines), Content("")]
    return said

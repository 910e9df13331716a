"""Where the filter is typed: the last line of the screen, in place of the keys."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Label

from kaizen_tui.tui.widgets.entries import LineEntry


class FilterLine(Horizontal):
    """A prompt and an entry. The screen hears Input.Changed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self.entry = LineEntry(
            id="filter-entry",
            compact=True,
            select_on_focus=False,
            placeholder="words  status:canary  component:pcc*  severity>=high  owner:me  age>7d  label:x  !not",
        )

    def compose(self) -> ComposeResult:
        yield Label(Content(" ⌕ "))
        yield self.entry

    def edit(self, text: str) -> None:
        """Goes on typing from `text`."""
        with self.entry.prevent(LineEntry.Changed):
            self.entry.value = text
        self.entry.cursor_position = len(text)
        # Not `focus()`, which Textual puts off: the next key may be here already.
        self.screen.set_focus(self.entry, scroll_visible=False)

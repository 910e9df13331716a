"""Panes of words: the ticket's details beside the board, and what the gates say below it."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from kaizen_tui.tui.widgets.prose import Prose


class WordsPane(VerticalScroll, can_focus=False):
    """Lines of words below the board, hidden while there is nothing to say. It never takes the focus."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._words = Prose(Content(""))

    def compose(self) -> ComposeResult:
        yield self._words

    @property
    def plain(self) -> str:
        """What stands there, as plain text."""
        return self._words.words.plain

    def say(self, content: Content) -> None:
        """Shows these words from their beginning."""
        self._words.say(content)
        self.scroll_home(animate=False)
        self.display = True


class DetailPane(VerticalScroll):
    """A ticket in full."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._text = Prose(Content(""))
        self._evaluated = Prose(Content(""), classes="running")
        self._evaluated.display = False
        self._ticket = ""

    def compose(self) -> ComposeResult:
        yield self._evaluated
        yield self._text

    @property
    def plain(self) -> str:
        """What stands there, as plain text."""
        above = f"{self._evaluated.words.plain}\n" if self._evaluated.display else ""
        return above + self._text.words.plain

    def tell(self, content: Content) -> None:
        """Shows above the ticket how far its evaluation is; nothing when that is empty. What is being read stays where
        it is when that becomes longer or shorter."""
        if content == self._evaluated.words and self._evaluated.display == bool(content):
            return
        if self.scroll_offset.y:
            self.call_after_refresh(self._keep_place, self._text.virtual_region.y)
        self._evaluated.say(content)
        self._evaluated.display = bool(content)

    def _keep_place(self, began: int) -> None:
        """began: the line in which the ticket began before."""
        moved = self._text.virtual_region.y - began
        if moved:
            self.scroll_relative(y=moved, animate=False)

    def show(self, ticket_id: str, content: Content) -> None:
        """Shows a ticket; the same one again stays scrolled where it was."""
        self._text.say(content)
        if ticket_id != self._ticket:
            self._ticket = ticket_id
            self.scroll_home(animate=False)

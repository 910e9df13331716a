"""A list in a form: one item a line, how it is read below it."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Input

from kaizen_tui.tui.forms.checks import Note
from kaizen_tui.tui.widgets.form_fields import Completer, Field, LineKey, ListLine


class ListField(Field):
    """Items, one a line. read: how a line is read. complete: what a line goes on to be."""

    def __init__(
        self, field: str, read: Callable[[str], Note], complete: Callable[[str], str] | None = None, hint: str = ""
    ) -> None:
        super().__init__(field)
        self._read = read
        self._complete = complete
        self._hint = hint
        self._lines: list[ListLine] = [self._make("")]

    def compose(self) -> ComposeResult:
        yield from self._lines
        yield self._below

    def _make(self, text: str) -> ListLine:
        suggester = Completer(self._complete) if self._complete is not None else None
        line = ListLine(
            text, compact=True, select_on_focus=False, suggester=suggester, placeholder=self._hint, classes="list-line"
        )
        self._show_reading(line)
        return line

    @property
    def text(self) -> str:
        return "\n".join(line.value for line in self._lines)

    @text.setter
    def text(self, text: str) -> None:
        wanted = text.split("\n")
        if wanted == [line.value for line in self._lines]:
            return
        for line, value in zip(self._lines, wanted, strict=False):
            _put(line, value)
            self._show_reading(line)
        for line in self._lines[len(wanted) :]:
            line.remove()
        del self._lines[len(wanted) :]
        for value in wanted[len(self._lines) :]:
            self._insert(len(self._lines), value)

    @property
    def entry(self) -> Widget:
        return self._lines[0]

    @property
    def last(self) -> Widget:
        """The last line, where Shift+Tab enters."""
        return self._lines[-1]

    @property
    def lines(self) -> list[ListLine]:
        """The lines as they stand."""
        return list(self._lines)

    def read_again(self, hint: str) -> None:
        """Another component: its metrics are others. hint: shown in an empty line."""
        self._hint = hint
        for line in self._lines:
            line.placeholder = hint
            self._show_reading(line)

    def _show_reading(self, line: ListLine) -> None:
        line.read_as(self._read(line.value))

    def _insert(self, at: int, text: str) -> ListLine:
        line = self._make(text)
        if self.is_attached:
            self.mount(line, before=self._below if at >= len(self._lines) else self._lines[at])
        self._lines.insert(at, line)
        return line

    def _focused(self) -> int:
        return next((nth for nth, line in enumerate(self._lines) if line.has_focus), 0)

    # What keys do

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        if isinstance(message.input, ListLine):
            self._show_reading(message.input)
        self.edited()

    def step(self, down: int) -> bool:
        """To the next line, or the one before; False at an end."""
        to = self._focused() + down
        if not 0 <= to < len(self._lines):
            return False
        self.screen.set_focus(self._lines[to])
        return True

    def split(self) -> None:
        """Enter: what stands behind the cursor goes to a new line."""
        at = self._focused()
        line = self._lines[at]
        head, tail = line.value[: line.cursor_position], line.value[line.cursor_position :]
        _put(line, head)
        self._show_reading(line)
        below = self._insert(at + 1, tail)
        below.cursor_position = 0
        self.screen.set_focus(below)
        self.edited()

    def complete(self) -> bool:
        """Takes the suggestion; False when there is none."""
        line = self._lines[self._focused()]
        if self._complete is None or line.cursor_position != len(line.value):
            return False
        completed = self._complete(line.value)
        if not completed:
            return False
        line.value = completed
        line.cursor_position = len(completed)
        return True

    def move(self, down: int) -> None:
        """The line changes places with its neighbour."""
        at = self._focused()
        to = at + down
        if not 0 <= to < len(self._lines):
            return
        one, other = self._lines[at], self._lines[to]
        value = one.value
        _put(one, other.value)
        _put(other, value)
        self._show_reading(one)
        self._show_reading(other)
        self.screen.set_focus(other)
        self.edited()

    def on_line_key(self, message: LineKey) -> None:
        """Backspace at a line's start joins it to the one above; several pasted lines become several."""
        message.stop()
        at = self._lines.index(message.line)
        if message.what == "paste":
            self._paste(at, message.texts)
        elif at > 0:
            above = self._lines[at - 1]
            end = len(above.value)
            _put(above, above.value + message.line.value)
            above.cursor_position = end
            self._show_reading(above)
            del self._lines[at]
            self.screen.set_focus(above)
            message.line.remove()
            self.edited()

    def _paste(self, at: int, texts: tuple[str, ...]) -> None:
        line = self._lines[at]
        start, end = sorted(line.selection)
        head, tail = line.value[:start], line.value[end:]
        _put(line, head + texts[0])
        self._show_reading(line)
        for nth, text in enumerate(texts[1:], 1):
            self._insert(at + nth, text + (tail if nth == len(texts) - 1 else ""))
        last = self._lines[at + len(texts) - 1]
        last.cursor_position = len(last.value) - len(tail)
        self.screen.set_focus(last)
        self.edited()


def _put(line: ListLine, text: str) -> None:
    """Another text, without telling anyone."""
    with line.prevent(Input.Changed):
        line.value = text
    line.cursor_position = len(text)

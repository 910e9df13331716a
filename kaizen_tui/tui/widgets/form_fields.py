"""The fields of a form: one line, several lines, one of a few, one of many, a list with a reading below each line.

All of them have a `text` and post Edited when a person changes it; setting `text` from the program posts nothing.
"""

from collections.abc import Callable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from kaizen_tui.core.states import SEVERITIES, SEVERITY_SHAPES
from kaizen_tui.core.text import safe
from kaizen_tui.tui.celltext import wrap
from kaizen_tui.tui.forms.checks import NO_NOTE, Note
from kaizen_tui.tui.tokens import Palette, make_palette
from kaizen_tui.tui.widgets.bars import Bar
from kaizen_tui.tui.widgets.entries import BlockEntry, LineEntry, clean_line

TONE_STYLES = {
    "plain": "$kz-muted", "good": "$success", "warn": "$warning", "bad": "$error", "about": "$kz-muted",
}  # fmt: skip
TONE_MARKS = {"plain": "☐ ", "good": "✔ ", "warn": "⚠ ", "bad": "✖ ", "about": ""}
_MATCHES = 6
_MOST_ROWS = 3  # of the words below a line


class Edited(Message):
    """A person changed a field. field: its name."""

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field


class LineKey(Message):
    """In a list: the lines have to change. what: "join" (backspace at the start) or "paste"."""

    def __init__(self, line: "ListLine", what: str, texts: Sequence[str] = ()) -> None:
        super().__init__()
        self.line = line
        self.what = what
        self.texts = tuple(texts)


class Completer(Suggester):
    """Completes a whole text by a pure function."""

    def __init__(self, complete: Callable[[str], str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        return self._complete(value) or None


class Field(Vertical):
    """What all fields have: a name, a text, and a word below about what is wrong."""

    def __init__(self, field: str) -> None:
        super().__init__(id=f"field-{field}", classes="form-field")
        self.field = field
        self._below = Static(Content(""), classes="field-note")
        self.note = NO_NOTE

    @property
    def text(self) -> str:
        """What stands in the field."""
        raise NotImplementedError

    @text.setter
    def text(self, text: str) -> None:
        raise NotImplementedError

    @property
    def entry(self) -> Widget:
        """The widget that the field's focus goes to."""
        raise NotImplementedError

    def say(self, note: Note) -> None:
        """Shows a word below the field; NO_NOTE takes it away."""
        if note != self.note:
            self.note = note
            self._below.display = bool(note.text)
            self._below.update(Content.styled(f"{TONE_MARKS[note.tone]}{safe(note.text)}", TONE_STYLES[note.tone]))

    def edited(self) -> None:
        """A person changed it."""
        self.post_message(Edited(self.field))


class LineField(Field):
    """One line."""

    def __init__(self, field: str, complete: Callable[[str], str] | None = None) -> None:
        super().__init__(field)
        suggester = Completer(complete) if complete is not None else None
        self._entry = PrefilledLine(compact=True, select_on_focus=False, suggester=suggester)

    def compose(self) -> ComposeResult:
        yield self._entry
        yield self._below

    @property
    def text(self) -> str:
        return self._entry.value

    @text.setter
    def text(self, text: str) -> None:
        if text != self._entry.value:
            with self._entry.prevent(Input.Changed):
                self._entry.value = text
            self._entry.cursor_position = len(text)

    @property
    def entry(self) -> Widget:
        return self._entry

    def prefill(self, text: str, source: str) -> None:
        """Shows what an empty field will be; → takes it over for editing."""
        self._entry.prefilled = text
        self._entry.placeholder = f"{text}   from {source}" if text else ""

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self.edited()


class PrefilledLine(LineEntry):
    """A line whose placeholder can be taken over."""

    prefilled = ""

    def action_cursor_right(self, select: bool = False) -> None:
        if not self.value and self.prefilled:
            self.value = self.prefilled
            self.cursor_position = len(self.value)
        else:
            super().action_cursor_right(select)


class BlockField(Field):
    """Several lines of text."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self._entry = PrefilledBlock()

    def compose(self) -> ComposeResult:
        yield self._entry
        yield self._below

    @property
    def text(self) -> str:
        return self._entry.text

    @text.setter
    def text(self, text: str) -> None:
        if text != self._entry.text:
            with self._entry.prevent(TextArea.Changed):
                self._entry.load_text(text)

    @property
    def entry(self) -> Widget:
        return self._entry

    def prefill(self, text: str, source: str) -> None:
        """Shows what an empty field will be; → takes it over for editing."""
        self._entry.prefilled = text
        self._entry.placeholder = Content(f"{text}   from {source}" if text else "")

    def on_text_area_changed(self, message: TextArea.Changed) -> None:
        message.stop()
        self.edited()


class PrefilledBlock(BlockEntry):
    """Lines of text whose placeholder can be taken over."""

    prefilled = ""

    def on_mount(self) -> None:
        self.highlight_cursor_line = False

    def action_cursor_right(self, select: bool = False) -> None:
        if not self.text and self.prefilled:
            self.insert(self.prefilled)
        else:
            super().action_cursor_right(select)


class Choice(Bar, can_focus=True):
    """One of a few words on one line."""

    def __init__(self, options: Sequence[str], shapes: dict[str, str]) -> None:
        super().__init__()
        self._options = tuple(options)
        self._shapes = shapes
        self.value = ""

    def show(self, value: str) -> None:
        """Chooses without telling anyone."""
        self.value = value
        self.refresh()

    def turn(self, right: int) -> None:
        """The next one, or the one before."""
        at = self._options.index(self.value) if self.value in self._options else -1
        self._take(self._options[max(0, min(len(self._options) - 1, at + right))])

    def _take(self, value: str) -> None:
        if value != self.value and isinstance(self.parent, ChoiceField):
            self.show(value)
            self.parent.edited()

    def on_key(self, event: events.Key) -> None:
        found = next((option for option in self._options if option[0] == event.character), None)
        if found is not None:
            event.stop()
            self._take(found)

    def on_click(self, event: events.Click) -> None:
        x = 0
        for option in self._options:
            width = len(option) + 5
            if x <= event.x < x + width:
                self._take(option)
            x += width

    def watch_has_focus(self, focused: bool) -> None:
        super().watch_has_focus(focused)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line (Textual's line API)."""
        palette, base, segments = self.palette, self.rich_style, []
        tones = palette.normal
        for option in self._options:
            chosen = option == self.value
            style = _on(base, tones.severity.get(option, tones.accent) if chosen else tones.muted)
            # The arrows that choose another one, while they do.
            before, after = (" ", " ") if not chosen else ("◂", "▸") if self.has_focus else ("[", "]")
            ends = _on(base, palette.key if self.has_focus else style)
            segments.append(Segment(before, ends))
            segments.append(Segment(f"{self._shapes.get(option, ' ')} {option}", style))
            segments.append(Segment(f"{after} ", ends))
        if self.value not in self._options:
            segments.append(Segment(f" {safe(self.value)}", _on(base, tones.error)))
        return Strip(segments).adjust_cell_length(self.size.width, base)


class ChoiceField(Field):
    """The severity."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.choice = Choice(SEVERITIES, SEVERITY_SHAPES)

    def compose(self) -> ComposeResult:
        yield self.choice
        yield self._below

    @property
    def text(self) -> str:
        return self.choice.value

    @text.setter
    def text(self, text: str) -> None:
        self.choice.show(text)

    @property
    def entry(self) -> Widget:
        return self.choice


class ListLine(LineEntry):
    """A line of a list; how it is read stands on a second row."""

    note: Note = NO_NOTE
    _palette: Palette | None = None
    _rows: Sequence[str] = ()

    def notify_style_update(self) -> None:
        """Textual's call when styles changed: colours are resolved again before the next line is drawn."""
        self._palette = None
        super().notify_style_update()

    def read_as(self, note: Note) -> None:
        """Shows how it is read."""
        if note != self.note:
            self.note = note
            self._fit()

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    def _fit(self) -> None:
        """As many rows as the words need: what to do about a criterion stands at their end."""
        words = f"{TONE_MARKS[self.note.tone]}{safe(self.note.text)}" if self.note.text else ""
        self._rows = wrap(words, self.size.width - 2, _MOST_ROWS) if self.size.width else [words] if words else []
        self.styles.height = 1 + len(self._rows)
        self.refresh()  # of the same height it would stay as it was drawn for another width

    def render_line(self, y: int) -> Strip:
        """The line (Textual's line API)."""
        if not 0 < y <= len(self._rows):
            return super().render_line(y)
        if self._palette is None:
            self._palette = make_palette(self.app.theme_variables)
        tones, base = self._palette.normal, self.rich_style
        colours = {"good": tones.success, "warn": tones.warning, "bad": tones.error}
        style = _on(base, colours.get(self.note.tone, tones.muted))
        segments = [Segment("  ", base), Segment(self._rows[y - 1], style)]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def action_delete_left(self) -> None:
        if self.cursor_position == 0 and self.selection.is_empty:
            self.post_message(LineKey(self, "join"))
        else:
            super().action_delete_left()

    def on_paste(self, event: events.Paste) -> None:
        lines = [clean_line(line) for line in event.text.splitlines() if line.strip()]
        if len(lines) > 1:
            event.stop()
            event.prevent_default()
            self.post_message(LineKey(self, "paste", lines))
        else:
            event.text = lines[0] if lines else ""


def _on(base: Style, tone: Style) -> Style:
    """A tone's colour on the widget's own background."""
    return base + Style(color=tone.color, bold=tone.bold)

"""Text entries that let no control character in: a pasted ESC must reach neither a file nor the terminal."""

from collections.abc import Awaitable, Callable

from textual import events
from textual.widgets import Input, TextArea

from kaizen_tui.core.text import safe, safe_block


def clean_line(text: str) -> str:
    """`text` as one line of plain text; line ends and tabs become blanks, control characters visible escapes."""
    return safe(" ".join(text.split()) if any(char in text for char in "\n\r\t") else text)


def clean_block(text: str) -> str:
    """The same for text of several lines. A line may end in a bare CR: that is how terminals send what is pasted."""
    return safe_block(text.replace("\r\n", "\n").replace("\r", "\n"))


class LineEntry(Input):
    """One line of text."""

    def on_paste(self, event: events.Paste) -> None:
        event.text = clean_line(event.text)


class AnswerEntry(LineEntry):
    """A line whose Enter is its own: `Submitted` holds what stood in it when Enter came."""

    async def _on_key(self, event: events.Key) -> None:
        # Textual looks for the binding of a key that is no letter only after the key has climbed up to the app; what
        # is typed in one go behind it would be in the entry by then, and submitted without having been meant.
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            await self.action_submit()
        else:
            await super()._on_key(event)


class NoteEntry(LineEntry):
    """A line on a screen whose keys are in the registry: they are handled in the order in which they were typed.

    press: does what the registry says of a key; False when that is nothing. max_length: 0 for any.
    """

    def __init__(
        self,
        value: str = "",
        *,
        press: Callable[[str], Awaitable[bool]],
        max_length: int = 0,
        id: str | None = None,  # noqa: A002 (Textual's own name)
    ) -> None:
        super().__init__(value, id=id, max_length=max_length)
        self._press = press

    async def _on_key(self, event: events.Key) -> None:
        if self.app.focused is not self:  # typed in one go with the key that led away from here: it goes there too
            self.app.post_message(events.Key(event.key, event.character))
        elif not await self._press(event.key):
            return  # Textual's own handler comes next
        event.stop()
        event.prevent_default()


class BlockEntry(TextArea):
    """Several lines of text; Tab goes to the next field."""

    def __init__(self, text: str = "", *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(text, id=id, soft_wrap=True, tab_behavior="focus", show_line_numbers=False)

    def on_paste(self, event: events.Paste) -> None:
        event.text = clean_block(event.text)

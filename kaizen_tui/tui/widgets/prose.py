"""Lines of words that wrap under their own beginning: after the indent, the mark or the age that a line starts with."""

import re
from typing import ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

_BEGINNING = re.compile(r"\s*(?:[✖✔⚠⚑◇◌☐☑·▲◆●] +|\d+ (?:s|min|h|d) {2}|old {2})?")
_NARROWEST = 16
_NEW_LINE = Content("\n")


def hang(content: Content, width: int, beginning: re.Pattern[str] = _BEGINNING) -> list[Content]:
    """`content` in lines of at most `width` cells; what doesn't fit goes on below where the words began.

    beginning: what stands before the words of a line.
    """
    lines: list[Content] = []
    for line in content.split("\n", allow_blank=True):
        if line.cell_length <= width:
            lines.append(line)
            continue
        found = beginning.match(line.plain)
        start = found.end() if found is not None else 0
        indent = cell_len(line.plain[:start])
        if width - indent < _NARROWEST:
            lines += line.wrap(max(1, width))
            continue
        first, *rest = line[start:].wrap(width - indent)
        lines.append(Content.assemble(line[:start], first))
        lines += [Content.assemble(" " * indent, more) for more in rest]
    return lines


class Prose(Static):
    """Content with hanging indents. Its text is never read as markup: only Content is taken."""

    BEGINNING: ClassVar[re.Pattern[str]] = _BEGINNING

    def __init__(self, content: Content, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(content, markup=False, id=id, classes=classes)
        self._words = content
        self._hung: tuple[int, list[Content]] = (-1, [])

    @property
    def words(self) -> Content:
        """What is shown, not yet wrapped."""
        return self._words

    def say(self, content: Content) -> None:
        """Shows something else."""
        self._words = content
        self._hung = (-1, [])
        self.update(content)

    def _lines(self, width: int) -> list[Content]:
        if self._hung[0] != width:
            self._hung = (width, hang(self._words, width, self.BEGINNING))
        return self._hung[1]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Content:
        return _NEW_LINE.join(self._lines(self.content_size.width))

"""Markdown as lines of words. Nothing in it acts: links are text with their address, HTML is shown as it is written.

The parser is markdown-it (which Textual brings along); the drawing is our own, because Textual's Markdown widget makes
a widget of every block and an action of every link, and a patch specification is anybody's text.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from kaizen_tui.core.text import safe
from kaizen_tui.tui.celltext import pad
from kaizen_tui.tui.words import ACCENT, MUTED, text

if TYPE_CHECKING:
    from markdown_it.token import Token

MOST_BYTES = 256 * 1024
_BLANK = Content("")


def render_markdown(source: str) -> list[Content]:
    """The document as lines, not yet wrapped. What is beyond MOST_BYTES characters is left out, and said."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": 20}).enable("table")
    # References may hide where a link goes; the parser's own nesting limit keeps deep quotes from costing anything.
    drawing = _Drawing()
    drawing.tokens(parser.parse(source[:MOST_BYTES].replace("\r\n", "\n")))
    if len(source) > MOST_BYTES:
        drawing.line([text(f"… {len(source) - MOST_BYTES:,} characters more in the file", MUTED)])
    lines = drawing.lines
    while lines and not lines[-1].plain.strip():
        lines.pop()
    return lines


class _Drawing:
    """Walks the parser's tokens once. prefix: what stands before each line inside lists and quotes."""

    def __init__(self) -> None:
        self.lines: list[Content] = []
        self._prefix: list[str] = []
        self._mark = ""
        self._numbers: list[int | None] = []
        self._rows: list[list[str]] | None = None
        self._level = 0

    def tokens(self, tokens: "Sequence[Token]") -> None:
        for token in tokens:
            draw = getattr(self, f"_{token.type}", None)
            if draw is not None:
                draw(token)

    def line(self, parts: Iterable[Content]) -> None:
        """One line, behind the mark of its list item or what stands for it."""
        prefix = "".join(self._prefix)
        if self._mark:
            cut = prefix[: len(prefix) - len(self._mark)]
            head = [text(cut, MUTED), text(self._mark, ACCENT)]
            self._mark = ""
        else:
            head = [text(prefix, MUTED)]
        self.lines.append(Content.assemble(*head, *parts))

    def _gap(self) -> None:
        if self.lines and self.lines[-1].plain.strip():
            self.lines.append(_BLANK)

    def _heading_open(self, token: "Token") -> None:
        self._gap()
        self._level = int(token.tag[1:])

    def _heading_close(self, token: "Token") -> None:
        self._level = 0

    def _paragraph_close(self, token: "Token") -> None:
        if not token.hidden and not self._prefix:
            self._gap()

    def _inline(self, token: "Token") -> None:
        if self._rows is not None:
            self._rows[-1].append("".join(part.plain for line in inline(token.children or ()) for part in line))
            return
        base = f"{ACCENT} bold" if 0 < self._level < 3 else "bold" if self._level else ""
        for line in inline(token.children or (), base):
            self.line(line)

    def _bullet_list_open(self, token: "Token") -> None:
        self._numbers.append(None)

    def _ordered_list_open(self, token: "Token") -> None:
        start = token.attrGet("start")
        self._numbers.append(int(start) if start is not None else 1)

    def _list_close(self, token: "Token") -> None:
        self._numbers.pop()
        if not self._numbers:
            self._gap()

    _bullet_list_close = _ordered_list_close = _list_close

    def _list_item_open(self, token: "Token") -> None:
        number = self._numbers[-1]
        self._mark = "• " if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1
        self._prefix.append(" " * len(self._mark))

    def _list_item_close(self, token: "Token") -> None:
        if self._mark:
            self.line([])
        self._prefix.pop()

    def _blockquote_open(self, token: "Token") -> None:
        self._prefix.append("│ ")

    def _blockquote_close(self, token: "Token") -> None:
        self._prefix.pop()
        if not self._prefix:
            self._gap()

    def _raw(self, content: str, style: str, indent: str) -> None:
        for line in content.rstrip("\n").split("\n"):
            self.line([text(indent + line.replace("\t", "    "), style)])
        if not self._prefix:
            self._gap()

    def _fence(self, token: "Token") -> None:
        self._raw(token.content, "$foreground 80%", "  ▏ ")

    _code_block = _fence

    def _html_block(self, token: "Token") -> None:
        # Comments too: nobody approves what a renderer hides.
        self._raw(token.content, MUTED, "")

    def _hr(self, token: "Token") -> None:
        self.line([text("─" * 24, "$kz-rule")])
        self._gap()

    def _table_open(self, token: "Token") -> None:
        self._rows = []

    def _tr_open(self, token: "Token") -> None:
        if self._rows is not None:
            self._rows.append([])

    def _table_close(self, token: "Token") -> None:
        rows, self._rows = self._rows or [], None
        count = max((len(row) for row in rows), default=0)
        widths = [max((cell_len(row[nth]) for row in rows if nth < len(row)), default=0) for nth in range(count)]
        for place, row in enumerate(rows):
            cells = "  ".join(pad(cell, width) for cell, width in zip(row, widths, strict=False))
            self.line([text(cells.rstrip(), "bold" if place == 0 else "")])
            if place == 0:
                self.line([text("  ".join("─" * width for width in widths), "$kz-rule")])
        self._gap()


def inline(children: "Iterable[Token]", base: str = "") -> list[list[Content]]:
    """Words with their emphasis as lines of parts; a link is its words and, behind them, its address."""
    lines: list[list[Content]] = [[]]
    styles: list[str] = [base]
    targets: list[str] = []
    said = ""
    for token in children:
        kind = token.type
        if kind in ("softbreak", "hardbreak"):
            if kind == "hardbreak":
                lines.append([])
            else:
                lines[-1].append(text(" "))
        elif kind in ("strong_open", "em_open"):
            styles.append(f"{styles[-1]} {'bold' if kind == 'strong_open' else 'italic'}".strip())
        elif kind in ("strong_close", "em_close"):
            styles.pop()
        elif kind == "link_open":
            targets.append(str(token.attrGet("href") or ""))
            said = ""
        elif kind == "link_close":
            target = targets.pop()
            if target and target != said:
                lines[-1].append(text(f" ({target})", MUTED))
        else:
            words = f"image: {token.content} ({token.attrGet('src')})" if kind == "image" else token.content
            said += words
            style = ACCENT if kind == "code_inline" else MUTED if kind in ("html_inline", "image") else styles[-1]
            lines[-1].append(text(words, style))
    return lines


def summary_of(source: str) -> str:
    """The words of the Summary section, comments and template left out; "" when it says nothing."""
    from kaizen_tui.core.patch_spec import section_text

    return " ".join(safe(line.lstrip("> ")) for line in section_text(source, "Summary").split("\n") if line.strip("> "))

"""The composed tree of a file: which characters, which line each key and value takes. Cold: for errors and edits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import yaml

# Without libyaml the Python loader gives the same marks, slower.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def compose(text: str) -> yaml.MappingNode:
    """The node tree of a text that `parse_yaml` accepted (so: no aliases, one document, a mapping on top)."""
    root: Any = yaml.compose(text, Loader=_LOADER)
    if not isinstance(root, yaml.MappingNode):
        raise TypeError("compose() wants a text whose top level is a mapping")
    return root


def child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """(where it is named, its value) of a mapping's key or a list's item; None when it isn't there."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
        item = node.value[step]
        return item, item
    return None


def line_of(root: yaml.Node, path: Sequence[str | int]) -> int:
    """1-based line of the key or item at `path`, or of its nearest ancestor in the file."""
    line = 1
    node = root
    for step in path:
        found = child(node, step)
        if found is None:
            break
        named, node = found
        line = named.start_mark.line + 1
    return line


class Span(NamedTuple):
    """Replace the characters `start` (inclusive) to `end` (exclusive) of a text by `text`."""

    start: int
    end: int
    text: str


def splice(text: str, spans: Sequence[Span]) -> str:
    """The text with all spans replaced. They must not overlap; those at the same place apply in the given order."""
    pieces = []
    at = 0
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        pieces += [text[at : span.start], span.text]
        at = span.end
    return "".join([*pieces, text[at:]])


def start_of(node: yaml.Node) -> int:
    """Index of the node's first character."""
    index: int = node.start_mark.index
    return index


def end_of(node: yaml.Node) -> int:
    """Index after the node's last character, as the parser sees it (a block runs to the next token)."""
    index: int = node.end_mark.index
    return index


def column_of(node: yaml.Node) -> int:
    """0-based column of the node's first character."""
    column: int = node.start_mark.column
    return column


def is_null(node: yaml.Node) -> bool:
    """An empty plain scalar, `~` or `null`."""
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value in ("", "~", "null")


def is_block(node: yaml.Node) -> bool:
    """A literal (|) or folded (>) scalar."""
    return isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")


class Layout:
    """A text with its tree, and the questions about lines that edits ask."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = compose(text)
        self.newline = "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"

    def line_start(self, index: int) -> int:
        """Index of the first character of the line that holds `index`."""
        return self.text.rfind("\n", 0, index) + 1

    def line_end(self, index: int) -> int:
        """Index of the line break (or the end of the text) after `index`; a CR of it counts as part of the break."""
        end = self.text.find("\n", index)
        if end < 0:
            return len(self.text)
        return end - 1 if end > index and self.text[end - 1] == "\r" else end

    def next_line(self, index: int) -> int:
        """Index of the first character of the line after the one that holds `index`."""
        end = self.text.find("\n", index)
        return len(self.text) if end < 0 else end + 1

    def content_end(self, node: yaml.Node) -> int:
        """Index after the last character that belongs to the value: comments and blank lines after it do not."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            if isinstance(node, yaml.MappingNode):
                key, value = last
                return max(end_of(key), self.content_end(value))
            return self.content_end(last)
        if is_block(node):
            start, end = start_of(node), end_of(node)
            header = self.text[start : self.line_end(start)].partition("#")[0]
            if "+" in header and end > self.line_end(start):
                return end
            return start + len(self.text[start:end].rstrip())
        return end_of(node)

    def lines_end(self, node: yaml.Node) -> int:
        """Index of the first line after the value."""
        end = self.content_end(node)
        if end and is_block_end(self.text, end, start_of(node)):
            return end
        return self.next_line(end)

    def own_line(self, index: int) -> bool:
        """Is there nothing but spaces before `index` on its line?"""
        return not self.text[self.line_start(index) : index].strip(" ")


def is_block_end(text: str, end: int, start: int) -> bool:
    """Does a value that began at `start` end with its last line's break?"""
    return end > start and text[end - 1] == "\n"

"""Edits of lists item by item: items that stay keep their bytes, and comments stay with their item.

The old and the new list are compared; what was replaced is rewritten in place, what moved takes its lines (and the
comment lines right above it) along, what is new is written in the style of its neighbours. A comment on a line of its
own is never removed, even when the item under it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

import yaml

from kaizen_tui.store.yaml_marks import Layout, Span, column_of, end_of, is_block, is_null, splice, start_of
from kaizen_tui.store.yaml_spans import Place, find, insert, is_flow, put, replace_block, scalar
from kaizen_tui.store.yaml_text import flow_list, list_in_one_line, plain, quote

# An item as compared: its text, or its number when it isn't a text (and so equals nothing).
_Key = str | int


def set_list(layout: Layout, steps: tuple[str | int, ...], items: list[str]) -> list[list[Span]]:
    """Ways to make the value at the path this list of texts."""
    places, missing = find(layout, steps)
    if missing:
        return insert(layout, places, [str(step) for step in missing], items)
    place = places[-1]
    node = place.value
    if isinstance(node, yaml.SequenceNode) and node.value:
        return _flow_items(layout, place, items) if is_flow(node) else _block_items(layout, place, items)
    ways = []
    if items and place.name and not place.in_flow and not list_in_one_line(place.name):
        ways.append(_begin(layout, place, items))
    if isinstance(node, yaml.SequenceNode):
        inside = ", ".join(quote(item) for item in items)
        return [*ways, [Span(start_of(node), end_of(node), f"[{inside}]")]]
    if is_block(node):
        return [replace_block(layout, node, flow_list(items))]
    return [*ways, [put(layout, place, flow_list(items))]]


def _begin(layout: Layout, place: Place, items: list[str]) -> list[Span]:
    """A field without items (`key:`, `key: []`) gets a block list under it; the comment behind it stays."""
    start, end = start_of(place.value), end_of(place.value)
    while start > end_of(place.named) + 1 and layout.text[start - 1] == " ":
        start -= 1
    indent = " " * (place.column + _offset(layout))
    at = layout.next_line(end)
    lines = "".join(f"{indent}- {quote(item)}{layout.newline}" for item in items)
    if at == len(layout.text) and not layout.text.endswith("\n"):
        lines = layout.newline + lines.removesuffix(layout.newline)
    return [Span(start, end, ""), Span(at, at, lines)]


def _offset(layout: Layout) -> int:
    """How far this file indents its lists under their keys."""
    for key, value in layout.root.value:
        if isinstance(value, yaml.SequenceNode) and not value.flow_style and value.value:
            return column_of(value) - column_of(key)
    return 2


# --- the comparison ---------------------------------------------------------------------------------------------------


class _Keep(NamedTuple):
    """Old item `old`, where it was or moved there."""

    old: int
    moved: bool


class _Replace(NamedTuple):
    """Old item `old` with another text."""

    old: int
    text: str


class _Add(NamedTuple):
    """A new item."""

    text: str


class _Drop(NamedTuple):
    """Old item `old` goes (moved: it comes up elsewhere as _Keep)."""

    old: int
    moved: bool


_Step = _Keep | _Replace | _Add | _Drop


def _keys(node: yaml.Node) -> list[_Key]:
    return [
        item.value if isinstance(item, yaml.ScalarNode) and not is_null(item) else number
        for number, item in enumerate(node.value)
    ]


def compare(old: list[_Key], new: list[str]) -> Iterator[_Step]:
    """The steps that make the old list the new one, in the order of the result."""
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    gone = [i for tag, i1, i2, _, _ in codes if tag != "equal" for i in range(i1, i2)]
    source: dict[int, int] = {}  # index in new -> the old item that moves there
    for tag, _, _, j1, j2 in codes:
        for j in range(j1, j2) if tag != "equal" else ():
            match = next((i for i in gone if old[i] == new[j] and i not in source.values()), None)
            if match is not None:
                source[j] = match
    moved = set(source.values())
    for tag, i1, i2, j1, j2 in codes:
        if tag == "equal":
            yield from (_Keep(i, False) for i in range(i1, i2))
            continue
        replaced = [i for i in range(i1, i2) if i not in moved and isinstance(old[i], str)]
        for i in range(i1, i2):
            if i not in replaced:
                yield _Drop(i, i in moved)
        for j in range(j1, j2):
            if j in source:
                yield _Keep(source[j], True)
            elif replaced:
                yield _Replace(replaced.pop(0), new[j])
            else:
                yield _Add(new[j])
        yield from (_Drop(i, False) for i in replaced)


# --- block lists ------------------------------------------------------------------------------------------------------


class _Chunk(NamedTuple):
    """The lines of one item, complete with line breaks.

    gap: blank and comment lines before it that aren't its own. above: the comment lines right above it.
    lines: its own lines. start: where these begin in the file.
    """

    gap: str
    above: str
    lines: str
    start: int


def _block_items(layout: Layout, place: Place, items: list[str]) -> list[list[Span]]:
    chunks = _chunks(layout, place)
    if chunks is None:
        return []
    start, old = chunks
    end = old[-1].start + len(old[-1].lines)
    if end > len(layout.text):
        end = len(layout.text)  # the last line of the file has no line break; its chunk has
    ways = []
    for careful in (False, True):
        text = "".join(_written(layout, place, old, items, careful))
        if end == len(layout.text) and not layout.text.endswith("\n"):
            text = text.removesuffix(layout.newline)
        spans = [Span(start, end, text)]
        if not items:
            at = layout.text.index(":", end_of(place.named)) + 1
            spans.append(Span(at, at, " []"))
        ways.append(spans)
    return ways


def _chunks(layout: Layout, place: Place) -> tuple[int, list[_Chunk]] | None:
    """Where the list's lines begin, and its items' lines. None when items share a line (`- - a`)."""
    node = place.value
    column = column_of(node)
    if not place.name or not layout.own_line(start_of(node)):
        return None
    begin = at = layout.next_line(end_of(place.named))
    chunks = []
    for item in node.value:
        dash_line = at
        while not _is_dash(layout.text, dash_line, column):
            following = layout.next_line(dash_line)
            if following == dash_line:
                return None
            dash_line = following
        end = max(layout.lines_end(item), layout.next_line(dash_line))
        lines = layout.text[dash_line:end]
        if not lines.endswith("\n"):
            lines += layout.newline
        gap = layout.text[at:dash_line]
        own = _comment_lines(gap)
        chunks.append(_Chunk(gap[: len(gap) - own], gap[len(gap) - own :], lines, dash_line))
        at = end
    return begin, chunks


def _is_dash(text: str, line: int, column: int) -> bool:
    return text[line + column : line + column + 1] == "-" and not text[line : line + column].strip(" ")


def _comment_lines(gap: str) -> int:
    """How many characters of comment lines the gap ends with."""
    count = 0
    for line in reversed(gap.splitlines(keepends=True)):
        if not line.lstrip().startswith("#"):
            break
        count += len(line)
    return count


def _written(layout: Layout, place: Place, old: list[_Chunk], items: list[str], careful: bool) -> Iterator[str]:
    """The lines of the new list. careful: write what is new in double quotes, whatever the style was."""
    nodes = place.value.value
    first = old[0].lines
    dash = first[: column_of(place.value) + 1]
    after = first[len(dash) :]
    space = after[: len(after) - len(after.lstrip(" "))] or " "
    style = "" if careful else _style(nodes[-1])
    for step in compare(_keys(place.value), items):
        if isinstance(step, _Add):
            yield f"{dash}{space if after.strip() else ' '}{_new_item(step.text, style, in_flow=False)}{layout.newline}"
            continue
        chunk = old[step.old]
        if isinstance(step, _Drop):
            yield chunk.gap if step.moved else chunk.gap + chunk.above
            continue
        lines = chunk.lines
        if isinstance(step, _Replace):
            item = Place("", nodes[step.old], nodes[step.old], False, column_of(place.value))
            ways = scalar(layout, item, step.text)
            way = ways[-1 if careful else 0]
            lines = splice(lines, [Span(at - chunk.start, end - chunk.start, new) for at, end, new in way])
        moved = isinstance(step, _Keep) and step.moved
        yield chunk.above + lines if moved else chunk.gap + chunk.above + lines


def _style(node: yaml.Node) -> str:
    """What a new item looks like: "plain" when the item `node` is written without quotes."""
    return "plain" if isinstance(node, yaml.ScalarNode) and not node.style and not is_null(node) else ""


def _new_item(text: str, style: str, *, in_flow: bool) -> str:
    return (plain(text, in_flow=in_flow) if style else None) or quote(text)


# --- flow lists -------------------------------------------------------------------------------------------------------


def _flow_items(layout: Layout, place: Place, items: list[str]) -> list[list[Span]]:
    """A list in [ ]: in place where items were only rewritten or added, else put together again."""
    node = place.value
    nodes = node.value
    edges = [
        start_of(node) + 1,
        *(index for item in nodes for index in (start_of(item), end_of(item))),
        end_of(node) - 1,
    ]
    between = [layout.text[edges[at] : edges[at + 1]] for at in range(0, len(edges), 2)]
    comma = between[1] if len(nodes) > 1 and "#" not in between[1] else ", "
    steps = list(compare(_keys(node), items))
    ways: list[list[Span]] = []
    if not any(isinstance(step, _Drop) or (isinstance(step, _Keep) and step.moved) for step in steps):
        ways += [_flow_in_place(layout, nodes, steps, comma, careful) for careful in (False, True)]
    if not any("#" in part for part in between):  # a comment has no place in a list that is put together again
        for careful in (False, True):
            pieces = [_flow_piece(layout, nodes, step, careful) for step in steps if not isinstance(step, _Drop)]
            text = between[0] + comma.join(pieces) + between[-1] if pieces else ""
            ways.append([Span(start_of(node) + 1, end_of(node) - 1, text)])
    return ways


def _flow_in_place(layout: Layout, nodes: list[yaml.Node], steps: list[_Step], comma: str, careful: bool) -> list[Span]:
    spans: list[Span] = []
    before: yaml.Node | None = None
    for step in steps:
        if isinstance(step, _Add):
            at = end_of(before) if before else start_of(nodes[0])
            new = _flow_piece(layout, nodes, step, careful)
            spans.append(Span(at, at, comma + new if before else new + comma))
        else:
            before = nodes[step.old]
            if isinstance(step, _Replace):
                spans.append(Span(start_of(before), end_of(before), _flow_piece(layout, nodes, step, careful)))
    return spans


def _flow_piece(layout: Layout, nodes: list[yaml.Node], step: _Keep | _Replace | _Add, careful: bool) -> str:
    """One item as written between commas."""
    if isinstance(step, _Add):
        return _new_item(step.text, "" if careful else _style(nodes[-1]), in_flow=True)
    node = nodes[step.old]
    if isinstance(step, _Keep):
        return layout.text[start_of(node) : end_of(node)]
    ways = scalar(layout, Place("", node, node, True, 0), step.text)
    return ways[-1 if careful else 0][0].text

"""Where in a file's text a change goes, and how it can be written there: the candidates of `yaml_edit`, best first.

Candidates may be wrong: `yaml_edit` reads the result back and takes the first one that means what it should.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

from kaizen_tui.store.yaml_marks import (
    Layout,
    Span,
    child,
    column_of,
    end_of,
    is_block,
    is_null,
    start_of,
)
from kaizen_tui.store.yaml_text import (
    field_lines,
    key_text,
    literal,
    looks_typed,
    new_scalar,
    plain,
    quote,
    rank,
    single_quoted,
)

_HEADER = re.compile(r"[|>][-+0-9]*")
_COLON = re.compile(r"\s*:")


class Place(NamedTuple):
    """A value in the tree.

    name:    its key as text, "" for a list item.
    named:   the key's node, or the value's own for a list item.
    value:   its node.
    in_flow: is it inside of [ ] or { }?
    column:  what a block under it is indented against: the key's column, or the dash's.
    """

    name: str
    named: yaml.Node
    value: yaml.Node
    in_flow: bool
    column: int


def find(layout: Layout, steps: tuple[str | int, ...]) -> tuple[list[Place], tuple[str | int, ...]]:
    """The places along the path as far as the file has them (the root first), and the steps that are missing."""
    places = [Place("", layout.root, layout.root, bool(layout.root.flow_style), -2)]
    for depth, step in enumerate(steps):
        parent = places[-1]
        found = child(parent.value, step)
        if found is None:
            return places, steps[depth:]
        named, value = found
        in_flow = parent.in_flow or is_flow(parent.value)
        column = column_of(named) if isinstance(step, str) else column_of(parent.value)
        places.append(Place(step if isinstance(step, str) else "", named, value, in_flow, column))
    return places, ()


def is_flow(node: yaml.Node) -> bool:
    """A collection written with [ ] or { }."""
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def set_text(layout: Layout, steps: tuple[str | int, ...], text: str) -> list[list[Span]]:
    """Ways to write a text at the path."""
    places, missing = find(layout, steps)
    if not missing:
        return scalar(layout, places[-1], text)
    return insert(layout, places, [str(step) for step in missing], text)


def scalar(layout: Layout, place: Place, text: str) -> list[list[Span]]:
    """Ways to replace an existing scalar by a text, in the style it has if that can hold it."""
    node = place.value
    if is_block(node):
        return _block_scalar(layout, place, text)
    ways: list[list[Span]] = []
    if "\n" in text and not place.in_flow:
        block = _into_block(layout, place, text)
        if block:
            ways.append(block)
    style = getattr(node, "style", "")
    raw = layout.text[start_of(node) : end_of(node)]
    written: str | None = None
    if is_null(node):
        written = new_scalar(place.name, text) if not place.in_flow else quote(text)
    elif not style:
        written = plain(text, in_flow=place.in_flow, typed_ok=looks_typed(raw))
    elif style == "'":
        written = single_quoted(text)
    return ways + [[put(layout, place, way)] for way in dict.fromkeys((written or quote(text), quote(text)))]


def put(layout: Layout, place: Place, written: str) -> Span:
    """Replace a value that isn't a block by what is written on one line."""
    start, end = start_of(place.value), end_of(place.value)
    if start == end:  # nothing there yet: after `key:`, `-`, or a bare key in { }
        if place.named is not place.value and ":" not in layout.text[end_of(place.named) : start]:
            written = ": " + written
        elif layout.text[start - 1 : start] not in (" ", "\t", "\n"):
            written = " " + written
    return Span(start, end, written)


def _body_span(layout: Layout, at: int, header: str, body: str) -> Span:
    """Insert the lines of a block scalar after the line that ends at `at`."""
    following = layout.next_line(at)
    if following > at and layout.text[following - 1] == "\n":
        return Span(following, following, body)
    # The last line of the file has no line break: add it, and end without one too where the value allows it.
    if header.endswith("-"):
        body = body.removesuffix(layout.newline)
    return Span(following, following, layout.newline + body)


def _into_block(layout: Layout, place: Place, text: str) -> list[Span] | None:
    """A one-line value becomes a literal block, if nothing follows it on its line."""
    end = end_of(place.value)
    line_end = layout.line_end(end)
    if layout.text[end:line_end].strip():
        return None
    block = literal(text, " " * (place.column + 2), layout.newline)
    if block is None:
        return None
    header, body = block
    return [put(layout, place, header), _body_span(layout, line_end, header, body)]


def block_parts(layout: Layout, node: yaml.Node) -> tuple[int, int, int]:
    """Of a block scalar: index after its header (`|-`), and start and end of its lines (blank ones after it not)."""
    start = start_of(node)
    match = _HEADER.match(layout.text, start)
    header_end = match.end() if match else start + 1
    first = layout.next_line(start)
    used = start + len(layout.text[start : end_of(node)].rstrip())
    last = layout.next_line(used) if used > first else first
    return header_end, first, last


def _block_scalar(layout: Layout, place: Place, text: str) -> list[list[Span]]:
    node = place.value
    start = start_of(node)
    header_end, first, last = block_parts(layout, node)
    ways: list[list[Span]] = []
    old_line = next((line for line in layout.text[first:last].splitlines() if line.strip()), "")
    explicit = any(char.isdigit() for char in layout.text[start:header_end])
    width = len(old_line) - len(old_line.lstrip(" ")) if old_line and not explicit else place.column + 2
    block = literal(text, " " * width, layout.newline)
    if block is not None:
        header, body = block
        if "\n" not in text.removesuffix("\n"):
            header = layout.text[start] + header[1:]
        if last == len(layout.text) and not layout.text.endswith("\n"):
            if header.endswith("-"):
                body = body.removesuffix(layout.newline)
            if first == last and not layout.text[start:].endswith("\n"):
                body = layout.newline + body
        ways.append([Span(start, header_end, header), Span(first, last, body)])
    ways.append(replace_block(layout, node, quote(text)))
    return ways


def replace_block(layout: Layout, node: yaml.Node, written: str) -> list[Span]:
    """A block scalar becomes what is written on its first line; the comment behind its header stays."""
    header_end, first, last = block_parts(layout, node)
    spans = [Span(start_of(node), header_end, written)]
    if last > first:
        spans.append(Span(first, last, ""))
    return spans


def insert(layout: Layout, places: list[Place], missing: list[str], value: str | list[str]) -> list[list[Span]]:
    """Ways to add a field that isn't there: `missing` are the steps below the last of `places`."""
    parent = places[-1]
    name, rest = missing[0], missing[1:]
    if is_null(parent.value):
        return [[put(layout, parent, _nested(missing, value))]]
    if is_flow(parent.value):
        return [[_into_flow(parent.value, _pair(name, rest, value))]]
    node = parent.value
    indent = " " * column_of(node.value[0][0])
    if rest:
        lines = f"{indent}{key_text(name)}: {_nested(rest, value)}{layout.newline}"
    else:
        lines = field_lines(name, value, indent, layout.newline)
    return insert_lines(layout, node, name if node is layout.root else "", lines)


def insert_lines(layout: Layout, node: yaml.Node, name: str, lines: str) -> list[list[Span]]:
    """Ways to add lines to a block mapping: after the key that comes before `name` in a ticket, else at its end."""
    pairs = node.value
    place = rank(name)
    if place < rank(""):
        earlier = [pair for pair in pairs if rank(pair[0].value) < place]
        # The nearest of the keys that come before it; none: it goes on top.
        before = max(earlier, key=lambda pair: rank(pair[0].value), default=None)
    else:
        before = pairs[-1]
    ways = [[way] for way in _after(layout, before, lines)] if before else []
    first = start_of(pairs[0][0])
    if layout.own_line(first):
        start = layout.line_start(first)
        top = [Span(start, start, lines)]
        ways = [*ways, top] if before else [top]
    return ways + [[way] for way in _after(layout, pairs[-1], lines)]


def _after(layout: Layout, pair: tuple[yaml.Node, yaml.Node], lines: str) -> list[Span]:
    """Ways to put lines after a field. Where the file ends without a line break it still does, if the lines allow."""
    key, value = pair
    at = max(layout.lines_end(value), layout.next_line(end_of(key)))
    if at == len(layout.text) and not layout.text.endswith("\n"):
        lines = layout.newline + lines
        return [Span(at, at, lines.removesuffix(layout.newline)), Span(at, at, lines)]
    return [Span(at, at, lines)]


def _pair(name: str, rest: list[str], value: str | list[str]) -> str:
    return f"{key_text(name)}: {_nested(rest, value)}"


def _nested(steps: list[str], value: str | list[str]) -> str:
    """`{a: {b: "text"}}`"""
    written = quote(value) if isinstance(value, str) else "[" + ", ".join(quote(item) for item in value) + "]"
    for step in reversed(steps):
        written = "{" + f"{key_text(step)}: {written}" + "}"
    return written


def _into_flow(node: yaml.Node, pair: str) -> Span:
    if not node.value:
        at = start_of(node) + 1
        return Span(at, at, pair)
    key, value = node.value[-1]
    at = max(end_of(key), end_of(value))
    return Span(at, at, ", " + pair)


def set_lines(layout: Layout, key: str, lines: str) -> list[list[Span]]:
    """Ways to give a top-level field complete lines."""
    lines = lines.replace("\r\n", "\n").replace("\n", layout.newline)
    found = child(layout.root, key)
    if found is None:
        return insert_lines(layout, layout.root, key, lines)
    named, value = found
    start = layout.line_start(start_of(named))
    end = max(layout.lines_end(value), layout.next_line(end_of(named)))
    if end == len(layout.text) and not layout.text.endswith("\n"):
        lines = lines.removesuffix(layout.newline)
    return [[Span(start, end, lines)]]


def remove(layout: Layout, steps: tuple[str | int, ...]) -> list[list[Span]]:
    """Ways to take a field out."""
    places, missing = find(layout, steps)
    if missing or len(places) < 2:
        return []
    parent, place = places[-2], places[-1]
    pairs = parent.value.value
    index = next(number for number, (key, _) in enumerate(pairs) if key is place.named)
    if is_flow(parent.value):
        return [_remove_from_flow(layout, parent.value, index)]
    start = start_of(place.named)
    end = max(layout.content_end(place.value), end_of(place.named))
    if layout.own_line(start):
        lines = Span(
            layout.line_start(start), max(layout.lines_end(place.value), layout.next_line(end_of(place.named))), ""
        )
        if len(pairs) > 1:
            return [[lines], [lines, *_unindented(layout, lines.end)]]
        if len(places) < 3:
            return []  # the last field of the file
        return [[*_empty(layout, parent), lines]]
    if len(pairs) == 1:
        return [[Span(start, end, "{}")]]
    if index + 1 < len(pairs):  # `- key: value` and the next key takes its place
        following = start_of(pairs[index + 1][0])
        if "#" not in layout.text[layout.line_end(end) : following]:
            return [[Span(start, following, "")]]
    return []


def _unindented(layout: Layout, at: int) -> list[Span]:
    """Move the comment lines that follow to the margin: after a block text, indented ones would become its text."""
    spans = []
    while at < len(layout.text):
        following = layout.next_line(at)
        line = layout.text[at:following]
        words = line.lstrip(" ")
        if words.strip() and not words.startswith("#"):
            break
        if words.startswith("#") and words != line:
            spans.append(Span(at, at + len(line) - len(words), ""))
        at = following
    return spans


def _empty(layout: Layout, parent: Place) -> list[Span]:
    """Write `{}` behind the key of a mapping whose last field goes."""
    colon = _COLON.match(layout.text, end_of(parent.named))
    return [Span(colon.end(), colon.end(), " {}")] if colon else []


def _remove_from_flow(layout: Layout, node: yaml.Node, index: int) -> list[Span]:
    pairs = node.value
    key, value = pairs[index]
    end = max(end_of(key), end_of(value))
    if index + 1 < len(pairs):
        span = Span(start_of(key), start_of(pairs[index + 1][0]), "")
    elif index:
        last_key, last_value = pairs[index - 1]
        span = Span(max(end_of(last_key), end_of(last_value)), end, "")
    else:
        span = Span(start_of(key), end, "")
    removed = layout.text[span.start : span.end]
    # A comment between the fields would go as well: then leave it to a person.
    return [] if "\n" in removed and "#" in removed else [span]

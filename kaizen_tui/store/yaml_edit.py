"""Surgical edits: one field is replaced in the text, every other byte stays.

Comments, order, quotes, the byte order mark, line endings, trailing spaces, a missing final newline: all of it is
people's work. So nothing is dumped again. A change becomes the replacement of a few characters found by the parser's
marks (`yaml_spans`, `yaml_list_edit`), and the result is believed only after it was parsed again, the changed field
reads as wanted and every other field is equal. Otherwise the next way of writing it is tried, and if none is left the
edit is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.values import Value, kind_of
from kaizen_tui.store import yaml_list_edit, yaml_spans
from kaizen_tui.store.yaml_marks import Layout, Span, line_of, splice
from kaizen_tui.store.yaml_reader import YamlProblems, parse_yaml
from kaizen_tui.store.yaml_text import quote, render_ticket

__all__ = ["Change", "Remove", "SetLines", "SetList", "SetText", "edit_fields", "quote", "render_ticket"]

# "status", "links.pull_request" or ("slo", "metrics", 0, "threshold"). A dotted text is split at its dots.
KeyPath: TypeAlias = str | tuple[str | int, ...]

_BOM = b"\xef\xbb\xbf"


class SetText(NamedTuple):
    """Give a field a text; the field, and the mappings around it, are added when they aren't there."""

    key: KeyPath
    text: str


class SetList(NamedTuple):
    """Give a field a list of texts. Items that stay keep their bytes; comments move with their item.

    The comment behind a removed item goes with it; a comment on a line of its own stays.
    """

    key: KeyPath
    items: Sequence[str]


class Remove(NamedTuple):
    """Remove a field with its lines; nothing happens when it isn't there. Comments on lines of their own stay."""

    key: KeyPath


class SetLines(NamedTuple):
    """Give a top-level field the lines it has in another file (merges: a value as somebody else wrote it).

    lines: complete lines, `key: ...` and what belongs to it. value: what they must read as.
    """

    key: str
    lines: str
    value: Value


Change: TypeAlias = SetText | SetList | Remove | SetLines


def edit_fields(data: bytes, changes: Sequence[Change], path: str) -> bytes:
    """The bytes of the file after the changes, in their order. A change to what is there already changes no byte.

    path is for messages. Raises YamlProblems when the file doesn't load, StoreError when a change can't be made without
    touching something else (a flow-style file, a text where there is a list), UsageError for text that isn't Unicode.
    """
    document = parse_yaml(data, path)
    text, value = document.text, document.value
    for change in changes:
        text, value = _apply(text, value, change, path)
    encoded = text.encode()
    return _BOM + encoded if data.startswith(_BOM) else encoded


def steps_of(key: KeyPath) -> tuple[str | int, ...]:
    """The path as a tuple."""
    return tuple(key.split(".")) if isinstance(key, str) else tuple(key)


def dotted(steps: Sequence[str | int]) -> str:
    """The path as text, for messages."""
    return ".".join(str(step) for step in steps)


def _apply(text: str, value: dict[str, Value], change: Change, path: str) -> tuple[str, dict[str, Value]]:
    steps = (change.key,) if isinstance(change, SetLines) else steps_of(change.key)
    layout = Layout(text)
    where = f"{path}:{line_of(layout.root, steps)}"
    wanted = _wanted(value, steps, change, where)
    if wanted == value:
        return text, value
    if layout.root.flow_style:
        raise StoreError(
            "the whole file is one { } mapping, which can't be changed field by field",
            where=where,
            hint="write it as `key: value` lines",
        )
    for spans in _candidates(layout, steps, change):
        edited = splice(text, spans)
        try:
            got = parse_yaml(edited.encode(), path).value
        except YamlProblems:
            continue  # this way of writing it doesn't read back: try the next
        if got == wanted:
            return edited, got
    raise StoreError(
        f"`{dotted(steps)}` can't be changed without touching other fields", where=where, hint="edit the file by hand"
    )


def _candidates(layout: Layout, steps: tuple[str | int, ...], change: Change) -> list[list[Span]]:
    """Ways to write the change, best first."""
    if isinstance(change, SetText):
        return yaml_spans.set_text(layout, steps, change.text)
    if isinstance(change, SetList):
        return yaml_list_edit.set_list(layout, steps, list(change.items))
    if isinstance(change, Remove):
        return yaml_spans.remove(layout, steps)
    return yaml_spans.set_lines(layout, change.key, change.lines)


def _wanted(value: dict[str, Value], steps: tuple[str | int, ...], change: Change, where: str) -> dict[str, Value]:
    """The value that the file must have after the change. Shares what doesn't change with `value`."""
    if not steps:
        raise StoreError("a change names no field", where=where)
    changed = _changed(value, steps, 0, change, where)
    if not isinstance(changed, dict):
        raise StoreError("a change of the whole file", where=where)
    return changed


def _changed(value: Value, steps: tuple[str | int, ...], depth: int, change: Change, where: str) -> Value:
    if depth == len(steps):
        return _leaf(value, steps, change, where)
    step = steps[depth]
    if isinstance(value, list):
        if not isinstance(step, int) or not 0 <= step < len(value):
            raise StoreError(f"`{dotted(steps[:depth])}` has no item {step}", where=where)
        if isinstance(change, Remove) and depth + 1 == len(steps):
            raise StoreError(f"`{dotted(steps)}` is an item: give the whole list", where=where)
        return [*value[:step], _changed(value[step], steps, depth + 1, change, where), *value[step + 1 :]]
    if value is not None and not isinstance(value, dict):
        raise StoreError(f"`{dotted(steps[:depth])}` is {kind_of(value)} and has no `{step}`", where=where)
    if not isinstance(step, str):
        raise StoreError(f"`{dotted(steps[:depth])}` is no list: it has no item {step}", where=where)
    fields = {} if value is None else value
    if isinstance(change, Remove):
        if step not in fields:
            return value
        if depth + 1 == len(steps):
            return {key: item for key, item in fields.items() if key != step}
    return {**fields, step: _changed(fields.get(step), steps, depth + 1, change, where)}


def _leaf(value: Value, steps: tuple[str | int, ...], change: Change, where: str) -> Value:
    if isinstance(change, SetText):
        if isinstance(value, (dict, list)):
            raise StoreError(f"`{dotted(steps)}` is {kind_of(value)}, not a text", where=where)
        return change.text
    if isinstance(change, SetList):
        if isinstance(value, dict):
            raise StoreError(f"`{dotted(steps)}` is {kind_of(value)}, not a list", where=where)
        return list(change.items)
    if isinstance(change, SetLines):
        return change.value
    return None

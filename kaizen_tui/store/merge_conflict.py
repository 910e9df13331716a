"""Conflict markers around the fields that both sides changed differently, so that taking either side gives a ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.values import Value
from kaizen_tui.store.merge_fields import MISSING, MergedField, Missing, Side, same
from kaizen_tui.store.yaml_edit import Change, edit_fields
from kaizen_tui.store.yaml_marks import Layout, Span, child, end_of, splice, start_of
from kaizen_tui.store.yaml_reader import YamlDocument, YamlProblems, parse_yaml

_BOM = "\ufeff"


class _Dispute(NamedTuple):
    """One field in conflict: what stands at start..end of the merged text on either side."""

    start: int
    end: int
    ours: str
    theirs: str


# (field, value on one side, value wanted) -> the edits; merge.py knows what to do where no surgical edit exists.
FieldChanges = Callable[[str, Side, Side], list[Change]]


def extent(layout: Layout, key: str) -> tuple[int, int] | None:
    """Start and end of a top-level field's lines; None when it isn't there."""
    found = child(layout.root, key)
    if found is None:
        return None
    named, value = found
    return layout.line_start(start_of(named)), max(layout.lines_end(value), layout.next_line(end_of(named)))


def lines_of(document: YamlDocument, key: str) -> str:
    """The lines of a top-level field, complete with the last line break; "" when it isn't there."""
    layout = Layout(document.text)
    place = extent(layout, key)
    lines = layout.text[slice(*place)] if place else ""
    return lines if not lines or lines.endswith("\n") else lines + layout.newline


def with_markers(
    merged: bytes, fields: dict[str, MergedField], ours: YamlDocument, theirs: YamlDocument, changes: FieldChanges
) -> bytes:
    """The merged file with both sides' lines of each disputed field between git's markers.

    Raises StoreError when there is no way to write it so that both resolutions read as they should.
    """
    document = parse_yaml(merged, "merged")
    layout = Layout(document.text)
    disputes = []
    for key, field in fields.items():
        if field.conflict:
            ways = _ways(merged, document, key, field, ours, theirs, changes)
            disputes.append(next((way for way in ways if _reads(document, key, field, [way])), None))
    found = [dispute for dispute in disputes if dispute is not None]
    disputed = {key: field for key, field in fields.items() if field.conflict}
    if len(found) != len(disputes) or not _reads_all(document, disputed, found):
        raise StoreError("the fields in conflict can't be shown one by one")
    bom = _BOM if merged.startswith(_BOM.encode()) else ""
    spans: list[Span] = []
    for dispute in sorted(found):
        start, end, mine, other = dispute
        if start == 0 and bom and not spans and mine and other:
            # A marker begins its line: the byte order mark goes to what stands behind it.
            mine, other, bom = bom + mine, bom + other, ""
        newline = layout.newline
        block = f"<<<<<<< ours{newline}{mine}======={newline}{other}>>>>>>> theirs{newline}"
        if start and layout.text[start - 1] != "\n":
            block = newline + block
        spans.append(Span(start, end, block))
    return (bom + splice(layout.text, spans)).encode()


def _ways(
    merged: bytes,
    document: YamlDocument,
    key: str,
    field: MergedField,
    ours: YamlDocument,
    theirs: YamlDocument,
    changes: FieldChanges,
) -> Iterator[_Dispute]:
    """Ways to show the dispute, best first: with each side's own lines, else with lines written anew."""
    newline = Layout(document.text).newline

    def own(side: YamlDocument, value: Side) -> list[str]:
        if isinstance(value, Missing) or not same(side.value.get(key, MISSING), value):
            return []
        return [lines_of(side, key).replace("\r\n", "\n").replace("\n", newline)]

    changed: YamlDocument | None
    try:
        changed = parse_yaml(edit_fields(merged, changes(key, field.value, field.theirs), "merged"), "merged")
    except StoreError:
        changed = None
    place = extent(Layout(document.text), key)
    if place is None:  # ours removed it: its lines go where they can be inserted
        at = extent(Layout(changed.text), key) if changed else None
        for lines in [*own(theirs, field.theirs), *([lines_of(changed, key)] if changed else [])]:
            for start in (at[0] if at else len(document.text), len(document.text)):
                yield _Dispute(min(start, len(document.text)), min(start, len(document.text)), "", lines)
        return
    for mine in [*own(ours, field.value), lines_of(document, key)]:
        others = own(theirs, field.theirs) + ([lines_of(changed, key)] if changed else [])
        for other in [""] if isinstance(field.theirs, Missing) else others:
            yield _Dispute(*place, mine, other)


def _reads(document: YamlDocument, key: str, field: MergedField, disputes: list[_Dispute]) -> bool:
    return _reads_all(document, {key: field}, disputes)


def _reads_all(document: YamlDocument, fields: dict[str, MergedField], disputes: list[_Dispute]) -> bool:
    """Does the file read as it should after either resolution of these disputes?"""
    for theirs in (False, True):
        wanted: dict[str, Value] = dict(document.value)
        for key, field in fields.items():
            value = field.theirs if theirs else field.value
            wanted.pop(key, None)
            if not isinstance(value, Missing):
                wanted[key] = value
        spans = []
        for start, end, mine, other in sorted(disputes):
            broken = bool(start and document.text[start - 1] != "\n")
            lines = other if theirs else mine
            spans.append(Span(start, end, "\n" + lines if broken else lines))
        try:
            if parse_yaml(splice(document.text, spans).encode(), "resolved").value != wanted:
                return False
        except YamlProblems:
            return False
    return True

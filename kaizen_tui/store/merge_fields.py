"""Three-way merge of the fields of a ticket, as values: what both sides end with, and where they disagree. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from kaizen_tui.core.times import parse_rfc3339
from kaizen_tui.core.values import Value
from kaizen_tui.store.three_way import merge_items
from kaizen_tui.store.yaml_edit import Change, Remove, SetList, SetText

Path = tuple[str | int, ...]


class Missing:
    """The field isn't there (None is a field without a value)."""


MISSING = Missing()
# A field's value on one side.
Side: TypeAlias = Value | Missing


class MergedField(NamedTuple):
    """One top-level field after the merge.

    value:     what it has now; where the sides disagree, what ours has.
    theirs:    the same with theirs where they disagree; equal to `value` when they don't.
    both:      did both sides change it (differently)?
    """

    value: Side
    theirs: Side
    both: bool

    @property
    def conflict(self) -> bool:
        return not same(self.value, self.theirs)


def same(one: Side, other: Side) -> bool:
    """Equal, or both missing."""
    return one is other or (not isinstance(one, Missing) and not isinstance(other, Missing) and one == other)


def merge_fields(
    base: Mapping[str, Value], ours: Mapping[str, Value], theirs: Mapping[str, Value]
) -> dict[str, MergedField]:
    """Every top-level field of the three sides, in the order of ours, then of theirs, then of the base."""
    merged = {}
    for key in dict.fromkeys([*ours, *theirs, *base]):
        sides = base.get(key, MISSING), ours.get(key, MISSING), theirs.get(key, MISSING)
        merged[key] = _merge((key,), *sides)
    return merged


def _merge(path: Path, base: Side, ours: Side, theirs: Side) -> MergedField:
    if same(ours, theirs) or same(base, theirs):
        # The uid never changes: a side that lost it gets it back.
        if path == ("uid",) and isinstance(ours, Missing):
            return MergedField(base, base, False)
        return MergedField(ours, ours, False)
    if path == ("uid",) and isinstance(theirs, Missing):
        return MergedField(ours, ours, False)
    if same(base, ours):
        return MergedField(theirs, theirs, False)
    if path == ("updated_at",):
        later = _later(ours, theirs)
        if later is not None:
            return MergedField(later, later, True)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return _merge_mappings(path, base if isinstance(base, dict) else {}, ours, theirs)
    if _texts(ours) and _texts(theirs) and (_texts(base) or base is None or isinstance(base, Missing)):
        items: Any = merge_items(base if isinstance(base, list) else [], ours, theirs)  # type: ignore[arg-type]
        if items is not None:
            return MergedField(items, items, True)
    return MergedField(ours, theirs, True)


def _merge_mappings(
    path: Path, base: Mapping[str, Value], ours: Mapping[str, Value], theirs: Mapping[str, Value]
) -> MergedField:
    value: dict[str, Value] = {}
    other: dict[str, Value] = {}
    for key in dict.fromkeys([*ours, *theirs, *base]):
        sides = base.get(key, MISSING), ours.get(key, MISSING), theirs.get(key, MISSING)
        field = _merge((*path, key), *sides)
        if not isinstance(field.value, Missing):
            value[key] = field.value
        if not isinstance(field.theirs, Missing):
            other[key] = field.theirs
    return MergedField(value, other, True)


def _texts(value: Side) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _later(ours: Side, theirs: Side) -> str | None:
    """The later of two times; None when one isn't a time. A side without one loses."""
    if not isinstance(ours, str):
        return theirs if isinstance(theirs, str) else None
    if not isinstance(theirs, str):
        return ours
    try:
        return ours if parse_rfc3339(ours) >= parse_rfc3339(theirs) else theirs
    except ValueError:
        return None


def changes_between(path: Path, old: Side, new: Side) -> list[Change] | None:
    """The surgical edits that make `old` `new`; None when there are none that could (then lines must be copied)."""
    if same(old, new):
        return []
    if isinstance(new, Missing):
        return [Remove(path)]
    if isinstance(new, str):
        return None if isinstance(old, (list, dict)) else [SetText(path, new)]
    if isinstance(new, list):
        return [SetList(path, [str(item) for item in new])] if _texts(new) and not isinstance(old, dict) else None
    if not isinstance(new, dict) or not isinstance(old, dict) or not new:
        return None
    changes: list[Change] = []
    for key in dict.fromkeys([*new, *old]):
        below = changes_between((*path, key), old.get(key, MISSING), new.get(key, MISSING))
        if below is None:
            return None
        changes += below
    return changes

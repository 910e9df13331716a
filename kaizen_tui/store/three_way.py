"""Three-way merge of sequences: the items of a list, the lines of a file. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple


class _Edit(NamedTuple):
    """base[start:end] became `new`."""

    start: int
    end: int
    new: tuple[str, ...]


def merge_items(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> list[str] | None:
    """The items of a list after both sides' changes, or None when both changed one item differently.

    Additions of both sides are kept, ours first where they meet; what both added is there once.
    """
    merged = _merge(base, _single(_edits(base, ours)), _single(_edits(base, theirs)), additions_meet=True)
    if merged is None:
        return None
    # What both sides added or moved to different places would be there twice: the first one stays.
    result: list[str] = []
    for item in merged:
        if result.count(item) < max(ours.count(item), theirs.count(item)):
            result.append(item)
    return result


def merge_lines(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> list[str] | None:
    """The lines of a text after both sides' changes, or None when they touch the same lines."""
    return _merge(base, _edits(base, ours), _edits(base, theirs), additions_meet=False)


def _edits(base: Sequence[str], side: Sequence[str]) -> list[_Edit]:
    codes = SequenceMatcher(None, base, side, autojunk=False).get_opcodes()
    return [_Edit(i1, i2, tuple(side[j1:j2])) for tag, i1, i2, j1, j2 in codes if tag != "equal"]


def _single(edits: list[_Edit]) -> list[_Edit]:
    """The same edits item by item, so that two removals or rewrites collide only where they mean the same item."""
    single = []
    for start, end, new in edits:
        paired = min(end - start, len(new))
        single += [_Edit(start + k, start + k + 1, (new[k],)) for k in range(paired)]
        single += [_Edit(k, k + 1, ()) for k in range(start + paired, end)]
        if len(new) > paired:
            single.append(_Edit(end, end, new[paired:]))
    return single


def _merge(base: Sequence[str], ours: list[_Edit], theirs: list[_Edit], *, additions_meet: bool) -> list[str] | None:
    result: list[str] = []
    at = mine = other = 0
    while mine < len(ours) or other < len(theirs):
        a = ours[mine] if mine < len(ours) else None
        b = theirs[other] if other < len(theirs) else None
        if a and b and _collide(a, b):
            edit = _together(a, b, additions_meet=additions_meet)
            if edit is None:
                return None
            mine, other = mine + 1, other + 1
        elif b is None or (a is not None and (a.start, a.end) <= (b.start, b.end)):
            assert a is not None
            edit, mine = a, mine + 1
        else:
            edit, other = b, other + 1
        result += [*base[at : edit.start], *edit.new]
        at = edit.end
    return [*result, *base[at:]]


def _collide(a: _Edit, b: _Edit) -> bool:
    """Do the edits concern the same place? An insertion beside a replaced item doesn't."""
    if a.start == a.end and b.start == b.end:
        return a.start == b.start
    if a.start == a.end:
        return b.start < a.start < b.end
    if b.start == b.end:
        return a.start < b.start < a.end
    return max(a.start, b.start) < min(a.end, b.end)


def _together(a: _Edit, b: _Edit, *, additions_meet: bool) -> _Edit | None:
    if a == b:
        return a
    if additions_meet and a.start == a.end and b.start == b.end:
        return a._replace(new=(*a.new, *(item for item in b.new if item not in a.new)))
    return None

"""The git merge driver for tickets: field by field, with comments kept and nothing lost.

Fields that one side changed are taken; both sides' new criteria and labels are kept; `updated_at` takes the later.
A field that both sides changed differently is a conflict: its lines stand between git's markers and everything else is
merged. What can't be merged by fields (a side that doesn't load, two tickets with one id) is a conflict as a whole.
"""

from __future__ import annotations

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.values import Value
from kaizen_tui.store.merge_conflict import lines_of, with_markers
from kaizen_tui.store.merge_fields import MISSING, MergedField, Side, changes_between, merge_fields, same
from kaizen_tui.store.three_way import merge_lines
from kaizen_tui.store.yaml_edit import Change, Remove, SetLines, edit_fields
from kaizen_tui.store.yaml_marks import Layout
from kaizen_tui.store.yaml_reader import YamlDocument, YamlProblems, parse_yaml


def merge_ticket(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, bool]:
    """Merge two versions of a ticket. base is empty when there is no common ancestor.

    Returns the merged file and whether it holds a conflict (then with git's markers, and the driver exits 1). Never
    raises on content.
    """
    if ours == theirs or base == theirs:
        return ours, False
    if base == ours:
        return theirs, False
    try:
        ours_read, theirs_read = parse_yaml(ours, "ours"), parse_yaml(theirs, "theirs")
        base_read = parse_yaml(base, "base").value if base.strip() else {}
    except YamlProblems as error:
        return _whole(ours, theirs, f" ({error.problems[0].path} does not load: merge by hand)"), True
    uids = ours_read.value.get("uid"), theirs_read.value.get("uid")
    if uids[0] and uids[1] and uids[0] != uids[1]:
        return _whole(ours, theirs, " (two tickets with one id: keep one, give the other a new id)"), True
    if Layout(ours_read.text).root.flow_style or Layout(theirs_read.text).root.flow_style:
        return _whole(ours, theirs, " (one { } mapping has no lines of fields: merge by hand)"), True
    fields = merge_fields(base_read, ours_read.value, theirs_read.value)
    try:
        merged = _by_lines(base, ours, theirs, base_read, ours_read, theirs_read, fields)
        if merged is None:
            merged = _by_fields(ours, _changes(ours_read.value, fields, theirs_read))
        if not any(field.conflict for field in fields.values()):
            return merged, False

        def changes(key: str, old: Side, new: Side) -> list[Change]:
            return _field_changes(key, old, new, theirs_read)

        return with_markers(merged, fields, ours_read, theirs_read, changes), True
    except StoreError:
        # A change that can't be written in place: nothing may be lost.
        return _whole(ours, theirs, ""), True


def _by_fields(ours: bytes, changes: list[Change]) -> bytes:
    """Ours with the changes. Raises StoreError when one can't be made.

    Removals come first: what is written then fits what surrounds it in the end. Only when that would leave no field
    at all for a moment, they come last.
    """
    removals = [change for change in changes if isinstance(change, Remove)]
    others = [change for change in changes if not isinstance(change, Remove)]
    try:
        return edit_fields(ours, [*removals, *others], "ours")
    except StoreError:
        return edit_fields(ours, [*others, *removals], "ours")


def _changes(
    value: dict[str, Value], fields: dict[str, MergedField], theirs: YamlDocument, *, only_both: bool = False
) -> list[Change]:
    """What to edit in a file that reads as `value` so that its fields are the merged ones."""
    changes: list[Change] = []
    for key, field in fields.items():
        if only_both and not field.both:
            continue
        changes += _field_changes(key, value.get(key, MISSING), field.value, theirs)
    return changes


def _field_changes(key: str, old: Side, new: Side, theirs: YamlDocument) -> list[Change]:
    """The edits of one field; copied from theirs as lines where no surgical edit exists."""
    changes = changes_between((key,), old, new)
    if changes is not None:
        return changes
    if same(new, theirs.value.get(key, MISSING)):
        return [SetLines(key, lines_of(theirs, key), theirs.value[key])]
    raise StoreError(f"`{key}` can't be merged")


def _by_lines(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    base_value: dict[str, Value],
    ours_read: YamlDocument,
    theirs_read: YamlDocument,
    fields: dict[str, MergedField],
) -> bytes | None:
    """The merge by lines, if it comes out as the fields should: it keeps the comments of both sides.

    Fields that both sides changed are first made the same in all three files, so that `updated_at`, which always
    differs, isn't in the way. None when there is no ancestor, or lines collide.
    """
    if not base_value:
        return None
    try:
        level = [
            edit_fields(data, _changes(value, fields, theirs_read, only_both=True), "side")
            for data, value in ((base, base_value), (ours, ours_read.value), (theirs, theirs_read.value))
        ]
    except StoreError:
        return None
    lines = merge_lines(*(_split(data) for data in level))
    if lines is None:
        return None
    merged = "".join(lines).encode()
    try:
        value = parse_yaml(merged, "merged").value
    except YamlProblems:
        return None
    wanted = {key: field.value for key, field in fields.items() if field.value is not MISSING}
    return merged if value == wanted else None


def _split(data: bytes) -> list[str]:
    return data.decode().splitlines(keepends=True)


def _whole(ours: bytes, theirs: bytes, reason: str) -> bytes:
    """Both files as a whole between markers."""
    newline = b"\r\n" if b"\r\n" in ours[: ours.find(b"\n") + 1] else b"\n"

    def lines(data: bytes) -> bytes:
        return data if not data or data.endswith(b"\n") else data + newline

    return b"".join(
        (
            b"<<<<<<< ours" + reason.encode() + newline,
            lines(ours),
            b"=======" + newline,
            lines(theirs),
            b">>>>>>> theirs" + newline,
        )
    )

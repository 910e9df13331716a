"""The chain under random hands: whatever is done to a log is found, whatever branches did honestly verifies."""

import json
import random
from typing import Any

import rfc8785
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kaizen_tui.core.canonical import canonical
from kaizen_tui.core.promotion_log import LogView, entry_line, make_entry, read_log

AT = "2025-05-19T09:15:00Z"
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
SCALAR = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUE = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
FIELDS = st.dictionaries(TEXT.map(lambda name: f"x{name}"), VALUE, max_size=3)
OLD_LINES = st.lists(TEXT.map(lambda text: f"2025-05-19T09:15:00Z - {text!r}\n".encode()), max_size=2).map(b"".join)


def append(data: bytes, fields: dict[str, Any], event: str = "comment") -> bytes:
    view = read_log(data)
    return data + entry_line(make_entry(view, at=AT, actor="Ana <ana@x.io>", event=event, fields=fields))


@st.composite
def logs(draw: st.DrawFn, at_least: int = 1) -> bytes:
    """A log of some entries, behind old lines or not."""
    data = draw(OLD_LINES)
    for fields in draw(st.lists(FIELDS, min_size=at_least, max_size=6)):
        data = append(data, fields)
    return data


def said(view: LogView) -> list[Any]:
    return [entry.as_dict() if not isinstance(entry, tuple) else entry for entry in view.entries]


@given(logs())
def test_what_was_written_honestly_verifies(data: bytes) -> None:
    view = read_log(data)
    assert view.problems == ()
    assert not view.torn
    assert len(view.heads) == 1


@settings(max_examples=300)
@given(logs(), st.data())
def test_an_edit_of_any_byte_is_found_or_changes_nothing(data: bytes, more: st.DataObject) -> None:
    start = data.index(b"{") if b"{" in data else 0
    position = more.draw(st.integers(start, len(data) - 1))
    byte = more.draw(st.integers(0, 255).filter(lambda value: value != data[position]))
    edited = data[:position] + bytes([byte]) + data[position + 1 :]
    view = read_log(edited)
    # What is left over: the case of \u001F, the exponent's e, a blank for a line end. The values are the same then.
    assert view.problems or said(view) == said(read_log(data))


@settings(max_examples=200)
@given(logs(at_least=2), st.data())
def test_an_edit_of_an_old_line_under_entries_is_found(data: bytes, more: st.DataObject) -> None:
    end = data.index(b"{")
    assume(end > 0)
    position = more.draw(st.integers(0, end - 2))
    byte = more.draw(st.integers(0, 255).filter(lambda value: value != data[position]))
    edited = data[:position] + bytes([byte]) + data[position + 1 :]
    assume(edited.replace(b"\r\n", b"\n") != data)
    assert read_log(edited).problems


@given(logs(at_least=2), st.data())
def test_a_drop_anywhere_but_at_the_end_is_found(data: bytes, more: st.DataObject) -> None:
    lines = data.splitlines(keepends=True)
    first = more.draw(st.integers(0, len(lines) - 2))
    last = more.draw(st.integers(first, len(lines) - 2))
    view = read_log(b"".join(lines[:first] + lines[last + 1 :]))
    assert view.problems


@given(logs(at_least=2), st.randoms(use_true_random=False))
def test_any_other_order_of_the_entries_is_found(data: bytes, dice: random.Random) -> None:
    lines = data.splitlines(keepends=True)
    shuffled = [*lines]
    dice.shuffle(shuffled)
    assume(shuffled != lines)
    view = read_log(b"".join(shuffled))
    assert view.problems


@given(logs(), st.data())
def test_a_second_copy_of_a_line_is_found(data: bytes, more: st.DataObject) -> None:
    lines = data.splitlines(keepends=True)
    copied = more.draw(st.sampled_from(lines))
    place = more.draw(st.integers(0, len(lines)))
    assert read_log(b"".join([*lines[:place], copied, *lines[place:]])).problems


@given(logs(), FIELDS, st.data())
def test_a_made_up_line_is_found(data: bytes, fields: dict[str, Any], more: st.DataObject) -> None:
    lines = data.splitlines(keepends=True)
    entry = make_entry(read_log(data), at=AT, actor="Eve", event="approve", fields=fields)
    change = more.draw(
        st.sampled_from(
            [
                {"hash": "0" * 64},
                {"prev": ["1" * 64]},
                {"seq": entry["seq"] + 1},
                {"actor": "Ana"},
                {"event": "verdict"},
            ]
        )
    )
    forged = canonical({**entry, **change}) + b"\n"
    place = more.draw(st.integers(0, len(lines)))
    view = read_log(b"".join([*lines[:place], forged, *lines[place:]]))
    assert view.problems
    assert not any(found.actor == "Eve" for found in view.proven)


@given(logs(), st.lists(st.lists(FIELDS, max_size=3), min_size=2, max_size=4), FIELDS)
def test_the_union_of_branches_verifies_and_the_next_entry_joins_them(
    base: bytes, branches: list[list[dict[str, Any]]], fields: dict[str, Any]
) -> None:
    union = base
    tips = 0
    for number, branch in enumerate(branches):
        data = base
        for step in branch:
            data = append(data, {**step, "branch": number})
        union += data[len(base) :]
        tips += bool(branch)
    view = read_log(union)
    assert view.problems == ()
    assert len(view.heads) == max(tips, 1)
    joined = read_log(append(union, fields))
    assert joined.problems == ()
    assert len(joined.heads) == 1
    assert len(joined.after(*view.heads)) == 1


STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=25)


def clones_after(steps: list[tuple[int, int, bool]]) -> list[bytes]:
    """Four clones append and pull from each other; a pull keeps one's own lines and adds the other's new ones."""
    begun = append(b"", {}, "created")
    clones = [begun] * 4
    for number, (one, other, pulls) in enumerate(steps):
        if pulls:
            mine = set(clones[one].splitlines())
            new = [line for line in clones[other].splitlines(keepends=True) if line.rstrip(b"\n") not in mine]
            clones[one] += b"".join(new)
        else:
            clones[one] = append(clones[one], {"step": number})
    return clones


@settings(max_examples=100)
@given(STEPS)
def test_branches_that_merge_again_and_again_verify(steps: list[tuple[int, int, bool]]) -> None:
    for clone in clones_after(steps):
        assert read_log(clone).problems == ()


@given(STEPS, st.data())
def test_after_before_and_latest_are_those_of_the_graph(
    steps: list[tuple[int, int, bool]], more: st.DataObject
) -> None:
    view = read_log(more.draw(st.sampled_from(clones_after(steps))))
    earlier: dict[str, set[str]] = {}
    for entry in view.proven:
        earlier[entry.hash] = set(entry.prev).union(*(earlier[prev] for prev in entry.prev))
    some = st.lists(st.sampled_from(view.proven), min_size=1, max_size=3, unique_by=lambda entry: entry.hash)
    anchors = more.draw(some)
    marks = {anchor.hash for anchor in anchors}
    assert view.after(*anchors) == tuple(e for e in view.proven if marks <= earlier[e.hash])
    before = {e.hash for e in view.proven if all(e.hash in earlier[mark] for mark in marks)}
    assert view.not_before(*anchors) == tuple(e for e in view.proven if e.hash not in before | marks)
    overtaken = set().union(*(earlier[mark] for mark in marks))
    assert view.latest(lambda e: e.hash in marks) == tuple(
        e for e in view.proven if e.hash in marks and e.hash not in overtaken
    )
    assert view.heads == view.latest(lambda e: True)


@given(st.binary(max_size=300) | st.lists(st.binary(max_size=40)).map(b"\n".join))
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    view = read_log(data)
    assert 0 <= view.keep <= len(data)
    assert read_log(data[: view.keep] + view.joint).problems == tuple(p for p in view.problems if p.code != "torn")
    after = append(data[: view.keep] + view.joint, {})
    assert len(read_log(after).proven) == len(view.proven) + 1


@given(logs(), st.integers(0, 10_000))
def test_a_log_cut_anywhere_is_torn_at_most(data: bytes, cut: int) -> None:
    view = read_log(data[: min(cut, len(data))])
    assert {problem.code for problem in view.problems} <= {"torn"}


@settings(max_examples=500)
@given(VALUE)
def test_canonical_json_is_that_of_rfc_8785(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)
    assert json.loads(canonical(value), parse_int=float) == json.loads(json.dumps(value), parse_int=float)

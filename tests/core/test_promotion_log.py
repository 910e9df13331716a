"""The log: what is written reads back, what was tampered with is found, and nothing at all makes the reader fail."""

import json
from itertools import pairwise
from typing import Any

import pytest

from kaizen_tui.core.promotion_log import (
    EMPTY_LOG,
    LogEntry,
    LogView,
    canonical,
    entry_hash,
    entry_line,
    make_entry,
    read_log,
    signing_bytes,
    with_signature,
)
from tests.core.log_files import AT, FIVE, LINES, extend, found

# --- writing and reading ---


def test_what_is_written_reads_back_and_verifies() -> None:
    view = read_log(FIVE)
    assert view.problems == ()
    assert [entry.seq for entry in view.proven] == [1, 2, 3, 4, 5]
    assert [entry.text("note") for entry in view.events("comment")] == ["two", "three", "four", "five"]
    assert [later.prev == (earlier.hash,) for earlier, later in pairwise(view.proven)] == [True] * 4
    assert view.heads == (view.proven[-1],)
    assert not view.torn
    assert [view.line_of(entry) for entry in view.proven] == [1, 2, 3, 4, 5]
    assert b"".join(entry_line(entry.as_dict()) for entry in view.proven) == FIVE


def test_the_hash_is_sha_256_over_the_canonical_json_without_it() -> None:
    import hashlib

    entry = json.loads(LINES[2])
    stated = entry.pop("hash")
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert stated == hashlib.sha256(text.encode()).hexdigest()


def test_an_entry_written_by_another_program_verifies_however_its_json_is_laid_out() -> None:
    spread = b"".join(json.dumps(json.loads(line), indent=None).encode() + b"\r\n" for line in LINES)
    assert spread != FIVE
    assert found(spread) == []
    assert found(b"\xef\xbb\xbf" + FIVE.replace(b"\n", b"\n\n  \n")) == []


def test_the_view_after_an_append_is_what_the_file_reads_as() -> None:
    view = read_log(FIVE)
    entry = make_entry(view, at=AT, actor="Bob", event="status", fields={"to": "planned"})
    assert view.plus(entry).proven == read_log(FIVE + entry_line(entry)).proven
    assert view.plus(entry).heads[0].hash == entry["hash"]


@pytest.mark.parametrize("name", ["seq", "at", "actor", "event", "prev", "hash"])
def test_an_event_cannot_carry_a_field_of_the_chain(name: str) -> None:
    with pytest.raises(ValueError, match=f"can't be called {name}"):
        make_entry(EMPTY_LOG, at=AT, actor="a", event="comment", fields={name: "x"})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"n": float("nan")}, "nan"),
        ({"n": 2**60}, "safe integer"),
        ({"n": "\ud800"}, "surrogates|UTF-8"),
        ({"n": {"a": {1: 2}}}, "strings"),
        ({"n": "x" * 1_100_000}, "too long for the log"),
        ({"n": object()}, "unsupported type"),
    ],
)
def test_what_could_not_be_read_back_is_not_made(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_entry(EMPTY_LOG, at=AT, actor="a", event="comment", fields=fields)


def test_an_entry_too_deep_is_not_made() -> None:
    deep: Any = "x"
    for _ in range(2000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deeply"):
        make_entry(EMPTY_LOG, at=AT, actor="a", event="comment", fields={"n": deep})


@pytest.mark.parametrize(("at", "actor"), [("yesterday", "a"), (AT, "")])
def test_an_entry_without_time_or_actor_is_not_made(at: str, actor: str) -> None:
    with pytest.raises(ValueError, match=r"`at`|`actor`"):
        make_entry(EMPTY_LOG, at=at, actor=actor, event="comment", fields={})


def test_fields_may_be_called_anything_else() -> None:
    names = {"fields": ["x"], "text": 1, "as_dict": 2, "model_config": 3, "__class__": 4, "line": 5, "": 6, "ä": 7.5}
    entry = read_log(extend(b"", **names)).proven[0]
    assert entry.fields == names
    assert entry.text("fields") == ""


def test_signing_covers_all_but_hash_and_signature() -> None:
    plain = make_entry(EMPTY_LOG, at=AT, actor="a", event="approve", fields={"note": "x"})
    signed = with_signature(plain, "-----BEGIN SSH SIGNATURE-----")
    assert signed["hash"] != plain["hash"]
    assert signing_bytes(signed) == signing_bytes(plain) == canonical({k: v for k, v in plain.items() if k != "hash"})
    view = read_log(entry_line(signed))
    assert view.problems == ()
    assert signing_bytes(view.proven[0]) == signing_bytes(plain)


# --- tampering ---


def _edited(line: bytes, **changes: Any) -> bytes:
    """The line with other values, under the old hash."""
    return canonical({**json.loads(line), **changes}) + b"\n"


def _forged(line: bytes, **changes: Any) -> bytes:
    """The line with other values and a hash that fits them."""
    entry = {**json.loads(line), **changes}
    return canonical({**entry, "hash": entry_hash(entry)}) + b"\n"


@pytest.mark.parametrize(
    "changes",
    [{"note": "3"}, {"actor": "Eve"}, {"event": "approve"}, {"at": "2025-05-19T09:15:01Z"}, {"seq": 4}, {"prev": []},
     {"hash": "0" * 64}, {"more": 1}],
)  # fmt: skip
def test_an_edit_of_any_field_is_found(changes: dict[str, Any]) -> None:
    data = b"".join([*LINES[:2], _edited(LINES[2], **changes), *LINES[3:]])
    assert found(data)[0] == (3, changes.get("seq", 3), "hash")
    assert [entry.seq for entry in read_log(data).proven] == [1, 2]


def test_an_edit_with_a_fitting_hash_breaks_what_follows_it() -> None:
    data = b"".join([*LINES[:2], _forged(LINES[2], note="3"), *LINES[3:]])
    assert found(data) == [(4, 4, "prev")]
    problem = read_log(data).problems[0]
    assert problem.message.startswith("the entry before this one is missing or was changed (it follows ")
    assert [entry.seq for entry in read_log(data).proven] == [1, 2, 3]


@pytest.mark.parametrize("position", range(4))
def test_a_dropped_line_is_found(position: int) -> None:
    data = b"".join(LINES[:position] + LINES[position + 1 :])
    assert found(data) == [(position + 1, position + 2, "prev")]
    assert len(read_log(data).proven) == position


@pytest.mark.parametrize("position", range(4))
def test_a_reordering_is_found(position: int) -> None:
    lines = [*LINES]
    lines[position], lines[position + 1] = lines[position + 1], lines[position]
    data = b"".join(lines)
    assert found(data) == [(position + 1, position + 2, "order")]
    assert read_log(data).problems[0].message == f"the entry stands above line {position + 2}, which it follows"


@pytest.mark.parametrize("position", range(5))
def test_a_doubled_line_is_found_and_counts_once(position: int) -> None:
    data = FIVE + LINES[position]
    assert found(data) == [(6, position + 1, "duplicate")]
    assert len(read_log(data).proven) == len(read_log(data).rows) == 5


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (_edited(LINES[4], hash="f" * 64, note="made up"), "hash"),
        (_forged(LINES[4], prev=["f" * 64], note="from nowhere"), "prev"),
        (_forged(LINES[4], seq=17, note="wrong number"), "seq"),
        (_forged(LINES[4], seq=5, prev=[], note="no past"), "seq"),
        (_forged(LINES[4], seq=1, prev=[], note="another beginning"), "root"),
        (_forged(LINES[4], prev=json.loads(LINES[4])["prev"] * 2, note="twice"), "prev"),
        (b'{"event":"approve"}\n', "unreadable"),
        (b"approved, trust me\n", "unreadable"),
    ],
)
def test_a_forged_line_is_found(line: bytes, code: str) -> None:
    data = FIVE + line
    assert [(problem.line, problem.code) for problem in read_log(data).problems] == [(6, code)]
    assert len(read_log(data).proven) == 5


def test_a_copy_of_a_hash_does_not_prove_another_entry() -> None:
    data = FIVE + _edited(LINES[4], event="approve")
    assert found(data) == [(6, 5, "hash")]
    assert read_log(data).events("approve") == ()
    assert [row.proven for row in read_log(data).rows] == [True] * 5 + [False]


def test_behind_a_damaged_line_nothing_is_proven_until_the_log_goes_on_from_what_is() -> None:
    data = b"".join([*LINES[:2], _edited(LINES[2], note="3"), *LINES[3:]])
    data = extend(data, "approve", note="anew")
    view = read_log(data)
    assert [entry.text("note") for entry in view.proven] == ["one", "two", "anew"]
    assert found(data) == [(3, 3, "hash"), (4, 4, "prev")]


def test_a_log_without_a_sound_beginning_can_begin_again() -> None:
    data = extend(_edited(LINES[0], note="1") + LINES[1], "comment", note="anew")
    assert [entry.text("note") for entry in read_log(data).proven] == ["anew"]
    assert [code for _, _, code in found(data)] == ["hash", "prev"]


# --- torn ends and garbage ---


@pytest.mark.parametrize("cut", [1, 2, 40, len(LINES[4]) - 2])
def test_a_torn_last_line_is_reported_as_torn_and_not_as_tampering(cut: int) -> None:
    data = b"".join(LINES[:4]) + LINES[4][:cut]
    view = read_log(data)
    assert view.torn
    assert view.problems == ((5, None, "the last line is torn off (a crash while it was written)", "torn"),)
    assert view.keep == len(b"".join(LINES[:4]))
    assert [entry.seq for entry in view.proven] == [1, 2, 3, 4]
    assert found(extend(data)) == []


def test_a_whole_last_line_that_only_lacks_its_newline_is_an_entry() -> None:
    view = read_log(FIVE[:-1])
    assert not view.torn
    assert (view.keep, view.joint) == (len(FIVE) - 1, b"\n")
    assert extend(FIVE[:-1]) == extend(FIVE)
    assert found(FIVE[:-2] + b"!") == [(5, None, "torn")]


def test_an_empty_log_verifies() -> None:
    for data in (b"", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf"):
        view = read_log(data)
        assert (view.rows, view.problems, view.torn) == ((), (), False)


def _nested(depth: int) -> bytes:
    return b'{"n":' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"\xff\xfe{}", "the line is neither an entry nor a dated line of the old form"),
        (b'{"n":"\xff"}', "the line is not UTF-8 (byte 7)"),
        (_nested(100_000), "the line is nested too deeply"),
        (_nested(100), "the line is nested too deeply"),
        (b'{"n":NaN}', "the line is not a valid JSON object (NaN is not a JSON number)"),
        (b'{"n":1,"n":2}', "the line is not a valid JSON object (the key 'n' stands twice in it)"),
        (b'{"n":' + b"9" * 5000 + b"}", "the line is not a valid JSON object (9999999999999999999999 has more"),
        (b'{"n":1e999}', "the entry's `seq` is wrong (field required)"),
        (b'{"n":"' + b"x" * 1_100_000 + b'"}', "the line is 1100008 bytes long; at most 1048576 are read"),
        (b"[1]", "the line is neither an entry nor a dated line of the old form"),
        (b"{", "the line is not a JSON object (expecting property name enclosed in double quotes, column 2)"),
        (b"{}", "the entry's `seq` is wrong (field required)"),
        (b"<<<<<<< HEAD", "the line is neither an entry nor a dated line of the old form"),
        (_forged(LINES[2], seq=True).rstrip(), "the entry's `seq` is wrong (input should be a valid integer)"),
        (_forged(LINES[2], at="today").rstrip(), "the entry's `at` is wrong"),
        (_forged(LINES[2], prev="x").rstrip(), "the entry's `prev` is wrong (input should be a valid tuple)"),
        (LINES[2].rstrip().replace(b"three", b"\\ud800"), "the entry has no canonical form"),
        (LINES[2].rstrip().replace(b'"three"', b"1e999"), "the entry has no canonical form"),
        (LINES[2].rstrip().replace(b'"three"', b"9007199254740993"), "the line is not a valid JSON object (90071"),
    ],
)
def test_a_line_that_is_no_entry_is_reported_and_the_rest_is_read(line: bytes, message: str) -> None:
    view = read_log(FIVE + line + b"\n")
    assert [problem.line for problem in view.problems] == [6]
    assert view.problems[0].message.startswith(message)
    assert view.problems[0].code == "unreadable"
    assert len(view.proven) == 5


def test_views_and_entries_cannot_be_changed() -> None:
    entry = read_log(FIVE).proven[0]
    assert isinstance(entry, LogEntry)
    with pytest.raises(ValueError, match="frozen"):
        entry.seq = 7
    with pytest.raises(AttributeError):
        LogView().torn = True  # type: ignore[misc]

"""Logs of several branches, and logs that go on from the platform's old lines."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.core.promotion_log import LegacyEntry, read_log
from tests.core.log_files import AT, FIVE, OLD, extend, found

# --- branches ---


def test_two_branches_that_both_appended_merge_and_verify() -> None:
    ours, theirs = extend(FIVE, note="ours"), extend(extend(FIVE, note="theirs"), note="theirs 2")
    union = ours + theirs[len(FIVE) :]
    view = read_log(union)
    assert view.problems == ()
    assert [head.text("note") for head in view.heads] == ["ours", "theirs 2"]
    joined = extend(union, note="joined")
    view = read_log(joined)
    assert view.problems == ()
    assert [head.text("note") for head in view.heads] == ["joined"]
    assert view.heads[0].seq == 8
    assert len(view.heads[0].prev) == 2


def test_the_union_that_git_makes_verifies(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    git = require_program("git")

    def union(ours: bytes, base: bytes, theirs: bytes) -> bytes:
        paths = [tmp_path / name for name in ("ours", "base", "theirs")]
        for path, data in zip(paths, (ours, base, theirs), strict=True):
            path.write_bytes(data)
        return subprocess.run([git, "merge-file", "--union", "-p", *paths], capture_output=True, check=True).stdout

    one, two, three = (extend(extend(FIVE, note=f"{name} 1"), note=f"{name} 2") for name in "abc")
    merged = extend(union(one, FIVE, two), note="merge")
    assert found(merged) == []
    assert len(read_log(merged).rows) == 10
    last = extend(union(extend(three, note="c 3"), FIVE, merged), note="merge again")
    assert found(last) == []
    assert len(read_log(last).rows) == 14
    assert len(read_log(last).heads) == 1


def test_a_log_that_two_branches_began_merges_unless_the_ticket_was_created_twice() -> None:
    begun = extend(b"", "comment", note="ours") + extend(b"", "comment", note="theirs")
    assert found(begun) == []
    assert len(read_log(begun).heads) == 2
    twice = extend(b"", "created", note="ours") + extend(b"", "created", note="theirs")
    assert found(twice) == [(2, 1, "root")]
    assert read_log(twice).problems[0].message == "the entry begins a second log (the first begins at line 1)"


def test_after_and_latest_follow_the_chain_and_not_the_file() -> None:
    base = extend(FIVE, "status", to="in_review")
    ours, theirs = extend(base, note="ours"), extend(base, "status", to="in_progress")
    view = read_log(extend(ours + theirs[len(base) :], note="joined"))
    review, back = view.events("status")
    assert [entry.text("note") for entry in view.after(review) if entry.event == "comment"] == ["ours", "joined"]
    assert [entry.text("note") for entry in view.after(review, back)] == ["joined"]
    assert [entry.text("note") for entry in view.not_before(back)] == ["ours", "joined"]
    assert view.latest(lambda entry: entry.event == "status") == (back,)
    assert [e.text("note") for e in view.latest(lambda entry: entry.seq <= 7)] == ["ours", ""]
    assert view.after() == view.not_before() == view.proven


# --- old lines ---


def test_old_lines_load_unverified_and_are_covered_by_the_first_entry() -> None:
    old = b"# Promotion Log\n\n" + OLD.replace(b"complete", b"draft") + b"  by hand\n" + OLD
    view = read_log(old)
    assert view.problems == ()
    assert view.proven == view.heads == ()
    assert [entry.message for entry in view.entries if isinstance(entry, LegacyEntry)] == [
        "# Promotion Log",
        "Status changed to: draft by CLI",
        "by hand",
        "Status changed to: complete by CLI",
    ]
    data = extend(old, "status", to="planned")
    first = read_log(data).proven[0]
    assert first.seq == 1
    assert first.fields["legacy"]["lines"] == 4
    assert found(data) == found(data.replace(b"\n", b"\r\n")) == []
    assert found(data.replace(b"by hand", b"by hook")) == [(6, 1, "legacy")]
    assert found(OLD + data) == [(7, 1, "legacy")]
    assert found(data[data.index(b"2025") :]) == [(4, 1, "legacy")]


def test_an_old_line_put_before_or_behind_entries_is_found() -> None:
    assert found(FIVE + OLD) == [(6, None, "legacy")]
    assert found(OLD + FIVE) == [(2, 1, "legacy")]
    assert len(read_log(FIVE + OLD).proven) == 5
    assert found(extend(FIVE + OLD)) == [(6, None, "legacy")]


def test_two_branches_that_both_went_on_from_an_old_log_merge() -> None:
    ours, theirs = extend(OLD, note="ours"), extend(OLD, note="theirs")
    assert found(ours + theirs[len(OLD) :]) == []


@pytest.mark.parametrize(
    ("line", "at", "message"),
    [
        ("2025-05-19T09:15:00Z - Status changed to: complete by CLI", AT, "Status changed to: complete by CLI"),
        ("[2025-05-19 09:15:00] moved", "2025-05-19 09:15:00", "moved"),
        ("2025-05-19: reviewed by Ana", "2025-05-19", "reviewed by Ana"),
        ("2025-05-19T09:15:00+02:00 moved", "2025-05-19T09:15:00+02:00", "moved"),
    ],
)
def test_the_parts_of_an_old_line(line: str, at: str, message: str) -> None:
    assert read_log(line.encode() + b"\n").entries == (LegacyEntry(line, at, message),)

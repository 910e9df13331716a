"""Times that can't be: told by entry and line, and never taken for a broken chain."""

import pytest

from kaizen_tui.core.log_times import SKEW, doubtful_times
from kaizen_tui.core.promotion_log import EMPTY_LOG, entry_line, make_entry, read_log
from kaizen_tui.core.times import format_epoch

NOON = 1_747_656_000


def log_of(*times: str) -> bytes:
    data = b""
    for number, at in enumerate(times):
        event = "comment" if number else "created"
        data += entry_line(make_entry(read_log(data), at=at, actor="Ana", event=event, fields={}))
    return data


def told(*times: str) -> list[tuple[int, int | None, str]]:
    view = read_log(log_of(*times))
    assert view.problems == ()
    return [(found.line, found.seq, found.message) for found in doubtful_times(view)]


def test_times_that_run_on_or_stand_still_are_in_order() -> None:
    assert doubtful_times(EMPTY_LOG) == ()
    assert told(format_epoch(NOON), format_epoch(NOON), format_epoch(NOON + 5)) == []


def test_an_entry_before_the_one_it_follows_is_told_with_its_line() -> None:
    found = told(format_epoch(NOON), format_epoch(NOON - 7200), format_epoch(NOON + 60))
    assert [(line, seq) for line, seq, _ in found] == [(2, 2)]
    assert found[0][2].startswith("the entry's time is 2 h before that of entry 1, which it follows")


@pytest.mark.parametrize(("back", "count"), [(SKEW, 0), (SKEW + 1, 1)])
def test_clocks_of_two_machines_may_differ_a_little(back: int, count: int) -> None:
    assert len(told(format_epoch(NOON), format_epoch(NOON - back))) == count


def test_the_instant_counts_and_not_its_text() -> None:
    assert told("2025-05-19T12:00:00+02:00", "2025-05-19T10:00:30Z") == []


def test_a_time_that_does_not_exist_is_told_and_compared_with_nothing() -> None:
    found = told(format_epoch(NOON), "2025-02-31T10:00:00Z", format_epoch(NOON))
    assert [(line, message) for line, _, message in found] == [(2, "there is no such time as 2025-02-31T10:00:00Z")]


def test_two_branches_are_each_compared_with_where_they_parted() -> None:
    trunk = log_of(format_epoch(NOON))
    view = read_log(trunk)
    ours = entry_line(make_entry(view, at=format_epoch(NOON + 900), actor="Ana", event="comment", fields={}))
    theirs = entry_line(make_entry(view, at=format_epoch(NOON + 300), actor="Bob", event="comment", fields={}))
    assert doubtful_times(read_log(trunk + ours + theirs)) == ()
    merged = trunk + ours + theirs
    late = entry_line(
        make_entry(read_log(merged), at=format_epoch(NOON + 400), actor="Ana", event="comment", fields={})
    )
    assert [found.line for found in doubtful_times(read_log(merged + late))] == [4]

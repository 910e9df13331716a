"""Flow metrics against hand-counted tickets and a naive recount."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.flow import DAY, WEEK, History, flow, percentile, status_at
from kaizen_tui.core.states import STATUSES

NOW = 1_790_000_000


def history(name: str, *moves: tuple[float, str]) -> History:
    """Moves as (days ago, status)."""
    return History(name, "pcc-main", tuple((int(NOW - days * DAY), status) for days, status in moves))


DONE = history("KAIZ-001", (20, "draft"), (15, "planned"), (10, "in_progress"), (6, "canary"), (4, "complete"))
FAILED = history("KAIZ-002", (12, "draft"), (9, "in_progress"), (5, "canary"), (3, "aborted"))
DROPPED = history("KAIZ-003", (12, "draft"), (2, "aborted"))
OPEN = history("KAIZ-004", (9, "draft"), (8, "in_progress"))


def test_lead_time_runs_from_creation_cycle_time_from_the_start_of_work() -> None:
    figures = flow([DONE, FAILED, DROPPED, OPEN], NOW)
    assert figures.lead.n == 1
    assert figures.lead.median == 16 * DAY
    assert figures.cycle.median == 6 * DAY


def test_failure_rate_counts_only_changes_that_reached_users() -> None:
    figures = flow([DONE, FAILED, DROPPED, OPEN], NOW)
    assert (figures.released, figures.failed) == (2, 1)
    assert figures.failure_rate == 0.5
    assert flow([OPEN], NOW).failure_rate is None


def test_work_in_progress_and_the_oldest_of_it() -> None:
    figures = flow([DONE, OPEN], NOW)
    assert dict(figures.wip) == {"in_progress": 1, "in_review": 0, "canary": 0}
    assert figures.oldest == ((8 * DAY, "KAIZ-004", "in_progress"),)


def test_throughput_per_week() -> None:
    figures = flow([DONE, FAILED], NOW, weeks=2)
    assert [(week.done, week.failed) for week in figures.throughput] == [(0, 0), (1, 1)]
    assert figures.throughput[0].start == NOW - 2 * WEEK


def test_percentiles_interpolate() -> None:
    assert percentile([1, 2, 3, 4], 0.5) == 2.5
    assert percentile([7], 0.85) == 7
    assert percentile([], 0.85) == 0


def test_status_at_an_instant() -> None:
    assert status_at(DONE, NOW - 21 * DAY) is None
    assert status_at(DONE, NOW - 12 * DAY) == "planned"
    assert status_at(DONE, NOW) == "complete"


@st.composite
def histories(draw: st.DrawFn) -> list[History]:
    out = []
    for index in range(draw(st.integers(0, 12))):
        times = sorted(draw(st.lists(st.integers(NOW - 90 * DAY, NOW), min_size=1, max_size=6)))
        statuses = draw(st.lists(st.sampled_from(STATUSES), min_size=len(times), max_size=len(times)))
        out.append(History(f"KAIZ-{index:03d}", "c", tuple(zip(times, statuses, strict=True))))
    return out


@given(histories(), st.integers(1, 30))
def test_cumulative_flow_equals_a_recount_of_each_day(found: list[History], days: int) -> None:
    for at, counts in flow(found, NOW, days=days).cumulative:
        naive = [status_at(history, at) for history in found]
        assert counts == tuple(naive.count(status) for status in STATUSES)


@pytest.mark.parametrize("days", [1, 7, 60])
def test_cumulative_flow_ends_now(days: int) -> None:
    figures = flow([DONE, OPEN], NOW, days=days)
    assert figures.cumulative[-1][0] == NOW
    assert len(figures.cumulative) == days + 1

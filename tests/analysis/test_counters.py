"""Counters to increments: restarts, gaps, late, duplicate and torn scrapes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen_tui.analysis.counters import FIRST, GAP, LATE, TORN, Increments, PairedTotals, Reading, Scrape, Tracker
from kaizen_tui.analysis.measures import Histogram, Ratio


def scrape(at: float, *pods: tuple[float, float]) -> Scrape:
    """pods: total and bad of each."""
    return Scrape(
        at,
        tuple(
            reading
            for place, (total, bad) in enumerate(pods)
            for reading in (Reading("total", f"pod-{place}", total), Reading("bad", f"pod-{place}", bad))
        ),
    )


def advance(tracker: Tracker, at: float, baseline: tuple[float, float], canary: tuple[float, float]) -> Increments:
    return tracker.advance(scrape(at, baseline), scrape(at, canary))


def test_increments_since_the_look_before() -> None:
    tracker = Tracker()
    assert advance(tracker, 1, (100, 5), (10, 1)).why == FIRST
    assert advance(tracker, 2, (160, 6), (15, 1)) == Increments(Ratio(60, 1), Ratio(5, 0))


def test_a_restart_counts_from_zero_in_all_counters_of_its_process() -> None:
    tracker = Tracker()
    tracker.advance(scrape(1, (100, 0), (100, 3)), scrape(1, (10, 0)))
    # The second pod's bad counter is higher than before, and yet it began anew.
    found = tracker.advance(scrape(2, (150, 1), (40, 5)), scrape(2, (20, 2)))
    assert found == Increments(Ratio(90, 6), Ratio(10, 2))


def test_a_process_that_is_new_gives_its_starting_point() -> None:
    tracker = Tracker()
    tracker.advance(scrape(1, (100, 0)), scrape(1, (10, 0)))
    assert tracker.advance(scrape(2, (110, 0), (9_000, 900)), scrape(2, (20, 0))).baseline == Ratio(10, 0)
    assert tracker.advance(scrape(3, (120, 0), (9_010, 901)), scrape(3, (30, 0))).baseline == Ratio(20, 1)


def test_a_process_that_was_away_is_counted_from_where_it_was() -> None:
    tracker = Tracker()
    tracker.advance(scrape(1, (100, 0), (50, 0)), scrape(1, (10, 0)))
    tracker.advance(scrape(2, (110, 0)), scrape(2, (20, 0)))
    assert tracker.advance(scrape(3, (120, 0), (80, 1)), scrape(3, (30, 0))).baseline == Ratio(40, 1)


def test_a_gap_in_one_arm_skips_both_and_the_next_look_spans_both() -> None:
    tracker = Tracker()
    advance(tracker, 1, (100, 0), (10, 0))
    assert tracker.advance(scrape(2, (200, 9)), None).why == GAP
    assert tracker.advance(scrape(2, (200, 9)), Scrape(2, ())).why == GAP
    assert advance(tracker, 3, (300, 9), (30, 1)) == Increments(Ratio(200, 9), Ratio(20, 1))


def test_late_and_duplicate_scrapes_are_ignored() -> None:
    tracker = Tracker()
    advance(tracker, 5, (100, 0), (10, 0))
    assert advance(tracker, 5, (150, 9), (20, 1)).why == LATE
    assert advance(tracker, 4, (90, 0), (9, 0)).why == LATE
    assert advance(tracker, 6, (200, 9), (30, 2)) == Increments(Ratio(100, 9), Ratio(20, 2))


def test_a_torn_scrape_is_dropped() -> None:
    tracker = Tracker()
    advance(tracker, 1, (100, 0), (10, 0))
    assert advance(tracker, 2, (101, 60), (20, 0)).why == TORN  # the bad ones were counted, not yet all of them
    assert advance(tracker, 3, (300, 60), (30, 0)) == Increments(Ratio(200, 60), Ratio(20, 0))


def test_good_events_and_histograms_say_the_same() -> None:
    tracker = Tracker()
    parts = [("good", 90.0, None), ("total", 100.0, None)]
    buckets = [("bucket", 3.0, 0.1), ("bucket", 5.0, 0.5), ("bucket", 6.0, float("inf"))]
    for factor in (1, 2):
        one = Scrape(factor, tuple(Reading(part, "a", value * factor, le) for part, value, le in parts))  # type: ignore[arg-type]
        found = tracker.advance(one, one)
    assert found.baseline == Ratio(100, 10)
    tracker = Tracker()
    for factor in (1, 2):
        one = Scrape(factor, tuple(Reading(part, "a", value * factor, le) for part, value, le in buckets))  # type: ignore[arg-type]
        found = tracker.advance(one, one)
    assert found.canary == Histogram((0.1, 0.5), (3.0, 2.0, 1.0))


def test_gauges_are_averaged_over_processes_and_are_no_counters() -> None:
    one = Scrape(1, (Reading("value", "a", 10.0), Reading("value", "b", 30.0), Reading("value", "c", float("nan"))))
    assert Tracker().advance(one, one).baseline == 20.0


counts = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=1, max_size=15)


@settings(deadline=None)
@given(counts)
def test_totals_give_back_the_increments_they_were_made_of(increments: list[tuple[int, int]]) -> None:
    rows = [Ratio(float(max(row)), float(min(row))) for row in increments]
    totals = [Ratio(0.0, 0.0)]
    for one in rows:
        totals.append(Ratio(totals[-1].total + one.total, totals[-1].bad + one.bad))
    paired = PairedTotals()
    found = [paired.advance(total, total) for total in totals]
    assert found[0].why == FIRST
    assert [one.canary for one in found[1:]] == rows


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=2, max_size=15))
def test_whatever_a_counter_does_no_increment_is_negative_or_torn(values: list[tuple[int, int]]) -> None:
    tracker, paired = Tracker(), PairedTotals()
    for at, (total, bad) in enumerate(values):
        found = [
            advance(tracker, at, (float(total), float(bad)), (float(total), float(bad))),
            paired.advance(Ratio(float(total), float(bad)), Ratio(float(total), float(bad))),
        ]
        for one in found:
            if isinstance(one.canary, Ratio):
                assert 0 <= one.canary.bad <= one.canary.total


def test_other_bounds_begin_anew() -> None:
    paired = PairedTotals()
    first, other = Histogram((1.0,), (5.0, 1.0)), Histogram((2.0,), (6.0, 1.0))
    paired.advance(first, first)
    assert paired.advance(other, other).why == FIRST
    assert paired.advance(Histogram((2.0,), (8.0, 1.0)), other).baseline == Histogram((2.0,), (2.0, 0.0))

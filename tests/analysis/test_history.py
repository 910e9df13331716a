"""What the baseline's past says: how bad events cluster, how long a gauge remembers; and what happens without it."""

import math
from statistics import median

import numpy as np
import pytest

from benchmarks import canary_scenarios as made
from benchmarks.canary_scenarios import Traffic, World, past_scrapes, plain, planned_test
from kaizen_tui.analysis.counters import Reading, Scrape
from kaizen_tui.analysis.history import ROUGH_BLOCK, learn, rises_of
from kaizen_tui.analysis.measures import Ratio
from kaizen_tui.analysis.settings import Sli

ERRORS = Sli("errors")
HISTORY = World(1, 6, 15.0, share=0.5)  # 1,440 looks at two processes


def rng() -> np.random.Generator:
    return np.random.default_rng(20_261_124)


@pytest.mark.parametrize("pods", [1, 2])
def test_independent_events_are_told_from_clusters(pods: int) -> None:
    alone = learn(ERRORS, past_scrapes(plain(rng(), HISTORY), pods))
    assert (alone.sli.dispersion, alone.enough) == (1.0, True)
    assert "judged" not in alone.note
    together = learn(ERRORS, past_scrapes(made.clustered(rng(), HISTORY), pods))
    # Geometric clusters of mean 3 have five times the variance of as many events one by one.
    assert together.sli.dispersion == pytest.approx(5 * 1.2, rel=0.2)
    assert ("in time" in together.note) == (pods == 1)
    assert f"judged by {together.sli.dispersion:.2g}" in together.note


@pytest.mark.parametrize("bad", [2e-5, 1e-4, 0.05])
@pytest.mark.parametrize("pods", [1, 2])
def test_rare_and_common_events_alike(bad: float, pods: int) -> None:
    assert learn(ERRORS, past_scrapes(plain(rng(), HISTORY._replace(bad=bad)), pods)).sli.dispersion == 1.0


def test_what_all_processes_go_through_is_no_cluster() -> None:
    drift = made.drifting(rng(), HISTORY.shape, 0.005, HISTORY.look)
    traffic = plain(rng(), HISTORY._replace(bad=drift))
    assert learn(ERRORS, past_scrapes(traffic, 2)).sli.dispersion == 1.0
    # Of one process only time can be split: an incident must not make it deaf.
    assert learn(ERRORS, past_scrapes(traffic, 1)).sli.dispersion <= 2


@pytest.mark.parametrize("pods", [1, 2])
def test_with_clusters_the_promise_is_kept_by_the_estimate_alone(pods: int) -> None:
    world = World(300)
    traffic = made.clustered(rng(), world)
    phi = made.measured_dispersion(rng(), world, pods=pods)
    assert np.isfinite(made.decisions(planned_test(24, 60.0), traffic)).mean() > 0.3
    assert np.isfinite(made.decisions(planned_test(24, 60.0, dispersion=phi), traffic)).mean() <= 0.05


def test_a_short_history_changes_nothing_and_says_so() -> None:
    past = past_scrapes(made.clustered(rng(), HISTORY), 2)
    for some in (past[:200], past[:1], []):
        found = learn(ERRORS, some)
        assert (found.sli, found.enough) == (ERRORS, False)
        assert "too little history" in found.note
    assert learn(ERRORS, past[:242]).enough
    assert not learn(ERRORS, past_scrapes(made.clustered(rng(), HISTORY), 1)[:700]).enough  # thirds of it are used


def scrape(at: float, *processes: tuple[str, float, float]) -> Scrape:
    readings = [
        one for name, total, bad in processes for one in (Reading("total", name, total), Reading("bad", name, bad))
    ]
    return Scrape(at, tuple(readings))


def test_processes_come_go_and_begin_anew_and_what_is_torn_waits() -> None:
    past = [
        scrape(0, ("a", 100, 1), ("b", 50, 0)),
        None,
        scrape(2, ("a", 200, 3), ("b", 20, 1)),  # b was restarted
        scrape(3, ("a", 210, 90), ("b", 30, 1)),  # torn: more bad events than events
        scrape(4, ("a", 300, 5), ("c", 7, 7)),
        scrape(5, ("a", 301, 5), ("b", 60, 2), ("c", 9, 8)),
    ]
    assert list(rises_of(past)) == [
        {},
        {"a": Ratio(100, 2), "b": Ratio(20, 1)},
        {"a": Ratio(100, 2)},
        {"a": Ratio(1, 0), "b": Ratio(40, 1), "c": Ratio(2, 1)},
    ]


def test_processes_that_are_scraped_in_turn_are_counted_together() -> None:
    past, totals = [], {"a": [0.0, 0.0], "b": [0.0, 0.0]}
    numbers = rng()
    for look in range(1000):
        totals["ab"[look % 2]][0] += 1000
        totals["ab"[look % 2]][1] += int(numbers.poisson(5))
        past.append(scrape(look, *((name, total, bad) for name, (total, bad) in totals.items())))
    found = learn(ERRORS, past)
    assert (found.sli.dispersion, found.enough) == (1.0, True)
    assert "499 looks in 2 processes" in found.note


def test_slow_events_in_clusters() -> None:
    numbers = rng()
    past, counts = [], np.zeros((2, 4))
    for look in range(600):
        slow = 4 * numbers.poisson(10, 2)  # above 0.5, four at a time
        counts += np.stack([numbers.poisson(700, 2), numbers.poisson(250, 2), slow, numbers.poisson(0.1, 2)], axis=1)
        past.append(
            Scrape(
                float(look),
                tuple(
                    Reading("bucket", name, float(below), le)
                    for name, row in zip("ab", counts, strict=True)
                    for le, below in zip((0.1, 0.5, 2.0, math.inf), np.cumsum(row), strict=True)
                ),
            )
        )
    found = learn(Sli("latency", "histogram"), past)
    assert found.sli.dispersion == pytest.approx(4 * 1.2, rel=0.2)
    assert "events above 0.5 vary" in found.note
    assert not learn(Sli("latency", "histogram"), past[:100]).enough
    assert not learn(Sli("latency", "histogram"), []).enough


def gauges(keep: float, looks: int, seed: int = 1) -> list[Scrape | None]:
    """Two processes whose memory is autoregressive."""
    logs = made.wandering(np.random.default_rng(seed), (2, looks), keep)
    return [
        Scrape(
            float(look), tuple(Reading("value", name, 2e8 * math.exp(logs[row, look])) for row, name in enumerate("ab"))
        )
        for look in range(looks)
    ]


@pytest.mark.parametrize(("memory", "looks"), [(3.0, 2880), (10.0, 5760)])
def test_the_block_of_a_gauge_is_two_autocorrelation_times(memory: float, looks: int) -> None:
    keep = math.exp(-1 / memory)
    sli = Sli("memory", "gauge", limit=1e9)
    several = [learn(sli, gauges(keep, looks, seed)) for seed in range(5)]
    assert all(one.enough for one in several)
    assert median(one.sli.block for one in several) == pytest.approx(2 * (1 + keep) / (1 - keep), rel=0.2)
    found = several[0]
    assert found.sli.limit == 1e9
    assert f"blocks of {found.sli.block}" in found.note
    thin = learn(sli, gauges(keep, 49))
    assert (thin.sli.block, thin.enough) == (ROUGH_BLOCK, False)
    assert "a guess" in thin.note


def test_a_gauge_that_remembers_longer_than_the_history_is_known_for_it() -> None:
    assert not learn(Sli("memory", "gauge"), gauges(math.exp(-1 / 200), 1440)).enough


def test_the_traffic_of_the_tests_is_what_it_is_said_to_be() -> None:
    traffic = Traffic(*(np.array([[10.0, 5.0]]),) * 4, 15.0)
    both = past_scrapes(traffic, 2)
    assert [one.readings[0].value for one in both] == [10, 15]
    assert len(both[0].readings) == 4
    assert past_scrapes(traffic, 1)[1].readings[0].value == 30

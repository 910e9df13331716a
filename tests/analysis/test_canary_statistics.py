"""What the judge promises, counted over hundreds of canaries: quick ones here, the rest in `make nightly`.

benchmarks/canary_statistics.py prints all of it beside other rules.
"""

import math

import numpy as np
import pytest

from benchmarks import canary_scenarios as made
from benchmarks.canary_peers import argo, flagger, kayenta, z_test
from benchmarks.canary_scenarios import Array, Traffic, World, plain, planned_test

DAY_OF_MINUTES = planned_test(24, 60.0)


def rng() -> np.random.Generator:
    return np.random.default_rng(20_260_101)


def harmless(name: str, canaries: int) -> tuple[Traffic, float]:
    """A day of canaries that are as good as the baseline, and the dispersion to judge them by."""
    numbers, world = rng(), World(canaries)
    if name == "drifting":
        return plain(numbers, world._replace(bad=made.drifting(numbers, world.shape, 0.005, 60.0))), 1.0
    if name == "clusters":
        return made.clustered(numbers, world), made.measured_dispersion(numbers, world)
    if name == "skew":
        drift = made.drifting(numbers, world.shape, 0.005, 60.0)
        return made.skewed(numbers, plain(numbers, world._replace(bad=drift))), 1.0
    if name == "restarts":
        return made.restarting(numbers, plain(numbers, world)), 1.0
    changed: dict[str, dict[str, float | Array]] = {
        "constant": {},
        "ramping": {"share": made.ramping(world.shape[1])},
        "rare": {"bad": 1e-4},
        "common": {"bad": 0.05},
    }
    return plain(numbers, world._replace(**changed[name])), 1.0  # type: ignore[arg-type]


HARMLESS = ("constant", "drifting", "ramping", "rare", "common", "clusters", "skew")


def false_rollbacks(name: str, canaries: int) -> float:
    traffic, dispersion = harmless(name, canaries)
    return float(np.isfinite(made.decisions(planned_test(24, 60.0, dispersion=dispersion), traffic)).mean())


@pytest.mark.parametrize("name", HARMLESS)
def test_false_rollbacks_in_a_day(name: str) -> None:
    assert false_rollbacks(name, 250) <= 0.05


@pytest.mark.nightly
@pytest.mark.parametrize("name", HARMLESS)
def test_false_rollbacks_in_a_day_of_many(name: str) -> None:
    assert false_rollbacks(name, 3000) <= 0.05


@pytest.mark.parametrize("canaries", [12, pytest.param(300, marks=pytest.mark.nightly)])
def test_false_rollbacks_when_processes_restart(canaries: int) -> None:
    assert false_rollbacks("restarts", canaries) <= 0.05


def test_incidents_that_burn_the_budget_of_both_versions_roll_back_no_harmless_canary() -> None:
    world = World(40)
    drift = made.drifting(rng(), world.shape, 0.005, 60.0)
    assert np.isfinite(made.guarded_rollbacks(plain(rng(), world._replace(bad=drift)), 0.999)).mean() <= 0.05


def test_clusters_without_their_dispersion_are_the_reason_for_it() -> None:
    traffic, dispersion = harmless("clusters", 100)
    assert dispersion > 3
    assert np.isfinite(made.decisions(DAY_OF_MINUTES, traffic)).mean() > 0.3


def test_a_doubling_is_found_in_minutes() -> None:
    traffic = plain(rng(), World(600, 0.5, 15.0, ratio=2.0))
    assert np.median(made.decisions(planned_test(24, 15.0), traffic)) <= 300
    # Looks of 5 seconds: of 10 or 15 the median lies between two of them, and a sample's is now the one, now the other.
    bare = planned_test(24, 5.0, cap=None, late_start=0.0)
    assert np.median(made.decisions(bare, plain(rng(), World(1500, 0.2, 5.0, ratio=2.0)))) <= 200


def test_a_tripling_that_begins_after_six_hours() -> None:
    looks = 7 * 240
    ratio = np.where(np.arange(looks) >= 6 * 240, 3.0, 1.0)
    found = made.decisions(planned_test(24, 15.0), plain(rng(), World(200, 7, 15.0, ratio=ratio)))
    late = found[found > 6 * 3600]
    assert len(late) >= 190
    assert np.median(late) - 6 * 3600 <= 600


def test_a_good_canary_is_promoted_in_minutes_and_a_bad_one_hardly_ever() -> None:
    test = planned_test(24, 15.0, promote=2.0)
    assert np.median(made.decisions(test, plain(rng(), World(400, 1, 15.0)), promote=True)) <= 240
    edge = plain(rng(), World(250, ratio=2.0))
    minutes = planned_test(24, 60.0, promote=2.0)
    assert np.isfinite(made.decisions(minutes, edge, promote=True)).mean() <= 0.05


@pytest.mark.nightly
@pytest.mark.parametrize("bad", [1e-4, 0.005, 0.05])
@pytest.mark.parametrize("limit", [1.2, 2.0])
def test_false_promotions_of_many(bad: float, limit: float) -> None:
    edge = plain(rng(), World(2000, bad=bad, ratio=limit))
    found = made.decisions(planned_test(24, 60.0, promote=limit), edge, promote=True)
    # At the limit itself, with rare failures, the chance is almost beta: three standard errors of 2,000 are allowed.
    assert np.isfinite(found).mean() <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 3.0])
def test_intervals_hold_the_ratio_at_all_looks(ratio: float) -> None:
    # 4 hours of 250 canaries; the standard error is 1.4 points.
    share = made.ramping(240)
    assert made.coverage(DAY_OF_MINUTES, plain(rng(), World(250, 4, share=share, ratio=ratio)), ratio) >= 0.95


@pytest.mark.nightly
@pytest.mark.parametrize("ratio", [0.2, 0.5, 1.0, 2.0, 5.0])
def test_intervals_of_a_day_of_many(ratio: float) -> None:
    assert made.coverage(DAY_OF_MINUTES, plain(rng(), World(1500, ratio=ratio)), ratio) >= 0.95


def test_latency_is_found_in_two_minutes_and_not_where_it_is_the_same() -> None:
    assert np.median(made.latency_rollbacks(rng(), 60, 40, slower=1.25)) <= 120
    assert np.isfinite(made.latency_rollbacks(rng(), 30, 360, slower=1.0, look=60.0, planned=1440)).mean() <= 0.05


@pytest.mark.nightly
def test_latency_of_many_over_a_day() -> None:
    found = made.latency_rollbacks(rng(), 400, 1440, slower=1.0, look=60.0, planned=1440)
    assert np.isfinite(found).mean() <= 0.05


def test_gauges_are_slow_and_hardly_ever_wrong() -> None:
    assert np.isfinite(made.gauge_rollbacks(rng(), 40, 24, ratio=1.0)).mean() <= 0.05
    assert np.median(made.gauge_rollbacks(rng(), 20, 24, ratio=1.3)) <= 3 * 3600


def test_the_peers_are_what_they_are_said_to_be() -> None:
    """The rules that the table compares with do something: a fault that each of them sees, and their false alarms."""
    good = plain(rng(), World(60))
    awful = plain(rng(), World(20, 3, ratio=20.0))
    for rule in (z_test, kayenta, argo, flagger):
        assert np.isfinite(rule(awful)).all()
    assert 0.25 <= np.isfinite(z_test(good)).mean() <= 0.7
    assert np.isfinite(kayenta(good)).mean() <= 0.1
    assert not np.isfinite(argo(good)).any()
    assert math.isfinite(float(np.median(flagger(good))))

"""Verdicts on benchmarks: how often they are wrong, how often they find what is there, and what they say else."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.analysis.benchmark import Compared, Direction, Pairs, compare


def drawn(rng: np.random.Generator, pairs: int, ratio: float, noise: float, name: str = "time") -> Pairs:
    """Samples with log-normal noise; the candidate takes `ratio` times as long."""
    baseline = np.exp(rng.normal(0, noise, pairs))
    candidate = ratio * np.exp(rng.normal(0, noise, pairs))
    return Pairs(name, "lower", tuple(baseline), tuple(candidate))


def one(metric: Pairs, tolerance: float = 0.05, seed: int = 1) -> Compared:
    return compare([metric], tolerance, np.random.default_rng(seed))[0]


def shares(pairs: int, ratio: float, noise: float, tolerance: float, runs: int, seed: int) -> dict[str, float]:
    """How often each verdict comes."""
    rng = np.random.default_rng(seed)
    found = Counter(compare([drawn(rng, pairs, ratio, noise)], tolerance, rng)[0].verdict for _ in range(runs))
    return {verdict: count / runs for verdict, count in found.items()}


def test_the_same_commit_twice_is_hardly_ever_a_difference() -> None:
    rng = np.random.default_rng(7)
    # 200 metrics in evaluations of 4, as they come.
    wrong = sum(
        result.verdict in ("improved", "regressed")
        for _ in range(50)
        for result in compare([drawn(rng, 20, 1.0, 0.08, f"m{nth}") for nth in range(4)], 0.0, rng)
    )
    assert wrong <= 10  # 5 %, at no tolerance at all


@pytest.mark.parametrize("pairs", [5, 8, 12, 20])
def test_few_pairs_are_wrong_no_more_often(pairs: int) -> None:
    found = shares(pairs, 1.0, 0.08, 0.0, 600, seed=pairs)
    assert found.get("improved", 0) + found.get("regressed", 0) <= 0.08  # 5 % and three standard errors


def test_twenty_pairs_find_ten_percent_at_eight_percent_noise() -> None:
    assert shares(20, 1.10, 0.08, 0.0, 400, seed=3)["regressed"] >= 0.90  # 0.94 in the long run
    assert 0.2 <= shares(5, 1.10, 0.08, 0.0, 400, seed=3)["regressed"] <= 0.42


def test_a_large_difference_is_always_found_whatever_the_tolerance() -> None:
    assert shares(20, 1.3, 0.08, 0.05, 100, seed=4) == {"regressed": 1.0}
    assert shares(20, 1 / 1.3, 0.08, 0.05, 100, seed=4) == {"improved": 1.0}


def test_a_slowdown_within_the_tolerance_is_no_regression() -> None:
    assert shares(20, 1.05, 0.08, 0.05, 300, seed=5).get("regressed", 0.0) <= 0.05
    assert shares(20, 1.0, 0.01, 0.05, 50, seed=5) == {"unchanged": 1.0}


def test_too_few_pairs_say_how_many_more() -> None:
    rng = np.random.default_rng(11)
    for _ in range(20):
        metric = drawn(rng, 20, 1.10, 0.10)
        first = one(metric)
        if first.verdict == "inconclusive" and (first.point or 0) > 1.08:
            break
    assert "the tolerance of 0.05" in first.why
    # As many more come to a verdict in most of the cases.
    more = len(metric.baseline) + (first.more_pairs or 0)
    assert shares(more, first.point or 0, 0.10, 0.05, 60, seed=2).get("regressed", 0.0) >= 0.5
    assert one(Pairs("x", "lower", (1.0, 1.0), (2.0, 2.0))).more_pairs == 3


def test_of_one_of_several_metrics_as_many_more_as_decide_it_among_them() -> None:
    rng = np.random.default_rng(21)

    def among(pairs: int, ratio: float) -> Compared:
        others = [drawn(rng, pairs, 1.0, 0.10, f"m{nth}") for nth in range(9)]
        return compare([drawn(rng, pairs, ratio, 0.10), *others], 0.05, rng)[0]

    first = next(found for found in iter(lambda: among(20, 1.13), None) if "as one of several" in found.why)
    more = 20 + (first.more_pairs or 0)
    assert sum(among(more, first.point or 0).verdict == "regressed" for _ in range(80)) >= 36


def test_direction_decides_what_is_better() -> None:
    rng = np.random.default_rng(1)
    slower = drawn(rng, 20, 1.5, 0.05)
    faster = Pairs("rate", "higher", slower.baseline, slower.candidate)
    assert [one(slower).verdict, one(faster).verdict] == ["regressed", "improved"]


def test_an_outlier_decides_nothing() -> None:
    rng = np.random.default_rng(2)
    metric = drawn(rng, 20, 1.0, 0.01)
    spoiled = Pairs("time", "lower", metric.baseline, (50.0, *metric.candidate[1:]))
    assert one(spoiled).verdict == "unchanged"


def test_drift_that_hits_both_of_a_pair_is_no_difference() -> None:
    rng = np.random.default_rng(3)
    drift = np.exp(np.linspace(0, 1.0, 20))  # the machine grows nearly three times as slow
    metric = drawn(rng, 20, 1.0, 0.01)
    drifting = Pairs("time", "lower", tuple(drift * metric.baseline), tuple(drift * metric.candidate))
    assert one(drifting).verdict == "unchanged"


def test_several_metrics_share_the_error_rate() -> None:
    rng = np.random.default_rng(5)
    false = 0
    for _ in range(60):
        metrics = [drawn(rng, 10, 1.0, 0.08, f"m{nth}") for nth in range(20)]
        false += any(result.verdict in ("improved", "regressed") for result in compare(metrics, 0.0, rng))
    assert false <= 8  # of 60 evaluations, not of 1,200 metrics


def test_numbers_without_a_ratio() -> None:
    zeros = (0.0,) * 10
    assert one(Pairs("errors", "lower", zeros, zeros)).verdict == "unchanged"
    some = one(Pairs("errors", "lower", zeros, (0.0,) * 9 + (1.0,)))
    assert (some.verdict, some.point) == ("inconclusive", None)
    assert "not all positive" in some.why
    assert one(Pairs("x", "lower", (), ())).more_pairs == 5


def test_what_is_no_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        Pairs("x", "lower", (1.0, math.nan), (1.0, 1.0))
    with pytest.raises(ValueError, match="two samples"):
        Pairs("x", "lower", (1.0,), ())
    with pytest.raises(ValueError, match="tolerance"):
        one(Pairs("x", "lower", (), ()), tolerance=1.0)


def test_the_same_seed_says_the_same() -> None:
    metric = drawn(np.random.default_rng(9), 20, 1.07, 0.05)
    assert one(metric, seed=4) == one(metric, seed=4)


positive = st.floats(min_value=1e-6, max_value=1e6)


@given(st.lists(st.tuples(positive, positive), min_size=5, max_size=30), st.sampled_from(["lower", "higher"]))
def test_interval_and_verdict_always_agree(samples: list[tuple[float, float]], direction: Direction) -> None:
    baseline, candidate = zip(*samples, strict=True)
    found = one(Pairs("x", direction, baseline, candidate))
    assert found.low is not None
    assert found.point is not None
    assert found.high is not None
    assert 0 < found.low <= found.point <= found.high
    beyond = found.low > 1.05 or found.high < 0.95
    if found.verdict in ("improved", "regressed"):
        assert beyond or math.isclose(found.low, 1.05, rel_tol=1e-3) or math.isclose(found.high, 0.95, rel_tol=1e-3)
        assert (found.point > 1) == ((found.verdict == "regressed") == (direction == "lower"))
    elif found.verdict == "unchanged":
        assert found.low >= 0.95
        assert found.high <= 1.05
    else:
        assert found.why

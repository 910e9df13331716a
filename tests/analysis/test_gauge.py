"""Gauges, histograms and the dispersion: the smaller rooms of the judge."""

import math

import numpy as np
import pytest

from kaizen_tui.analysis.dispersion import FEWEST, Halves, dispersion
from kaizen_tui.analysis.gauge import SignTest, autocorrelation_time, block_of, median_interval
from kaizen_tui.analysis.histogram import above_bounds, headline, tails, usable_bounds
from kaizen_tui.analysis.measures import Histogram


def test_seven_blocks_of_one_sign_decide_and_coins_do_not() -> None:
    test = SignTest(0.5, 200)
    for _ in range(6):
        test.add(1)
    assert test.log_e < math.log(20)
    test.add(1)
    assert test.log_e >= math.log(20)
    rng = np.random.default_rng(4)
    wrong = 0
    for _ in range(400):
        coin = SignTest(0.5, 200)
        logs = []
        for sign in rng.choice((-1, 1), 200).tolist():
            coin.add(sign)
            logs.append(coin.log_e)
        wrong += max(logs) >= math.log(20)
    assert wrong / 400 <= 0.05


def test_a_rise_that_begins_late_is_found_as_well() -> None:
    test = SignTest(0.5, 200)
    for _ in range(100):
        test.add(-1)
    for nth in range(40):  # noqa: B007 (looked at below)
        test.add(1)
        if test.log_e >= math.log(20):
            break
    assert nth <= 20


def test_the_interval_of_the_median_holds_it_at_all_blocks() -> None:
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(200):
        means = rng.standard_t(2, 80) * 0.05 + math.log(1.2)
        ends = [median_interval(means[:count].tolist(), 0.05) for count in range(1, 81)]
        held += all(low <= 1.2 <= high for low, high in ends)
        assert ends[0] == (0.0, math.inf)
        assert 1.1 < ends[-1][0] < ends[-1][1] < 1.3
    assert held / 200 >= 0.95


def test_the_block_is_two_autocorrelation_times() -> None:
    rng = np.random.default_rng(8)
    keep = math.exp(-1 / 5)
    values = [0.0]
    for noise in rng.normal(0, 0.1, 20_000).tolist():
        values.append(keep * values[-1] + noise)
    found = autocorrelation_time(np.exp(values).tolist())
    assert found == pytest.approx((1 + keep) / (1 - keep), rel=0.2)  # of such a process, exactly
    assert block_of(np.exp(values).tolist()) == math.ceil(2 * found)
    assert block_of(np.exp(rng.normal(0, 1, 5000)).tolist()) in (2, 3)
    assert block_of([1.0] * 100) == 2
    assert block_of([1.0] * 20) is None
    assert block_of([1.0, -1.0] * 100) is None


def test_tails_and_the_bounds_that_can_be_used() -> None:
    histogram = Histogram((0.1, 0.2, 0.5, 1.0), (200.0, 600.0, 190.0, 9.8, 0.2))
    assert tails(histogram)[0] == 1000.0
    assert tails(histogram)[1] == pytest.approx([800.0, 200.0, 10.0, 0.2])
    assert usable_bounds(histogram) == (0.2, 0.5)  # above the first are 80 %, above the last 0.02 %
    assert headline(histogram, (0.2, 0.5)) == 1
    assert above_bounds(Histogram((0.2, 0.5), (1.0, 2.0, 3.0)), (0.2, 0.5)) == (6.0, [5.0, 3.0])
    assert above_bounds(Histogram((0.2, 0.4), (1.0, 2.0, 3.0)), (0.2, 0.5)) is None
    assert usable_bounds(Histogram((1.0,), (0.0, 0.0))) == ()


def halves(rng: np.random.Generator, size: int, looks: int) -> list[Halves]:
    """Both halves of a baseline whose failures come in clusters of `size`."""
    bad = rng.poisson(60 / size, (looks, 2)) * size
    return [Halves(10_000.0, float(a), 10_000.0, float(b)) for a, b in bad]


def test_dispersion_from_the_history_of_two_halves() -> None:
    rng = np.random.default_rng(9)
    assert dispersion(halves(rng, 1, 1000)).factor == 1.0
    found = dispersion(halves(rng, 4, 2000))
    assert found.factor == pytest.approx(4 * 1.2, rel=0.15)  # the variance of clusters of four is four times as large
    assert found.mean == pytest.approx(4, rel=0.15)
    assert dispersion(halves(rng, 4, FEWEST - 1)).factor is None
    assert dispersion([Halves(0.0, 0.0, 10.0, 1.0)] * 500) == (None, 0, None)
    for moved, factor in ((2.5, 1.25 * 1.2), (2.4, 1.0)):  # of 20 bad events: 1.25 and 1.152 times the variance
        assert dispersion([Halves(100.0, 10 - moved, 100.0, 10 + moved)] * FEWEST).factor == pytest.approx(factor)

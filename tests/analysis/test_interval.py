"""The interval: the same as by bisection on the sums themselves, and never too narrow."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen_tui.analysis.interval import HIGHEST, LOWEST, NODES, intervals

Looks = list[tuple[float, float, float]]  # F, x, w


def likelihood(looks: Looks, rho: float) -> float:
    return sum(x * math.log(rho) - f * math.log(1 + w * rho) for f, x, w in looks)


def by_bisection(looks: Looks, alpha: float) -> tuple[float, float]:
    """The kept ratios by their definition, on a prior of 448 points, the ends to 1e-9."""
    logs = np.linspace(math.log(LOWEST), math.log(HIGHEST), 448)
    prior = 1 / (1 + (logs / math.log(2)) ** 2)
    values = np.array([likelihood(looks, math.exp(u)) for u in logs])
    bar = float(np.logaddexp.reduce(values + np.log(prior / prior.sum()))) + math.log(alpha)
    best = float(logs[values.argmax()])
    ends = []
    for out in (float(logs[0]), float(logs[-1])):
        if likelihood(looks, math.exp(out)) >= bar:
            ends.append(0.0 if out < 0 else math.inf)
            continue
        inside, outside = best, out
        for _ in range(60):
            middle = (inside + outside) / 2
            if likelihood(looks, math.exp(middle)) >= bar:
                inside = middle
            else:
                outside = middle
        ends.append(math.exp(inside))
    return ends[0], ends[1]


def interval(looks: Looks, alpha: float = 0.05) -> tuple[float, float]:
    traffic = sum((f * np.log1p(w * np.exp(NODES)) for f, _, w in looks), np.zeros(len(NODES)))
    low, high = intervals(np.array([sum(x for _, x, _ in looks)]), traffic[None, :], alpha)
    return float(low[0]), float(high[0])


look = st.tuples(st.integers(0, 3000), st.floats(0, 1), st.sampled_from([1e-4, 0.01, 0.05, 0.3, 1.0, 20.0])).map(
    lambda parts: (float(parts[0]), float(round(parts[0] * parts[1] * parts[2] / (1 + parts[2]))), parts[2])
)


@settings(deadline=None, max_examples=80)
@given(st.lists(look, min_size=1, max_size=8), st.sampled_from([0.01, 0.05, 0.3]))
def test_the_ends_are_those_of_the_definition_or_a_trifle_wider(looks: Looks, alpha: float) -> None:
    low, high = interval(looks, alpha)
    exact_low, exact_high = by_bisection(looks, alpha)
    step = (HIGHEST / LOWEST) ** (1 / 447)
    assert low <= exact_low * (1 + 1e-9)
    assert high >= exact_high * (1 - 1e-9)
    assert low >= exact_low / step * (1 - 1e-9)
    assert high <= exact_high * step * (1 + 1e-9)


def test_nothing_seen_bounds_nothing() -> None:
    assert interval([(0.0, 0.0, 0.01)]) == (0.0, math.inf)


def test_the_digits_do_not_depend_on_how_many_are_asked_for_at_once() -> None:
    rng = np.random.default_rng(2)
    traffic = rng.uniform(1, 1e5, (200, 1)) * np.log1p(0.02 * np.exp(NODES))
    bad = rng.integers(0, 300, 200).astype(float)
    low, high = intervals(bad, traffic, 0.05)
    for row in range(200):
        one = intervals(bad[row : row + 1], traffic[row : row + 1], 0.05)
        assert (one[0][0], one[1][0]) == (low[row], high[row])


def test_much_traffic_makes_it_narrow_and_keeps_it_whole() -> None:
    low, high = interval([(2e9, 1e9, 1.0)])
    assert 0.98 < low <= 1.0 <= high < 1.02

"""The formulas of the canary's tests, against the page's own words and against exact expectations."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kaizen_tui.analysis.eprocess import Advanced, Counts, advance
from kaizen_tui.analysis.points import Comparison, Points, points_of

Rows = list[tuple[float, float, float, float]]


def lf(r: float, rho: float, row: tuple[float, float, float, float]) -> float:
    """The log e-value of one look, as it is defined."""
    n_b, x_b, n_c, x_c = row
    w = n_c / n_b
    return x_c * math.log(r / rho) - (x_b + x_c) * math.log((1 + w * r) / (1 + w * rho))


def log_add(*logs: float) -> float:
    top = max(logs)
    return -math.inf if top == -math.inf else top + math.log(sum(math.exp(log - top) for log in logs))


def log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def by_the_book(rows: Rows, rho: float, phi: float, cap: float, f: float, planned: int) -> list[float]:
    """log E against roll-back after each look, candidate by candidate."""
    steps = [math.log(1.1) + k * (math.log(100) - math.log(1.1)) / 23 for k in range(24)]
    weights = [1 / (1 + (u / math.log(2)) ** 2) for u in steps]
    weights = [w / sum(weights) for w in weights]
    running = [log(1 - f)] * 24
    found = []
    for t, row in enumerate(rows):
        for k, u in enumerate(steps):
            if 1 <= t <= planned:
                running[k] = log_add(running[k], log(f / planned))
            running[k] += min(lf(rho * math.exp(u), rho, row) / phi, cap)
        started = log_add(*(value + math.log(w) for value, w in zip(running, weights, strict=True)))
        found.append(log_add(started, log(f * (1 - t / planned))) if t < planned else started)
    return found


def promotion_by_the_book(rows: Rows, rho: float, phi: float, cap: float) -> list[float]:
    ratios, weights = [1.0, rho**0.5, rho**0.25, 0.7, 0.4], [0.5, 0.125, 0.125, 0.15, 0.1]
    running = [0.0] * 5
    found = []
    for row in rows:
        running = [value + min(lf(r, rho, row) / phi, cap) for value, r in zip(running, ratios, strict=True)]
        found.append(log_add(*(value + math.log(w) for value, w in zip(running, weights, strict=True))))
    return found


def run(points: Points, rows: Rows) -> Advanced:
    columns = np.array(rows, dtype=float).reshape(1, len(rows), 4)
    total, bad, canary_total, canary_bad = (columns[:, :, place] for place in range(4))
    counted = np.ones((1, len(rows)), dtype=bool)
    counts = Counts(total, bad, canary_total, canary_bad, counted)
    return advance(points, points.initial()[None, :], np.zeros(1, dtype=np.int64), counts)


def comparison(**more: float | None) -> Comparison:
    fields: dict[str, float | None] = {
        "rollback_ratio": 1.0,
        "promote_ratio": 2.0,
        "dispersion": 1.0,
        "cap": math.log(5),
        "late_start": 0.5,
        "planned_looks": 1440,
    }
    return Comparison(**{**fields, **more})  # type: ignore[arg-type]


row = st.tuples(st.integers(1, 100_000), st.integers(0, 2000), st.integers(1, 5000), st.integers(0, 300)).map(
    lambda parts: (float(parts[0]), float(min(parts[:2])), float(parts[2]), float(min(parts[2:])))
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(row, min_size=1, max_size=12),
    st.sampled_from([0.7, 1.0, 1.5]),
    st.sampled_from([1.05, 1.3, 2.0, 4.0]),
    st.sampled_from([1.0, 2.5]),
    st.sampled_from([0.0, 0.5, 0.9]),
    st.sampled_from([1, 3, 1440]),
)
def test_the_formulas_are_those_of_the_design(
    rows: Rows, rho: float, better: float, phi: float, f: float, planned: int
) -> None:
    points = points_of(
        comparison(rollback_ratio=rho, promote_ratio=better, dispersion=phi, late_start=f, planned_looks=planned)
    )
    done = run(points, rows)
    assert done.promote is not None
    assert done.rollback[0] == pytest.approx(by_the_book(rows, rho, phi, math.log(5), f, planned), rel=1e-9, abs=1e-9)
    assert done.promote[0] == pytest.approx(promotion_by_the_book(rows, better, phi, math.log(5)), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5])
@pytest.mark.parametrize("ratio", [1.0, 0.8, 0.3])
@pytest.mark.parametrize("bad", [0.001, 0.05, 0.3])
def test_the_mean_is_at_most_one_under_the_null(share: float, ratio: float, bad: float) -> None:
    """Exactly, by summing over all outcomes of a small look of binomial counts."""
    n_b, n_c = 60, max(1, round(60 * share))
    for r in (1.1, 2.0, 10.0, 100.0):
        mean = sum(
            math.comb(n_b, x_b) * bad**x_b * (1 - bad) ** (n_b - x_b)
            * math.comb(n_c, x_c) * (ratio * bad) ** x_c * (1 - ratio * bad) ** (n_c - x_c)
            * math.exp(lf(r, 1.0, (n_b, x_b, n_c, x_c)))
            for x_b in range(n_b + 1)
            for x_c in range(n_c + 1)
        )  # fmt: skip
        assert mean <= 1 + 1e-12


def test_poisson_counts_of_equal_versions_have_a_mean_of_exactly_one() -> None:
    points = points_of(comparison(cap=None, late_start=0.0))
    bad, canary_bad = (part.ravel() for part in np.meshgrid(np.arange(120.0), np.arange(120.0)))
    chance = np.exp([x * math.log(20) - 20 - math.lgamma(x + 1) for x in range(120)])
    canary_chance = np.exp([x * math.log(2) - 2 - math.lgamma(x + 1) for x in range(120)])
    n = len(bad)
    ones = np.ones((n, 1))
    counts = Counts(ones * 1e4, bad[:, None], ones * 1e3, canary_bad[:, None], ones > 0)
    done = advance(points, np.tile(points.initial(), (n, 1)), np.zeros(n, dtype=np.int64), counts)
    weights = chance[bad.astype(int)] * canary_chance[canary_bad.astype(int)]
    assert float((weights * np.exp(done.rollback[:, 0])).sum()) == pytest.approx(1.0, abs=1e-9)


def test_before_any_look_nothing_speaks() -> None:
    points = points_of(comparison(guard=0.0144, promote_below=0.001))
    nothing = np.zeros((1, 3))
    counts = Counts(nothing, nothing, nothing, nothing, nothing.astype(bool))
    done = advance(points, points.initial()[None, :], np.zeros(1, dtype=np.int64), counts)
    assert done.promote is not None
    assert done.guard is not None
    for logs in (done.rollback, done.promote, *done.guard):
        assert logs[0] == pytest.approx([0.0] * 3, abs=1e-12)
    assert done.looks[0].tolist() == [0, 0, 0]


@settings(deadline=None, max_examples=40)
@given(st.lists(row, min_size=1, max_size=6))
@example([(1.0, 0.0, 1.0, 1.0), (1.0, 0.0, 1609.0, 0.0)])
def test_no_look_adds_more_than_the_cap(rows: Rows) -> None:
    points = points_of(comparison(late_start=0.0, guard=0.01, promote_below=0.001))
    path = run(points, rows).path[0]
    steps = np.diff(np.vstack([points.initial(), path]), axis=0)[:, : points.nodes.start]
    # A candidate that was ruled out stands at -1e9, where the difference of two numbers is known to 1e-7.
    assert (steps <= math.log(5) + 1e-9 + 1e-15 * np.abs(path[:, : points.nodes.start])).all()
    done = run(points, rows)
    assert done.promote is not None
    for logs in (done.rollback[0], done.promote[0]):
        assert (np.diff([0.0, *logs]) <= math.log(5) + 1e-9).all()


@settings(deadline=None, max_examples=40)
@given(st.lists(row, min_size=1, max_size=20), st.integers(0, 20))
def test_a_look_that_is_not_counted_changes_nothing(rows: Rows, place: int) -> None:
    points = points_of(comparison())
    done = run(points, rows)
    at = min(place, len(rows))
    columns = np.array([*rows[:at], (0.0, 0.0, 0.0, 0.0), *rows[at:]]).reshape(1, len(rows) + 1, 4)
    counted = np.ones((1, len(rows) + 1), dtype=bool)
    counted[0, at] = False
    counts = Counts(*(columns[:, :, nth] for nth in range(4)), counted)  # type: ignore[call-arg]
    gapped = advance(points, points.initial()[None, :], np.zeros(1, dtype=np.int64), counts)
    assert np.array_equal(np.delete(gapped.path[0], at, axis=0), done.path[0])
    assert np.array_equal(np.delete(gapped.rollback[0], at), done.rollback[0])


def test_an_absolute_share_has_a_mean_of_at_most_one_at_its_limit() -> None:
    rng = np.random.default_rng(5)
    n, share = 20_000, 0.0144
    points = points_of(comparison(guard=share, promote_below=share, cap=None, late_start=0.0))
    ones = np.ones((n, 1))
    bad = rng.binomial(300, share, n).astype(float)[:, None]
    counts = Counts(ones * 3000, rng.binomial(3000, share, n).astype(float)[:, None], ones * 300, bad, ones > 0)
    path = advance(points, np.tile(points.initial(), (n, 1)), np.zeros(n, dtype=np.int64), counts).path[:, 0]
    for column in range(points.promote_below.start, points.promote_below.stop):
        values = np.exp(path[:, column])
        assert values.mean() <= 1 + 4 * values.std() / math.sqrt(n)
    # Of the guard's candidates only the near ones have a mean that samples show.
    for column in range(points.guard_canary.start, points.guard_canary.start + 3):
        values = np.exp(path[:, column])
        assert values.mean() <= 1 + 4 * values.std() / math.sqrt(n)

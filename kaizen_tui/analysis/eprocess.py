"""Tests of canary against baseline that may be looked at as often as one likes: e-processes on counts.

At each look F bad events were seen in both versions together, x of them in the canary, whose traffic was w times the
baseline's. For a candidate ratio r against the null rho0, exp of

    x ln(r / rho0) - F ln((1 + w r) / (1 + w rho0))

has a mean of at most 1 as long as the null holds, whatever the common bad share does and however the traffic is ramped:
given F, x is binomial for Poisson counts, and for binomial ones (1 + u)^n <= exp(n u). Products over looks are
therefore a supermartingale, and exceed 1/alpha at any time with a chance of at most alpha (Ville's inequality; Ramdas,
Grunwald, Vovk, Shafer, Statistical Science 38, 2023). Mixtures over candidates and over starting looks keep that.

All functions work on many tests (rows) and many looks (columns) at once; a single look is an array of one by one.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kaizen_tui.analysis.points import Array, Points

_LEAST = math.log(0.5)


class Counts(NamedTuple):
    """Increments of each look; [row, look]. A look that isn't `counted` changes nothing; its numbers are zeros."""

    baseline_total: Array
    baseline_bad: Array
    canary_total: Array
    canary_bad: Array
    counted: NDArray[np.bool_]


class Guarded(NamedTuple):
    """Log e-values against a share that no version may exceed. canary, baseline: each by itself. alone: of the canary
    at the looks at which the baseline kept to it: what both versions go through says nothing against the canary."""

    alone: Array
    canary: Array
    baseline: Array


class Advanced(NamedTuple):
    """Log e-values after each look, [row, look]; None where a test has no such part. path: the states, [row, look, :];
    looks: how many were counted by then."""

    rollback: Array
    promote: Array | None
    guard: Guarded | None
    path: Array
    looks: NDArray[np.int64]


def advance(points: Points, state: Array, looks: NDArray[np.int64], counts: Counts) -> Advanced:
    """Takes the states of many tests of one kind through the same number of looks.

    state: [row, column] before the first of them, left as it is. looks: how many each row has counted before.
    """
    comparison = points.comparison
    added = _increments(points, counts)
    # The number of the look: 0 for the first. A look that isn't counted keeps that of the one before.
    number = looks[:, None] + np.cumsum(counts.counted, axis=1) - 1
    begins = counts.counted & (number >= 1) & (number <= comparison.planned_looks)
    path = _run(state.copy(), added, begins, points)
    rest = np.full(number.shape, -np.inf)
    waiting = 1.0 - np.maximum(number, 0) / comparison.planned_looks
    open_ = (waiting > 0) & (comparison.late_start > 0)
    rest[open_] = np.log(comparison.late_start * waiting[open_])
    rollback = np.logaddexp(log_sum(path[:, :, points.rollback] + points.rollback_weights), rest)
    guard = None
    if points.guard is not None:
        even = -math.log(len(points.guard.bad))
        columns = (points.guard_alone, points.guard_canary, points.guard_baseline)
        guard = Guarded(*(np.logaddexp(log_sum(path[:, :, one] + even), rest) for one in columns))
    return Advanced(rollback, _promote(points, path), guard, path, number + 1)


def log_sum(values: Array) -> Array:
    """Log of the sum of exponentials, over the last axis."""
    top = values.max(axis=-1)
    return np.asarray(top + np.log(np.exp(values - top[..., None]).sum(axis=-1)))


def _promote(points: Points, path: Array) -> Array | None:
    if points.comparison.promote_ratio is None:
        return None
    ratio = log_sum(path[:, :, points.promote] + points.promote_weights)
    if points.below is None:
        return ratio
    below = log_sum(path[:, :, points.promote_below]) - math.log(len(points.below.bad))
    return np.asarray(np.logaddexp(ratio, below) + _LEAST)


def _increments(points: Points, counts: Counts) -> Array:
    """What each look adds to each column of the state."""
    comparison = points.comparison
    cap = np.inf if comparison.cap is None else comparison.cap
    total, bad = counts.canary_total, counts.canary_bad
    both = counts.baseline_bad + bad
    share = np.zeros_like(total)
    np.divide(total, counts.baseline_total, out=share, where=counts.baseline_total > 0)
    logs = np.log1p(share[:, :, None] * points.ratios)
    added = np.empty((*total.shape, points.columns))
    worse, better = len(points.log_rollback), len(points.log_promote)
    x, f = (bad / comparison.dispersion)[:, :, None], (both / comparison.dispersion)[:, :, None]
    added[:, :, points.rollback] = x * points.log_rollback - f * (logs[:, :, :worse] - logs[:, :, -2:-1])
    if better:
        there = x * points.log_promote - f * (logs[:, :, worse : worse + better] - logs[:, :, -1:])
        added[:, :, points.promote] = there
    if points.guard is not None and comparison.guard is not None:
        canary = _absolute(points.guard.bad, points.guard.good, total, bad, comparison.dispersion)
        added[:, :, points.guard_canary] = canary
        # Which looks count is told by the baseline's events, that say nothing of how the canary's fell: the mean stays.
        kept = counts.baseline_bad <= comparison.guard * counts.baseline_total
        added[:, :, points.guard_alone] = np.where(kept[:, :, None], canary, 0.0)
        added[:, :, points.guard_baseline] = _absolute(
            points.guard.bad, points.guard.good, counts.baseline_total, counts.baseline_bad, comparison.dispersion
        )
    if points.below is not None:
        added[:, :, points.promote_below] = _absolute(
            points.below.bad, points.below.good, total, bad, comparison.dispersion
        )
    bets = added[:, :, : points.nodes.start]
    np.minimum(bets, cap, out=bets)
    added[:, :, points.nodes] = both[:, :, None] * logs[:, :, worse + better : -2]
    added[:, :, points.counts] = np.stack([counts.baseline_total, counts.baseline_bad, total, bad], axis=-1)
    return added


def _absolute(log_bad: Array, log_good: Array, total: Array, bad: Array, dispersion: float) -> Array:
    """What a look adds for candidates of one share: a plain likelihood ratio of binomials."""
    return np.asarray((bad[:, :, None] * log_bad + (total - bad)[:, :, None] * log_good) / dispersion)


def _run(state: Array, added: Array, begins: NDArray[np.bool_], points: Points) -> Array:
    """The states after each look. Look by look, so that a result doesn't depend on how many come at once."""
    comparison = points.comparison
    path = np.empty_like(added)
    late = state[:, : points.late]
    start = np.full(begins.shape, -np.inf)
    if comparison.late_start > 0:
        start[begins] = math.log(comparison.late_start / comparison.planned_looks)
    some_begin = np.logical_or.reduce(begins, axis=0) & (comparison.late_start > 0)
    for look in range(added.shape[1]):
        if some_begin[look]:
            np.logaddexp(late, start[:, look, None], out=late)
        state += added[:, look]
        path[:, look] = state
    return path

"""The alternatives that a test of two ratios bets on, compiled once for each kind of test.

A test's state is one row of numbers (`Points.columns`): running log e-values, one a candidate, then the
log-likelihood at the interval's nodes, then the counts so far.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kaizen_tui.analysis.interval import NODES

Array = NDArray[np.float64]

COUNTS = 4  # baseline's total and bad, canary's total and bad: the last columns of a state
_NEVER = -1e9  # the log of a chance of zero, once it was needed
_ROLLBACK = 24
_NARROWEST, _WIDEST = math.log(1.1), math.log(100.0)
_PROMOTE_WEIGHTS = (0.5, 0.125, 0.125, 0.15, 0.1)
_BELOW = (0.0, 0.1, 0.3, 0.6)
_ABOVE = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)


@dataclass(frozen=True)
class Comparison:
    """What one comparison of two bad shares is tested for; see settings.py for the words."""

    rollback_ratio: float
    promote_ratio: float | None
    dispersion: float
    cap: float | None
    late_start: float
    planned_looks: int
    guard: float | None = None
    promote_below: float | None = None


class Absolute(NamedTuple):
    """Candidates q for one share against p0: a look of x bad of n adds x * bad + (n - x) * good."""

    bad: Array
    good: Array


class Points(NamedTuple):
    """A compiled test. The slices are columns of the state; `late` of them, from the left, have a late start."""

    comparison: Comparison
    ratios: Array  # of rollback, promote, nodes, then rollback_ratio and promote_ratio themselves
    log_rollback: Array  # ln(r / rho0) of each candidate
    log_promote: Array
    rollback_weights: Array  # logs
    promote_weights: Array
    guard: Absolute | None
    below: Absolute | None
    rollback: slice
    guard_alone: slice
    guard_canary: slice
    guard_baseline: slice
    late: int
    promote: slice
    promote_below: slice
    nodes: slice
    counts: slice
    columns: int

    def initial(self) -> Array:
        """The state before the first look."""
        state = np.zeros(self.columns)
        state[: self.late] = math.log1p(-self.comparison.late_start)
        return state


@lru_cache(maxsize=256)
def points_of(comparison: Comparison) -> Points:
    """The candidates of a test."""
    steps = np.linspace(_NARROWEST, _WIDEST, _ROLLBACK)
    weights = 1.0 / (1.0 + (steps / math.log(2.0)) ** 2)
    rho = comparison.promote_ratio
    better, better_weights = _promote_candidates(rho)
    guard = None if comparison.guard is None else _above(comparison.guard)
    below = None if comparison.promote_below is None or rho is None else _below(comparison.promote_below)
    guards = 0 if guard is None else len(guard.bad)
    edges = np.cumsum(
        [0, _ROLLBACK, guards, guards, guards, len(better), 0 if below is None else len(below.bad), len(NODES), COUNTS]
    )
    parts = [slice(int(start), int(stop)) for start, stop in pairwise(edges)]
    worse = comparison.rollback_ratio * np.exp(steps)
    own = [comparison.rollback_ratio, 1.0 if rho is None else rho]
    return Points(
        comparison=comparison,
        ratios=np.concatenate([worse, better, np.exp(NODES), own]),
        log_rollback=steps,
        log_promote=np.log(better / own[1]),
        rollback_weights=np.log(weights / weights.sum()),
        promote_weights=np.log(better_weights),
        guard=guard,
        below=below,
        rollback=parts[0],
        guard_alone=parts[1],
        guard_canary=parts[2],
        guard_baseline=parts[3],
        late=int(edges[4]),
        promote=parts[4],
        promote_below=parts[5],
        nodes=parts[6],
        counts=parts[7],
        columns=int(edges[-1]),
    )


def _promote_candidates(rho: float | None) -> tuple[Array, Array]:
    """Ratios below `rho`, and their weights. None: no candidates."""
    if rho is None:
        return np.empty(0), np.empty(0)
    if rho > 1:
        return np.array([1.0, rho**0.5, rho**0.25, 0.7, 0.4]), np.array(_PROMOTE_WEIGHTS)
    return rho * np.array([0.7, 0.4]), np.array([0.6, 0.4])  # a test against rho only holds for ratios below it


def _above(p0: float) -> Absolute:
    """Candidates above p0, for H0: the share is p0 or less."""
    shares = [p0 * times for times in _ABOVE if p0 * times < 0.9] + [p0 + (1 - p0) * part for part in (0.5, 0.95)]
    return _absolute(p0, np.array(shares))


def _below(p0: float) -> Absolute:
    """Candidates below p0, for H0: the share is p0 or more."""
    return _absolute(p0, p0 * np.array(_BELOW))


def _absolute(p0: float, shares: Array) -> Absolute:
    bad = np.array([math.log(share / p0) if share > 0 else _NEVER for share in shares])
    return Absolute(bad, np.log1p(-shares) - math.log1p(-p0))

"""An interval for the ratio of two bad shares that holds at all looks together: a confidence sequence.

Kept is each ratio whose likelihood is not beaten by a mixture over all ratios by more than 1/alpha (Robbins' mixture;
Howard, Ramdas, McAuliffe, Sekhon, Annals of Statistics 49, 2021). The part of the log-likelihood that depends on the
looks' traffic, sum F ln(1 + w e^u), is analytic in u with its nearest singularities at a distance of pi: 48 Chebyshev
nodes determine it to the last digits (Trefethen, Approximation Theory and Approximation Practice, 2013, theorem 8.2),
so that a look adds 48 numbers and any ratio can be asked for.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LOWEST, HIGHEST = 0.05, 60.0  # ratios beyond which nothing is told apart
_BOTTOM, _TOP = math.log(LOWEST), math.log(HIGHEST)
_POINTS = 448
_AT_ONCE = 64  # rows that stay in the processor's cache
_ANGLES = (np.arange(48) + 0.5) * math.pi / 48
NODES: Array = 0.5 * (_TOP + _BOTTOM) + 0.5 * (_TOP - _BOTTOM) * np.cos(_ANGLES)  # logs of ratios


@lru_cache(maxsize=1)
def _grid() -> tuple[Array, Array, Array]:
    """Logs of ratios; the matrix from values at the nodes (rows) to values there (barycentric formula); log prior."""
    logs = np.linspace(_BOTTOM, _TOP, _POINTS)
    weights = np.where(np.arange(len(NODES)) % 2 == 0, 1.0, -1.0) * np.sin(_ANGLES)
    gaps = logs[:, None] - NODES[None, :]
    gaps[gaps == 0] = 1e-300
    parts = weights / gaps
    prior = 1.0 / (1.0 + (logs / math.log(2.0)) ** 2)
    matrix = np.ascontiguousarray((parts / parts.sum(axis=1, keepdims=True)).T)
    return logs, matrix, np.log(prior / prior.sum())


def intervals(bad: Array, traffic: Array, alpha: float, dispersion: float = 1.0) -> tuple[Array, Array]:
    """The ratios that the looks so far leave possible: lowest and highest, 0 and infinity where nothing bounds them.

    bad: bad events of each canary, [row]. traffic: sum of F ln(1 + w e^u) over its looks, at the nodes u, [row, node].
    The log-likelihood is concave in u: what is kept has no holes, and a line through two kept points lies above it
    outside of them, so that an end found by such a line is never too close.
    """
    blocks = range(0, len(bad), _AT_ONCE)
    parts = [_some(bad[at : at + _AT_ONCE], traffic[at : at + _AT_ONCE], alpha, dispersion) for at in blocks]
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([low for low, _ in parts]), np.concatenate([high for _, high in parts])


def _some(bad: Array, traffic: Array, alpha: float, dispersion: float) -> tuple[Array, Array]:
    logs, matrix, prior = _grid()
    at_grid = np.matmul(traffic[:, None, :], matrix)[:, 0, :]  # row by row: the same digits however many rows
    values = (bad[:, None] * logs - at_grid) / dispersion
    weighted = values + prior
    top = weighted.max(axis=1)
    bar = top + np.log(np.exp(weighted - top[:, None]).sum(axis=1)) + math.log(alpha)
    bar = np.minimum(bar, values.max(axis=1))  # one that is narrower than the grid keeps its best point
    kept = values >= bar[:, None]
    first = kept.argmax(axis=1)
    last = _POINTS - 1 - kept[:, ::-1].argmax(axis=1)
    low = np.where(first == 0, 0.0, np.exp(_ends(logs, values, bar, first, -1)))
    high = np.where(last == _POINTS - 1, np.inf, np.exp(_ends(logs, values, bar, last, 1)))
    return low, high


def _ends(logs: Array, values: Array, bar: Array, at: NDArray[np.intp], outward: int) -> Array:
    """Where the log-likelihood falls below the bar between a kept point and the next one outward."""
    rows = np.arange(len(at))
    inner = np.clip(at - outward, 0, _POINTS - 1)
    here = values[rows, at]
    slope = here - values[rows, inner]
    falls = slope < 0
    step = np.ones(len(at))
    np.divide(bar - here, slope, out=step, where=falls)
    return np.asarray(logs[at] + np.minimum(step, 1.0) * outward * (logs[1] - logs[0]))

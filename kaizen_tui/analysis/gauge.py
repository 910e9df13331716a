"""Gauges: is the canary's value larger than the baseline's? A sign test on block means. Slow, and approximate.

A gauge has no events to count, and its values hang together: a block of looks, two integrated autocorrelation times
of the baseline's history or more, gives one sign, that of the mean of ln(canary / baseline) - ln(rho). Under the null
a sign is positive with a chance of at most one half; betting a part l of the capital on it at each block multiplies by
1 + l * sign, an e-process whatever the values' distribution, as far as blocks are independent. It takes 7 blocks of one
sign at the least. Give a gauge a small weight and a limit.
"""

import math
from collections.abc import Sequence

import numpy as np

from kaizen_tui.analysis.settings import Settings, Sli

STAKES = (0.25, 0.5, 0.75, 0.95)
LIMIT_LOOKS = 3  # one look alone never decides


def autocorrelation_time(values: Sequence[float]) -> float | None:
    """The integrated autocorrelation time of a gauge's logs, in looks: 1 + 2 * sum of the correlations, up to 5 times
    itself (Sokal, Monte Carlo Methods in Statistical Mechanics, 1996, section 3). 1 for independent values; None where
    the history is shorter than 50 such times, or has values that aren't positive."""
    logs = np.asarray(values, dtype=np.float64)
    if len(logs) < 50 or not (logs > 0).all() or not np.isfinite(logs).all():
        return None
    logs = np.log(logs)
    logs -= logs.mean()
    variance = float(logs @ logs)
    if variance <= 0:
        return 1.0
    time = 1.0
    for lag in range(1, len(logs) // 2):
        time += 2.0 * float(logs[lag:] @ logs[:-lag]) / variance
        if lag >= 5.0 * time:
            break
    return max(1.0, time) if len(logs) >= 50 * time else None


def block_of(values: Sequence[float]) -> int | None:
    """`Sli.block` from the baseline's history: two autocorrelation times. None: the history is too short."""
    time = autocorrelation_time(values)
    return None if time is None else math.ceil(2.0 * time)


class SignTest:
    """An e-process on signs. late_start, planned: as of settings, counted in blocks."""

    __slots__ = ("_late", "_logs", "_number", "_planned")

    def __init__(self, late_start: float = 0.0, planned: int = 1) -> None:
        self._late = late_start
        self._planned = planned
        self._logs = [math.log1p(-late_start)] * len(STAKES)
        self._number = -1

    def add(self, sign: int) -> None:
        """One block: 1 speaks against the null, -1 for it, 0 says nothing."""
        self._number += 1
        if self._late and 1 <= self._number <= self._planned:
            begin = math.log(self._late / self._planned)
            self._logs = [log_add(log, begin) for log in self._logs]
        self._logs = [log + math.log1p(stake * sign) for log, stake in zip(self._logs, STAKES, strict=True)]

    @property
    def log_e(self) -> float:
        top = max(self._logs)
        mean = top + math.log(math.fsum(math.exp(log - top) for log in self._logs) / len(STAKES))
        waiting = self._late * (1.0 - max(self._number, 0) / self._planned)
        return log_add(mean, math.log(waiting)) if waiting > 0 else mean


def log_add(one: float, other: float) -> float:
    """Log of the sum of two exponentials."""
    high, low = max(one, other), min(one, other)
    return high + math.log1p(math.exp(low - high))


class GaugeTest:
    """One gauge of a canary, look by look."""

    __slots__ = ("_above", "_alone", "_block", "_promote", "_rollback", "_sli", "means")

    def __init__(self, sli: Sli, settings: Settings) -> None:
        self._sli = sli
        self._rollback = SignTest(settings.late_start, max(1, settings.planned_looks // sli.block))
        self._promote = None if sli.promote_ratio is None else SignTest()
        self._block: list[float] = []
        self._above = self._alone = 0
        self.means: list[float] = []

    def look(self, baseline: float, canary: float) -> None:
        """Both values at one look; positive and finite."""
        limit = self._sli.limit
        if limit is not None:
            self._above = self._above + 1 if canary > limit else 0
            self._alone = self._alone + 1 if canary > limit >= baseline else 0
        self._block.append(math.log(canary) - math.log(baseline))
        if len(self._block) < self._sli.block:
            return
        mean = math.fsum(self._block) / len(self._block)
        self._block.clear()
        self.means.append(mean)
        self._rollback.add(_sign(mean - math.log(self._sli.rollback_ratio)))
        if self._promote is not None and self._sli.promote_ratio is not None:
            self._promote.add(-_sign(mean - math.log(self._sli.promote_ratio)))

    def carry(self, old: "GaugeTest") -> None:
        """Goes on where another one was, but for the evidence for promotion."""
        self._rollback, self._above, self._alone = old._rollback, old._above, old._alone
        self._block, self.means = list(old._block), list(old.means)

    @property
    def log_e_rollback(self) -> float:
        return self._rollback.log_e

    @property
    def log_e_promote(self) -> float | None:
        return None if self._promote is None else self._promote.log_e

    @property
    def alone_beyond(self) -> bool:
        """The canary is above its limit for long enough, and the baseline was not meanwhile."""
        return self._alone >= LIMIT_LOOKS

    @property
    def both_beyond(self) -> bool:
        """The canary is above it for as long, and the baseline was as well."""
        return self._above >= LIMIT_LOOKS > self._alone


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def median_interval(means: Sequence[float], alpha: float) -> tuple[float, float]:
    """Ratios that the median of the block means may have, at all looks together: the sign test turned round, both
    sides at alpha/2. means: logs of ratios. 0 and infinity where nothing bounds it yet."""
    count = len(means)
    bar = math.log(2.0 / alpha)
    most = next((k for k in range(count, count // 2, -1) if not _refuses(k, count, bar)), count // 2)
    spare = count - most - 1  # so many means lie beyond either end
    ordered = np.sort(np.asarray(means)) if count else np.empty(0)
    if spare < 0:
        return 0.0, math.inf
    return math.exp(float(ordered[spare])), math.exp(float(ordered[count - 1 - spare]))


def _refuses(positive: int, count: int, bar: float) -> bool:
    """So many signs of one kind refuse a median of zero."""
    logs = [positive * math.log1p(stake) + (count - positive) * math.log1p(-stake) for stake in STAKES]
    top = max(logs)
    return top + math.log(math.fsum(math.exp(log - top) for log in logs) / len(STAKES)) >= bar

"""When a canary is likely to be decided: a guess from how fast its evidence has grown lately. Pure."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

_LOOKS = 40  # that the rate is taken from
_FEWEST = 4
_MOST = 1e9
_LONGEST = 7 * 86400.0  # seconds; beyond it "about" says nothing


def e_value(log: float) -> float:
    """The e-value of its log; beyond a thousand million it says nothing more."""
    return min(_MOST, math.exp(min(log, 21.0)))


class Estimate(NamedTuple):
    """seconds: until the evidence suffices, about. kind: for what."""

    kind: Literal["promote", "rollback"]
    seconds: float


class Trail:
    """The latest log e-values at the present step."""

    def __init__(self) -> None:
        self._share: float | None = None
        self._points: list[tuple[float, float, float | None]] = []

    def begin(self, share: float) -> None:
        """The share of the step in effect: another one begins anew, as promotion is tested anew."""
        if share != self._share:
            self._share, self._points = share, []

    def add(self, share: float, at: float, rollback: float, promote: float | None) -> None:
        """A look. at: epoch seconds; rollback, promote: log e-values after it."""
        self.begin(share)
        self._points.append((at, rollback, promote))
        del self._points[:-_LOOKS]

    def estimate(self, rollback_bar: float, promote_bar: float, rest: float = 0.0) -> Estimate | None:
        """What is decided first at the present rates; None where nothing grows. rest: seconds that a promotion takes
        at the least."""
        points = self._points
        if len(points) < _FEWEST:
            return None
        (start, first_back, first_on), (end, back, on) = points[0], points[-1]
        span = end - start
        if span <= 0:
            return None
        found: list[Estimate] = []
        if back > max(0.0, first_back):
            found.append(Estimate("rollback", max(0.0, rollback_bar - back) * span / (back - first_back)))
        if on is not None and first_on is not None and on > first_on:
            found.append(Estimate("promote", max(rest, (promote_bar - on) * span / (on - first_on), 0.0)))
        best = min(found, key=lambda one: one.seconds, default=None)
        return best if best is not None and best.seconds <= _LONGEST else None

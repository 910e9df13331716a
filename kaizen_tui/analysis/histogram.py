"""Latency and other sizes, from histograms: the test of two ratios on the events above each usable bound."""

from bisect import bisect_left
from collections.abc import Sequence

from kaizen_tui.analysis.measures import Histogram

RAREST, COMMONEST = 5e-4, 0.7
_HEADLINE = 0.05  # the tail whose ratio is shown: about the 95th percentile


def tails(histogram: Histogram) -> tuple[float, list[float]]:
    """All events, and those above each bound."""
    above: list[float] = []
    whole = 0.0
    for count in reversed(histogram.counts):
        above.append(whole)
        whole += count
    return whole, above[:0:-1]


def usable_bounds(first: Histogram) -> tuple[float, ...]:
    """The bounds to test, from the baseline's first look alone: those above which lie 0.05 to 70 % of its events.

    Chosen once: a choice that followed the canary's numbers would break the promise.
    """
    whole, above = tails(first)
    if whole <= 0:
        return ()
    return tuple(le for le, tail in zip(first.le, above, strict=True) if RAREST <= tail / whole <= COMMONEST)


def headline(first: Histogram, bounds: Sequence[float]) -> int:
    """Which of the bounds is shown to people: the one nearest to the 95th percentile."""
    whole, above = tails(first)
    shares = {le: tail / whole for le, tail in zip(first.le, above, strict=True)}
    return min(range(len(bounds)), key=lambda place: abs(shares[bounds[place]] - _HEADLINE))


def above_bounds(histogram: Histogram, bounds: Sequence[float]) -> tuple[float, list[float]] | None:
    """All events, and those above each of `bounds`; None where the histogram lacks one of them."""
    whole, above = tails(histogram)
    found = []
    for bound in bounds:
        place = bisect_left(histogram.le, bound)
        if place == len(histogram.le) or histogram.le[place] != bound:
            return None
        found.append(above[place])
    return whole, found

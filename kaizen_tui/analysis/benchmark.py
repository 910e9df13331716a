"""Is the candidate slower than the baseline? The typical ratio of interleaved pairs, with bootstrap intervals.

Each pair is one sample of both versions, measured right after each other in random order, so that what drifts on the
machine hits both and leaves their ratio alone. The estimate is the 20 % trimmed mean of the pairs' log ratios: like a
median it doesn't care for outliers, and it needs fewer pairs (a 10 % slowdown at 8 % noise is found by 20 pairs with
power 0.95, by the ratio of the medians with 0.87). The interval is the percentile bootstrap over pairs, which Wilcox
recommends for this estimate (Introduction to Robust Estimation and Hypothesis Testing, 4th ed., section 4.4); several
metrics share the error rate by Holm's step-down procedure (Scandinavian Journal of Statistics 6, 1979).

A claim needs the whole interval: "regressed" and "improved" beyond the tolerance on one side, "unchanged" within it.
Everything else is inconclusive, and says how many more pairs it would take.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Direction = Literal["lower", "higher"]
Verdict = Literal["improved", "unchanged", "regressed", "inconclusive"]

ALPHA = 0.05
RESAMPLES = 9_999
MOST_PAIRS = 10_000  # as many as a benchmark may ask for
_MARGIN = 1.15  # the width of an interval is itself an estimate
FEWEST = 5  # pairs below which no interval means anything
# Of few pairs the percentile interval covers too little (91 % of 5, where 95 % is said): it is widened as Student's t
# is wider than the normal (Hesterberg, What Teachers Should Know About the Bootstrap, 2015, "expanded percentile").
_STUDENT = {5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262, 11: 2.228, 12: 2.201, 13: 2.179, 14: 2.160}
_NORMAL = NormalDist()
_TRIMMED = 0.2  # of the pairs, at each end
_AT_ONCE = 4_000_000  # numbers that are resampled at a time: 32 MB


@dataclass(frozen=True)
class Pairs:
    """One metric's samples: baseline[i] and candidate[i] were measured as one pair. direction: which way is better."""

    name: str
    direction: Direction
    baseline: tuple[float, ...]
    candidate: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.baseline) != len(self.candidate):
            raise ValueError("a pair has two samples")
        if not all(math.isfinite(value) for value in (*self.baseline, *self.candidate)):
            raise ValueError("a sample is a finite number")


@dataclass(frozen=True)
class Compared:
    """What the pairs of one metric show.

    baseline, candidate: medians. point, low, high: the typical ratio of a pair, candidate over baseline, with its 95 %
    interval; None where no ratio can be formed. more_pairs: how many more pairs a verdict would take about, where there
    is none; None where that can't be said, because the ratio lies on the very edge of the tolerance. why: of an
    inconclusive one, in words.
    """

    name: str
    pairs: int
    baseline: float | None
    candidate: float | None
    point: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    more_pairs: int | None = None
    why: str = ""


@dataclass(frozen=True)
class _Drawn:
    """A metric's resampled ratios, sorted. slower, faster: p-values of the claims "beyond the tolerance"."""

    metric: Pairs
    point: float
    ratios: NDArray[np.float64]
    slower: float
    faster: float

    @property
    def p(self) -> float:
        return min(1.0, 2.0 * min(self.slower, self.faster))


def compare(
    metrics: Sequence[Pairs], tolerance: float, rng: np.random.Generator, *, alpha: float = ALPHA
) -> tuple[Compared, ...]:
    """The verdict on each metric, in their order.

    tolerance: how much worse still counts as unchanged, as a share (0 to 1, exclusive). rng: of the resampling; from
    one state come the same verdicts. alpha: of all claims "improved" and "regressed" together.
    """
    if not 0 <= tolerance < 1:
        raise ValueError("a tolerance lies between 0 and 1")
    drawn = {place: _draw(metric, tolerance, rng) for place, metric in enumerate(metrics) if _has_ratio(metric)}
    claimed = _holm({place: one.p for place, one in drawn.items()}, alpha)
    level = alpha / max(1, len(drawn) - len(claimed))
    return tuple(
        _judged(drawn[place], tolerance, (alpha, level), claimed=place in claimed)
        if place in drawn
        else _without_ratio(metric)
        for place, metric in enumerate(metrics)
    )


def _has_ratio(metric: Pairs) -> bool:
    """A ratio needs positive numbers: one of a failing counter at zero, or of a temperature, says nothing."""
    return len(metric.baseline) >= FEWEST and min(*metric.baseline, *metric.candidate) > 0


def _draw(metric: Pairs, tolerance: float, rng: np.random.Generator) -> _Drawn:
    logs = np.log(np.asarray(metric.candidate)) - np.log(np.asarray(metric.baseline))
    size = len(logs)
    batch = max(1, _AT_ONCE // size)
    parts = [
        _trimmed_mean(logs[rng.integers(0, size, size=(min(batch, RESAMPLES - done), size))])
        for done in range(0, RESAMPLES, batch)
    ]
    drawn = np.sort(np.concatenate(parts))
    above = 1 + int(np.count_nonzero(drawn <= math.log1p(tolerance)))
    below = 1 + int(np.count_nonzero(drawn >= math.log1p(-tolerance)))
    point = math.exp(float(_trimmed_mean(logs[np.newaxis, :])[0]))
    widening = _widening(size)
    slower, faster = (_NORMAL.cdf(_NORMAL.inv_cdf(_share(count)) / widening) for count in (above, below))
    return _Drawn(metric, point, np.exp(drawn), slower, faster)


def _share(count: int) -> float:
    return min(1 - 1e-9, float(count) / (RESAMPLES + 1))


def _widening(pairs: int) -> float:
    """How much wider than the plain percentile interval that of few pairs has to be."""
    student = _STUDENT.get(pairs)
    return 1.0 if student is None else math.sqrt(pairs / (pairs - 1)) * student / 1.96


def _trimmed_mean(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each row, without its lowest and highest fifth."""
    cut = int(_TRIMMED * rows.shape[1])
    ordered = np.sort(rows, axis=1)
    return np.asarray(ordered[:, cut : rows.shape[1] - cut].mean(axis=1))


def _holm(p_values: dict[int, float], alpha: float) -> set[int]:
    """The hypotheses that fall, at most `alpha` of them wrongly, however many there are."""
    claimed: set[int] = set()
    for rank, place in enumerate(sorted(p_values, key=lambda place: p_values[place])):
        if p_values[place] > alpha / (len(p_values) - rank):
            break
        claimed.add(place)
    return claimed


def _judged(drawn: _Drawn, tolerance: float, levels: tuple[float, float], *, claimed: bool) -> Compared:
    """levels: of the interval, and of the next claim among those that are left."""
    metric, (alpha, level) = drawn.metric, levels
    tail = _NORMAL.cdf(_NORMAL.inv_cdf(alpha / 2) * _widening(len(metric.baseline)))
    low, high = (float(value) for value in np.quantile(drawn.ratios, [tail, 1 - tail]))
    low, high = min(low, drawn.point), max(high, drawn.point)
    verdict: Verdict = "inconclusive"
    if claimed:
        larger = drawn.slower < drawn.faster
        verdict = "regressed" if larger == (metric.direction == "lower") else "improved"
    elif 1 - tolerance <= low and high <= 1 + tolerance:
        verdict = "unchanged"
    more = None
    if verdict == "inconclusive":
        widened = _NORMAL.inv_cdf(level / 2) / _NORMAL.inv_cdf(alpha / 2)
        more = _more_pairs(len(metric.baseline), drawn.point, low, high, tolerance, widened)
    return Compared(
        metric.name,
        len(metric.baseline),
        float(np.median(metric.baseline)),
        float(np.median(metric.candidate)),
        drawn.point,
        low,
        high,
        verdict,
        more,
        _why(low, high, tolerance) if verdict == "inconclusive" else "",
    )


def _why(low: float, high: float, tolerance: float) -> str:
    interval = f"the interval from {low:.3g} to {high:.3g}"
    if low > 1 + tolerance or high < 1 - tolerance:
        return f"{interval} alone would do, but not as one of several metrics"
    return f"{interval} reaches over the tolerance of {tolerance:.3g}"


def _more_pairs(pairs: int, point: float, low: float, high: float, tolerance: float, widened: float) -> int | None:
    """An interval's width falls with the root of the pairs: as many as bring it to one side of the tolerance.

    widened: how much wider the interval of a claim is, which shares its error with those of other metrics.
    """
    upper, lower = math.log1p(tolerance), math.log1p(-tolerance)
    here = math.log(point)
    room = here - upper if here > upper else lower - here if here < lower else min(upper - here, here - lower)
    return _pairs_for(room, pairs, point, low, high, widened if here > upper or here < lower else 1.0)


def pairs_to_tell(compared: Compared, bound: float) -> int | None:
    """About how many more pairs it takes until the interval lies on one side of a factor of the baseline.

    None where the metric has no interval, or where more than MOST_PAIRS would be needed.
    """
    if compared.point is None or compared.low is None or compared.high is None or bound <= 0:
        return None
    room = abs(math.log(compared.point) - math.log(bound))
    return _pairs_for(room, compared.pairs, compared.point, compared.low, compared.high)


def _pairs_for(room: float, pairs: int, point: float, low: float, high: float, widened: float = 1.0) -> int | None:
    """room: from the ratio to the nearest bound, as a logarithm."""
    width = widened * max(math.log(high) - math.log(point), math.log(point) - math.log(low))
    if width <= 0 or room <= 0:
        return None
    if width / room > math.sqrt(MOST_PAIRS):
        return None
    needed = math.ceil(_MARGIN * pairs * (width / room) ** 2)
    return None if needed > MOST_PAIRS else max(1, needed - pairs)


def _without_ratio(metric: Pairs) -> Compared:
    pairs = len(metric.baseline)
    medians = [float(np.median(side)) if side else None for side in (metric.baseline, metric.candidate)]
    same = pairs >= FEWEST and metric.baseline == metric.candidate and len(set(metric.baseline)) == 1
    if same:  # 0 errors in every run of both
        return Compared(metric.name, pairs, medians[0], medians[1], None, None, None, "unchanged")
    if pairs < FEWEST:
        words, more = f"{pairs} {'pair is' if pairs == 1 else 'pairs are'} too few for an interval", FEWEST - pairs
    else:
        words, more = "its samples are not all positive, so that no ratio can be formed", None
    return Compared(metric.name, pairs, medians[0], medians[1], None, None, None, "inconclusive", more, words)

"""Whether an automatic criterion holds, given the samples: only where the whole 95 % interval says so.

The interval of a median is that of the order statistics, which assumes nothing of the distribution (David & Nagaraja,
Order Statistics, 3rd ed., section 7.1); of fewer than six samples it is their whole range. A factor of the baseline is
held against the interval of the ratio that `benchmark.compare` gives.
"""

from collections.abc import Sequence
from fractions import Fraction
from statistics import median
from typing import Literal

from kaizen_tui.analysis.benchmark import ALPHA, FEWEST, Compared
from kaizen_tui.analysis.series import Series
from kaizen_tui.core.criterion_text import Reading, holds
from kaizen_tui.core.scorecard import CriterionResult, CriterionVerdict

Kind = Literal["success", "abort"]


def judged(
    reading: Reading, kind: Kind, series: Series | None, compared: Compared | None, *, has_source: bool
) -> CriterionResult:
    """The verdict on one automatic criterion.

    series, compared: of its metric, None where no benchmark measured it. has_source: the component says where the
    metric's live numbers come from: then a criterion that nothing measured here is the canary's to judge.
    """
    relative = reading.value is None
    if series is None or not series.candidate:
        verdict: CriterionVerdict = "canary" if has_source else "inconclusive"
        return CriterionResult(text=reading.text, kind=kind, metric=reading.metric, measured=None, verdict=verdict)
    return CriterionResult(
        text=reading.text,
        kind=kind,
        metric=reading.metric,
        measured=median(series.candidate),
        baseline=median(series.baseline) if relative and series.baseline else None,
        verdict=_verdict(_holds(reading, series, compared), kind),
    )


def _verdict(held: bool | None, kind: Kind) -> CriterionVerdict:
    if held is None:
        return "inconclusive"
    return "pass" if held == (kind == "success") else "fail"


def _holds(reading: Reading, series: Series, compared: Compared | None) -> bool | None:
    if reading.value is not None:
        return _over(reading, median_interval(series.candidate), None)
    if not series.compared or len(series.candidate) < FEWEST:
        return None
    if reading.tolerance is not None:
        differences = [new - old for old, new in zip(series.baseline, series.candidate, strict=True)]
        return _over(reading, median_interval(differences), 0.0)
    if compared is not None and compared.low is not None and compared.high is not None:
        return _over(reading, (compared.low, compared.high), 1.0)
    return _of_every_pair(reading, series)


def _over(reading: Reading, interval: tuple[float, float], baseline: float | None) -> bool | None:
    """What holds over the whole interval; None where it holds only in a part."""
    low, high = (holds(reading, end, baseline) for end in interval)
    if low is None or low != high:
        return None
    if not low and reading.op == "==" and _holds_between(reading, interval, baseline):
        return None
    return low


def _holds_between(reading: Reading, interval: tuple[float, float], baseline: float | None) -> bool:
    """For `==`, which can fail at both ends and hold in between."""
    middle = reading.value if reading.value is not None else (reading.factor or 0.0) * (baseline or 0.0)
    return interval[0] < middle < interval[1]


def _of_every_pair(reading: Reading, series: Series) -> bool | None:
    """Where no ratio can be formed (a baseline of zero): what holds in every pair."""
    said = {holds(reading, new, old) for old, new in zip(series.baseline, series.candidate, strict=True)}
    return said.pop() if len(said) == 1 else None


def median_interval(samples: Sequence[float], alpha: float = ALPHA) -> tuple[float, float]:
    """The interval that holds the median with a confidence of at least 1 - alpha, or the range of few samples."""
    ordered, size = sorted(samples), len(samples)
    # Of the 2**size ways in which samples can fall below or above the median: how many leave it outside, at one end.
    most = int(Fraction(alpha).limit_denominator(10**6) * 2**size) // 2
    cut, outside, ways = 0, 1, 1
    while 2 * cut < size - 2:
        ways = ways * (size - cut) // (cut + 1)
        outside += ways
        if outside > most:
            break
        cut += 1
    return ordered[cut], ordered[size - 1 - cut]

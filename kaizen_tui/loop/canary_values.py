"""What a look measured, in the unit of the component's metric, so that it stands on one axis with the SLO."""

from bisect import bisect_left

from kaizen_tui.analysis.histogram import above_bounds
from kaizen_tui.analysis.measures import Histogram, Measure, Ratio
from kaizen_tui.core.component import Metric
from kaizen_tui.core.numbers import human_number, with_unit
from kaizen_tui.core.sli import LatencySli
from kaizen_tui.metrics.promql import scale_of


def value_of(metric: Metric, measure: Measure | None) -> float | None:
    """In the metric's unit, counted as its target is; None where nothing happened."""
    if measure is None:
        return None
    if isinstance(measure, Ratio):
        return _share(metric, measure.bad, measure.total)
    if not isinstance(measure, Histogram):
        return measure * scale_of(metric)
    sli = metric.sli
    if not isinstance(sli, LatencySli):
        return None
    if sli.threshold is not None:
        found = above_bounds(measure, (sli.threshold,))
        return None if found is None else _share(metric, found[1][0], found[0])
    value = quantile(measure, sli.quantile or 0.5)
    return None if value is None else value * scale_of(metric)


def bound_words(metric: Metric | None, bound: float | None) -> str:
    """A bound of a histogram as people read it: in the metric's unit where that is a time, else in seconds, as the
    buckets are."""
    if bound is None:
        return ""
    if metric is None or not isinstance(metric.sli, LatencySli):
        return human_number(bound)
    if metric.sli.threshold is not None:
        return with_unit(bound, "s")
    return with_unit(bound * scale_of(metric), metric.shown_unit)


def _share(metric: Metric, bad: float, total: float) -> float | None:
    if total <= 0:
        return None
    share = bad / total
    return (1.0 - share if metric.direction == "higher" else share) * scale_of(metric)


def quantile(histogram: Histogram, share: float) -> float | None:
    """As Prometheus' histogram_quantile: linear within a bucket; the last bound for what lies beyond it. None for an
    empty one."""
    whole = sum(histogram.counts)
    if whole <= 0:
        return None
    below: list[float] = []
    for count in histogram.counts:
        below.append((below[-1] if below else 0.0) + count)
    place = bisect_left(below, share * whole)
    bounds = histogram.le
    if place >= len(bounds):
        return bounds[-1]
    low = bounds[place - 1] if place else min(0.0, bounds[0])
    start, count = (below[place - 1] if place else 0.0), histogram.counts[place]
    return low + (bounds[place] - low) * ((share * whole - start) / count if count else 1.0)

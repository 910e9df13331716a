"""A typed SLI as PromQL: present value, error ratio, events and raw counters, for a window and a version. Pure.

What the queries hold to, whatever the series:

- An idle service is no data: every division is guarded by `> 0`, so neither a value nor a budget is ever NaN.
- No bad event yet means no series of bad events: then the bad count is 0 as long as there is a total.
- Counters are read through rate() or increase(), which take a restart for what it is.
- Shares and quantiles are made of increase(): of a series younger than the window, VictoriaMetrics' rate() is over the
  series' own life, so that rates of an old and a young series don't add up. To Prometheus it is the same.
- Every typed SLI is aggregated to one series; a raw query that returns several is for its author to aggregate.
- Label values are escaped; a series' own matcher wins over the component's selector on the same label.
"""

import math
import re
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeGuard

from kaizen_tui.core.component import Component, Metric
from kaizen_tui.core.sli import GaugeSli, LatencySli, RateSli, RatioSli, Sli, counts_events
from kaizen_tui.core.units import convert, unit_of_name
from kaizen_tui.metrics.source import Version

VALUE_WINDOW = 300.0  # seconds: over what a present value is taken, as Prometheus' own look-back

_SERIES = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{(.*)\})?\s*", re.DOTALL)
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_UNITS_OF_TIME = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_SELECTOR_WITH_COMMA = re.compile(r"\$selector\s*,|,\s*\$selector|\$selector")


class Scope(NamedTuple):
    """Which series of a component are meant. matchers: label -> value. versioned: the label that tells versions apart,
    whose matcher always holds, "" where all versions are meant."""

    matchers: Mapping[str, str]
    versioned: str = ""


class EventQueries(NamedTuple):
    """Events of a span. bad, total: how many. An absent `bad` series counts as 0 where `total` is there."""

    bad: str
    total: str


class CounterQuery(NamedTuple):
    """Raw counters, one series a process. part: what they count (see source.Counter)."""

    part: Literal["bad", "good", "total", "bucket", "value"]
    query: str


def duration(seconds: float) -> str:
    """`5m`, `30d`, `90s`, `1500ms`: as PromQL writes a duration, in the largest unit that keeps it whole."""
    whole = round(seconds)
    if abs(seconds - whole) > 1e-9 or whole <= 0:
        return f"{max(1, round(seconds * 1000))}ms"
    size, unit = next((size, unit) for size, unit in _UNITS_OF_TIME if whole % size == 0)
    return f"{whole // size}{unit}"


def quoted_label(value: str) -> str:
    """A label's value as a PromQL string: backslash, quote and line end escaped."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def scope_of(component: Component, version: Version = "") -> Scope | None:
    """The component's series, of one version where that is asked; None where its versions are not configured."""
    matchers = dict(component.selector)
    if not version:
        return Scope(matchers)
    if component.versions is None:
        return None
    label = component.versions.label
    matchers[label] = component.versions.baseline if version == "baseline" else component.versions.canary
    return Scope(matchers, label)


def selector_of(scope: Scope) -> str:
    """The matchers as they stand between braces: `job="pcc-main",env="prod"`."""
    return ",".join(f"{label}={quoted_label(value)}" for label, value in scope.matchers.items())


def series_of(series: str, scope: Scope, *extra: str, suffix: str = "") -> str:
    """A series of the file, in the scope. extra: more matchers. suffix: of its name, such as `_bucket`."""
    found = _SERIES.fullmatch(series)
    if found is None:
        raise ValueError(f"{series!r} is no series")  # the model lets none pass
    own = (found[2] or "").strip().rstrip(",").strip()
    named = labels_in(own)
    matchers = [own] if own else []
    for label, value in scope.matchers.items():
        if label not in named or label == scope.versioned:
            matchers.append(f"{label}={quoted_label(value)}")
    matchers += extra
    name = found[1] if not suffix or found[1].endswith(suffix) else found[1] + suffix
    return f"{name}{{{','.join(matchers)}}}" if matchers else name


def labels_in(matchers: str) -> set[str]:
    """The labels that matchers name; what stands between quotes is no label."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', "", matchers)
    return set(_LABEL.findall(bare))


def fill(query: str, scope: Scope, window: float) -> str:
    """A raw query with `$window` and `$selector` filled in; without a selector its comma goes as well."""
    selector = selector_of(scope)
    filled = _SELECTOR_WITH_COMMA.sub(lambda found: found[0].replace("$selector", selector) if selector else "", query)
    return filled.replace("$window", duration(window)).strip()


def le_matcher(bound: float) -> str:
    """The matcher of a bucket: clients write the same bound as "1" or "1.0", "0.3" or "0.30"."""
    plain = f"{bound:.12g}"
    forms = {plain, repr(bound)}
    forms |= {f"{plain}.0", f"{plain}.00"} if "." not in plain and "e" not in plain else {f"{plain}0"}
    return f'le=~"{"|".join(re.escape(form).replace(chr(92), chr(92) * 2) for form in sorted(forms))}"'


def _counts(sli: Sli | None) -> TypeGuard[RatioSli | LatencySli]:
    return sli is not None and counts_events(sli)


# Units


def native_unit(metric: Metric) -> str:
    """The unit of what the SLI counts or measures before it is turned into the metric's own; "" where none is known."""
    sli = metric.sli
    if _counts(sli):
        return "ratio"
    if isinstance(sli, LatencySli):
        return unit_of_name(_bare(sli.histogram).removesuffix("_bucket")) or "s"
    if isinstance(sli, GaugeSli):
        return unit_of_name(_bare(sli.metric))
    if isinstance(sli, RateSli):
        counted = unit_of_name(_bare(sli.counter))
        return {"s": "ratio", "B": "B/s"}.get(counted, "/s" if not counted else "")
    return ""


def scale_of(metric: Metric) -> float:
    """What the SLI's own numbers are multiplied by to be in the metric's unit.

    A share without a unit is a percentage when its thresholds lie above 1. Units that don't convert are left alone
    (`unit_problem` says so).
    """
    native, wanted = native_unit(metric), metric.shown_unit
    if native == "ratio" and not wanted:
        limits = [abs(metric.threshold), abs(metric.abort_threshold or 0.0)]
        return 100.0 if max(limits) > 1 else 1.0
    if not native or not wanted:
        return 1.0
    factor = convert(1.0, native, wanted)
    return 1.0 if factor is None else factor


def unit_problem(metric: Metric) -> str:
    """Why the metric's unit can't be made of what its SLI measures, or ""."""
    native, wanted = native_unit(metric), metric.shown_unit
    if not native or not wanted or convert(1.0, native, wanted) is not None:
        return ""
    return f"{metric.name} is in {wanted}, but what its sli measures is in {native}"


def _bare(series: str) -> str:
    found = _SERIES.fullmatch(series)
    return found[1] if found else series


def _scaled(query: str, scale: float) -> str:
    if scale == 1.0:
        return query
    inverse = 1.0 / scale
    if scale < 1 and math.isclose(inverse, round(inverse), rel_tol=1e-12):
        return f"{query} / {round(inverse):d}"
    return f"{query} * {scale:.12g}"


# Queries


def value_query(component: Component, metric: Metric, window: float = VALUE_WINDOW, version: Version = "") -> str:
    """The present value in the metric's unit; "" where the file says no source or no such version."""
    scope = scope_of(component, version)
    if scope is None:
        return ""
    sli = metric.sli
    if metric.query is not None:
        return "" if version and "$selector" not in metric.query else fill(metric.query, scope, window)
    if _counts(sli):
        good = metric.direction == "higher"
        return _scaled(_counted(sli, scope, window).share(good), scale_of(metric))
    if isinstance(sli, LatencySli):
        buckets = series_of(sli.histogram, scope, suffix="_bucket")
        quantile = f"histogram_quantile({sli.quantile:.12g}, sum by (le) (increase({buckets}[{duration(window)}])))"
        # An idle histogram has a quantile of NaN: kept out here, as every other division by nothing.
        return _scaled(f"({quantile} >= 0)", scale_of(metric))
    if isinstance(sli, GaugeSli):
        return _scaled(_gauge(sli, scope, window), scale_of(metric))
    if isinstance(sli, RateSli):
        return _scaled(f"sum(rate({series_of(sli.counter, scope)}[{duration(window)}]))", scale_of(metric))
    return ""


def _gauge(sli: GaugeSli, scope: Scope, window: float) -> str:
    series = series_of(sli.metric, scope)
    if window <= VALUE_WINDOW:
        return f"{sli.aggregate}({series})"
    # A point of a chart stands for its whole step: the peak of a maximum must not fall between two points.
    over = {"max": "max_over_time", "min": "min_over_time"}.get(sli.aggregate, "avg_over_time")
    return f"{sli.aggregate}({over}({series}[{duration(window)}]))"


class _Counted(NamedTuple):
    """events: what the file names, good or bad ones. counts_good: which. total: all."""

    events: str
    counts_good: bool
    total: str

    def share(self, good: bool) -> str:
        """The share of good (or bad) events; no series where nothing happened."""
        share = f"({self.events} / ({self.total} > 0))"
        return share if good == self.counts_good else f"(1 - {share})"


def _counted(sli: RatioSli | LatencySli, scope: Scope, window: float) -> _Counted:
    span = duration(window)
    if isinstance(sli, LatencySli):
        bucket = series_of(sli.histogram, scope, le_matcher(sli.threshold or 0.0), suffix="_bucket")
        count = _count_series(sli.histogram, scope)
        # No 0 for an absent bucket: a histogram has all of its buckets from the start, so the bound is wrong.
        return _Counted(f"sum(increase({bucket}[{span}]))", True, f"sum(increase({count}[{span}]))")
    counted, named_good = (sli.good, True) if sli.good is not None else (sli.bad or "", False)
    events = f"sum(increase({series_of(counted, scope)}[{span}]))"
    total = f"sum(increase({series_of(sli.total, scope)}[{span}]))"
    return _Counted(f"({events} or 0 * {total})", named_good, total)


def _count_series(histogram: str, scope: Scope) -> str:
    """A histogram's `_count`, whichever of its names the file gives."""
    found = _SERIES.fullmatch(histogram)
    name = _bare(histogram).removesuffix("_bucket")
    labels = f"{{{found[2]}}}" if found and found[2] else ""
    return series_of(f"{name}{labels}", scope, suffix="_count")


def error_ratio_query(component: Component, metric: Metric, window: float, version: Version = "") -> str:
    """Bad events over all events (0 to 1); no series where nothing happened. "" for a metric that counts no events."""
    scope, sli = scope_of(component, version), metric.sli
    if scope is None or not _counts(sli):
        return ""
    return _counted(sli, scope, window).share(good=False)


def event_queries(component: Component, metric: Metric, window: float, version: Version = "") -> EventQueries | None:
    """How many bad events and how many at all; None for a metric that counts no events."""
    scope, sli = scope_of(component, version), metric.sli
    if scope is None or not _counts(sli):
        return None
    counted = _counted(sli, scope, window)
    bad = f"({counted.total} - {counted.events})" if counted.counts_good else counted.events
    return EventQueries(bad, counted.total)


def activity_query(component: Component, metric: Metric, window: float, version: Version = "") -> str:
    """How many events there were, good, bad, fast or slow: 0 for an idle service. "" where the SLI is made of none."""
    scope, sli = scope_of(component, version), metric.sli
    if scope is None or not isinstance(sli, RatioSli | LatencySli):
        return ""
    total = series_of(sli.total, scope) if isinstance(sli, RatioSli) else _count_series(sli.histogram, scope)
    return f"sum(increase({total}[{duration(window)}]))"


def missing_bucket(metric: Metric) -> str:
    """The bucket that a share of slow events is read from, as between braces; "" for other metrics."""
    sli = metric.sli
    return f'le="{sli.threshold:g}"' if isinstance(sli, LatencySli) and sli.threshold is not None else ""


def counter_queries(component: Component, metric: Metric, version: Version = "") -> tuple[CounterQuery, ...]:
    """The raw series of a metric, one a process and part; () for a raw query. A canary is judged by these."""
    scope, sli = scope_of(component, version), metric.sli
    if scope is None or sli is None:
        return ()
    if isinstance(sli, RatioSli):
        total = CounterQuery("total", series_of(sli.total, scope))
        if sli.bad is not None:
            return CounterQuery("bad", series_of(sli.bad, scope)), total
        return CounterQuery("good", series_of(sli.good or "", scope)), total
    if isinstance(sli, LatencySli):
        return (CounterQuery("bucket", series_of(sli.histogram, scope, suffix="_bucket")),)
    if isinstance(sli, GaugeSli):
        return (CounterQuery("value", series_of(sli.metric, scope)),)
    return (CounterQuery("total", series_of(sli.counter, scope)),)


def measured_series(component: Component, metric: Metric, version: Version = "") -> str:
    """The series whose newest sample tells the age of the data: the one that is there whenever the service is.
    "" for a raw query, which doesn't say."""
    scope, sli = scope_of(component, version), metric.sli
    if scope is None or sli is None:
        return ""
    if isinstance(sli, RatioSli):
        return series_of(sli.total, scope)
    if isinstance(sli, LatencySli):
        return _count_series(sli.histogram, scope)
    return series_of(sli.metric, scope) if isinstance(sli, GaugeSli) else series_of(sli.counter, scope)

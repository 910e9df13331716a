"""The numbers of a Prometheus server (or Thanos, Mimir, VictoriaMetrics): what each answer means for a metric.

- no series: no data. Where the newest sample is fresh all the same, nothing happened (the service is idle).
- NaN and infinities: no number, and the metric says so; never 0.
- several series for one metric: refused, since any choice among them would be a guess.
- a series that ended (staleness marker) or was not scraped for five minutes: no series.
- a counter that begins anew: rate() and increase() take it for a restart; raw counters are handed on as they are.
- warnings (a partial answer, say) stand beside the value.
"""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core.component import Component, Metric
from kaizen_tui.core.sli import RatioSli, Sli
from kaizen_tui.metrics import promql
from kaizen_tui.metrics.answers import Answers
from kaizen_tui.metrics.processes import Counted, Part, process_names, ratio_counters
from kaizen_tui.metrics.source import NO_SERIES, Counter, Counters, Events, Instant, Past, QueryError, Series, Version

if TYPE_CHECKING:
    from kaizen_tui.metrics.server import Answer, Sample, Server

KEEP = 2.0  # seconds for which the same question has the same answer
_LONGEST_KEEP = 60.0
_FINE = 15  # seconds: charts of all spans end on a multiple of this


class _Known(NamedTuple):
    component: Component
    metric: Metric


class PrometheusSource:
    """Implements `MetricSource`. broken: component id -> why its file can't be read.

    connect: makes the connection when the first question comes. clock: monotonic seconds.
    """

    def __init__(
        self,
        components: Sequence[Component],
        connect: Callable[[], "Server"],
        *,
        broken: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._known = {
            (component.id, metric.name): _Known(component, metric)
            for component in components
            for metric in component.metrics
        }
        self._broken = dict(broken or {})
        self._connect = connect
        self._server: Server | None = None
        self._answers: Answers[Answer] = Answers(clock)

    @property
    def name(self) -> str:
        return "prometheus"

    @property
    def width(self) -> int:
        return 16

    @property
    def server(self) -> "Server":
        """The connection. Raises UnreachableError where the settings can't work."""
        if self._server is None:
            # Two threads may both connect; one connection is thrown away then, without a request.
            self._server = self._connect()
        return self._server

    def of(self, components: Sequence[Component]) -> "PrometheusSource":
        """A source for other components, on the same connection."""
        return PrometheusSource(components, lambda: self.server)

    def query(self, component: str, metric: str) -> str:
        known = self._known.get((component, metric))
        return promql.value_query(*known) if known is not None else ""

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
        known = self._known.get((component, metric))
        query = promql.value_query(*known, version=version) if known is not None else ""
        if known is None or not query:
            return Instant(None, None, self._no_query(component, metric, version))
        try:
            answer = self._ask(query, at)
            if not answer.samples:
                return self._absent(known, at, version)._replace(warning=answer.warning)
            value, why = _number(answer.samples)
            measured = self._newest(known, at, version, there=value is not None)
        except QueryError as error:
            return Instant(None, None, str(error))
        return Instant(value, measured, why, answer.warning)

    def series(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Series:
        count = max(1, int((end - start) / step + 0.5) + 1)
        grid = max(1, round(step))
        last = int(end) // min(grid, _FINE) * min(grid, _FINE)
        first = last - (count - 1) * grid
        gaps = Series(float(first), float(grid), (None,) * count)
        known = self._known.get((component, metric))
        window = max(promql.VALUE_WINDOW, float(grid))
        query = promql.value_query(*known, window, version) if known is not None else ""
        if not query:
            return gaps._replace(error=self._no_query(component, metric, version))
        keep = _keep(float(grid))
        try:
            answer = self._answers.get(
                (query, first, last, grid), keep, lambda: self.server.query_range(query, first, last, grid)
            )
        except QueryError as error:
            return gaps._replace(error=str(error))
        if len(answer.samples) != 1:
            return gaps._replace(error=_several(answer.samples) if answer.samples else NO_SERIES)
        values: list[float | None] = [None] * count
        for at, value in answer.samples[0].points:
            place = round((at - first) / grid)
            if 0 <= place < count and math.isfinite(value):
                values[place] = value
        return gaps._replace(values=tuple(values))

    def events(self, component: str, metric: str, start: float, end: float, version: Version = "") -> Events:
        known = self._known.get((component, metric))
        window = max(1.0, float(round(end - start)))
        queries = promql.event_queries(*known, window, version) if known is not None else None
        if queries is None:
            return Events(0.0, 0.0, self._no_query(component, metric, version) or f"{metric} counts no events")
        # A budget of thirty days is as good half a minute later.
        keep = _keep(window)
        try:
            total, why = _number(self._ask_about(queries.total, end, keep).samples)
            bad, no_bad = _number(self._ask_about(queries.bad, end, keep).samples)
        except QueryError as error:
            return Events(0.0, 0.0, str(error))
        if total is None or bad is None:
            return Events(0.0, 0.0, why or no_bad)
        return Events(max(0.0, bad), max(0.0, total))

    def counters(self, component: str, metric: str, at: float, version: Version = "") -> Counters:
        known = self._known.get((component, metric))
        queries = promql.counter_queries(*known, version) if known is not None else ()
        if not queries:
            return Counters(at, (), self._no_query(component, metric, version) or f"{metric} has no raw counters")
        try:
            found = [(part, sample) for part, query in queries for sample in self._ask(query, at).samples]
            # A server goes on answering with the last sample for five minutes after nothing comes in any more.
            taken, _ = _number(self._ask(f"max(timestamp({queries[-1].query}))", at).samples) if found else (None, "")
        except QueryError as error:
            return Counters(at, (), str(error))
        sli = known.metric.sli if known is not None else None
        series = [(part, sample._replace(points=((at, sample.points[-1][1]),))) for part, sample in found]
        counters = _counters(sli, series).get(at, ())
        return Counters(at if taken is None else min(at, taken), counters, "" if counters else NO_SERIES)

    def past_counters(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Past:
        known = self._known.get((component, metric))
        queries = promql.counter_queries(*known, version) if known is not None else ()
        if not queries:
            return Past((), self._no_query(component, metric, version) or f"{metric} has no raw counters")
        grid = max(1, round(step))
        last = int(end)
        first = last - max(0, int((end - start) / step + 0.5)) * grid
        try:
            # Read once, so nothing is kept: an answer may be large.
            series = [
                (part, sample)
                for part, query in queries
                for sample in self.server.query_range(query, first, last, grid).samples
            ]
        except QueryError as error:
            return Past((), str(error))
        found = _counters(known.metric.sli if known is not None else None, series)
        return Past(tuple(Counters(float(at), found.get(float(at), ())) for at in range(first, last + 1, grid)))

    def names(self, selector: str, at: float) -> tuple[str, ...]:
        """The names of all series that match `selector` (matchers without braces). Raises QueryError."""
        matchers = selector or '__name__!=""'
        answer = self._ask(f"count by (__name__) ({{{matchers}}})", at)
        return tuple(sorted(sample.labels.get("__name__", "") for sample in answer.samples))

    def ask(self, query: str, at: float) -> "Answer":
        """Any query, as it is. Raises QueryError, UnreachableError."""
        return self._ask(query, at)

    def _ask(self, query: str, at: float) -> "Answer":
        """The answer for this very second: what is compared is measured at the same instant."""
        moment = float(round(at))
        return self._answers.get((query, moment), KEEP, lambda: self.server.query(query, moment))

    def _ask_about(self, query: str, at: float, keep: float) -> "Answer":
        """The answer for an instant less than `keep` seconds from this one: the first that was asked about."""
        moment = float(round(at))
        place = ("about", query, math.floor(at / keep))
        return self._answers.get(place, keep, lambda: self.server.query(query, moment))

    def _absent(self, known: _Known, at: float, version: Version) -> Instant:
        """Why a query has no series: nothing happened, a bucket that isn't there, or no service at all."""
        activity = promql.activity_query(*known, promql.VALUE_WINDOW, version)
        total, _ = _number(self._ask(activity, at).samples) if activity else (None, "")
        measured = None if total is None else self._newest(known, at, version, there=False)
        if total is None or measured is None:
            return Instant(None, None, NO_SERIES)
        if total <= 0:
            return Instant(None, measured, f"nothing happened in the last {promql.duration(promql.VALUE_WINDOW)}")
        missing = promql.missing_bucket(known.metric)
        return Instant(None, measured, f"the histogram has no bucket {missing}" if missing else NO_SERIES)

    def _newest(self, known: _Known, at: float, version: Version, there: bool) -> float | None:
        """When the newest sample of a metric was taken; None where there is none. there: the metric has a value."""
        series = promql.measured_series(*known, version=version)
        if not series:
            return at if there else None  # a raw query doesn't say what it reads
        newest, _ = _number(self._ask(f"max(timestamp({series}))", at).samples)
        if newest is None and there:
            # The service just went away: its last samples are still in the window that the value is taken over.
            span = promql.duration(promql.VALUE_WINDOW)
            past = f"max(max_over_time(timestamp({series})[{span}:1s]))"
            newest, _ = _number(self._ask(past, at).samples)
        return newest if newest is not None else (at if there else None)

    def _no_query(self, component: str, metric: str, version: Version) -> str:
        """Why there is nothing to ask, or ""."""
        known = self._known.get((component, metric))
        if known is None:
            return self._broken.get(component) or f"{component} has no metric {metric}"
        if known.metric.query is None and known.metric.sli is None:
            return "no query and no sli says where its numbers come from"
        if version and known.component.versions is None:
            return f"{component} doesn't say how its versions are told apart (versions:)"
        if version and known.metric.query is not None and "$selector" not in known.metric.query:
            return "its query has no $selector that tells versions apart"
        return ""


def _keep(window: float) -> float:
    """How long an answer about a span is as good as a new one: a 720th of it, from 2 s to a minute."""
    return min(_LONGEST_KEEP, max(KEEP, window / 720))


def _number(samples: "Sequence[Sample]") -> tuple[float | None, str]:
    """The one value of an answer, or why there is none."""
    if len(samples) != 1:
        return None, _several(samples) if samples else NO_SERIES
    value = samples[0].points[-1][1]
    if math.isnan(value):
        return None, "the query returned NaN, which is no number"
    if math.isinf(value):
        return None, f"the query returned {'+' if value > 0 else '-'}Inf, which is no number"
    return value, ""


def _several(samples: "Sequence[Sample]") -> str:
    return f"the query returned {len(samples)} series; aggregate them to one, with sum(), max() or avg()"


def _counters(sli: Sli | None, series: "Sequence[tuple[Part, Sample]]") -> dict[float, tuple[Counter, ...]]:
    """The counters of each process at each moment that the samples were taken at."""
    moments: dict[float, list[Counted]] = {}
    if isinstance(sli, RatioSli):
        names = process_names(sli, [sample.labels for _, sample in series])
        for name, (part, sample) in zip(names, series, strict=True):
            for at, value in sample.points:
                moments.setdefault(at, []).append(Counted(part, name, value))
        return {at: ratio_counters(sli, counted) for at, counted in moments.items()}
    found: dict[float, list[Counter]] = {}
    for part, sample in series:
        instance, bound = _instance(sample.labels)
        for at, value in sample.points:
            found.setdefault(at, []).append(Counter(part, instance, value, bound))
    return {at: tuple(counters) for at, counters in found.items()}


def _instance(labels: Mapping[str, str]) -> tuple[str, float | None]:
    """What tells a series' process from the others, and a bucket's bound."""
    rest = {name: value for name, value in labels.items() if name not in ("__name__", "le")}
    bound: float | None = None
    if "le" in labels:
        try:
            bound = float(labels["le"])
        except ValueError:
            bound = None
    return json.dumps(rest, sort_keys=True, separators=(",", ":")), bound

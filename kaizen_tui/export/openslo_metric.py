"""One SLI of OpenSLO, with its SLO where there is one, as the fields of a metric."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, NoReturn

from kaizen_tui.core.component import Component
from kaizen_tui.core.fields import FieldErrors, check_component, is_metric_name
from kaizen_tui.core.problem import Problem
from kaizen_tui.core.units import parse_number
from kaizen_tui.core.values import Value, quoted
from kaizen_tui.export.openslo import indicator, shorthand
from kaizen_tui.export.openslo_raw import annotation, as_text, json_of, text_at, unread
from kaizen_tui.store.yaml_documents import Part

# A series, alone or as sum(…), rate(…[…]) or sum(rate(…[…])): what it counts is the same.
_SERIES = r"""[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:[^{}"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*\})?"""
_COUNTED = re.compile(
    rf"(?:sum\s*\(\s*)?(?:(?P<function>rate|increase)\s*\(\s*)?(?P<series>{_SERIES})\s*(?P<span>\[[^\]]*\])?[\s)]*"
)
_COUNTER_NAME = re.compile(r"_(?:total|count|bucket|sum)\Z")
_SPANS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "M": 30 * 86400, "Q": 90 * 86400, "Y": 365 * 86400}
_ROUGH = "MQY"
_SLI_KEYS = ("description", "ratioMetric", "thresholdMetric")
_SLO_KEYS = (
    "description", "service", "indicator", "indicatorRef", "timeWindow", "budgetingMethod", "objectives",
    "alertPolicies",
)  # fmt: skip


class Indicator(NamedTuple):
    """raw: the SLI object, of a document of its own or inline. part: the document. at: the path of its `spec` there."""

    raw: Mapping[str, Value]
    part: Part
    at: tuple[str | int, ...]


class Objective(NamedTuple):
    """An SLO's document."""

    part: Part

    @property
    def spec(self) -> Mapping[str, Value]:
        spec = self.part.value["spec"]
        return spec if isinstance(spec, dict) else {}


class MetricRead(NamedTuple):
    """fields: None where Kaizen can't express it, and `problems` say why. notes: what is not as it stood."""

    fields: Mapping[str, Value] | None
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]


class _CannotError(Exception):
    """Kaizen has no way to say this."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_metric(
    name: str,
    found: Indicator,
    objective: Objective | None,
    selector: Mapping[str, str],
    source_type: Callable[[str], str],
) -> MetricRead:
    """The fields of the metric. selector: of its component. source_type: of a DataSource in the file, by name."""
    reading = _Metric(name, found, objective, selector, source_type)
    try:
        fields = reading.fields()
        reading.check(fields)
    except _CannotError as cannot:
        return MetricRead(None, (cannot.problem,), tuple(reading.notes))
    return MetricRead(fields, (), tuple(reading.notes))


class _Metric:
    def __init__(
        self,
        name: str,
        found: Indicator,
        objective: Objective | None,
        selector: Mapping[str, str],
        source_type: Callable[[str], str],
    ) -> None:
        self.name = name
        self.found = found
        self.objective = objective
        self.selector = selector
        self.source_type = source_type
        self.notes: list[Problem] = []
        spec = found.raw.get("spec")
        self.spec: Mapping[str, Value] = spec if isinstance(spec, dict) else {}

    def fields(self) -> dict[str, Value]:
        """The metric as it will stand in the component's file."""
        raw = self.found.raw
        fields: dict[str, Value] = {"name": self.metric_name()}
        budget = self.budget()
        source, derived, unit = self.source(budget)
        fields["threshold"] = annotation(raw, "threshold") or derived
        if annotation(raw, "abort-threshold"):
            fields["abort_threshold"] = annotation(raw, "abort-threshold")
        own_unit = annotation(raw, "unit") or ("" if annotation(raw, "threshold") else unit)
        if own_unit:
            fields["unit"] = own_unit
        slo: Mapping[str, Value] = {} if self.objective is None else self.objective.spec
        description = text_at(self.spec, "description") or text_at(slo, "description")
        if description:
            fields["description"] = description
        self.note_unread(str(fields["name"]), description)
        fields.update(source)
        if budget is not None and "sli" in source:
            fields["objective"], fields["window"] = budget
        return fields

    def note_unread(self, metric: str, description: str) -> None:
        """Notes what a metric has no place for."""
        found = [*unread(self.found.raw, metric), *(key for key in self.spec if key not in _SLI_KEYS)]
        if found:
            self.note(f"not read: {', '.join(dict.fromkeys(found))}")
        if self.objective is None or self.objective.part.value is self.found.raw:
            return
        spec = self.objective.spec
        found = [*unread(self.objective.part.value, metric), *(key for key in spec if key not in _SLO_KEYS)]
        if text_at(spec, "description") not in ("", description):
            found.append("description")
        if found:
            self.note(f"not read: {', '.join(dict.fromkeys(found))}", slo=True)

    def metric_name(self) -> str:
        for candidate in (annotation(self.found.raw, "metric"), self.name):
            if is_metric_name(candidate):
                return candidate
        name = re.sub(r"[^A-Za-z0-9_.:-]", "_", self.name)[:120]
        return name if is_metric_name(name) else f"slo_{name}"

    def check(self, fields: Mapping[str, Value]) -> None:
        """Raises _CannotError with what a component's file would be refused for."""
        try:
            self.as_component(fields)
        except FieldErrors as wrong:
            self.cannot(f"{wrong.errors[0].message}")

    def as_component(self, fields: Mapping[str, Value]) -> Component:
        raw: dict[str, Value] = {"id": "x", "tier": "3", "slo": {"metrics": [dict(fields)]}}
        raw["selector"] = dict(self.selector)
        return Component.from_fields(check_component(raw, "x"), raw)

    # The source of the numbers

    def source(self, budget: tuple[str, str] | None) -> tuple[dict[str, Value], str, str]:
        """The field `sli` or `query`; the threshold that follows from the objective, and its unit."""
        annotated = self.annotated()
        ratio, threshold = self.spec.get("ratioMetric"), self.spec.get("thresholdMetric")
        if isinstance(ratio, dict):
            percent = "" if budget is None else f"{100.0 - parse_number(budget[0]):.12g}"
            if annotated is not None:
                return annotated, self.needed(percent), "%"
            if "raw" in ratio:
                return self.precomputed(ratio, budget)
            return {"sli": self.counters(ratio)}, self.needed(percent), "%"
        if not isinstance(threshold, dict):
            self.cannot("neither ratioMetric nor thresholdMetric")
        value = self.compared()
        query = self.query(threshold, "thresholdMetric")
        if "{{" in query:
            self.cannot("its query is a template of another program", path=("thresholdMetric",))
        return annotated if annotated is not None else {"query": query}, self.needed(value), ""

    def needed(self, threshold: str) -> str:
        """The threshold, where an annotation or the objective says one."""
        if not threshold and not annotation(self.found.raw, "threshold"):
            self.cannot("no objective says what its target is", "give it an SLO, or the annotation kaizen/threshold")
        return threshold

    def annotated(self) -> dict[str, Value] | None:
        """The source as Kaizen wrote it, if that still is what the queries ask."""
        raw = self.found.raw
        sli = {
            key: f"{value:.12g}" if isinstance(value, (int, float)) else str(value)
            for key, value in json_of(raw, "sli").items()
        }
        source: dict[str, Value] = {"sli": {**sli}} if sli else {"query": annotation(raw, "query")}
        if not sli and not annotation(raw, "query"):
            return None
        fields: dict[str, Value] = {"name": "x", "threshold": annotation(raw, "threshold") or "1"}
        for key, name in (("abort_threshold", "abort-threshold"), ("unit", "unit"), ("name", "metric")):
            if annotation(raw, name):
                fields[key] = annotation(raw, name)
        try:
            component = self.as_component({**fields, **source})
        except FieldErrors:
            self.note("its annotations make no metric; the queries are read instead")
            return None
        wanted = indicator(component, component.metrics[0])
        if all(as_text(self.spec.get(key)) == as_text(value) for key, value in wanted.items()):
            return source
        self.note("its queries differ from what Kaizen wrote beside them; the queries are read")
        return None

    def counters(self, ratio: Mapping[str, Value]) -> dict[str, Value]:
        """A ratio of counters."""
        part = "bad" if "bad" in ratio else "good"
        if part not in ratio or "total" not in ratio:
            self.cannot("ratioMetric needs total, and good or bad", path=("ratioMetric",))
        if "good" in ratio and "bad" in ratio:
            self.note("ratioMetric has good and bad; bad is read", ("ratioMetric", "good"))
        series = {}
        for key in (part, "total"):
            metric = ratio[key]
            query = self.query(metric if isinstance(metric, dict) else {}, "ratioMetric", key)
            found = _COUNTED.fullmatch(query.strip())
            if found is None or query.count("(") != query.count(")") or bool(found["function"]) != bool(found["span"]):
                self.cannot(
                    f"the query of {key} is more than one counter: {quoted(query)}",
                    "Kaizen counts the events of one series: sum(NAME{…})",
                    ("ratioMetric", key),
                )
            name = found["series"].partition("{")[0]
            counter = text_at(ratio, "counter")
            if not found["function"] and counter != "true" and (counter or not _COUNTER_NAME.search(name)):
                self.cannot(f"{key} is no counter", "Kaizen counts events by counters", ("ratioMetric", key))
            series[key] = found["series"]
        return {"type": "ratio", part: series[part], "total": series["total"]}

    def precomputed(
        self, ratio: Mapping[str, Value], budget: tuple[str, str] | None
    ) -> tuple[dict[str, Value], str, str]:
        """A ratio that a recording rule has made: read as a query for the share of bad events."""
        raw, kind = ratio.get("raw"), text_at(ratio, "rawType")
        query = self.query(raw if isinstance(raw, dict) else {}, "ratioMetric", "raw")
        if kind not in ("success", "failure"):
            self.cannot("rawType is neither success nor failure", path=("ratioMetric", "rawType"))
        if budget is not None:
            self.note("a precomputed ratio counts no events: its objective is the threshold, without an error budget")
        share = query if kind == "failure" else f"1 - ({query})" if "#" not in query else f"1 - (\n{query}\n)"
        derived = "" if budget is None else f"{1.0 - parse_number(budget[0]) / 100.0:.12g}"
        return {"query": share}, self.needed(derived), ""

    def query(self, metric: Mapping[str, Value], *path: str) -> str:
        """The query of a metric source of Prometheus."""
        source = metric.get("metricSource")
        raw = source if isinstance(source, dict) else {}
        kind = text_at(raw, "type") or self.source_type(text_at(raw, "metricSourceRef"))
        if kind and kind.lower() != "prometheus":
            self.cannot(f"its data are in {quoted(kind)}, not in Prometheus", path=path)
        query = text_at(raw, "spec", "query") or text_at(raw, "spec", "promql")
        if not query.strip():
            self.cannot("no metricSource.spec.query", path=path)
        return query.strip()

    # The objective

    def budget(self) -> tuple[str, str] | None:
        """Percent of good events and the window, of an SLO on a ratio; None where there is none."""
        if self.objective is None or not isinstance(self.spec.get("ratioMetric"), dict):
            return None
        spec = self.objective.spec
        if text_at(spec, "budgetingMethod") not in ("", "Occurrences"):
            self.cannot(
                f"budgetingMethod {quoted(text_at(spec, 'budgetingMethod'))}", "Kaizen counts events (Occurrences)",
                ("budgetingMethod",), slo=True,
            )  # fmt: skip
        self.alert_policies()
        return self.percent(self.first_objective()), self.window()

    def percent(self, objective: Mapping[str, Value]) -> str:
        text, factor = text_at(objective, "targetPercent"), 1.0
        if not text:
            text, factor = text_at(objective, "target"), 100.0
        try:
            percent = parse_number(text) * factor
        except ValueError:
            self.cannot("its objective has no target", path=("objectives",), slo=True)
        return f"{percent:.10g}"

    def first_objective(self) -> Mapping[str, Value]:
        assert self.objective is not None
        objectives = self.objective.spec.get("objectives")
        found = [one for one in objectives if isinstance(one, dict)] if isinstance(objectives, Sequence) else []
        if not found:
            self.cannot("no objectives", path=("objectives",), slo=True)
        if len(found) > 1:
            self.note(f"{len(found)} objectives; the first one is read", ("objectives", 1), slo=True)
        return found[0]

    def compared(self) -> str:
        """The value that a thresholdMetric is compared with; "" without an SLO."""
        if self.objective is None:
            return ""
        one = self.first_objective()
        value, op = text_at(one, "value"), text_at(one, "op")
        if not value:
            self.cannot("its objective has no value", path=("objectives", 0), slo=True)
        higher = op in ("gt", "gte")
        if higher and not annotation(self.found.raw, "abort-threshold"):
            self.cannot(
                "higher is better, which a metric says by an abort threshold below its target",
                "give the SLI the annotation kaizen/abort-threshold", ("objectives", 0), slo=True,
            )  # fmt: skip
        if text_at(one, "target") or text_at(one, "targetPercent"):
            self.note("the share of time that the threshold must hold is not read; the value must be met", slo=True)
        self.alert_policies()
        return value

    def window(self) -> str:
        """Of the budget, as a component's file writes it."""
        assert self.objective is not None
        windows = self.objective.spec.get("timeWindow")
        first = windows[0] if isinstance(windows, list) and windows else None
        if not isinstance(first, dict):
            self.note("no timeWindow; its budget is over 30 days", slo=True)
            return "30d"
        text = text_at(first, "duration")
        found = re.fullmatch(r"([1-9][0-9]{0,5})([mhdwMQY])", text)
        if found is None:
            self.cannot(f"timeWindow of {quoted(text)}", "write it as 30d or 4w", ("timeWindow",), slo=True)
        seconds = int(found[1]) * _SPANS[found[2]]
        if "calendar" in first or text_at(first, "isRolling") == "false":
            self.note(f"the calendar's window {text} is read as a rolling one", ("timeWindow",), slo=True)
        if found[2] in _ROUGH:
            self.note(f"the window {text} is read as {seconds // 86400} days", ("timeWindow",), slo=True)
        return shorthand(float(seconds))

    def alert_policies(self) -> None:
        assert self.objective is not None
        if self.objective.spec.get("alertPolicies"):
            self.note(
                "alertPolicies are not read: `kaizen export rules` makes the alerts", ("alertPolicies",), slo=True
            )

    # What is said

    def cannot(self, what: str, hint: str = "", path: tuple[str | int, ...] = (), *, slo: bool = False) -> NoReturn:
        raise _CannotError(self.problem(what, hint, path, slo))

    def note(self, what: str, path: tuple[str | int, ...] = (), *, slo: bool = False) -> None:
        self.notes.append(self.problem(what, "", path, slo)._replace(level="warning"))

    def problem(self, what: str, hint: str, path: tuple[str | int, ...], slo: bool) -> Problem:
        if slo and self.objective is not None:
            return self.objective.part.problem(("spec", *path), f"{quoted(self.name)}: {what}", hint)
        return self.found.part.problem((*self.found.at, *path), f"{quoted(self.name)}: {what}", hint)

"""A component as OpenSLO v1: a Service, an SLI for each metric, an SLO for each that has an objective. Pure.

https://github.com/OpenSLO/OpenSLO, apiVersion openslo/v1. What OpenSLO has no field for goes into annotations, so that
reading it back gives the same component.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from kaizen_tui.core.component import Component, Metric
from kaizen_tui.core.sli import LatencySli, RatioSli
from kaizen_tui.export.rules import budget_window
from kaizen_tui.export.yaml_out import yaml_bytes
from kaizen_tui.metrics.promql import (
    counter_queries,
    duration,
    le_matcher,
    measured_series,
    scope_of,
    series_of,
    value_query,
)

API_VERSION = "openslo/v1"
PREFIX = "kaizen/"
MAX_DESCRIPTION = 1050
MAX_NAME = 63

Document = dict[str, Any]


class OpenSlo(NamedTuple):
    """documents: in the order of the file. left_out: what OpenSLO can't say, a line each."""

    component: str
    documents: tuple[Document, ...]
    left_out: tuple[str, ...]


def openslo_file(found: Sequence[OpenSlo], sources: Sequence[str]) -> bytes:
    """A file of all documents. sources: the components' files, for the comment at the head."""
    comment = ["Made by `kaizen export openslo` from", *(f"  {source}" for source in sources)]
    left_out = [line for one in found for line in one.left_out]
    if left_out:
        comment += ["Left out:", *(f"  {line}" for line in left_out)]
    return yaml_bytes([document for one in found for document in one.documents], comment)


def component_openslo(component: Component, taken: set[str] | None = None) -> OpenSlo:
    """The documents of one component. taken: names that the file has already; those used here are added."""
    taken = set() if taken is None else taken
    left_out = [
        f"{component.id}: {key}, which OpenSLO has no place for"
        for key, value in (("evaluation", component.evaluation), ("rollout", component.rollout))
        if value is not None
    ]
    left_out += [f"{component.id}: {key}, a key that Kaizen doesn't know" for key in component.extra]
    service = _free_name(component.id, taken)
    documents = [_service(component, service, left_out)]
    for metric in component.metrics:
        where = f"{component.id}/{metric.name}"
        if not metric.has_source:
            left_out.append(f"{where}: its file says no sli and no query")
            continue
        left_out += [f"{where}: {key}, a key that Kaizen doesn't know" for key in metric.extra]
        name = _free_name(f"{component.id}-{metric.name}", taken)
        documents.append(_sli(component, metric, name, left_out))
        if metric.objective is not None:
            documents.append(_slo(metric, name, service))
            if shorthand(budget_window(metric)) != duration(budget_window(metric)):
                left_out.append(f"{where}: the part of its window below a minute")
    return OpenSlo(component.id, tuple(documents), tuple(left_out))


def object_name(text: str) -> str:
    """The text as OpenSLO wants a name: RFC 1123, a-z 0-9 and -, 63 at most."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:MAX_NAME].strip("-") or "x"


def _free_name(text: str, taken: set[str]) -> str:
    name, number = object_name(text), 2
    while name in taken:
        end = f"-{number}"
        name, number = object_name(text)[: MAX_NAME - len(end)] + end, number + 1
    taken.add(name)
    return name


def _annotations(**values: object) -> dict[str, str]:
    """Those that say something; mappings as JSON."""
    found = {}
    for key, value in values.items():
        if value is None or value in ("", {}):
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        found[PREFIX + key.replace("_", "-")] = text
    return found


def _described(text: str, where: str, left_out: list[str]) -> dict[str, str]:
    if len(text) > MAX_DESCRIPTION:
        left_out.append(f"{where}: the end of its description, of which OpenSLO takes {MAX_DESCRIPTION} characters")
    return {"description": text[:MAX_DESCRIPTION]} if text else {}


def _service(component: Component, name: str, left_out: list[str]) -> Document:
    versions = component.versions.model_dump() if component.versions is not None else None
    return {
        "apiVersion": API_VERSION,
        "kind": "Service",
        "metadata": {
            "name": name,
            "displayName": component.name or component.id,
            "annotations": _annotations(
                component=component.id,
                tier=str(component.tier),
                owner=component.owner,
                rollback_plan=component.rollback_plan,
                selector=component.selector,
                versions=versions,
                links=dict(component.links),
            ),
        },
        "spec": _described(component.description, component.id, left_out),
    }


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.12g}"


def _sli(component: Component, metric: Metric, name: str, left_out: list[str]) -> Document:
    return {
        "apiVersion": API_VERSION,
        "kind": "SLI",
        "metadata": {
            "name": name,
            "displayName": metric.name,
            "annotations": _annotations(
                component=component.id,
                metric=metric.name,
                threshold=_number(metric.threshold),
                abort_threshold=_number(metric.abort_threshold),
                unit=metric.unit,
                sli=None if metric.sli is None else metric.sli.model_dump(exclude_none=True),
                query=metric.query,
            ),
        },
        "spec": {
            **_described(metric.description, f"{component.id}/{metric.name}", left_out),
            **indicator(component, metric),
        },
    }


def indicator(component: Component, metric: Metric) -> Document:
    """`ratioMetric` of counters, or `thresholdMetric` of the value in the metric's unit."""
    sli = metric.sli
    if isinstance(sli, RatioSli):
        events, total = counter_queries(component, metric)
        return {"ratioMetric": {"counter": True, events.part: _source(events.query), "total": _source(total.query)}}
    scope = scope_of(component)
    if isinstance(sli, LatencySli) and sli.threshold is not None and scope is not None:
        good = series_of(sli.histogram, scope, le_matcher(sli.threshold), suffix="_bucket")
        total_series = measured_series(component, metric)
        return {"ratioMetric": {"counter": True, "good": _source(good), "total": _source(total_series)}}
    return {"thresholdMetric": _prometheus(value_query(component, metric))}


def _source(series: str) -> Document:
    return _prometheus(f"sum({series})")


def _prometheus(query: str) -> Document:
    return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}


def _slo(metric: Metric, name: str, service: str) -> Document:
    return {
        "apiVersion": API_VERSION,
        "kind": "SLO",
        "metadata": {"name": name, "displayName": metric.name},
        "spec": {
            "service": service,
            "indicatorRef": name,
            "timeWindow": [{"duration": shorthand(budget_window(metric)), "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": [{"targetPercent": metric.objective}],
        },
    }


def shorthand(seconds: float) -> str:
    """A span as OpenSLO writes it; it knows no seconds, and counts in whole minutes."""
    return duration(max(60.0, round(seconds / 60.0) * 60.0))

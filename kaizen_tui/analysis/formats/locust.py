"""locust's `--json`: each endpoint's requests, as a histogram of milliseconds. Compared by default: all together."""

from typing import NamedTuple

from kaizen_tui.analysis.formats.document import Node
from kaizen_tui.analysis.formats.load_test import failures, quantile, throughput
from kaizen_tui.analysis.formats.measurement import Measurement, metric_name

_QUANTILES = (50, 95, 99)


class _Endpoint(NamedTuple):
    requests: float
    failed: float
    start: float
    end: float
    times: dict[float, float]


def read(document: Node) -> list[tuple[str, Measurement]]:
    endpoints: dict[str, _Endpoint] = {}
    for node in document:
        name = f"{node['method'].value or ''} {node['name'].text}".strip()
        if name in endpoints:
            raise node.wrong("the same endpoint stands here twice")
        endpoints[name] = _endpoint(node)
    found = [("", item) for item in _measured("latency", "requests", "failures", _together(endpoints), by_default=True)]
    for name, endpoint in endpoints.items():
        slug = metric_name(name)
        labels = (slug, metric_name(slug, "requests"), metric_name(slug, "failures"))
        found += [(name, item) for item in _measured(*labels, endpoint, by_default=False)]
    return found


def _endpoint(node: Node) -> _Endpoint:
    times: dict[float, float] = {}
    for key, count in node["response_times"].items():
        try:
            milliseconds = float(key)
        except ValueError:
            milliseconds = -1.0
        if not 0 <= milliseconds < float("inf"):
            raise count.wrong("is no time in milliseconds")
        times[milliseconds] = times.get(milliseconds, 0.0) + count.amount
    last = node.get("last_request_timestamp")
    start = node["start_time"].amount
    return _Endpoint(
        node["num_requests"].amount, node["num_failures"].amount, start, last.amount if last else start, times
    )


def _together(endpoints: dict[str, _Endpoint]) -> _Endpoint:
    every = list(endpoints.values())
    times: dict[float, float] = {}
    for endpoint in every:
        for milliseconds, count in endpoint.times.items():
            times[milliseconds] = times.get(milliseconds, 0.0) + count
    start, end = min((e.start for e in every), default=0.0), max((e.end for e in every), default=0.0)
    return _Endpoint(sum(e.requests for e in every), sum(e.failed for e in every), start, end, times)


def _measured(latency: str, requests: str, failed: str, of: _Endpoint, *, by_default: bool) -> list[Measurement]:
    found = []
    total = sum(of.times.values())
    if total > 0:
        found += [
            quantile(latency, str(percent), _quantile(of.times, total, percent), by_default=by_default and percent < 99)
            for percent in _QUANTILES
        ]
    if of.end > of.start:
        found.append(throughput(requests, of.requests / (of.end - of.start), by_default=by_default))
    if of.requests > 0:
        found.append(failures(failed, min(1.0, of.failed / of.requests), by_default=by_default))
    return found


def _quantile(times: dict[float, float], total: float, percent: int) -> float:
    """The time within which `percent` of the requests were answered."""
    wanted, seen = total * percent / 100.0, 0.0
    for milliseconds in sorted(times):
        seen += times[milliseconds]
        if seen >= wanted:
            return milliseconds
    return max(times)

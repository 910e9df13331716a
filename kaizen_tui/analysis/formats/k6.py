"""k6's `--summary-export FILE`, and the same as `handleSummary` gets it (each metric's numbers under `values`).

Trends are times in milliseconds unless the metric says otherwise. Compared by default are the request's duration, the
requests a second, the failed share, and the script's own trends; the parts of a request (`http_req_waiting` …) can be
picked by name.
"""

import re

from kaizen_tui.analysis.formats.document import Node
from kaizen_tui.analysis.formats.load_test import failures, quantile, throughput
from kaizen_tui.analysis.formats.measurement import Measurement, direction_for, metric_name

_OWN = re.compile(r"(?:http_req|http_reqs|ws|grpc|browser|iteration|iterations|group|data|vus|checks|dropped)(?:_.*)?")
_ASKED_FOR = frozenset({"http_req_duration", "grpc_req_duration", "http_reqs", "http_req_failed"})
_QUANTILE = re.compile(r"p\(([0-9]+(?:\.[0-9]+)?)\)")


def read(document: Node) -> list[tuple[str, Measurement]]:
    found: list[tuple[str, Measurement]] = []
    for name, node in document["metrics"].items():
        values = node.get("values")
        found += [(name, item) for item in _metric(name, node, values if values is not None else node)]
    return found


def _metric(name: str, node: Node, values: Node) -> list[Measurement]:
    asked_for = name in _ASKED_FOR or (_OWN.fullmatch(name) is None and "{" not in name)
    numbers = values.mapping
    if "med" in numbers or any(_QUANTILE.fullmatch(key) for key in numbers):
        return _trend(name, node, values, asked_for)
    if name == "http_req_failed" or name == "checks":
        share = values["value" if "value" in numbers else "rate"].amount
        if name == "checks":  # the share that held
            return [failures("checks_failed", 1.0 - min(1.0, share), by_default=False)]
        return [failures("failures", share, by_default=True)]
    if "count" in numbers and "rate" in numbers:
        label = "requests" if name == "http_reqs" else name
        return [throughput(label, values["rate"].amount, by_default=asked_for and name in _ASKED_FOR)]
    if "value" in numbers:  # a gauge or a rate of the script's own
        number = values["value"].number
        return [Measurement(metric_name(name), number, "", direction_for(name, ""), (), asked_for)]
    return []


def _trend(name: str, node: Node, values: Node, asked_for: bool) -> list[Measurement]:
    contains = node.get("contains")
    is_time = contains is None or contains.text == "time"
    found = []
    for key, value in values.items():
        percent = "50" if key == "med" else (match[1] if (match := _QUANTILE.fullmatch(key)) else "")
        if not percent:
            continue
        by_default = asked_for and percent in ("50", "95")
        if is_time:
            found.append(quantile(name, percent, value.amount, by_default=by_default))
        else:
            full = metric_name(name, f"p{percent}")
            found.append(Measurement(full, value.number, "", direction_for(name, ""), (), by_default))
    return found

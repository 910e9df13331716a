"""autocannon's `--json`: latency in milliseconds, requests and bytes a second, failures."""

import re

from kaizen_tui.analysis.formats.document import Node
from kaizen_tui.analysis.formats.load_test import failures, quantile, throughput
from kaizen_tui.analysis.formats.measurement import Measurement

_QUANTILE = re.compile(r"p([0-9]+(?:_[0-9]+)?)")
_ASKED_FOR = frozenset({"50", "97.5"})
_FAILURES = ("errors", "mismatches", "non2xx")  # timeouts are among the errors


def read(document: Node) -> list[tuple[str, Measurement]]:
    found = []
    for key, value in document["latency"].items():
        match = _QUANTILE.fullmatch(key)
        if match:
            percent = match[1].replace("_", ".")
            found.append(quantile("latency", percent, value.amount, by_default=percent in _ASKED_FOR))
    requests = document["requests"]
    found.append(throughput("requests", requests["average"].amount))
    found.append(
        Measurement("throughput_bytes_per_s", document["throughput"]["average"].amount, "B/s", "higher", (), False)
    )
    failed = sum(node.amount for key in _FAILURES if (node := document.get(key)) is not None)
    # Requests without an answer aren't in `total`, the answers that are no 2xx are.
    unanswered = document.get("errors")
    total = requests["total"].amount + (unanswered.amount if unanswered is not None else 0.0)
    if total > 0:
        found.append(failures("failures", min(1.0, failed / total)))
    return [(item.name, item) for item in found]

"""The events of a ratio SLI by process, from series that are told apart by more than that (status codes, routes).

`bad: requests_total{code=~"5.."}` of `total: requests_total` have a label that tells events apart and not processes; a
process that never answered with 500 has no such series at all. So the series are added up over all labels but those
that every series has and no matcher of the SLI names; what a process doesn't have of the bad ones is 0.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from kaizen_tui.core.sli import RatioSli
from kaizen_tui.metrics.promql import labels_in
from kaizen_tui.metrics.source import Counter

Part = Literal["bad", "good", "total", "bucket", "value"]

_BRACES = re.compile(r"\{(.*)\}", re.DOTALL)


class Counted(NamedTuple):
    """One series. part: "bad", "good" or "total". process: as of `process_names`."""

    part: Part
    process: str
    value: float


def process_names(sli: RatioSli, series: Sequence[Mapping[str, str]]) -> list[str]:
    """Of each series, by its labels, the process that it belongs to."""
    if not series:
        return []
    named = {label for text in (sli.bad, sli.good, sli.total) if text for label in _matched(text)}
    common = sorted(set.intersection(*map(set, series)) - named - {"__name__"})
    return [json.dumps({name: labels[name] for name in common}, separators=(",", ":")) for labels in series]


def ratio_counters(sli: RatioSli, found: Sequence[Counted]) -> tuple[Counter, ...]:
    """The counters of each process, `total` and one of the others; () where no process counts all its events."""
    sums: dict[str, dict[str, float]] = {}
    for one in found:
        process = sums.setdefault(one.process, {})
        process[one.part] = process.get(one.part, 0.0) + one.value
    counters: list[Counter] = []
    for instance, process in sums.items():
        if "total" not in process:
            continue
        counters.append(Counter("total", instance, process["total"]))
        if sli.bad is not None:
            counters.append(Counter("bad", instance, process.get("bad", 0.0)))
        else:
            counters.append(Counter("good", instance, process.get("good", 0.0)))
    return tuple(counters)


def _matched(series: str) -> set[str]:
    braces = _BRACES.search(series)
    return labels_in(braces[1]) if braces is not None else set()

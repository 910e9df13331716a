"""The lines of observations.jsonl: what `kaizen judge` reads, and beside it the raw counters that it came from.

A look's line holds the increments of both versions since the look before, and under `raw` what each process exported:
`{SLI: [[at, {process: {part: value}}], [at, {…}]]}`, baseline first; of a histogram `le` and `below`, the cumulative
counts, one more than bounds where the last one is infinite.
"""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from kaizen_tui.analysis.counters import Increments, Part, Reading, Scrape
from kaizen_tui.analysis.line_format import number_of
from kaizen_tui.analysis.measures import Histogram, Measure, Ratio
from kaizen_tui.analysis.settings import Settings

_COUNTED: tuple[Part, ...] = ("bad", "good", "total", "value")
Scrapes = Mapping[str, tuple[Scrape | None, Scrape | None]]  # of each SLI: baseline, canary


def encoded(line: Mapping[str, Any]) -> bytes:
    """The line with its end."""
    return json.dumps(line, separators=(",", ":"), allow_nan=False).encode() + b"\n"


_CONFIG = b'{"type":"config",'


def begins_a_canary(line: bytes) -> bool:
    """Whether the lines from this one on are about another canary of the ticket than those before."""
    return line.startswith(_CONFIG)


def config_line(stream: str, began: str, settings: Settings, notes: Mapping[str, str]) -> dict[str, Any]:
    """The first line of a canary. began: when the log says that the ticket entered it; tells it from an earlier one of
    the same ticket. notes: of each SLI, where its dispersion or its block comes from."""
    slis = []
    for sli in settings.slis:
        one: dict[str, Any] = {"name": sli.name, "kind": sli.kind, "rollback_ratio": sli.rollback_ratio}
        one |= {"promote_ratio": sli.promote_ratio, "weight": sli.weight, "dispersion": sli.dispersion}
        one |= {"objective": sli.objective} if sli.objective is not None else {}
        one |= {"block": sli.block, "limit": sli.limit} if sli.kind == "gauge" else {}
        one |= {"note": notes[sli.name]} if sli.name in notes else {}
        slis.append(one)
    return {
        "type": "config", "stream": stream, "began": began, "alpha": settings.alpha, "beta": settings.beta,
        "counters": "delta", "planned_looks": settings.planned_looks, "slis": slis,
    }  # fmt: skip


def step_line(stream: str, ratios: Mapping[str, float | None], share: float) -> dict[str, Any]:
    """Promotion is tested anew from here on."""
    return {"type": "step", "stream": stream, "promote_ratio": dict(ratios), "share": share}


def stay_line(stream: str, share: float) -> dict[str, Any]:
    """The promotion is decided and not done: all is judged on, at the share that it has."""
    return {"type": "stay", "stream": stream, "share": share}


def look_line(
    stream: str,
    at: float,
    step: float,
    share: float | None,
    rises: Mapping[str, Increments],
    scrapes: Scrapes,
    aborts: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """One look. step: the share of the step in effect; share: what the splitter gave since the look before, None where
    that changed. aborts: the abort criteria that held, with what they measured; None where nobody asked."""
    baseline, canary = {}, {}
    for name, rise in rises.items():
        if rise.baseline is not None and rise.canary is not None:
            baseline[name], canary[name] = _measured(rise.baseline), _measured(rise.canary)
    line: dict[str, Any] = {"type": "obs", "stream": stream, "t": at, "step": step}
    if share is not None:
        line["share"] = share
    if aborts is not None:
        line["aborts"] = dict(aborts)
    raw = {name: [_scrape(one) for one in both] for name, both in scrapes.items()}
    return {**line, "baseline": baseline, "canary": canary, "raw": raw}


def _measured(measure: Measure) -> Any:
    if isinstance(measure, Ratio):
        return {"good": _whole(measure.total - measure.bad), "total": _whole(measure.total)}
    if isinstance(measure, Histogram):
        return {"le": list(measure.le), "counts": [_whole(count) for count in measure.counts]}
    return measure


def _whole(number: float) -> float | int:
    return int(number) if float(number).is_integer() else number


def _scrape(scrape: Scrape | None) -> Any:
    if scrape is None:
        return None
    processes: dict[str, dict[str, Any]] = {}
    for one in sorted(scrape.readings, key=lambda reading: (reading.instance, reading.le or 0.0)):
        if not math.isfinite(one.value):
            continue
        process = processes.setdefault(one.instance, {})
        if one.part == "bucket":
            if one.le is not None and math.isfinite(one.le):
                process.setdefault("le", []).append(one.le)
            process.setdefault("below", []).append(_whole(one.value))
        else:
            process[one.part] = _whole(one.value)
    return [scrape.at, processes]


def scrapes_of(line: Mapping[str, Any]) -> dict[str, tuple[Scrape | None, Scrape | None]]:
    """The raw counters of a look's line, as `look_line` wrote them.

    Raises ValueError, TypeError, KeyError, LineError.
    """
    found = {}
    for name, both in line["raw"].items():
        baseline, canary = both
        found[name] = (_scrape_of(baseline), _scrape_of(canary))
    return found


def _scrape_of(told: Any) -> Scrape | None:
    if told is None:
        return None
    at, processes = told
    return Scrape(
        number_of(at, "raw"), tuple(one for name, parts in processes.items() for one in _readings(name, parts))
    )


def _readings(instance: str, parts: Mapping[str, Any]) -> Iterable[Reading]:
    if "below" in parts:
        bounds = [*map(float, parts.get("le", ())), math.inf]
        for bound, count in zip(bounds, parts["below"], strict=False):
            yield Reading("bucket", instance, float(count), bound)
    for part in _COUNTED:
        if part in parts:
            yield Reading(part, instance, float(parts[part]))

"""SLIs that could be made of the series that a server has: by the conventions of their names and labels. Pure.

Exporters write histograms as `_bucket`, `_sum` and `_count`, counters as `_total`, and say how an event ended in a
label such as `code` or `result`. What does not hold to that is not proposed: nobody could say what it means.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from kaizen_tui.core.fields import is_metric_name
from kaizen_tui.core.numbers import human_number
from kaizen_tui.core.units import UNITS, unit_of_name

Kind = Literal["errors", "slow", "latency", "gauge", "rate"]

# Labels that say how an event ended, the most telling first.
ENDING_LABELS = (
    "code", "status", "status_code", "http_status", "http_status_code", "http_code", "response_code",
    "http_response_status_code", "grpc_code", "grpc_status", "result", "outcome", "success", "error",
)  # fmt: skip
WINDOW = "30d"
STRICTEST = 99.9  # percent of good events that is suggested where none is bad yet
_OBJECTIVES = (99.9, 99.5, 99.0, 98.0, 95.0, 90.0, 75.0)
_LEAST, _MOST = 1e-12, 1e15  # values between which a target can be written as a plain number
_KINDS: tuple[Kind, ...] = ("errors", "slow", "latency", "gauge", "rate")
_PLAIN = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_HTTP = re.compile(r"[1-5](?:[0-9][0-9]|xx|XX)")
# What the server itself is to blame for; gRPC's other codes are answers.
_GRPC_BAD = ("DataLoss", "DeadlineExceeded", "Internal", "Unavailable", "Unimplemented", "Unknown")
_GRPC = frozenset(
    (*_GRPC_BAD, "OK", "Canceled", "InvalidArgument", "NotFound", "AlreadyExists", "PermissionDenied",
     "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unauthenticated")
)  # fmt: skip
_BAD_WORDS = ("error", "errors", "err", "fail", "failed", "failure", "exception", "timeout", "dropped", "lost")
_GOOD_WORDS = ("success", "succeeded", "successful", "ok", "done", "passed")
_ALL_WORDS = ("", "requests", "attempts", "calls", "jobs", "messages", "events", "operations", "handled", "sent")
# Of the language's runtime or of the scrape, not of what the service does.
_RUNTIME = re.compile(r"(?:go|python|jvm|nodejs|dotnet|promhttp|scrape|net_conntrack|process|up|ALERTS)(?:_.*|$)")
_OF_PROCESS = ("process_resident_memory_bytes", "process_cpu_seconds_total")
_NO_GAUGE = ("_total", "_bucket", "_sum", "_count", "_created", "_info", "_timestamp_seconds", "_time_seconds")


class Offered(NamedTuple):
    """What a server has of one component.

    names:  of its series. labels: counter -> label of ENDING_LABELS -> its values. bounds: `…_bucket` -> the finite
    upper bounds of its buckets, as the server writes them.
    """

    names: Sequence[str]
    labels: Mapping[str, Mapping[str, frozenset[str]]]
    bounds: Mapping[str, frozenset[str]]


class Draft(NamedTuple):
    """An SLI without a target. sli: as in a component's file, all of it text. words: what it measures."""

    name: str
    kind: Kind
    unit: str
    sli: Mapping[str, str]
    words: str

    @property
    def higher_is_better(self) -> bool:
        return self.kind == "rate" and self.unit != "%"


class Proposal(NamedTuple):
    """A metric for a component's file. threshold, abort_threshold, objective, window: as written there, "" for none.

    value:   the present one in the metric's unit, None where there is none.
    taken:   the name of the component's metric that measures the same already, or "".
    problem: why no target can be suggested, in words, or "": such a proposal can't be picked.
    """

    name: str
    kind: Kind
    unit: str
    sli: Mapping[str, str]
    words: str
    value: float | None
    threshold: str = ""
    abort_threshold: str = ""
    objective: str = ""
    window: str = ""
    taken: str = ""
    problem: str = ""


def drafts(offered: Offered, *, everything: bool = False) -> tuple[Draft, ...]:
    """The SLIs that the series allow, the most telling kind first, then by name.

    everything: also those of the language's runtime. Names that a query can't hold unquoted are passed over.
    """
    names = {name for name in offered.names if _PLAIN.fullmatch(name) and (everything or _is_own(name))}
    found = [
        *_labelled(names, offered.labels),
        *_paired(names),
        *_histograms(names, offered.bounds),
        *_gauges(names),
        *_rates(names),
    ]
    found.sort(key=lambda draft: (_KINDS.index(draft.kind), draft.name, sorted(draft.sli.items())))
    return _with_own_names(found)


def _is_own(name: str) -> bool:
    return name in _OF_PROCESS or not _RUNTIME.fullmatch(name)


def _with_own_names(found: Iterable[Draft]) -> tuple[Draft, ...]:
    """Each name once; what can't be a metric's name in a file is left out."""
    taken: set[str] = set()
    kept = []
    for draft in found:
        stem = draft.name.lstrip(":")
        name, number = stem, 2
        while name in taken:
            name, number = f"{stem}_{number}", number + 1
        if is_metric_name(name):
            taken.add(name)
            kept.append(draft._replace(name=name))
    return tuple(kept)


# Errors


def _labelled(names: set[str], labels: Mapping[str, Mapping[str, frozenset[str]]]) -> Iterable[Draft]:
    """Counters that say in a label how an event ended."""
    for name in sorted(names):
        if not name.endswith("_total") or _is_bad(name):
            continue
        of_it = labels.get(name, {})
        matcher = next((found for label in ENDING_LABELS if (found := _bad_matcher(label, of_it.get(label)))), "")
        if matcher:
            stem = name.removesuffix("_total")
            sli = {"type": "ratio", "bad": f"{name}{{{matcher}}}", "total": name}
            yield Draft(f"{stem}_error_pct", "errors", "%", sli, f"share of {name} with {matcher}")


def _bad_matcher(label: str, values: frozenset[str] | None) -> str:
    """The matcher of bad events, "" where the values don't say which are bad. Only words of the tables go into it."""
    seen = {value for value in values or () if value}
    if not seen:
        return ""
    if all(_HTTP.fullmatch(value) for value in seen):
        return f'{label}=~"5.."'
    if seen <= _GRPC:
        return f'{label}=~"{"|".join(_GRPC_BAD)}"'
    if label in ("success", "error") and {value.casefold() for value in seen} <= {"true", "false"}:
        return f'{label}=~"(?i:{"false" if label == "success" else "true"})"'
    bad = sorted(value for value in seen if value.casefold() in _BAD_WORDS)
    if bad:
        return f'{label}=~"{"|".join(bad)}"'
    good = sorted(value for value in seen if value.casefold() in _GOOD_WORDS)
    return f'{label}!~"{"|".join(good)}"' if good else ""


def _is_bad(name: str) -> bool:
    return name.removesuffix("_total").rpartition("_")[2] in (*_BAD_WORDS, "failures")


def _paired(names: set[str]) -> Iterable[Draft]:
    """A counter of failures beside one of everything: `payment_failed_total`, `payment_attempts_total`."""
    for name in sorted(names):
        if not name.endswith("_total") or not _is_bad(name):
            continue
        stem = name.removesuffix("_total").rpartition("_")[0]
        if not stem:
            continue
        totals = [f"{stem}_{word}_total" if word else f"{stem}_total" for word in _ALL_WORDS]
        total = next((one for one in totals if one in names), None)
        if total is not None:
            sli = {"type": "ratio", "bad": name, "total": total}
            yield Draft(f"{stem}_error_pct", "errors", "%", sli, f"{name} over {total}")


# Histograms


def _histograms(names: set[str], bounds: Mapping[str, frozenset[str]]) -> Iterable[Draft]:
    for bucket in sorted(names):
        base = bucket.removesuffix("_bucket")
        if base == bucket or f"{base}_count" not in names:
            continue
        native = unit_of_name(base)
        stem, unit, suffix = _stem(base), native, base.rpartition("_")[2] if native else ""
        if UNITS.get(native.casefold(), ("",))[0] == "time":
            unit, suffix = "ms", "ms"
        name = "_".join(part for part in (stem, "p95", suffix) if part)
        sli = {"type": "latency", "histogram": base, "quantile": "0.95"}
        yield Draft(name, "latency", unit, sli, f"95th percentile of {base}")
        bound = _middle(bounds.get(bucket, frozenset()))
        if bound and unit == "ms":
            sli = {"type": "latency", "histogram": base, "threshold": bound}
            yield Draft(f"{stem}_slow_pct", "slow", "%", sli, f"share of {base} above {bound} {native}")


def _stem(name: str) -> str:
    """The name without its unit."""
    head, _, last = name.rpartition("_")
    return head if head and unit_of_name(name) and unit_of_name(f"x_{last}") else name


def _middle(bounds: frozenset[str]) -> str:
    """The bound that splits the buckets in two: as good as any until a person says what is slow."""
    known = sorted((value, text) for text in bounds if (value := _bound(text)) is not None)
    return f"{known[len(known) // 2][0]:.12g}" if known else ""


def _bound(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None


# Gauges and rates


def _gauges(names: set[str]) -> Iterable[Draft]:
    for name in sorted(names):
        summary = f"{name}_sum" in names and f"{name}_count" in names
        if summary or name.endswith(_NO_GAUGE) or name in ("up", "ALERTS"):
            continue
        sli = {"type": "gauge", "metric": name, "aggregate": "max"}
        unit = unit_of_name(name)
        if unit == "B":
            yield Draft(f"{_stem(name)}_mb", "gauge", "MB", sli, f"the largest {name}")
        else:
            yield Draft(name, "gauge", unit, sli, f"the largest {name}")


def _rates(names: set[str]) -> Iterable[Draft]:
    for name in sorted(names):
        stem = name.removesuffix("_total")
        if stem == name or _is_bad(name) or not stem:
            continue
        sli = {"type": "rate", "counter": name}
        counted = unit_of_name(name)
        if counted == "s":
            yield Draft(f"{_stem(stem)}_pct", "rate", "%", sli, f"seconds of {name} per second")
        elif counted == "B":
            yield Draft(f"{stem}_per_second", "rate", "B/s", sli, f"growth of {name}")
        elif not counted:
            yield Draft(f"{stem}_per_second", "rate", "/s", sli, f"growth of {name}")


# Targets


def with_target(draft: Draft, value: float | None, why: str, taken: str = "") -> Proposal:
    """The draft with a target that the present value keeps with some room. why: there is no value, in words."""
    bare = Proposal(*draft, value=value, taken=taken)
    if draft.kind in ("errors", "slow"):
        return _with_objective(bare)
    if value is None or not math.isfinite(value):
        return bare._replace(value=None, problem=f"no number to set a target by: {why or 'no data'}")
    if not _LEAST <= value <= _MOST:
        return bare._replace(problem=f"its value is {human_number(value)} now, which says nothing of a target")
    if draft.higher_is_better:
        return bare._replace(threshold=_rounded(value * 0.8, up=False), abort_threshold=_rounded(value * 0.5, up=False))
    target = float(_rounded(value * 1.25, up=True))
    return bare._replace(threshold=_rounded(target, up=True), abort_threshold=_rounded(target * 1.5, up=True))


def _with_objective(bare: Proposal) -> Proposal:
    """A share of bad events gets the strictest usual objective that leaves half of its budget unspent."""
    share = bare.value if bare.value is not None and math.isfinite(bare.value) else None
    objective = next((one for one in _OBJECTIVES if (share or 0.0) * 2 <= round(100.0 - one, 6)), None)
    if objective is None:
        problem = f"{human_number(share or 0.0)} % of the events count as bad: that can't be what is meant"
        return bare._replace(problem=problem)
    allowed = round(100.0 - objective, 6)
    return bare._replace(
        value=share,
        threshold=f"{allowed:g}",
        abort_threshold=f"{min(allowed * 5, 99.0):g}",
        objective=f"{objective:g}",
        window=WINDOW,
    )


def _rounded(value: float, *, up: bool) -> str:
    """Two significant digits, away from the value, as plain decimals."""
    size = 10.0 ** (math.floor(math.log10(value)) - 1)
    steps = value / size
    whole = math.ceil(steps - 1e-9) if up else math.floor(steps + 1e-9)
    text = f"{whole * size:.12g}"
    if "e" not in text:
        return text
    return f"{float(text):.0f}" if value > 1 else f"{float(text):.20f}".rstrip("0")

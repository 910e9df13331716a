"""The lines that the judge reads: configurations and observations as JSON objects (docs/judge.md)."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from kaizen_tui.analysis.measures import MOST, Histogram, Measure, Ratio
from kaizen_tui.analysis.settings import Kind, Settings, Sli
from kaizen_tui.core.ids import did_you_mean

DEFAULT_STREAM = "*"
_MOST_SLIS = 100
_MOST_BOUNDS = 1000
_LONGEST_NAME = 1000
_CONFIG_KEYS = (
    "type", "stream", "began", "alpha", "beta", "counters", "emit", "slis", "cap", "late_start", "planned_looks",
)  # fmt: skip
_SLI_NUMBERS = (
    "rollback_ratio", "promote_ratio", "weight", "dispersion", "objective", "promote_below", "limit",
)  # fmt: skip
_SLI_KEYS = ("name", "kind", "block", "note", *_SLI_NUMBERS)
_NULLABLE = ("promote_ratio", "objective", "promote_below", "limit")


class LineError(Exception):
    """A line that can't be taken; the text says why, for people. hint: what to do, or ""."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


class Configuration(NamedTuple):
    """How a stream is judged. cumulative: its counters are totals so far. changes: only changed verdicts are told.
    unknown: keys that mean nothing, each with a hint or ""."""

    stream: str
    settings: Settings
    cumulative: bool
    changes: bool
    unknown: tuple[tuple[str, str], ...] = ()


def text_of(line: Mapping[str, Any], key: str, default: str | None = None) -> str:
    """A text of reasonable length; LineError."""
    value = line.get(key, default)
    if value is None:
        raise LineError(f"`{key}` is missing")
    if not isinstance(value, str) or not value or len(value) > _LONGEST_NAME:
        raise LineError(f"`{key}` is a text of 1 to {_LONGEST_NAME} characters")
    return value


def number_of(value: object, what: str) -> float:
    """A finite number; LineError."""
    if type(value) is float or type(value) is int:
        if -1e300 < value < 1e300:
            return float(value)
        raise LineError(f"`{what}` is too large, or no number")
    raise LineError(f"`{what}` is a number")


def configuration_of(line: Mapping[str, Any]) -> Configuration:
    """A line of type "config"; LineError."""
    stream = text_of(line, "stream", DEFAULT_STREAM)
    counters, emit = line.get("counters", "delta"), line.get("emit", "all")
    if counters not in ("delta", "cumulative"):
        raise LineError("`counters` is `delta` or `cumulative`")
    if emit not in ("all", "changes"):
        raise LineError("`emit` is `all` or `changes`")
    slis = line.get("slis")
    if not isinstance(slis, list) or not 1 <= len(slis) <= _MOST_SLIS:
        raise LineError(f"`slis` is a list of 1 to {_MOST_SLIS} SLIs")
    unknown = [*_unknown(line, _CONFIG_KEYS)]
    fields: dict[str, Any] = {
        key: number_of(line[key], key) for key in ("alpha", "beta", "late_start", "planned_looks") if key in line
    }
    if "planned_looks" in fields:
        fields["planned_looks"] = whole_of(fields["planned_looks"], "planned_looks")
    if "cap" in line:
        fields["cap"] = None if line["cap"] is None else number_of(line["cap"], "cap")
    try:
        settings = Settings(tuple(_sli_of(sli, unknown) for sli in slis), **fields)
    except ValueError as error:
        raise LineError(str(error)) from None
    return Configuration(stream, settings, counters == "cumulative", emit == "changes", tuple(unknown))


def whole_of(value: float, what: str) -> int:
    """A whole number; LineError."""
    if value != int(value):
        raise LineError(f"`{what}` is a whole number")
    return int(value)


def _sli_of(line: object, unknown: list[tuple[str, str]]) -> Sli:
    if not isinstance(line, dict):
        raise LineError("an SLI is an object with `name` and `kind`")
    name, kind = text_of(line, "name"), text_of(line, "kind", "ratio")
    if kind not in ("ratio", "histogram", "gauge"):
        raise LineError(f"`kind` of `{name}` is `ratio`, `histogram` or `gauge`")
    unknown += _unknown(line, _SLI_KEYS)
    fields: dict[str, Any] = {}
    for key in _SLI_NUMBERS:
        if key in line and not (line[key] is None and key in _NULLABLE):
            fields[key] = number_of(line[key], key)
    if "block" in line:
        fields["block"] = whole_of(number_of(line["block"], "block"), "block")
    sort: Kind = kind  # type: ignore[assignment]
    try:
        return Sli(name, sort, **fields)
    except ValueError as error:
        raise LineError(f"SLI `{name}`: {error}") from None


def _unknown(line: Mapping[str, Any], known: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(key, did_you_mean(key, known)) for key in line if key not in known]


def measure_of(sli: Sli, value: Any) -> Measure:
    """What one version shows of an SLI; LineError."""
    if sli.kind == "ratio":
        try:
            good, total = value["good"], value["total"]
            if type(good) in _NUMBERS and type(total) in _NUMBERS and 0 <= good <= MOST and 0 <= total <= MOST:
                return Ratio(float(total), float(total - good))
        except (TypeError, KeyError):
            pass
        raise LineError(f"`{sli.name}` is {{good, total}}: two numbers from 0 to 2^53")
    if sli.kind == "histogram":
        return _histogram_of(sli.name, value)
    return number_of(value.get("value") if isinstance(value, dict) else value, sli.name)


_NUMBERS = frozenset((int, float))


def _histogram_of(name: str, value: Any) -> Histogram:
    le, counts = (value.get("le"), value.get("counts")) if isinstance(value, dict) else (None, None)
    if not isinstance(le, list) or not isinstance(counts, list) or not 1 <= len(le) <= _MOST_BOUNDS:
        raise LineError(f"`{name}` is {{le, counts}}: two lists of numbers")
    if len(counts) != len(le) + 1:
        raise LineError(f"`{name}`: `counts` is for each bucket, one more than `le`")
    for count in counts:
        if type(count) not in _NUMBERS or not 0 <= count <= MOST:
            raise LineError(f"`{name}`: `counts` are numbers from 0 to 2^53")
    before = -math.inf
    for bound in le:
        if type(bound) not in _NUMBERS or not before < bound < 1e300:
            raise LineError(f"`{name}`: `le` are rising, finite numbers")
        before = bound
    return Histogram(tuple(le), tuple(map(float, counts)))

"""Reads a criterion: a line that a machine can decide, or one that needs a person. Light.

Automatic are exactly these, METRIC being a metric of the ticket's component and OP one of < <= > >= ==

    METRIC OP VALUE[unit]
    METRIC OP FACTOR * baseline          (or baseline * FACTOR)
    METRIC OP baseline ± VALUE[unit]     (or +/-)

Everything else is manual. `<= baseline ± 5` means at most 5 above the baseline, `>=` at most 5 below it, `==` within 5.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from kaizen_tui.core.fields import MetricFields, is_metric_name
from kaizen_tui.core.ids import nearest
from kaizen_tui.core.units import convert, is_ambiguous, is_known, parse_number
from kaizen_tui.core.values import quoted

OPERATORS = ("<", "<=", ">", ">=", "==")
# Two numbers this near, relative to the larger, count as equal: 1.05 * baseline must not fail by a rounding error.
RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12

_WORDS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "==": "equal to"}
_MISWRITTEN = {"=": "==", "=<": "<=", "=>": ">=", "≤": "<=", "≥": ">="}
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"


class Reading(NamedTuple):
    """What a criterion says.

    text:      the line as written.
    kind:      "automatic" or "manual".
    metric, op: of an automatic one, else "".
    value:     the bound, in `unit`; None unless the bound is absolute.
    factor:    of the baseline; None unless the bound is relative.
    tolerance: around the baseline, in `unit`; None unless the bound is `baseline ± VALUE`.
    unit:      the metric's unit (or the value's, where the metric has none), or "".
    looks_automatic: a manual line that was probably meant to be automatic; `problem` then says why it isn't.
    """

    text: str
    kind: str
    metric: str = ""
    op: str = ""
    value: float | None = None
    factor: float | None = None
    tolerance: float | None = None
    unit: str = ""
    looks_automatic: bool = False
    problem: str = ""


@cache
def _comparison() -> re.Pattern[str]:
    return re.compile(r"\s*([^<>=≤≥!]*?)\s*(<=|>=|==|!=|=<|=>|<|>|=|≤|≥)\s*(.*?)\s*", re.DOTALL)


@cache
def _bound() -> re.Pattern[str]:
    unit = r"\s*(%|[^\W\d_][\w%/°]*|/[a-z]+)?"
    return re.compile(
        rf"(?P<factor>{_NUMBER})\s*[*×]\s*baseline"
        rf"|baseline\s*[*×]\s*(?P<factor2>{_NUMBER})"
        rf"|baseline\s*(?:±|\+/-|\+-)\s*(?P<tolerance>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?){unit}"
        rf"|(?P<value>{_NUMBER}){unit}",
        re.IGNORECASE,
    )


@cache
def _quantity_first() -> re.Pattern[str]:
    return re.compile(rf"(?:{_NUMBER}|baseline\b)", re.IGNORECASE)


def _manual(text: str, problem: str = "") -> Reading:
    return Reading(text, "manual", looks_automatic=bool(problem), problem=problem)


def _unknown_metric(name: str, metrics: Sequence[MetricFields]) -> str:
    """Why `name` is no metric of the component, or "" where it reads as a sentence."""
    names = [metric.name for metric in metrics]
    joined = re.sub(r"\s+", "_", name)
    near = nearest(joined, names)
    if near is not None:
        return f"the component has no metric {quoted(name)}; did you mean {quoted(near)}?"
    if not is_metric_name(name):
        return ""
    known = f"it has {', '.join(names)}" if names else "it has none"
    return f"the component has no metric {quoted(name)}; {known}"


def _in_unit(number: float, unit: str, metric: MetricFields) -> tuple[float, str, str]:
    """`number` in the metric's unit, that unit, and what is wrong ("" when nothing is)."""
    own = metric.shown_unit
    if not unit:
        return number, own, ""
    if is_ambiguous(unit):
        return number, own, f"{quoted(unit)} may be bits or bytes; write {unit[0]}B or {unit[0]}bit"
    if not own:
        return number, unit, ""
    converted = convert(number, unit, own)
    if converted is not None:
        return converted, own, ""
    if is_known(unit):
        advice = ""
        if unit == "%":
            advice = f"; for a share of the baseline write {1 + number / 100:g} * baseline"
        return number, own, f"{quoted(unit)} doesn't fit {metric.name}, which is in {own}{advice}"
    return number, own, f"unknown unit {quoted(unit)}; {metric.name} is in {own}"


def _misread(rest: str) -> str:
    """Why what stands right of the operator is no bound."""
    if rest.casefold() == "baseline":
        return "write 1 * baseline"
    return f"can't read {quoted(rest)}: write a number with its unit, FACTOR * baseline, or baseline ± VALUE"


def read_criterion(text: str, metrics: Sequence[MetricFields]) -> Reading:
    """What the line `text` says about the `metrics` of the ticket's component. Never raises."""
    compared = _comparison().fullmatch(text)
    if compared is None:
        return _manual(text)
    name, op, rest = compared.groups()
    if _quantity_first().match(rest) is None or not name:
        return _manual(text)
    metric = next((metric for metric in metrics if metric.name == name), None)
    if metric is None:
        return _manual(text, _unknown_metric(name, metrics))
    if op not in OPERATORS:
        return _manual(text, f"{op} is no comparison here; write {_MISWRITTEN.get(op, 'one of < <= > >= ==')}")
    bound = _bound().fullmatch(rest)
    if bound is None:
        return _manual(text, _misread(rest))
    try:
        return _automatic(text, metric, op, bound)
    except ValueError as error:
        return _manual(text, str(error))


def _automatic(text: str, metric: MetricFields, op: str, bound: re.Match[str]) -> Reading:
    factor = bound["factor"] or bound["factor2"]
    if factor is not None:
        number = parse_number(factor)
        if number <= 0:
            raise ValueError("a factor of the baseline must be above 0")
        return Reading(text, "automatic", metric.name, op, factor=number, unit=metric.shown_unit)
    is_tolerance = bound["tolerance"] is not None
    number = parse_number(bound["tolerance"] if is_tolerance else bound["value"])
    unit = (bound[4] if is_tolerance else bound[6]) or ""
    number, unit, problem = _in_unit(number, unit, metric)
    if problem:
        raise ValueError(problem)
    if is_tolerance:
        return Reading(text, "automatic", metric.name, op, tolerance=number, unit=unit)
    return Reading(text, "automatic", metric.name, op, value=number, unit=unit)


def _with_unit(number: float, unit: str) -> str:
    return f"{number:.12g}{' ' if unit else ''}{unit}"


def wants_all_traffic(reading: Reading, kind: str, *, abort: bool) -> bool:
    """Whether it is too low a rate that speaks against a change, or one beside the baseline's. The rate of a part of
    the users is low whatever they get, and proves nothing. kind: of the metric, as of MetricFields."""
    low = ("<", "<=", "==") if abort else (">", ">=", "==")
    return kind == "rate" and (reading.value is None or reading.op in low)


def explain(reading: Reading) -> str:
    """The reading in words: "automatic: p95_latency_ms below 10 ms", "manual: needs sign-off"."""
    if reading.kind == "manual":
        return f"manual: needs sign-off ({reading.problem})" if reading.problem else "manual: needs sign-off"
    start = f"automatic: {reading.metric}"
    if reading.factor is not None:
        return f"{start} {_WORDS[reading.op]} {reading.factor:.12g} × the baseline"
    if reading.tolerance is not None:
        amount = _with_unit(reading.tolerance, reading.unit)
        if reading.op == "==":
            return f"{start} within {amount} of the baseline"
        side = "above" if reading.op in ("<", "<=") else "below"
        limit = "less than" if reading.op in ("<", ">") else "at most"
        return f"{start} {limit} {amount} {side} the baseline"
    return f"{start} {_WORDS[reading.op]} {_with_unit(reading.value or 0.0, reading.unit)}"


def bound_of(reading: Reading, baseline: float | None) -> float | None:
    """The number that the measured value is compared with; for `== baseline ± VALUE` the baseline.

    In the metric's unit. None for a manual line, and where it takes a baseline and there is none.
    """
    if reading.kind != "automatic":
        return None
    if reading.value is not None:
        return reading.value
    if baseline is None or not _finite(baseline):
        return None
    if reading.factor is not None:
        return reading.factor * baseline
    tolerance = reading.tolerance or 0.0
    if reading.op == "==":
        return baseline
    return baseline + tolerance if reading.op in ("<", "<=") else baseline - tolerance


def holds(reading: Reading, measured: float, baseline: float | None) -> bool | None:
    """Whether the criterion holds for what was measured (in the metric's unit); None where that can't be said.

    Numbers within a relative 1e-9 (or 1e-12 around zero) of each other are equal: `<=`, `>=`, `==` hold for them,
    `<` and `>` don't. NaN and infinities are no measurement: None.
    """
    bound = bound_of(reading, baseline)
    if bound is None or not _finite(measured) or not _finite(bound):
        return None
    distance = abs(measured - bound)
    slack = max(RELATIVE_TOLERANCE * max(abs(measured), abs(bound)), ABSOLUTE_TOLERANCE)
    if reading.op == "==":
        return distance <= (reading.tolerance or 0.0) + slack
    if distance <= slack:
        return reading.op in ("<=", ">=")
    return measured < bound if reading.op in ("<", "<=") else measured > bound


def _finite(number: float) -> bool:
    return float("-inf") < number < float("inf")

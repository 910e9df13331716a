"""What a benchmark measured, as all formats give it: a name, a number, a unit, which way is better."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from statistics import median
from typing import Literal

from kaizen_tui.core.units import convert, unit_of_name

Direction = Literal["lower", "higher"]

MOST_METRICS = 2_000  # of one output
_LONGEST = 127  # characters of a metric's name
_UNFIT = re.compile(r"[^A-Za-z0-9_.:-]+")
# Words of a name that say "more is worse" whatever else it says: an error rate is a rate, and lower is better.
_BAD = re.compile(
    r"abort(s|ed)?|drop(s|ped)?|err|errors?|fail(s|ed|ures?)?|gc|lag|latency|loss|lost|miss(es)?|overruns?"
    r"|reject(s|ed)?|retry|retries|timeouts?|violations?"
)
_GOOD = re.compile(r"bandwidth|hits?|hz|mbps|ops|qps|rates?|rps|success(es)?|throughput|tps")


@dataclass(frozen=True)
class Measurement:
    """One number of one run.

    name:      as a metric's: letters, digits, `_.:-`. It ends in the unit where the format knows it: `test_sort_s`.
    value:     finite, in `unit` ("" where it has none).
    direction: which way is better.
    runs:      the single measurements that `value` is the median of, in their order; () where the output has only one.
    by_default: compared unless the settings pick others: a load test knows thirty numbers, of which few are asked for.
    decisive: False for what only stands beside the metric that was asked for, as the CPU time does: a regression of it
    counts, but where it is undecided the verdict doesn't wait for it.
    """

    name: str
    value: float
    unit: str = ""
    direction: Direction = "lower"
    runs: tuple[float, ...] = ()
    by_default: bool = True
    decisive: bool = True

    @property
    def terms(self) -> str:
        """What two measurements have to share to be compared, in words: "in ms, lower is better"."""
        return f"in {self.unit or 'no unit'}, {self.direction} is better"


def metric_name(*parts: str) -> str:
    """A metric's name of a tool's own words: blanks and signs become `_`; one that is too long is cut and marked."""
    whole = "_".join(part for part in parts if part)
    name = _UNFIT.sub("_", whole).strip("_")
    if not name or not (name[0].isalpha() or name[0] == "_"):
        name = f"m_{name}"
    if len(name) > _LONGEST:
        mark = f"_{_mark(whole)}"
        name = name[: _LONGEST - len(mark)] + mark
    return name


def _mark(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def direction_for(name: str, unit: str) -> Direction:
    """Which way is better, as far as name and unit say: more only of what is a rate, a success or a throughput."""
    words = re.split(r"[^a-z0-9]+", name.casefold())
    if any(map(_BAD.fullmatch, words)):
        return "lower"
    known = unit or unit_of_name(name)
    is_rate = convert(1.0, known, "/s") is not None or convert(1.0, known, "B/s") is not None
    return "higher" if is_rate or any(map(_GOOD.fullmatch, words)) else "lower"


def distinct(found: Iterable[tuple[str, Measurement]]) -> tuple[Measurement, ...]:
    """The measurements; those whose different origins came to the same name are told apart. found: (origin, it)."""
    items = list(found)
    names = [item.name for _, item in items]
    twice = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    return tuple(
        replace(item, name=metric_name(item.name, _mark(origin))) if item.name in twice else item
        for origin, item in items
    )  # fmt: skip


def of_runs(name: str, runs: tuple[float, ...], unit: str, direction: Direction = "lower") -> Measurement:
    """A measurement of several runs: their median."""
    return Measurement(name, float(median(runs)), unit, direction, runs if len(runs) > 1 else ())

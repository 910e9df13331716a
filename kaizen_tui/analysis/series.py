"""One metric's samples of both versions, and which of an output's measurements they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kaizen_tui.analysis.benchmark import Pairs
from kaizen_tui.analysis.formats.measurement import Direction, Measurement
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.fields import MetricFields
from kaizen_tui.core.ids import nearest
from kaizen_tui.core.units import convert
from kaizen_tui.core.values import quoted

HINT = "see `metrics:` of the benchmark in `evaluation:`"


@dataclass(frozen=True)
class Series:
    """A metric's samples, in `unit`, "" where it has none.

    baseline[i] and candidate[i] are a pair. Where only one of the versions measures the metric, the other has none.
    decisive: as the measurement's.
    """

    name: str
    unit: str
    direction: Direction
    baseline: tuple[float, ...]
    candidate: tuple[float, ...]
    decisive: bool = True

    @property
    def compared(self) -> bool:
        return bool(self.baseline and self.candidate)

    @property
    def pairs(self) -> Pairs:
        """Raises ValueError unless there are as many samples of each."""
        return Pairs(self.name, self.direction, self.baseline, self.candidate)


def placed(
    found: Sequence[Measurement], picked: Mapping[str, str], known: Sequence[MetricFields], source: str
) -> tuple[Measurement, ...]:
    """The measurements that are compared, under the component's names, in its units and directions.

    picked: the output's name -> the component's; empty takes what the format compares by default, under its own.
    known: the component's metrics. Raises StoreError: nothing of that name was measured, or its unit doesn't fit.
    """
    metrics = {metric.name: metric for metric in known}
    if not picked:
        return tuple(
            _in_terms(item, item.name, metrics, source, decisive=item.decisive) for item in found if item.by_default
        )
    measured = {item.name: item for item in found}
    for name in picked:
        if name not in measured:
            near = nearest(name, measured)
            hint = f"did you mean {near}? {HINT}" if near else f"it measured {_some(measured)}; {HINT}"
            raise StoreError(f"the benchmark measured no {quoted(name)}", where=source, hint=hint)
    return tuple(_in_terms(measured[name], own, metrics, source, decisive=True) for name, own in picked.items())


def _some(names: Mapping[str, object]) -> str:
    first = list(names)[:5]
    return ", ".join(first) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _in_terms(
    item: Measurement, name: str, metrics: Mapping[str, MetricFields], source: str, *, decisive: bool
) -> Measurement:
    metric = metrics.get(name)
    if metric is None:
        return replace(item, name=name, decisive=decisive)
    direction: Direction = "higher" if metric.direction == "higher" else "lower"
    terms = replace(item, name=name, direction=direction, decisive=True)
    unit = metric.shown_unit
    if not item.unit or not unit:
        return replace(terms, unit=unit or item.unit)
    value = convert(item.value, item.unit, unit)
    if value is None:
        what = f"{quoted(item.name)} was measured in {item.unit}, but {name} is in {unit}"
        raise StoreError(what, where=source, hint=HINT)
    return replace(terms, value=value, unit=unit, runs=tuple(convert(run, item.unit, unit) or 0.0 for run in item.runs))

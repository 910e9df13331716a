"""Interleaved pairs: both versions right after each other, in random order, a fresh process each."""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kaizen_tui.analysis.series import Series
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.evaluation import Benchmark, Replay
from kaizen_tui.core.values import quoted
from kaizen_tui.loop.evaluation.bench import SIDES, Bench, CommandError, Side, label_of, shown
from kaizen_tui.loop.evaluation.kept import Kept, Pair, Sample
from kaizen_tui.loop.evaluation.meter import Meter
from kaizen_tui.loop.evaluation.progress import Listener


class Measured(NamedTuple):
    """series: of all benchmarks. failures: of the candidate, in words. doubts: what is missing, in words."""

    series: tuple[Series, ...]
    failures: tuple[str, ...]
    doubts: tuple[str, ...]


class Plan(NamedTuple):
    """The benchmarks with what each says of its own process is called; pairs: of each, and then of the replay."""

    benchmarks: tuple[Benchmark, ...]
    pairs: tuple[int, ...]
    labels: tuple[str, ...]


def plan_of(benchmarks: tuple[Benchmark, ...], replay: Replay | None, pairs: int | None) -> Plan:
    """pairs: for all, None for what each says."""
    labels: list[str] = []
    for benchmark in benchmarks:
        name = label_of(benchmark, 0)
        labels.append(label_of(benchmark, sum(label_of(other, 0) == name for other in benchmarks[: len(labels)])))
    measuring = (*benchmarks, *(() if replay is None else (replay,)))
    return Plan(benchmarks, tuple(pairs or one.pairs for one in measuring), tuple(labels))


class Measuring:
    """Runs the pairs that aren't kept yet, and keeps each as it is finished."""

    def __init__(self, bench: Bench, plan: Plan, kept: Kept, listener: Listener) -> None:
        self._bench, self._plan, self._kept, self._listener = bench, plan, kept, listener

    def measure(self) -> Measured:
        """Raises CommandError when a benchmark fails with the baseline."""
        series: list[Series] = []
        failures: list[str] = []
        doubts: list[str] = []
        for place, benchmark in enumerate(self._plan.benchmarks):
            try:
                self._run(place, benchmark)
            except CommandError as error:
                if error.side == "baseline":
                    raise
                self._listener.output(error.what, error.printed)
                failures.append(error.what)
            pairs = list(self._finished(place))
            found, missing = series_of(pairs)
            refuse_twice(series, found, shown(benchmark.command))
            series += found
            doubts += missing
        return Measured(tuple(series), tuple(failures), tuple(doubts))

    def _run(self, place: int, benchmark: Benchmark) -> None:
        meter = Meter(place, self._plan.pairs, self._kept, self._listener)
        if self._kept.count(place, meter.wanted) == meter.wanted:
            return
        meter.tell(f"{shown(benchmark.command)} warms up")
        # Dropped: caches fill, bytecode is written. The baseline first: what fails there is not the candidate's fault.
        self._pair(meter, benchmark, SIDES)
        for number in range(meter.wanted):
            if self._kept.pair(place, number) is None:
                meter.tell(shown(benchmark.command))
                self._kept.add(place, number, self._pair(meter, benchmark, self._order(place, number)))
        meter.tell(shown(benchmark.command))

    def _order(self, place: int, number: int) -> tuple[Side, Side]:
        """By chance, and the same whenever this pair of this evaluation is measured."""
        rng = random.Random(f"{self._kept.seed}/{place}/{number}")
        return SIDES if rng.random() < 0.5 else (SIDES[1], SIDES[0])

    def _pair(self, meter: Meter, benchmark: Benchmark, order: tuple[Side, Side]) -> Pair:
        found: dict[Side, Sample] = {}
        with meter.timed():
            for side in order:
                found[side] = self._bench.sample(side, benchmark, self._plan.labels[meter.place])
        return found["baseline"], found["candidate"]

    def _finished(self, place: int) -> Iterator[Pair]:
        for number in range(self._plan.pairs[place]):
            pair = self._kept.pair(place, number)
            if pair is not None:
                yield pair


def refuse_twice(known: Sequence[Series], found: Sequence[Series], by: str) -> None:
    """Raises StoreError where something else has measured what `by` measures."""
    names = {series.name for series in known}
    for series in found:
        if series.name in names:
            what = f"{by} measures {quoted(series.name)}, as a benchmark before it does"
            raise StoreError(what, hint="give one of them another name: `metrics:` in `evaluation:`")


def series_of(pairs: Sequence[Pair]) -> tuple[list[Series], list[str]]:
    """The series of what each sample of a side measured; in words what can't be one, for only some of them did, or not
    in the same terms."""
    old, new = ([{item.name: item for item in pair[side]} for pair in pairs] for side in (0, 1))
    found, doubts = [], []
    for name in dict.fromkeys(name for sample in (*new, *old) for name in sample):
        sides = [[sample[name] for sample in samples if name in sample] for samples in (old, new)]
        if any(side and len(side) < len(pairs) for side in sides):
            doubts.append(f"{name} was measured in some of the samples only")
            continue
        first = (sides[1] or sides[0])[0]
        terms = dict.fromkeys(item.terms for side in sides for item in side)
        if len(terms) > 1:
            doubts.append(f"{name} can't be compared: it was measured {' and '.join(terms)}")
            continue
        baseline, candidate = (tuple(item.value for item in side) for side in sides)
        found.append(Series(name, first.unit, first.direction, baseline, candidate, first.decisive))
    return found, doubts

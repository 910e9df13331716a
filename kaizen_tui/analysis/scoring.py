"""The score-card of what was measured: verdict of each metric and criterion, and the overall one with its reasons.

`fail` where something is known to be wrong: a test failed, a metric regressed, a success criterion doesn't hold or an
abort criterion does. Else `inconclusive` where something could be wrong: the samples are too few, or nothing was
tested or measured. Else `pass`.

A metric of which a success criterion says how far from the baseline it may be (`memory_mb <= 1.2 * baseline`) is judged
by that criterion; what else a metric may lose is the tolerance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kaizen_tui.analysis.benchmark import FEWEST, MOST_PAIRS, Compared, compare, pairs_to_tell
from kaizen_tui.analysis.criteria import Kind, judged
from kaizen_tui.analysis.series import Series
from kaizen_tui.core.criterion_text import read_criterion
from kaizen_tui.core.fields import MetricFields
from kaizen_tui.core.numbers import with_unit
from kaizen_tui.core.scorecard import (
    Commits,
    CriterionResult,
    Machine,
    MetricResult,
    Ratio,
    SandboxRecord,
    ScoreCard,
    TestResults,
    Verdict,
)
from kaizen_tui.core.unmet import count
from kaizen_tui.core.values import quoted


@dataclass(frozen=True)
class Promise:
    """What the change was to achieve. success, abort: the ticket's criteria as written; metrics: the component's."""

    ticket: str
    success: tuple[str, ...] = ()
    abort: tuple[str, ...] = ()
    metrics: tuple[MetricFields, ...] = ()
    tolerance: float = 0.05


@dataclass(frozen=True)
class Evidence:
    """What was found. tests: None where there are none. failures: what else went wrong with the candidate, in words.

    doubts: what keeps the verdict from being a pass, in words, such as a benchmark that was not run to its end.
    notes: what people should know of it, in words; no verdict hangs on them.
    """

    series: tuple[Series, ...] = ()
    tests: TestResults | None = None
    failures: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setting:
    """Where and when. created_at: RFC 3339, UTC. seed: of the resampling."""

    created_at: str
    commits: Commits
    machine: Machine
    sandbox: SandboxRecord
    seed: int


def score(promise: Promise, evidence: Evidence, setting: Setting) -> ScoreCard:
    """The score-card. Raises ValueError for series of one name, or of unequal length."""
    whole = [series for series in evidence.series if series.compared]
    found = compare([series.pairs for series in whole], promise.tolerance, np.random.default_rng(setting.seed))
    compared = {result.name: result for result in found}
    metrics = tuple(_metric(series, compared.get(series.name)) for series in evidence.series)
    criteria = _criteria(promise, {series.name: series for series in evidence.series}, compared)
    verdict, reasons = _Weighing(promise, evidence, compared, criteria).outcome()
    return ScoreCard(
        ticket=promise.ticket,
        created_at=setting.created_at,
        commits=setting.commits,
        pairs=max((result.pairs for result in found), default=0),
        tolerance=promise.tolerance,
        metrics=metrics,
        tests=evidence.tests,
        criteria=criteria,
        machine=setting.machine,
        sandbox=setting.sandbox,
        verdict=verdict,
        reasons=(*reasons, *evidence.notes),
        seed=setting.seed,
    )


def _metric(series: Series, compared: Compared | None) -> MetricResult:
    if compared is None:
        old, new = (float(np.median(side)) if side else None for side in (series.baseline, series.candidate))
        return MetricResult(
            name=series.name, unit=series.unit, direction=series.direction, samples=0, baseline=old, candidate=new,
            verdict="inconclusive",
        )  # fmt: skip
    ratio = None
    if compared.point is not None and compared.low is not None and compared.high is not None:
        ratio = Ratio(point=compared.point, low=compared.low, high=compared.high)
    return MetricResult(
        name=series.name,
        unit=series.unit,
        direction=series.direction,
        samples=compared.pairs,
        baseline=compared.baseline,
        candidate=compared.candidate,
        ratio=ratio,
        verdict=compared.verdict,
        more_pairs=compared.more_pairs,
    )


def _criteria(
    promise: Promise, series: dict[str, Series], compared: dict[str, Compared]
) -> tuple[CriterionResult, ...]:
    sources = {metric.name: metric.has_source for metric in promise.metrics}
    found = []
    both: tuple[tuple[Kind, tuple[str, ...]], ...] = (("success", promise.success), ("abort", promise.abort))
    for kind, texts in both:
        for text in dict.fromkeys(texts):
            reading = read_criterion(text, promise.metrics)
            if reading.kind == "automatic":
                name = reading.metric
                known, ratio = series.get(name), compared.get(name)
                found.append(judged(reading, kind, known, ratio, has_source=sources.get(name, False)))
    return tuple(found)


class _Weighing:
    """Brings everything into one verdict, with the reasons in words."""

    def __init__(
        self,
        promise: Promise,
        evidence: Evidence,
        compared: dict[str, Compared],
        criteria: Sequence[CriterionResult],
    ) -> None:
        self._promise, self._evidence = promise, evidence
        self._compared, self._criteria = compared, criteria
        self._tests = evidence.tests

    def outcome(self) -> tuple[Verdict, tuple[str, ...]]:
        bad, open_, good = self._bad(), self._open(), self._good()
        if bad:
            return "fail", (*bad, *open_)
        if not good and not open_:
            open_ = ("nothing was tested and nothing was measured",)
        return ("inconclusive", open_) if open_ else ("pass", good)

    def _bad(self) -> tuple[str, ...]:
        tests, said = self._tests, list(self._evidence.failures)
        if tests is not None and (tests.failed or tests.errors):
            broken = f" and {count(tests.errors, 'error')}" if tests.errors else ""
            said.append(f"{count(tests.failed, 'failed test')}{broken}")
        said += [self._slower(result) for result in self._ungoverned() if result.verdict == "regressed"]
        said += [self._criterion(one) for one in self._criteria if one.verdict == "fail"]
        return tuple(said)

    def _open(self) -> tuple[str, ...]:
        tests, said = self._tests, list(self._evidence.doubts)
        if tests is not None and not tests.passed and not tests.failed and not tests.errors:
            said.append("no test ran" + (f": {tests.skipped} skipped" if tests.skipped else ""))
        said += [
            f"{series.name} was measured of the baseline only"
            for series in self._evidence.series
            if series.decisive and series.baseline and not series.candidate
        ]
        waited = {series.name for series in self._evidence.series if series.decisive}
        undecided = [result for result in self._ungoverned() if result.verdict == "inconclusive"]
        said += [self._undecided(result) for result in undecided if result.name in waited]
        said += [self._criterion(one) for one in self._criteria if one.verdict == "inconclusive"]
        return tuple(said)

    def _good(self) -> tuple[str, ...]:
        said, tests = [], self._tests
        if tests is not None and tests.passed:
            said.append(f"{count(tests.passed, 'test')} passed")
        for verdict in ("improved", "unchanged"):
            names = [result.name for result in self._compared.values() if result.verdict == verdict]
            if names:
                said.append(f"{verdict}: {', '.join(names)}")
        held = sum(one.verdict == "pass" for one in self._criteria)
        if held:
            said.append(f"{held} of the automatic criteria {'holds' if held == 1 else 'hold'}")
        if not said:
            return ()
        left = [quoted(one.text) for one in self._criteria if one.verdict == "canary"]
        if left:
            said.append(f"left to the canary, for no benchmark measures it: {', '.join(left)}")
        alone = [one.name for one in self._evidence.series if one.candidate and not one.baseline]
        if alone:
            said.append(f"not compared, for only the candidate was measured: {', '.join(alone)}")
        return tuple(said)

    def _ungoverned(self) -> list[Compared]:
        """The metrics of which no success criterion says how far from the baseline they may be."""
        metrics = self._promise.metrics
        readings = (read_criterion(text, metrics) for text in self._promise.success)
        governed = {one.metric for one in readings if one.kind == "automatic" and one.value is None}
        return [result for name, result in self._compared.items() if name not in governed]

    def _slower(self, result: Compared) -> str:
        assert result.point is not None
        return f"{result.name} regressed: {result.point:.3g} times the baseline ({result.low:.3g} to {result.high:.3g})"

    def _undecided(self, result: Compared) -> str:
        return f"{result.name} is undecided: {result.why}{_more(result.more_pairs, result)}"

    def _criterion(self, one: CriterionResult) -> str:
        unit = next((metric.shown_unit for metric in self._promise.metrics if metric.name == one.metric), "")
        text = f"abort criterion {quoted(one.text)}" if one.kind == "abort" else quoted(one.text)
        if one.measured is None:
            return f"{text} can't be judged: no benchmark measures {one.metric}, and it has no live source"
        measured = with_unit(one.measured, unit)
        if one.baseline is not None:
            measured += f" against {with_unit(one.baseline, unit)}"
        if one.verdict == "fail":
            return f"{text} {'holds' if one.kind == 'abort' else 'does not hold'}: measured {measured}"
        known = self._compared.get(one.metric)
        if one.baseline is not None and known is not None and known.pairs < FEWEST:
            return f"{text} is undecided: {known.why}; {count(known.more_pairs or 1, 'more pair')} at least"
        reading = read_criterion(one.text, self._promise.metrics)
        if reading.value is None and one.baseline is None:
            return f"{text} is undecided: measured {measured}, but the baseline was not measured"
        said = f"{text} is undecided: measured {measured}, and the samples spread over the bound"
        if known is None or reading.factor is None:
            return said
        return said + _more(pairs_to_tell(known, reading.factor), known)


def _more(pairs: int | None, result: Compared) -> str:
    if result.point is None:
        return "" if pairs is None else f"; {count(pairs, 'more pair')} at least"
    if pairs is not None:
        return f"; about {count(pairs, 'more pair')} would tell"
    return f"; not even {MOST_PAIRS} pairs would tell"

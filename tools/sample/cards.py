"""Builds the score-card of a sample evaluation: the data are medians and intervals, everything else is the rules'."""

from kaizen_tui.core.component import Component
from kaizen_tui.core.criterion_text import Reading, holds, read_criterion
from kaizen_tui.core.scorecard import (
    Commits,
    CriterionResult,
    Machine,
    MetricResult,
    MetricVerdict,
    Ratio,
    SandboxRecord,
    ScoreCard,
    TestResults,
    Verdict,
)
from kaizen_tui.core.ticket import Ticket
from sample.script import Card, Measured

TOLERANCE = 0.05
MACHINE = Machine(
    system="Linux 6.1.0",
    arch="x86_64",
    cpu="AMD EPYC 7443P",
    cores=8,
    memory_bytes=34_359_738_368,
    python="3.12.7",
)
SANDBOX = SandboxRecord(
    kind="bubblewrap",
    protections=("read-only system", "no network", "memory cgroup", "pids cgroup"),
    memory_bytes=536_870_912,
    pids=128,
    time_s=600.0,
)


def score_card(ticket: Ticket, component: Component, card: Card, commits: Commits, at: str) -> ScoreCard:
    """The score-card of one evaluation. Raises KeyError if a criterion's metric was not measured."""
    metrics = tuple(_metric(component, measured, card.pairs) for measured in card.measured)
    tests = TestResults(passed=card.passed, failed=card.failed, errors=0, skipped=card.skipped, duration_s=card.seconds)
    criteria = tuple(
        result
        for kind, texts in (("success", ticket.success_criteria), ("abort", ticket.abort_criteria))
        for text in texts
        if (result := _criterion(text, kind == "abort", component, card)) is not None
    )
    reasons = [f"{result.text}: {result.verdict}" for result in criteria if result.verdict != "pass"]
    if not tests.ok:
        reasons.insert(0, f"{tests.failed} tests failed")
    verdicts = {result.verdict for result in criteria}
    verdict: Verdict = "pass"
    if not tests.ok or "fail" in verdicts:
        verdict = "fail"
    elif "inconclusive" in verdicts:
        verdict = "inconclusive"
    return ScoreCard(
        ticket=ticket.id,
        created_at=at,
        commits=commits,
        pairs=card.pairs,
        tolerance=TOLERANCE,
        metrics=metrics,
        tests=tests,
        criteria=criteria,
        machine=MACHINE,
        sandbox=SANDBOX,
        verdict=verdict,
        reasons=tuple(reasons),
    )


def _metric(component: Component, measured: Measured, pairs: int) -> MetricResult:
    fields = next(metric for metric in component.metric_fields if metric.name == measured.name)
    verdict = _verdict(measured, fields.direction)
    spread = (measured.high - measured.low) / 2
    return MetricResult(
        name=measured.name,
        unit=fields.shown_unit,
        direction="higher" if fields.direction == "higher" else "lower",
        samples=pairs,
        baseline=measured.baseline,
        candidate=measured.candidate,
        ratio=Ratio(point=round(measured.candidate / measured.baseline, 4), low=measured.low, high=measured.high),
        verdict=verdict,
        # The interval narrows with the root of the pairs; it has to fit into the tolerance.
        more_pairs=round(pairs * (spread / TOLERANCE) ** 2) if verdict == "inconclusive" else None,
    )


def _verdict(measured: Measured, direction: str) -> MetricVerdict:
    if measured.low >= 1 - TOLERANCE and measured.high <= 1 + TOLERANCE:
        return "unchanged"
    if measured.high < 1 - TOLERANCE:
        return "improved" if direction == "lower" else "regressed"
    if measured.low > 1 + TOLERANCE:
        return "regressed" if direction == "lower" else "improved"
    # An improvement too small for the tolerance is told by its interval.
    if measured.high < 1 or measured.low > 1:
        return "improved" if (measured.high < 1) == (direction == "lower") else "inconclusive"
    return "inconclusive"


def _criterion(text: str, is_abort: bool, component: Component, card: Card) -> CriterionResult | None:
    """None for a manual line."""
    reading = read_criterion(text, component.metric_fields)
    if reading.kind != "automatic":
        return None
    measured = {one.name: one for one in card.measured}[reading.metric]
    relative = reading.value is None
    return CriterionResult(
        text=text,
        kind="abort" if is_abort else "success",
        metric=reading.metric,
        measured=measured.candidate,
        baseline=measured.baseline if relative else None,
        verdict=_decided(reading, measured, is_abort),
    )


def _decided(reading: Reading, measured: Measured, is_abort: bool) -> Verdict:
    """Decided where the whole interval agrees."""
    ends = {holds(reading, measured.baseline * ratio, measured.baseline) for ratio in (measured.low, measured.high)}
    if len(ends) > 1:
        return "inconclusive"
    return "pass" if ends == {not is_abort} else "fail"

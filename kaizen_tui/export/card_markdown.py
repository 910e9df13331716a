"""A score-card as Markdown, for a pull request or a CI job's summary. Text of tickets and benchmarks is escaped."""

import re

from kaizen_tui.core.numbers import human_number, with_unit
from kaizen_tui.core.scorecard import CriterionResult, MetricResult, ScoreCard
from kaizen_tui.core.text import safe

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~<>&@$:.-])")
_MENTIONS = "@#"  # what GitHub makes links of even where it is escaped, unless something stands behind it
_MARKS = {
    "pass": "✅", "improved": "✅", "unchanged": "➖", "canary": "🐤",
    "fail": "❌", "regressed": "❌", "inconclusive": "❔",
}  # fmt: skip


def card_markdown(card: ScoreCard) -> str:
    """Ends in a newline. Begins with a heading that names the ticket and the verdict."""
    lines = [f"### {_MARKS[card.verdict]} {escaped(card.ticket)}: {card.verdict}", ""]
    lines += [f"- {escaped(reason)}" for reason in card.reasons]
    if card.metrics:
        lines += ["", "| | metric | baseline | candidate | ratio | 95 % interval | pairs | verdict |"]
        lines += ["|---|---|--:|--:|--:|---|--:|---|", *map(_metric, card.metrics)]
    if card.criteria:
        lines += [
            "",
            "| | criterion | | measured | verdict |",
            "|---|---|---|--:|---|",
            *(_criterion(card, result) for result in card.criteria),
        ]
    if card.tests is not None:
        tests = card.tests
        counts = f"{tests.passed} passed, {tests.failed} failed, {tests.errors} errors, {tests.skipped} skipped"
        lines += ["", f"Tests: {counts} in {human_number(tests.duration_s)} s."]
    lines += ["", _made_of(card)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """One line of Markdown that shows `text` and nothing else: no markup, no HTML, no mention of anybody."""
    return _SPECIAL.sub(_entity, safe(text))


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[1])};" + ("&#8203;" if found[1] in _MENTIONS else "")


def _metric(metric: MetricResult) -> str:
    ratio, interval = "–", "–"
    if metric.ratio is not None:
        ratio, interval = f"{metric.ratio.point:.3f}", f"{metric.ratio.low:.3f} – {metric.ratio.high:.3f}"
    verdict = f"{metric.verdict} ({metric.more_pairs} more pairs)" if metric.more_pairs else str(metric.verdict)
    cells = (
        _MARKS[metric.verdict], escaped(metric.name), _value(metric.baseline, metric.unit),
        _value(metric.candidate, metric.unit), ratio, interval, str(metric.samples), verdict,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _value(value: float | None, unit: str) -> str:
    return "–" if value is None else escaped(with_unit(value, unit))


def _criterion(card: ScoreCard, result: CriterionResult) -> str:
    measured = escaped(card.measured(result) or "–")
    verdict = "left to the canary" if result.verdict == "canary" else result.verdict
    cells = (_MARKS[result.verdict], escaped(result.text), result.kind, measured, verdict)
    return f"| {' | '.join(cells)} |"


def _made_of(card: ScoreCard) -> str:
    machine = card.machine
    where = ", ".join(filter(None, (machine.cpu, f"{machine.cores} cores" if machine.cores else "", machine.system)))
    commits = f"`{card.commits.candidate[:12]}` against `{card.commits.baseline[:12]}`"
    gate = "" if card.in_sandbox else "; doesn't open the canary's gate"
    return f"<sub>{commits}, {card.pairs} pairs, sandbox: {card.sandbox.kind}{gate}. {escaped(where)}</sub>"

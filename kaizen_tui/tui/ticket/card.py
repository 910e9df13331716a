"""A score-card in words and bars, for a given width."""

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from kaizen_tui.core.numbers import human_number
from kaizen_tui.core.text import safe
from kaizen_tui.core.unmet import count
from kaizen_tui.tui.celltext import clip, pad
from kaizen_tui.tui.ticket.intervals import Axis, axis_for, bar, scale
from kaizen_tui.tui.words import ACCENT, BAD, GOOD, MUTED, STRONG, WARN, text

if TYPE_CHECKING:
    from kaizen_tui.core.scorecard import CriterionResult, MetricResult, ScoreCard

VERDICT_STYLES = {
    "pass": GOOD, "improved": GOOD, "unchanged": MUTED, "fail": BAD, "regressed": BAD, "inconclusive": WARN,
    "canary": MUTED,
}  # fmt: skip
VERDICT_SHAPES = {"pass": "✔", "fail": "✖", "unchanged": "=", "regressed": "✖", "inconclusive": "◌", "canary": "…"}
_LONGEST_NAME = 26
_NARROW = 100
_WORD = 12  # the longest verdict, "inconclusive"


def heading(name: str) -> Content:
    """The title of a part, with a blank line above."""
    return Content.assemble("\n", text(name, f"{ACCENT} bold"))


def shape_of(metric: "MetricResult") -> str:
    """A metric's verdict as a shape: ▼ ▲ say in which direction it became better."""
    if metric.verdict == "improved":
        return "▼" if metric.direction == "lower" else "▲"
    return VERDICT_SHAPES[metric.verdict]


def verdict_line(card: "ScoreCard") -> Content:
    """The overall verdict and what it rests on."""
    style = VERDICT_STYLES[card.verdict]
    said = f" · {card.pairs} pairs · {card.sandbox.kind} · candidate {card.commits.candidate[:8]}"
    return Content.assemble(text(f"{VERDICT_SHAPES[card.verdict]} {card.verdict}", f"{style} bold"), text(said, MUTED))


def metric_table(card: "ScoreCard", width: int) -> list[Content]:
    """One row a metric: verdict, name, medians (where there is room), ratio, interval, bar; the axis above."""
    if not card.metrics:
        return [text("no metric was measured", MUTED)]
    axis = axis_for(metric.ratio for metric in card.metrics)
    name = min(_LONGEST_NAME, max(cell_len(safe(metric.name)) for metric in card.metrics))
    medians = width >= _NARROW
    left = 2 + name + 2 + _WORD + (24 if medians else 0) + 24
    room = max(9, min(41, width - left))
    heads = [pad("  metric", name + 4), pad("verdict", _WORD)]
    if medians:
        heads += [f"{'baseline':>10}{'candidate':>10}", "    "]
    heads += [f"{'ratio':>7}  {'95 % interval':<14} ", scale(axis, room)]
    rows = [text("".join(heads), MUTED)]
    rows += [_metric_row(metric, axis, name, (room, card.tolerance), medians=medians) for metric in card.metrics]
    return rows


def _metric_row(metric: "MetricResult", axis: Axis, name: int, place: tuple[int, float], *, medians: bool) -> Content:
    style, ratio = VERDICT_STYLES[metric.verdict], metric.ratio
    parts = [
        text(f"{shape_of(metric)} ", f"{style} bold"),
        text(pad(safe(metric.name), name + 2)),
        text(pad(metric.verdict, _WORD), style),
    ]
    if medians:
        values = f"{_number(metric.baseline):>10}{_number(metric.candidate):>10}"
        parts += [text(values), text(" " + pad(clip(safe(metric.unit), 3), 3), MUTED)]
    if ratio is None:
        parts.append(text(f"{'–':>7}  {'no ratio':<14} ", MUTED))
    else:
        interval = f"[{ratio.low:.2f}, {ratio.high:.2f}]"
        parts += [text(f"{ratio.point:7.2f}  ", STRONG), text(f"{interval:<14} ", MUTED)]
    parts.append(text(bar(ratio, axis, *place), style))
    return Content.assemble(*parts)


def _number(value: float | None) -> str:
    return "–" if value is None else human_number(value)


def more_pairs(card: "ScoreCard") -> list[Content]:
    """For each inconclusive metric, how many more pairs a verdict would take."""
    return [
        Content.assemble(
            text("◌ ", WARN), text(f"{metric.name}: {count(metric.more_pairs, 'more pair')} would decide", MUTED)
        )
        for metric in card.metrics
        if metric.verdict == "inconclusive" and metric.more_pairs
    ]


def card_page(card: "ScoreCard", width: int) -> list[Content]:
    """Everything that the score-card says."""
    said = [verdict_line(card)]
    said += [Content.assemble(text("· ", MUTED), text(reason)) for reason in card.reasons]
    said += [heading("METRICS"), *metric_table(card, width), *more_pairs(card)]
    within = f"··· within ±{card.tolerance * 100:.3g} % is unchanged, ━ lies beyond"
    said.append(text(f"candidate ÷ baseline; {within}", MUTED))
    said.append(heading("TESTS"))
    if card.tests is None:
        said.append(text("the component has none", MUTED))
    else:
        tests = card.tests
        counts = f"{tests.passed} passed, {tests.failed} failed, {tests.errors} errors, {tests.skipped} skipped"
        mark, style = ("✔", GOOD) if tests.ok else ("✖", BAD)
        said.append(Content.assemble(text(f"{mark} ", style), text(f"{counts} in {human_number(tests.duration_s)} s")))
    if card.criteria:
        said += [heading("CRITERIA"), *(criterion_row(card, result) for result in card.criteria)]
    return [*said, *_made_of(card)]


def criterion_row(card: "ScoreCard", result: "CriterionResult") -> Content:
    """One automatic criterion with what was measured."""
    found = card.measured(result)
    measured = f"measured {found}" if found else "not measured"
    kind = "" if result.kind == "success" else "abort: "
    return Content.assemble(
        text(f"{VERDICT_SHAPES[result.verdict]} ", VERDICT_STYLES[result.verdict]),
        text(kind, MUTED),
        text(result.text),
        text(f"   {result.verdict}, {measured}", MUTED),
    )


def _made_of(card: "ScoreCard") -> list[Content]:
    machine, sandbox = card.machine, card.sandbox
    parts = [machine.system, machine.arch, machine.cpu, f"{machine.cores} cores" if machine.cores else ""]
    parts += [f"{machine.memory_bytes / 2**30:.1f} GiB" if machine.memory_bytes else ""]
    parts += [f"Python {machine.python}" if machine.python else ""]
    limits = [f"memory {sandbox.memory_bytes / 2**20:.0f} MiB" if sandbox.memory_bytes is not None else ""]
    limits += [f"{sandbox.pids} processes" if sandbox.pids is not None else ""]
    limits += [f"{human_number(sandbox.time_s)} s" if sandbox.time_s is not None else "", f"network {sandbox.network}"]
    counts = text("✔ ", GOOD) if card.in_sandbox else text("✖ ", BAD)
    does = "" if card.in_sandbox else "   does not open the canary's gate"
    # Of results that were handed in nobody knows where they were measured, only where they were read.
    said = [
        heading("SCORED ON" if sandbox.kind == "external" else "MEASURED ON"),
        text(" · ".join(part for part in parts if part)),
    ]
    said += [heading("SANDBOX"), Content.assemble(counts, text(sandbox.kind), text(does, BAD))]
    said.append(text(" · ".join(part for part in (*limits, *sandbox.protections) if part), MUTED))
    said += [heading("COMMITS")]
    for name, commit in (("candidate", card.commits.candidate), ("baseline", card.commits.baseline)):
        said.append(Content.assemble(text(f"{name:<10} ", MUTED), text(commit)))
    said.append(Content.assemble(text(f"{'made':<10} ", MUTED), text(card.created_at)))
    return said

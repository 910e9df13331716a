"""`kaizen show --log`, `--patch-spec`, `--score-card`: a ticket's other files, as they stand there."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from kaizen_tui.cli.errors import EXIT_DONE
from kaizen_tui.cli.invocation import Call
from kaizen_tui.cli.output import Painter, columns, emit, emit_json, note
from kaizen_tui.cli.show import ticket_json
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.numbers import with_unit
from kaizen_tui.core.text import safe, safe_block

if TYPE_CHECKING:
    from kaizen_tui.core.scorecard import MetricResult, ScoreCard
    from kaizen_tui.loop.glance import TicketGlance

_COLOURS = {"pass": "green", "improved": "green", "fail": "red", "regressed": "red", "inconclusive": "yellow"}


def show_parts(call: Call, seen: "TicketGlance", parts: Sequence[str]) -> int:
    """Prints the parts asked for, in the order log, patch_spec, score_card. JSON: the ticket with these keys added."""
    if call.json:
        found: dict[str, Any] = {"log": _log_json, "patch_spec": _spec_text, "score_card": _card_json}
        emit_json({**ticket_json(seen), **{name: found[name](call, seen) for name in parts}})
        return EXIT_DONE
    views: dict[str, Callable[[Call, TicketGlance], list[str]]] = {
        "log": _log_lines,
        "patch_spec": _spec_lines,
        "score_card": _card_lines,
    }
    for number, name in enumerate(parts):
        lines = views[name](call, seen)
        if lines:
            emit("\n".join(["", *lines] if number else lines))
    return EXIT_DONE


def _log_json(call: Call, seen: "TicketGlance") -> list[dict[str, Any]]:
    from kaizen_tui.cli.trail import trail_json, unchecked_rows
    from kaizen_tui.loop.glance import log_lines

    return trail_json(unchecked_rows(log_lines(call.workspace, seen.file.id)))


def _log_lines(call: Call, seen: "TicketGlance") -> list[str]:
    from kaizen_tui.cli.trail import trail_lines, unchecked_rows
    from kaizen_tui.loop.glance import log_lines

    lines = trail_lines(unchecked_rows(log_lines(call.workspace, seen.file.id)), call.paint, plain=call.plain)
    return (
        lines if call.plain else [*lines, "", call.paint(f"`kaizen log {seen.file.id}` says what is proven.", dim=True)]
    )


def _spec_text(call: Call, seen: "TicketGlance") -> str | None:
    from kaizen_tui.store.files import read_optional

    data = read_optional(call.workspace.spec_path(seen.file.id))
    return None if data is None else data.decode("utf-8", "replace")


def _spec_lines(call: Call, seen: "TicketGlance") -> list[str]:
    text = _spec_text(call, seen)
    if text is None:
        note(f"kaizen: {seen.file.id} has no Patch-Spec.md")
        return []
    return safe_block(text.rstrip("\n")).split("\n")


def _card(call: Call, seen: "TicketGlance") -> "ScoreCard | None":
    """Raises StoreError, with the first thing that is wrong."""
    from kaizen_tui.core.scorecard import MAX_BYTES
    from kaizen_tui.loop.models import parse_score_card
    from kaizen_tui.store.files import read_optional

    path = call.workspace.score_card_path(seen.file.id)
    data = read_optional(path, MAX_BYTES)
    if data is None:
        return None
    card, problems = parse_score_card(data, call.workspace.relative(path))
    if card is None:
        first = problems[0]
        raise StoreError(f"the score-card can't be read: {first.message}", where=first.where, hint=first.hint)
    return card


def _card_json(call: Call, seen: "TicketGlance") -> Any:
    card = _card(call, seen)
    return None if card is None else card.model_dump(mode="json", by_alias=True)


def _card_lines(call: Call, seen: "TicketGlance") -> list[str]:
    card = _card(call, seen)
    if card is None:
        note(f"kaizen: {seen.file.id} has no Score-card.json: it was not evaluated yet")
        return []
    return card_lines(card, call.paint)


def card_lines(card: "ScoreCard", paint: Painter) -> list[str]:
    """A score-card as a table, safe for a terminal."""
    verdict = paint(card.verdict, _COLOURS.get(card.verdict), bold=True)
    lines = [
        f"Score-card of {safe(card.ticket)}: {verdict}",
        f"  {card.pairs} pairs · {safe(card.sandbox.kind)} · {safe(card.created_at)}",
        f"  candidate {card.commits.candidate[:12]} against {card.commits.baseline[:12]}",
    ]
    lines += [f"  - {safe(reason)}" for reason in card.reasons]
    if card.metrics:
        lines += ["", *columns(_metric_rows(card), indent="  ")]
    if card.tests is not None:
        tests = card.tests
        counts = f"{tests.passed} passed, {tests.failed} failed, {tests.errors} errors, {tests.skipped} skipped"
        lines += ["", f"Tests: {counts} in {tests.duration_s:g} s"]
    if card.criteria:
        lines += ["", "Criteria:"]
        for result in card.criteria:
            found = safe(card.measured(result))
            measured = f"measured {found}" if found else "not measured"
            shown = paint(result.verdict, _COLOURS.get(result.verdict))
            lines.append(f"  {shown}  {safe(result.text)}  ({result.kind}, {measured})")
    return lines


def _metric_rows(card: "ScoreCard") -> list[tuple[str, ...]]:
    """With a head. The pairs only where they aren't the card's: so it fits into 80 columns."""
    other = any(metric.samples != card.pairs for metric in card.metrics)
    head = ("metric", "baseline", "candidate", "ratio", "interval", *(("pairs",) if other else ()), "verdict")
    return [head, *(_metric_row(metric, with_pairs=other) for metric in card.metrics)]


def _metric_row(metric: "MetricResult", *, with_pairs: bool) -> tuple[str, ...]:
    ratio, interval = "-", "-"
    if metric.ratio is not None:
        ratio, interval = f"{metric.ratio.point:.3g}", f"[{metric.ratio.low:.3g}, {metric.ratio.high:.3g}]"
    return (
        safe(metric.name),
        "-" if metric.baseline is None else safe(with_unit(metric.baseline, metric.unit)),
        "-" if metric.candidate is None else safe(with_unit(metric.candidate, metric.unit)),
        ratio,
        interval,
        *((str(metric.samples),) if with_pairs else ()),
        metric.verdict,
    )

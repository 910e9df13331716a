"""A dossier as lines of words, in the order in which it is judged."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from textual.content import Content

from kaizen_tui.core.actors import parse_actor, same_person
from kaizen_tui.core.governance import owner_of
from kaizen_tui.core.numbers import human_number, human_percent, with_unit
from kaizen_tui.core.slo import STATE_SHAPES, STATE_WORDS
from kaizen_tui.core.text import safe
from kaizen_tui.core.times import age, parse_rfc3339
from kaizen_tui.core.unmet import count
from kaizen_tui.tui import words
from kaizen_tui.tui.celltext import clip, pad
from kaizen_tui.tui.detail import live_words
from kaizen_tui.tui.ticket.card import heading, metric_table, more_pairs, verdict_line
from kaizen_tui.tui.ticket.markdown import render_markdown
from kaizen_tui.tui.words import ACCENT, BAD, GOOD, MUTED, STRONG, WARN, block, text

if TYPE_CHECKING:
    from kaizen_tui.core.log_view import LogEntry
    from kaizen_tui.metrics.panels import MetricPanel
    from kaizen_tui.tui.ticket.dossier import Criterion, Dossier

ACTS = {"plan": "Start the work", "canary": "Release to a canary", "complete": "Promote to 100 %"}
SUBJECTS = {"plan": "the plan", "canary": "the release to a canary", "complete": "the promotion"}
STATE_STYLES = {"ok": GOOD, "at_risk": WARN, "breached": BAD, "no_data": MUTED, "stale": WARN}
_CRITERION_MARKS = {"met": ("✔", GOOD), "failed": ("✖", BAD), "undecided": ("◌", WARN), "open": ("☐", WARN)}
_MOST_SUMMARY = 600
_MOST_NUMBERS = 12
_HASH_SHOWN = 12
# A gate that is shut for want of these alone is no bad news on the page that gives them.
_APPROVALS = frozenset({"approvals", "final_approvals"})


def head_line(dossier: "Dossier", width: int) -> Content:
    """Id and title at the left; component, tier and owner at the right (or left out where there is no room)."""
    ticket, component = dossier.facts.ticket, dossier.facts.component
    tier = f"tier {component.tier}" if component is not None else "unknown component"
    right = f"{safe(ticket.component)} · {tier} · owner {safe(owner_of(ticket, component)) or 'nobody'}"
    room = max(10, width - len(ticket.id) - 5 - cell_len(right))
    if room < 24:
        room = max(8, width - len(ticket.id) - 4)
        head = [text(f" {ticket.id}", STRONG), text(f"  {clip(safe(ticket.title), room)}")]
        return Content.assemble(*head, "\n", text(f" {clip(right, width - 2)}", MUTED))
    title = pad(clip(safe(ticket.title), room), room)
    return Content.assemble(text(f" {ticket.id}", STRONG), text(f"  {title}"), text(f" {right} ", MUTED))


def change_part(dossier: "Dossier") -> list[Content]:
    """What changes: for a plan its objective, else the patch; links, commits, size."""
    facts = dossier.facts
    ticket = facts.ticket
    said = [heading("CHANGE")]
    if dossier.sheet.purpose == "plan":
        said.append(block(ticket.objective or "no objective yet", "" if ticket.objective else WARN))
        said.append(Content.assemble(text("rollback  ", MUTED), block(ticket.rollback_plan or "none yet")))
    summary = dossier.summary
    if len(summary) > _MOST_SUMMARY:
        summary = summary[:_MOST_SUMMARY].rstrip() + " … (the rest: Patch spec, on the ticket's page)"
    said += render_markdown(summary) if summary else [text("Patch-Spec.md has no summary yet", WARN)]
    made = [dossier.diffstat] if dossier.diffstat else []
    if facts.candidate_commit:
        made.append(f"kaizen/{ticket.id} @ {facts.candidate_commit[:8]}")
    elif dossier.sheet.purpose != "plan":
        made.append(f"no branch kaizen/{ticket.id} says which commit is the candidate")
    if facts.candidate_author:
        made.append(f"by {parse_actor(facts.candidate_author).shown}")
    if made:
        said.append(text(" · ".join(made), MUTED))
    said += [Content.assemble(text(f"{name} ", MUTED), text(url)) for name, url in ticket.links]
    return said


def card_part(dossier: "Dossier", width: int) -> list[Content]:
    """The score-card, or why there is none."""
    card = dossier.facts.score_card
    if card is None:
        if dossier.card_trouble:
            return [heading("SCORE-CARD"), Content.assemble(text("✖ ", BAD), text(dossier.card_trouble, BAD))]
        style = MUTED if dossier.sheet.purpose == "plan" else BAD
        return [heading("SCORE-CARD"), text("none: the change has not been evaluated", style)]
    said = [Content.assemble(heading("SCORE-CARD"), "  ", verdict_line(card))]
    said += [Content.assemble(text("· ", MUTED), text(reason)) for reason in card.reasons]
    said += [*metric_table(card, width), *more_pairs(card)]
    if card.tests is not None:
        tests = card.tests
        mark, style = ("✔ ", GOOD) if tests.ok else ("✖ ", BAD)
        counts = f"tests: {tests.passed} passed, {tests.failed} failed, {tests.errors} errors"
        said.append(Content.assemble(text(mark, style), text(counts, MUTED)))
    return said


def canary_part(dossier: "Dossier", width: int) -> list[Content]:
    """How the canary stands, with its evidence; then its last rollout and verdict as logged."""
    if dossier.canary is not None:
        from kaizen_tui.tui.canary.page import canary_lines

        live = [heading("CANARY"), *canary_lines(dossier.canary, width)]
        return [*live, *(_logged(dossier) if dossier.canary.slis else _canary_log(dossier)[1:])]
    return _canary_log(dossier)


def _logged(dossier: "Dossier") -> list[Content]:
    """The verdict that an approval is about."""
    found = [entry for entry in dossier.events if entry.event == "verdict"]
    return [
        Content.assemble(
            text("verdict ", MUTED),
            text(entry.text("verdict"), GOOD if entry.text("verdict") == "promote" else WARN),
            text(f"  {_ago(entry.at, dossier.at)} ago, as logged by {parse_actor(entry.actor).shown}", MUTED),
        )
        for entry in found
    ]


def _canary_log(dossier: "Dossier") -> list[Content]:
    if not dossier.events:
        return [Content.assemble(heading("CANARY"), text("  no canary yet", MUTED))]
    said = [heading("CANARY")]
    for entry in dossier.events:
        named = entry.text("verdict") or entry.text("action")
        style = GOOD if named == "promote" else BAD if named in ("rollback", "abort") else WARN
        ago = _ago(entry.at, dossier.at)
        head = [text(f"{entry.event} ", STRONG), text(named, style), text(f"  {ago} ago, as logged", MUTED)]
        said.append(Content.assemble(*head))
        numbers = list(_numbers(entry.fields))
        leaves = [Content.assemble(text(f"{name} ", MUTED), text(value)) for name, value in numbers[:_MOST_NUMBERS]]
        if leaves:
            said.append(Content.assemble("  ", text(" · ", MUTED).join(leaves)))
        if len(numbers) > _MOST_NUMBERS:
            said.append(text(f"  … {len(numbers) - _MOST_NUMBERS} more in the log", MUTED))
    return said


def _numbers(fields: Any, path: str = "") -> Iterable[tuple[str, str]]:
    """The leaves of an entry's own fields, as `canary.errors 0.48`."""
    for name, value in fields.items():
        if path == "" and name in ("verdict", "action", "sig", "legacy"):
            continue
        whole = f"{path}.{name}" if path else str(name)
        if isinstance(value, dict) and whole.count(".") < 2:
            yield from _numbers(value, whole)
        elif isinstance(value, bool):
            yield whole, "yes" if value else "no"
        elif isinstance(value, str):
            yield whole, value
        elif isinstance(value, int | float):
            yield whole, human_number(float(value))
        elif isinstance(value, list) and all(isinstance(one, int | float) for one in value) and len(value) < 5:
            yield whole, f"[{', '.join(human_number(float(one)) for one in value)}]"


def budget_part(dossier: "Dossier", width: int) -> list[Content]:
    """The component's metrics now: value, target, budget, with the age of the data."""
    budget = dossier.budget
    if not budget.source:
        return [Content.assemble(heading("BUDGET"), text(f"  {budget.trouble}", MUTED))]
    ages = [panel.age for panel in budget.panels if panel.age is not None]
    data = f"  {budget.source} · " + (f"data {age(int(min(ages)))} old" if ages else "no data")
    rows = [Content.assemble(heading("BUDGET"), text(data, MUTED))]
    name = min(24, max((cell_len(safe(panel.name)) for panel in budget.panels), default=0))
    return rows + [_panel_row(panel, name, width) for panel in budget.panels]


def _panel_row(panel: "MetricPanel", name: int, width: int) -> Content:
    style = STATE_STYLES[panel.state]
    value = "–" if panel.value is None else with_unit(panel.value, panel.unit)
    comparison = "≥" if panel.target.higher_is_better else "≤"
    parts = [
        text(f"{STATE_SHAPES[panel.state]} ", style),
        text(pad(safe(panel.name), name + 1)),
        text(f"{clip(safe(value), 11):>11}"),
        text(pad(f"  {comparison} {human_number(panel.target.threshold)}", 10), MUTED),
    ]
    if panel.budget is not None:
        parts.append(text(f"{human_percent(panel.budget):>6} left", BAD if panel.budget < 0 else ""))
        if panel.burn is not None:
            parts.append(text(f"  burn {human_number(panel.burn)}×", MUTED))
    else:
        parts.append(text(pad("no objective", 13), MUTED) if width > 60 else Content(""))
    if panel.state != "ok":
        why = f"{age(int(panel.age))} old" if panel.state == "stale" and panel.age is not None else panel.error
        word = text(f"  {STATE_WORDS[panel.state]}{': ' + why if why else ''}", style)
        # The shape says it too: a line of its own for one word would only look like another metric.
        if why or Content.assemble(*parts, word).cell_length <= width:
            parts.append(word)
    return Content.assemble(*parts)


def criteria_part(dossier: "Dossier") -> list[Content]:
    """Every criterion with its tick."""
    said = [heading("CRITERIA")]
    said += [criterion_line(one) for one in dossier.criteria]
    return said if dossier.criteria else [*said, text("none", WARN)]


def criterion_line(one: "Criterion") -> Content:
    """A criterion: tick, words, what was measured or who signed."""
    mark, style = _CRITERION_MARKS[one.mark]
    if one.later or (one.abort and one.mark == "open") or (one.automatic and one.mark == "open"):
        style = MUTED
    head = "abort: " if one.abort else ""
    hint = "  s signs it off" if one.mark == "open" and not one.automatic and not one.abort and not one.later else ""
    parts = [text(f"{mark} ", style), text(head, MUTED), text(one.text)]
    if one.said:
        parts.append(text(f"  ({one.said})", MUTED))
    if one.live is not None:
        parts += [Content("   "), live_words(one.live)]
    return Content.assemble(*parts, text(hint, ACCENT))


def approvals_part(dossier: "Dossier") -> list[Content]:
    """Who said yes and no, how many are needed, whether this person may."""
    missing = max(0, dossier.needed - len(dossier.given))
    tally = f"  {len(dossier.given)} of {dossier.needed}"
    said = [Content.assemble(heading("APPROVALS"), text(tally, WARN if missing else GOOD))]
    said += [_voice(entry, "✔", GOOD, dossier.at) for entry in dossier.given]
    said += [_voice(entry, "✖", BAD, dossier.at) for entry in dossier.against]
    me = parse_actor(dossier.actor).shown
    if dossier.sheet.why_not:
        said.append(text(f"you may not approve: {dossier.sheet.why_not}", WARN))
    else:
        component = dossier.facts.component
        tiers = dossier.facts.config.governance.owner_may_approve
        owner_too = component is not None and component.tier in tiers
        because = f"in tier {component.tier} anyone may" if owner_too and component else "you are not the owner"
        said.append(text(f"you may approve, {me}: {because}", MUTED))
    return said


def _voice(entry: "LogEntry", mark: str, style: str, now: int) -> Content:
    note = f'  "{entry.text("note")}"' if entry.text("note") else ""
    who = text(parse_actor(entry.actor).shown)
    return Content.assemble(text(f"{mark} ", style), who, text(f"  {_ago(entry.at, now)} ago", MUTED), text(note))


def gate_part(dossier: "Dossier") -> list[Content]:
    """The gate that the approval is for, with every unmet condition; and what is logged with the approval."""
    decision = dossier.sheet.decision
    if decision is None:
        return []
    said = [heading(f"GATE INTO {words.title(decision.target).upper()}")]
    if not decision.refused and not decision.warnings:
        said.append(text("✔ open: nothing is unmet", GOOD))
    said += words.conditions(decision)
    from kaizen_tui.core.governance import evidence_hash, last_verdict

    facts = dossier.facts
    plan, evidence = facts.ticket.governed_hash(), evidence_hash(facts.ticket, facts.score_card_hash)
    said.append(heading("LOGGED WITH IT"))
    said.append(text(f"plan {plan[:_HASH_SHOWN]}…  evidence {evidence[:_HASH_SHOWN]}…", MUTED))
    verdict = f"; the canary's verdict: {last_verdict(facts)}" if facts.ticket.status == "canary" else ""
    said.append(text(f"the numbers on this page, with their own hash{verdict}", MUTED))
    return said


def gate_line(dossier: "Dossier") -> Content:
    """The gate in one line: open, or shut and by how much besides the approvals that are being given."""
    decision = dossier.sheet.decision
    act = ACTS[dossier.sheet.purpose]
    if decision is None:
        return text(f" {act}: nothing comes next", MUTED)
    if decision.refused and all(one.code in _APPROVALS for one in decision.refused):
        return Content.assemble(text(f" {act}: ", STRONG), text("needs approvals", f"{WARN} bold"), _whose(dossier))
    if decision.refused:
        first = safe(decision.refused[0].text)
        more = f" (and {len(decision.refused) - 1} more)" if len(decision.refused) > 1 else ""
        return Content.assemble(text(f" {act}: ", STRONG), text("shut", f"{BAD} bold"), text(f" – {first}{more}"))
    if decision.warnings:
        unmet = count(len(decision.warnings), "unmet condition")
        return Content.assemble(text(f" {act}: ", STRONG), text("open", WARN), text(f", with {unmet}", MUTED))
    return Content.assemble(text(f" {act}: ", STRONG), text("open", f"{GOOD} bold"))


def _whose(dossier: "Dossier") -> Content:
    """What an approval by this person would do for a gate that is shut for want of approvals only."""
    missing = max(0, dossier.needed - len(dossier.given))
    if dossier.sheet.why_not or any(same_person(one.actor, dossier.actor) for one in dossier.given):
        return text(f" – {missing} more, by others", MUTED)
    return text(" – yours opens the gate" if missing <= 1 else f" – {missing} more; yours is one of them", MUTED)


def columns_of(dossier: "Dossier", left: int, right: int) -> tuple[list[Content], list[Content]]:
    """The page in two parts, for the widths that they will have (one below the other where those are equal)."""
    first = [*change_part(dossier), *card_part(dossier, left), *canary_part(dossier, left)]
    second = [*budget_part(dossier, right), *criteria_part(dossier), *approvals_part(dossier), *gate_part(dossier)]
    return _trimmed(first), _trimmed(second) if left != right else second


def _trimmed(lines: list[Content]) -> list[Content]:
    """Without the blank line that the first heading brings."""
    return [lines[0][1:] if lines[0].plain.startswith("\n") else lines[0], *lines[1:]] if lines else lines


def _ago(stamp: str, now: int) -> str:
    try:
        return age(max(0, now - parse_rfc3339(stamp)))
    except ValueError:
        return stamp

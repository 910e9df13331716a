"""The conditions of each gate: for every state, what a ticket needs to be let in. Each unmet one in plain words.

The table is docs/gates.md's. Nothing here knows about enforcement or overrides: that is gates.decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from kaizen_tui.core import commands, governance
from kaizen_tui.core.actors import parse_actor
from kaizen_tui.core.criterion_text import Reading, read_criterion
from kaizen_tui.core.facts import Facts
from kaizen_tui.core.patch_spec import unfilled_sections
from kaizen_tui.core.unmet import Unmet, count
from kaizen_tui.core.values import quoted

if TYPE_CHECKING:
    from kaizen_tui.core.scorecard import ScoreCard

ROLLBACK = "rollback"  # what a person signs off to say that the rollback was executed and verified
_PLACEHOLDERS = frozenset({"", "tbd", "todo", "to be defined", "to be determined", "to be done", "fixme", "?", "???"})
_ABOUT_CANARY = ("canary", "rollout", "in production")


def is_said(text: str) -> bool:
    """Whether a field says something: not blank, not TBD."""
    return " ".join(text.casefold().split()).strip(" .!:-–…*_<>[]()") not in _PLACEHOLDERS


def is_about_canary(criterion: str) -> bool:
    """Whether a manual criterion can only be judged while the canary runs."""
    return any(word in " ".join(criterion.casefold().split()) for word in _ABOUT_CANARY)


def readings(facts: Facts, criteria: Iterable[str]) -> list[Reading]:
    """The criteria as read against the component's metrics; all manual where the component is unknown."""
    metrics = facts.component.metric_fields if facts.component is not None else ()
    return [read_criterion(text, metrics) for text in criteria if is_said(text)]


def _planned(facts: Facts) -> Iterable[Unmet]:
    ticket, update = facts.ticket, commands.update
    if not is_said(ticket.objective):
        yield Unmet("objective", "the ticket has no objective", update(ticket.id, '--objective "…"'))
    if not any(map(is_said, ticket.success_criteria)):
        text = "the ticket has no success criterion"
        yield Unmet("success_criteria", text, update(ticket.id, '--success-criteria "…"'))
    if not any(map(is_said, ticket.abort_criteria)):
        yield Unmet("abort_criteria", "the ticket has no abort criterion", update(ticket.id, '--abort-criteria "…"'))
    if not is_said(ticket.rollback_plan):
        yield Unmet("rollback_plan", "the ticket has no rollback plan", update(ticket.id, '--rollback-plan "…"'))
    if facts.component is None:
        text = f"the registry has no component {quoted(ticket.component)}, so no criterion can be measured"
        yield Unmet("component", text, commands.add_component(ticket.component))
    named = (*ticket.success_criteria, *ticket.abort_criteria)
    for metric in dict.fromkeys(r.metric for r in readings(facts, named) if r.kind == "automatic"):
        yield from _metric(facts, metric)


def _metric(facts: Facts, metric: str) -> Iterable[Unmet]:
    ticket = facts.ticket
    state, detail = facts.metric_states.get(metric, ("unchecked", ""))
    because = f" ({detail})" if detail else ""
    again = commands.why(ticket.id)
    words = {
        "no_source": (
            f"nothing says where the numbers of {metric} come from: give it a `query` or an `sli`",
            commands.edit_component(ticket.component),
        ),
        "no_server": (
            f"no metrics server is configured, so {metric} can't be measured",
            commands.edit_config(),
        ),
        "unreachable": (f"the metrics server doesn't answer, so {metric} can't be measured{because}", again),
        "stale": (f"the numbers of {metric} are not fresh{because}", again),
        "no_number": (
            f"the metrics server has no number for {metric}{because}",
            commands.edit_component(ticket.component),
        ),
        "unknown_metric": (f"the metrics server knows nothing of {metric}{because}", commands.edit(ticket.id)),
        "unchecked": (f"nobody has asked yet whether {metric} has fresh numbers{because}", again),
    }
    if state != "fresh":
        text, command = words[state]
        yield Unmet(f"metric:{metric}", text, command)


def _in_progress(facts: Facts) -> Iterable[Unmet]:
    ticket = facts.ticket
    if governance.still_needed(facts, "plan"):
        text = "nobody has approved the plan" + _but(governance.not_counted(facts, "plan"))
        yield Unmet("plan_approval", text, commands.approve(ticket.id))
    for entry in governance.rejections(facts, "plan"):
        yield _rejected("plan_rejected", "the plan", facts, entry.actor, entry.text("note"))
    if not is_said(ticket.owner):
        yield Unmet("owner", "the ticket has no owner", commands.update(ticket.id, '--owner "…"'))


def _but(reasons: tuple[str, ...]) -> str:
    shown = reasons if len(reasons) <= 3 else (*reasons[:3], f"{len(reasons) - 3} more")
    return f"; not counted: {'; '.join(shown)}" if shown else ""


def _rejected(code: str, what: str, facts: Facts, actor: str, note: str) -> Unmet:
    who = parse_actor(actor).shown
    said = f": {quoted(note, 200)}" if note.strip() else ""
    text = f"{who} rejected {what}{said}; only {who} can take that back, by approving"
    return Unmet(code, text, commands.approve(facts.ticket.id))


def _in_review(facts: Facts) -> Iterable[Unmet]:
    command = commands.edit_patch_spec(facts.ticket.id)
    if facts.patch_spec is None:
        yield Unmet("patch_spec", "there is no Patch-Spec.md", command)
        return
    unfilled = unfilled_sections(facts.patch_spec)
    if unfilled:
        text = f"Patch-Spec.md still has nothing but template text under {' and '.join(unfilled)}"
        yield Unmet("patch_spec", text, command)


def _canary(facts: Facts) -> Iterable[Unmet]:
    yield from _evaluated(facts)
    yield from _manual(facts, about_canary=False)
    if governance.still_needed(facts, "canary"):
        yield Unmet("approvals", _approvals_text(facts, "canary"), commands.approve(facts.ticket.id))
    for entry in governance.rejections(facts, "canary"):
        yield _rejected("rejected", "the change", facts, entry.actor, entry.text("note"))
    yield from _log_is_whole(facts)


def _evaluated(facts: Facts) -> Iterable[Unmet]:
    card, command = facts.score_card, commands.evaluate(facts.ticket.id)
    if card is None:
        text = "Score-card.json can't be read" if facts.score_card_hash else "the change has not been evaluated"
        yield Unmet("score_card", text, command)
        return
    if card.verdict != "pass":
        yield Unmet("score_card", f"the score-card's verdict is {card.verdict}, not pass", command)
    yield from _vouched_for(facts, card.ticket)
    for text in _not_judged(facts, card):
        yield Unmet("criteria", f"the score-card is older than {quoted(text, 200)} and doesn't judge it", command)
    measured = card.commits.candidate
    if not facts.candidate_commit:
        text = f"no branch kaizen/{facts.ticket.id} says which commit is the candidate"
        yield Unmet("candidate", text, commands.create(facts.ticket.id))
    elif measured != facts.candidate_commit:
        text = f"the score-card is for commit {measured[:10]}, but the candidate is now {facts.candidate_commit[:10]}"
        yield Unmet("candidate", text, command)
    if not card.in_sandbox:
        yield Unmet("sandbox", "the score-card was not measured in a sandbox", command)


def _not_judged(facts: Facts, card: ScoreCard) -> Iterable[str]:
    """The automatic criteria that the ticket got since it was evaluated, or that only now name a metric."""
    judged = {(one.kind, one.text) for one in card.criteria}
    wanted = (("success", facts.ticket.success_criteria), ("abort", facts.ticket.abort_criteria))
    for kind, criteria in wanted:
        for reading in readings(facts, criteria):
            if reading.kind == "automatic" and (kind, reading.text) not in judged:
                yield reading.text


def _vouched_for(facts: Facts, of: str) -> Iterable[Unmet]:
    """The file is the one that the last evaluation wrote, not one that was edited or copied since."""
    command = commands.evaluate(facts.ticket.id)
    if of != facts.ticket.id:
        yield Unmet("score_card", f"the score-card is the one of {quoted(of)}", command)
        return
    entries = facts.log.latest(lambda entry: entry.event == "evaluate")
    if not any(entry.text("score_card") == facts.score_card_hash != "" for entry in entries):
        text = "no `evaluate` entry of the log vouches for Score-card.json as it is: it was changed by hand, or copied"
        yield Unmet("score_card", text, command)


def _manual(facts: Facts, *, about_canary: bool) -> Iterable[Unmet]:
    code = "canary_signoff" if about_canary else "signoff"
    for number, text in enumerate(facts.ticket.success_criteria, start=1):
        if is_about_canary(text) != about_canary or governance.signed_off(facts, text):
            continue
        if any(reading.kind == "manual" for reading in readings(facts, (text,))):
            words = f"nobody has signed off {quoted(text, 200)}"
            yield Unmet(f"{code}:{number}", words, commands.sign_off(facts.ticket.id, text))


def _approvals_text(facts: Facts, purpose: governance.Purpose) -> str:
    given = [parse_actor(approval.actor).shown for approval in governance.approvals(facts, purpose)]
    needed, tier = governance.needed(facts, purpose), governance.tier_of(facts)
    after = " after the canary's verdict" if purpose == "complete" else ""
    has = f"has {len(given)} ({', '.join(given)})" if given else "has none"
    who = "" if tier in facts.config.governance.owner_may_approve else ", not from the owner or the candidate's author"
    signed = ", signed" if facts.config.governance.require_signature else ""
    text = f"tier {tier} needs {count(needed, 'approval')}{after}{who}{signed}; it {has}"
    return text + _but(governance.not_counted(facts, purpose))


def _log_is_whole(facts: Facts) -> Iterable[Unmet]:
    """A line that was changed since the ticket came into review may have been a rejection: no gate passes over it."""
    begin = min((facts.log.line_of(entry) for entry in governance.entries_into(facts, "in_review")), default=0)
    damage = [p for p in facts.log.problems if p.line > begin and p.code not in ("torn", "legacy", "duplicate")]
    if damage:
        text = (
            f"line {damage[0].line} of the Promotion-Log can't be trusted ({damage[0].message}); a rejection may have "
            "stood there, so restore the line"
        )
        if facts.ticket.status == "in_review":
            text += ", or go back to in progress and into review again"
        yield Unmet("log", text, commands.verify_log(facts.ticket.id))


def _complete(facts: Facts) -> Iterable[Unmet]:
    ticket = facts.ticket
    verdict = governance.last_verdict(facts)
    named = governance.names_verdict(facts)
    if verdict != "promote":
        none = verdict == governance.NO_VERDICT
        text = "the canary has no verdict yet" if none else f"the canary's verdict is {verdict}, not promote"
        if not named:
            text += "; to complete all the same, someone has to approve knowing that, and someone to override"
        command = commands.override(ticket.id, "complete") if named else commands.approve(ticket.id)
        yield Unmet("verdict", text, command, overridable=named)
    if governance.still_needed(facts, "complete"):
        yield Unmet("final_approvals", _approvals_text(facts, "complete"), commands.approve(ticket.id))
    yield from _manual(facts, about_canary=True)


def _aborted(facts: Facts) -> Iterable[Unmet]:
    if facts.ticket.status == "canary" and not _is_rolled_back(facts):
        text = (
            "nothing shows that the rollback was executed and verified; `kaizen abort` does both, or sign that off "
            "once it was"
        )
        yield Unmet("rolled_back", text, commands.sign_off(facts.ticket.id, ROLLBACK))


def _is_rolled_back(facts: Facts) -> bool:
    """Since the ticket entered canary: a verified `rollout` entry with action rollback as the last of its kind, or a
    person's sign-off of `rollback` (or of the rollback plan's text) after the last `rollout` entry."""
    since = governance.entries_into(facts, "canary")
    inside = {entry.hash for entry in facts.log.after(*since)}
    last = facts.log.latest(lambda entry: entry.event == "rollout" and entry.hash in inside)
    if last and all(e.text("action") == "rollback" and e.fields.get("verified") is True for e in last):
        return True
    said = filter(is_said, (ROLLBACK, facts.ticket.rollback_plan))
    return any(governance.signed_off(facts, text, last or since) for text in said)


CONDITIONS: dict[str, Callable[[Facts], Iterable[Unmet]]] = {
    "planned": _planned,
    "in_progress": _in_progress,
    "in_review": _in_review,
    "canary": _canary,
    "complete": _complete,
    "aborted": _aborted,
}

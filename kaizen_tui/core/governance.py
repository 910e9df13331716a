"""Who may say yes to what, who did, and who still must.

"After" is always descent in the log's chain (see promotion_log), never a comparison of timestamps. Only proven entries
count; with `governance.require_signature` only those whose signature the store has verified as the actor's.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from kaizen_tui.core.actors import People, fold, is_one_of, parse_actor, same_person
from kaizen_tui.core.canonical import sha256_hex
from kaizen_tui.core.facts import Facts
from kaizen_tui.core.log_view import LogEntry

if TYPE_CHECKING:
    from kaizen_tui.core.component import Component
    from kaizen_tui.core.ticket import Ticket

Purpose = Literal["plan", "canary", "complete"]
NO_VERDICT = "none"
# What an approval given now is for.
PURPOSES: dict[str, Purpose] = {
    "draft": "plan",
    "planned": "plan",
    "in_progress": "plan",
    "in_review": "canary",
    "canary": "complete",
    "complete": "complete",
    "aborted": "complete",
}


class Approval(NamedTuple):
    """One person's approval that counts: the actor as written, and the (first) entry that gives it."""

    actor: str
    entry: LogEntry


def owner_of(ticket: Ticket, component: Component | None) -> str:
    """The ticket's owner as written; where it names none, its component's; "" where that names none either."""
    return ticket.owner.strip() or (component.owner.strip() if component is not None else "")


def is_owner(actor: str, ticket: Ticket, component: Component | None) -> bool:
    """Whether `actor` owns the ticket (see owner_of)."""
    return is_one_of(actor, owner_of(ticket, component))


def has_owned(facts: Facts, actor: str) -> bool:
    """Whether `actor` owned the ticket since it last came into review (ever, before the first review).

    Nobody becomes someone else by editing the owner away: neither to approve nor to override.
    """
    return any(is_one_of(actor, owner) for owner in facts.former_owners)


def evidence_hash(ticket: Ticket, score_card_hash: str) -> str:
    """What an approval of a release approves: the governed fields and the score-card, as one SHA-256 (hex)."""
    return sha256_hex({"ticket": ticket.governed_hash(), "score_card": score_card_hash})


def tier_of(facts: Facts) -> int:
    """The component's tier; 0, the strictest, where the component is unknown."""
    return facts.component.tier if facts.component is not None else 0


def needed(facts: Facts, purpose: Purpose) -> int:
    """How many people must approve: one for a plan, else as the tier asks."""
    return 1 if purpose == "plan" else facts.config.governance.approvals.get(tier_of(facts), 2)


def may_approve(facts: Facts, actor: str, purpose: Purpose | None = None) -> str | None:
    """None when the approval of `actor` counts, else why not, as in "Ana owns the ticket".

    purpose: what for; by default what an approval in the ticket's present status is for.
    """
    purpose = purpose or PURPOSES[facts.ticket.status]
    governance = facts.config.governance
    who = parse_actor(actor)
    patterns = [fold(pattern) for pattern in governance.approvers]
    if not any(fnmatchcase(name, pattern) for name in who.names for pattern in patterns):
        return f"{who.shown} is not among the approvers of config.yml"
    if tier_of(facts) in governance.owner_may_approve:
        return None
    if is_owner(actor, facts.ticket, facts.component):
        return f"{who.shown} owns the ticket"
    if purpose != "plan" and has_owned(facts, actor):
        return f"{who.shown} owned the ticket until lately"
    if purpose != "plan" and facts.candidate_author and same_person(actor, facts.candidate_author):
        return f"{who.shown} wrote the candidate commit"
    return None


def is_signed(facts: Facts, entry: LogEntry) -> bool:
    """Whether the entry may count: always, unless signatures are required and it has no valid one of its actor."""
    if not facts.config.governance.require_signature:
        return True
    signer = facts.log.signed_by.get(entry.hash)
    return signer is not None and same_person(signer, entry.actor)


def stands(facts: Facts, entry: LogEntry) -> bool:
    """Whether a vote or a sign-off may count: signed where that is asked for, and not withdrawn by who gave it."""
    return is_signed(facts, entry) and not any(
        same_person(back.actor, entry.actor) and is_signed(facts, back)
        for back in facts.log.withdrawals.get(entry.hash, ())
    )


def entries_into(facts: Facts, status: str) -> tuple[LogEntry, ...]:
    """The last move into `status`: one entry, none, or several where branches that both moved were merged."""
    return facts.log.latest(lambda entry: entry.event == "status" and entry.text("to") == status)


def last_verdicts(facts: Facts) -> tuple[LogEntry, ...]:
    """The last canary verdict since the ticket entered canary; none before, several after a merge of branches."""
    moves = entries_into(facts, "canary")
    if not moves:
        return ()
    since = {entry.hash for entry in facts.log.after(*moves)}
    return facts.log.latest(lambda entry: entry.event == "verdict" and entry.hash in since)


def last_verdict(facts: Facts) -> str:
    """The last canary verdict as approvals name it: "promote", "inconclusive", …, or "none"."""
    return "+".join(sorted({entry.text("verdict") or "unreadable" for entry in last_verdicts(facts)})) or NO_VERDICT


def _window(facts: Facts, purpose: Purpose) -> tuple[LogEntry, ...]:
    """The entries among which approvals for `purpose` are looked for."""
    log = facts.log
    if purpose == "plan":
        return log.after(*entries_into(facts, "draft"))
    if purpose == "canary":
        moves = entries_into(facts, "in_review")
        if moves:
            return log.after(*moves)
        # A ticket whose file came with its status: what was said in that status stands.
        return tuple(entry for entry in log.proven if entry.text("status") in ("in_review", "canary"))
    verdicts = last_verdicts(facts)
    return log.after(*verdicts) if verdicts and last_verdict(facts) == "promote" else ()


def _stale(facts: Facts, entry: LogEntry, purpose: Purpose) -> str:
    """Why the entry says nothing about what stands there now, or ""."""
    if not is_signed(facts, entry):
        return "not signed"
    if not stands(facts, entry):
        return "withdrawn"
    if purpose == "plan":
        if entry.text("status") == "draft":
            return "given while the ticket was a draft"
        return "" if entry.text("plan") == facts.ticket.governed_hash() else "given before the plan changed"
    if entry.text("evidence") == evidence_hash(facts.ticket, facts.score_card_hash):
        return ""
    return "given before the score-card or the criteria changed"


def _counts(facts: Facts, entry: LogEntry, purpose: Purpose) -> bool:
    return (
        entry.event == "approve"
        and not _stale(facts, entry, purpose)
        and may_approve(facts, entry.actor, purpose) is None
    )


def approvals(facts: Facts, purpose: Purpose) -> tuple[Approval, ...]:
    """The approvals that count, one a person, in the log's order."""
    found: list[Approval] = []
    counted = People()
    for entry in _window(facts, purpose):
        if entry.actor not in counted and _counts(facts, entry, purpose):
            found.append(Approval(entry.actor, entry))
            counted.add(entry.actor)
    return tuple(found)


def not_counted(facts: Facts, purpose: Purpose) -> tuple[str, ...]:
    """Why approvals that were given don't count: "Ana owns the ticket", "Bob's and Cat's, given before …"."""
    counting = People(approval.actor for approval in approvals(facts, purpose))
    last = {e.actor: e for e in _window(facts, purpose) if e.event == "approve" and e.actor not in counting}
    barred: list[str] = []
    stale: dict[str, list[str]] = {}
    for actor, entry in last.items():
        reason = may_approve(facts, actor, purpose)
        if reason is not None:
            barred.append(reason)
        else:
            stale.setdefault(_stale(facts, entry, purpose), []).append(f"{parse_actor(actor).shown}'s")
    return (*barred, *(f"{' and '.join(whose[:3])}, {reason}" for reason, whose in stale.items()))


def still_needed(facts: Facts, purpose: Purpose) -> int:
    """How many approvals are missing, 0 when there are enough."""
    return max(0, needed(facts, purpose) - len(approvals(facts, purpose)))


def rejections(facts: Facts, purpose: Purpose) -> tuple[LogEntry, ...]:
    """The rejections that stand: not surely before the window, and not followed by that person's own approval.

    Of a plan: those given before the review, of the plan as it stands now. One entry a person, the last.
    """
    if purpose == "plan":
        window: Iterable[LogEntry] = facts.log.not_before(*entries_into(facts, "draft"))
        plan = facts.ticket.governed_hash()
        window = (e for e in window if e.text("plan") in ("", plan) and e.text("status") not in ("in_review", "canary"))
    else:
        window = facts.log.not_before(*entries_into(facts, "in_review"))
        moved = bool(entries_into(facts, "in_review"))
        window = (e for e in window if moved or e.text("status") in ("in_review", "canary", ""))
    given = [entry for entry in window if entry.event == "reject" and stands(facts, entry)]
    return tuple({fold(entry.actor): entry for entry in _not_taken_back(facts, given)}.values())


def _not_taken_back(facts: Facts, given: list[LogEntry]) -> list[LogEntry]:
    """The rejections that the same person's approval does not follow."""
    approved = [entry for entry in facts.log.events("approve") if stands(facts, entry)]
    if not facts.log.is_linear:
        return [entry for entry in given if not _is_followed(facts, entry, approved)]
    # One way back through the log, however long it is: whoever approved later than this.
    later, standing = People(), []
    for entry in sorted((*given, *approved), key=lambda entry: entry.seq, reverse=True):
        if entry.event == "approve":
            later.add(entry.actor)
        elif entry.actor not in later:
            standing.append(entry)
    return standing[::-1]


def _is_followed(facts: Facts, rejection: LogEntry, approved: list[LogEntry]) -> bool:
    after = {entry.hash for entry in facts.log.after(rejection)}
    return any(entry.hash in after and same_person(entry.actor, rejection.actor) for entry in approved)


def names_verdict(facts: Facts) -> bool:
    """Whether someone whose approval counts approved after the last verdict (or, without one, in canary), naming it.

    The one way to complete without a `promote`: such an approval, and an override.
    """
    anchors = last_verdicts(facts) or entries_into(facts, "canary")
    verdict = last_verdict(facts)
    return bool(anchors) and any(
        entry.text("verdict") == verdict and _counts(facts, entry, "complete") for entry in facts.log.after(*anchors)
    )


def signed_off(facts: Facts, criterion: str, since: tuple[LogEntry, ...] = ()) -> bool:
    """Whether someone signed off this very text (after every one of `since`)."""
    return any(
        entry.event == "signoff" and entry.text("criterion") == criterion and stands(facts, entry)
        for entry in facts.log.after(*since)
    )


def approval_fields(facts: Facts, note: str, unmet: Iterable[str]) -> dict[str, Any]:
    """The fields of an `approve` (or `reject`) entry given now. unmet: codes of what is unmet at this moment."""
    return {
        "status": facts.ticket.status,
        "plan": facts.ticket.governed_hash(),
        "evidence": evidence_hash(facts.ticket, facts.score_card_hash),
        "score_card": facts.score_card_hash,
        "verdict": last_verdict(facts),
        "note": note,
        "unmet": list(unmet),
    }

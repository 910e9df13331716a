"""Moves through the gates, approvals, sign-offs: each decided by core and written, with its log entry, as one act."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from kaizen_tui.core.conditions import ROLLBACK
from kaizen_tui.core.criterion_text import Reading, read_criterion
from kaizen_tui.core.errors import ConflictError, KaizenError, UsageError
from kaizen_tui.core.facts import Facts
from kaizen_tui.core.gates import decide, status_fields, unmet_next
from kaizen_tui.core.governance import approval_fields, evidence_hash, may_approve
from kaizen_tui.core.lifecycle import EDGES
from kaizen_tui.core.log_view import LogEntry
from kaizen_tui.core.seen import seen_fields
from kaizen_tui.core.states import FINAL
from kaizen_tui.core.unmet import Decision, title
from kaizen_tui.core.values import quoted
from kaizen_tui.loop.acts import opened, shown_path
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.facts import ask_ahead, gather
from kaizen_tui.loop.observed import named_observations
from kaizen_tui.store.records import NewEvent, Transaction
from kaizen_tui.store.yaml_edit import SetText, edit_fields

Signer = Callable[[bytes], str]


class RefusedError(KaizenError):
    """The rules don't allow this act now. Nothing was written."""

    exit_code = 4


class Said(NamedTuple):
    """An approval, rejection, sign-off or comment as written.

    entry: in the log. doubt: why it doesn't count for a gate, or "". subject: of a sign-off, the criterion.
    """

    entry: LogEntry
    doubt: str = ""
    subject: str = ""


def move(
    session: Session, ticket_id: str, target: str, *, reason: str = "", override: str = "", if_match: str | None = None
) -> Decision:
    """Moves the ticket through the gates, if they let it; the decision says why not, or what is still unmet.

    Raises NotFoundError, ConflictError (if_match), YamlProblems, StoreError.
    """
    ask_ahead(session, ticket_id)
    with opened(session, ticket_id, if_match) as tx:
        decision = decide(gather(session, tx), target, actor=session.actor, reason=reason, override=override)
        if decision.allowed and not decision.unchanged:
            data = with_status(session, tx, tx.data, target)
            tx.commit(
                data=data, events=[NewEvent(session.actor, "status", status_fields(decision, reason))], at=session.now()
            )
        return decision


def why(session: Session, ticket_id: str) -> dict[str, Decision]:
    """For every status that the lifecycle allows next: the decision that `move` would come to now."""
    return decisions(gather(session, ticket_id), session.actor)


def decisions(facts: Facts, actor: str) -> dict[str, Decision]:
    """The same for facts that are known already."""
    return {target: decide(facts, target, actor=actor) for target in EDGES[facts.ticket.status]}


def approve(
    session: Session,
    ticket_id: str,
    note: str = "",
    *,
    sign: Signer | None = None,
    seen: Facts | None = None,
    shown: Mapping[str, Any] | None = None,
) -> Said:
    """Approves what the present status is about: the plan, the canary, the promotion.

    seen: the facts that the person looked at; ConflictError when status or evidence are others by now.
    shown: the numbers that stood before them, frozen into the entry as `seen` with its hash (see core.seen).
    An approval that doesn't count (the owner's, a draft's) is logged all the same: it takes back one's rejection.
    Raises RefusedError in a final status.
    """
    return _vote(session, ticket_id, "approve", note, sign, seen, shown)


def reject(session: Session, ticket_id: str, note: str, *, sign: Signer | None = None) -> Said:
    """Says no, with the reason; the gate stays shut until the same person approves. Raises RefusedError, UsageError."""
    if not note.strip():
        raise UsageError("a rejection needs a reason", hint='--note "…"')
    return _vote(session, ticket_id, "reject", note, sign, None)


def _vote(
    session: Session,
    ticket_id: str,
    event: str,
    note: str,
    sign: Signer | None,
    seen: Facts | None,
    shown: Mapping[str, Any] | None = None,
) -> Said:
    ask_ahead(session, ticket_id)
    with opened(session, ticket_id) as tx:
        facts = gather(session, tx)
        if seen is not None and _approved(seen) != _approved(facts):
            raise ConflictError(f"{ticket_id} changed since you looked at it", hint=f"look again, then {event}")
        status = facts.ticket.status
        if status in FINAL:
            raise RefusedError(f"{ticket_id} is {title(status)}: there is nothing left to {event}")
        fields = approval_fields(facts, note, [condition.code for condition in unmet_next(facts)])
        fields.update(seen_fields(shown))
        if status == "canary":
            fields.update(named_observations(session.workspace, ticket_id))
        entry = tx.commit(data=None, events=[NewEvent(session.actor, event, fields, sign)], at=session.now())[-1]
        return Said(entry, _doubt(facts, session.actor, sign) if event == "approve" else "")


def _approved(facts: Facts) -> tuple[str, str]:
    """What an approval given on these facts is about."""
    return facts.ticket.status, evidence_hash(facts.ticket, facts.score_card_hash)


def _doubt(facts: Facts, actor: str, sign: Signer | None) -> str:
    if facts.ticket.status == "draft":
        return "the ticket is a draft: there is no plan to approve yet"
    if sign is None and facts.config.governance.require_signature:
        return "governance.require_signature asks for signed approvals"
    return may_approve(facts, actor) or ""


def sign_off(session: Session, ticket_id: str, criterion: str, note: str = "", *, sign: Signer | None = None) -> Said:
    """Signs off a manual success criterion: by its number, its text, or a part of the text that only it has.

    `rollback`, in canary, says that the rollback was executed and verified. Raises UsageError, RefusedError.
    """
    with opened(session, ticket_id) as tx:
        facts = gather(session, tx, measure=False)
        if facts.ticket.status in FINAL:
            raise RefusedError(f"{ticket_id} is {title(facts.ticket.status)}: there is nothing left to sign off")
        metrics = facts.component.metric_fields if facts.component is not None else ()
        readings = [read_criterion(text, metrics) for text in facts.ticket.success_criteria]
        text = _pick(readings, criterion, rollback=facts.ticket.status == "canary")
        fields = {"criterion": text, "note": note, "status": facts.ticket.status}
        entry = tx.commit(data=None, events=[NewEvent(session.actor, "signoff", fields, sign)], at=session.now())[-1]
        unsigned = sign is None and facts.config.governance.require_signature
        return Said(entry, "governance.require_signature asks for signed ones" if unsigned else "", text)


def _pick(readings: Sequence[Reading], wanted: str, *, rollback: bool) -> str:
    """The text of the manual criterion that `wanted` means."""
    if rollback and wanted.strip().casefold() == ROLLBACK:
        return ROLLBACK
    found = _matching(readings, wanted.strip())
    manual = [reading for reading in readings if reading.kind == "manual"]
    shown = "; ".join(f"{n} {quoted(r.text)}" for n, r in enumerate(readings, start=1) if r.kind == "manual")
    if not manual:
        raise UsageError("the ticket has no manual success criterion to sign off", hint="`kaizen show` lists them")
    if not found:
        raise UsageError(f"no success criterion matches {quoted(wanted)}", hint=f"the manual ones are: {shown}")
    if len(found) > 1:
        raise UsageError(
            f"{quoted(wanted)} matches {len(found)} success criteria", hint="give the number or the whole text"
        )
    if found[0].kind != "manual":
        raise UsageError(
            f"{quoted(found[0].text)} is automatic: it is measured, not signed off",
            hint=f"the manual ones are: {shown}",
        )
    return found[0].text


def _matching(readings: Sequence[Reading], wanted: str) -> list[Reading]:
    exact = [reading for reading in readings if reading.text.strip() == wanted]
    if exact:
        return exact[:1]
    if wanted.isascii() and wanted.isdigit():
        return list(readings[int(wanted) - 1 : int(wanted)]) if 0 < int(wanted) <= len(readings) else []
    folded = wanted.casefold()
    part = {reading.text: reading for reading in readings if folded and folded in reading.text.casefold()}
    return list(part.values())


def comment(session: Session, ticket_id: str, text: str) -> Said:
    """Adds a comment to the log, in any status. Raises UsageError when it is empty."""
    if not text.strip():
        raise UsageError("the comment is empty", hint='kaizen comment ID "…"')
    with opened(session, ticket_id) as tx:
        event = NewEvent(session.actor, "comment", {"text": text})
        return Said(tx.commit(data=None, events=[event], at=session.now())[-1])


def with_status(session: Session, tx: Transaction, data: bytes, target: str) -> bytes:
    """`data` with the status and the time of the change."""
    changes = [SetText("status", target), SetText("updated_at", session.stamp())]
    return edit_fields(data, changes, shown_path(session, tx.id))

"""Takes a change back by a further log entry: nothing is ever erased. Where that can't be, the reason in words.

What was written last on a ticket can be taken back while nothing else happened to it: the fields get their old bytes
again, a move is made backwards, a vote or a sign-off is withdrawn. The new entry names the old one in `undoes`.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from kaizen_tui.core.actors import parse_actor, same_person
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.facts import Facts
from kaizen_tui.core.gates import decide
from kaizen_tui.core.lifecycle import order
from kaizen_tui.core.log_view import LogEntry, LogView
from kaizen_tui.core.states import FINAL, STATUS_TITLES
from kaizen_tui.loop.acts import opened, shown_path
from kaizen_tui.loop.context import Session, Wrote
from kaizen_tui.loop.facts import ask_ahead, gather
from kaizen_tui.store.records import NewEvent, Transaction
from kaizen_tui.store.yaml_edit import SetText, edit_fields

Signer = Callable[[bytes], str]
_VOTES = frozenset({"approve", "reject", "signoff"})
_FURTHER = frozenset({"comment", "withdraw"})
_VERBS = {
    "status": "moved it",
    "edit": "edited it",
    "approve": "approved it",
    "reject": "rejected it",
    "signoff": "signed a criterion off",
    "withdraw": "withdrew something",
    "evaluate": "evaluated it",
    "rollout": "moved its canary",
    "verdict": "got a verdict",
}


class CannotUndoError(KaizenError):
    """The change stays. Nothing was written; asking again would not help."""

    exit_code = 4


class Undone(NamedTuple):
    """What was taken back, in words, such as "the move to Planned". etag: of the file as it now is."""

    ticket_id: str
    what: str
    etag: str


def title(status: str) -> str:
    """A status as people read it: "In progress"."""
    return STATUS_TITLES.get(status, status)


def describe(entries: Sequence[LogEntry]) -> str:
    """An act in words: "the move to Planned", "the edit of title, owner", "the approval"."""
    entry = entries[-1]
    if entry.event == "status":
        return f"the move to {title(entry.text('to'))}"
    if entry.event == "edit":
        changes = entry.fields.get("changes")
        names = ", ".join(str(name) for name in changes) if isinstance(changes, dict) else ""
        return f"the edit of {names}" if names else "the edit"
    return {"approve": "the approval", "reject": "the rejection", "signoff": "the sign-off"}.get(
        entry.event, f"the {entry.event}"
    )


def undo(session: Session, wrote: Wrote, *, sign: Signer | None = None) -> Undone:
    """Takes an act back that `session.wrote` was told of.

    Raises CannotUndoError with the reason, NotFoundError, YamlProblems, StoreError.
    """
    if any(entry.event == "status" for entry in wrote.entries):
        ask_ahead(session, wrote.ticket_id)
    with opened(session, wrote.ticket_id) as tx:
        refusal = why_not(tx.log, wrote.entries, actor=session.actor, same_file=tx.data == wrote.after)
        if refusal:
            raise CannotUndoError(f"{wrote.ticket_id}: {refusal}")
        votes = [entry for entry in wrote.entries if entry.event in _VOTES]
        if votes:
            return _withdraw(session, tx, votes, sign)
        return _restore(session, tx, wrote)


def why_not(log: LogView, entries: Sequence[LogEntry], *, actor: str, same_file: bool) -> str:
    """Why an act can't be taken back by what was written since, or by its own nature; "" when it can. Pure.

    same_file: the ticket is as the act had left it.
    """
    if not entries:
        return "there is nothing in the log to take back"
    nature = _by_nature(entries)
    if nature:
        return nature
    taken_back = {entry.text("undoes") for entry in log.proven if entry.text("undoes")}
    known = {entry.hash for entry in log.proven}
    own = {entry.hash for entry in entries}
    if not own <= known:
        return "the entry is no longer in the log"
    if own & taken_back:
        return "it was taken back already"
    first = next(entry for entry in entries if entry.hash in own)
    for later in log.not_before(first):
        innocent = later.hash in own or later.hash in taken_back or later.text("undoes") or later.event in _FURTHER
        if not innocent:
            who = "you" if same_person(later.actor, actor) else parse_actor(later.actor).shown
            return f"{who} {_VERBS.get(later.event, 'changed it')} since"
    votes_only = all(entry.event in _VOTES for entry in entries)
    return "" if same_file or votes_only else "its file was changed since"


def _by_nature(entries: Sequence[LogEntry]) -> str:
    for entry in entries:
        if entry.text("undoes"):
            return "this was itself an undo"
        if entry.event == "status":
            old, new = entry.text("from"), entry.text("to")
            if new in FINAL:
                return f"{title(new)} is final: open a new ticket"
            if "canary" in (old, new):
                return "a canary has users: abort it, or let it come to its end"
        elif entry.event == "edit":
            if entry.text("mended"):
                return "the file was broken before this edit"
        elif entry.event not in _VOTES:
            return f"an entry `{entry.event}` can't be taken back"
    return ""


def _withdraw(session: Session, tx: Transaction, votes: Sequence[LogEntry], sign: Signer | None) -> Undone:
    if sign is None and gather(session, tx, measure=False).config.governance.require_signature:
        raise CannotUndoError(
            f"{tx.id}: governance.require_signature asks for a signed withdrawal, and there is no key"
        )
    events = [
        NewEvent(session.actor, "withdraw", {"undoes": vote.hash, "what": vote.event}, sign) for vote in reversed(votes)
    ]
    tx.commit(data=None, events=events, at=session.now())
    return Undone(tx.id, describe(votes), tx.etag)


def _restore(session: Session, tx: Transaction, wrote: Wrote) -> Undone:
    """The bytes from before, with the time of now; log entries that say the opposite."""
    events = []
    for entry in reversed(wrote.entries):
        if entry.event == "status":
            back = {"from": entry.text("to"), "to": entry.text("from"), "undoes": entry.hash}
            _ask_gates(gather(session, tx), back["to"], session.actor)
            events.append(NewEvent(session.actor, "status", {**back, **_as_it_was(tx.log, entry)}))
        else:
            events.append(NewEvent(session.actor, "edit", {"changes": _turned(entry), "undoes": entry.hash}))
    data = edit_fields(wrote.before, [SetText("updated_at", session.stamp())], shown_path(session, tx.id))
    tx.commit(data=data, events=events, at=session.now())
    return Undone(tx.id, describe(wrote.entries), tx.etag)


def _ask_gates(facts: Facts, target: str, actor: str) -> None:
    """Taking back a step backwards is a step forward, which the gates judge like any other."""
    if order(target) < order(facts.ticket.status):
        return
    decision = decide(facts, target, actor=actor)
    if not decision.allowed:
        reasons = "; ".join(unmet.text for unmet in decision.refused)
        raise CannotUndoError(f"{facts.ticket.id}: the gate into {title(target)} is shut by now: {reasons}")


def _as_it_was(log: LogView, entry: LogEntry) -> dict[str, object]:
    """What was unmet when the ticket had come to where it goes back to: the card shows it again."""
    before = log.latest(lambda other: other.seq < entry.seq and other.event == "status")
    unmet = before[-1].fields.get("unmet") if before else None
    return {"unmet": unmet} if isinstance(unmet, list) and unmet else {}


def _turned(entry: LogEntry) -> dict[str, object]:
    changes = entry.fields.get("changes")
    if not isinstance(changes, dict):
        return {}
    return {
        key: {"from": change.get("to"), "to": change.get("from")} if isinstance(change, dict) else change
        for key, change in changes.items()
    }

"""Proves the logs: that no entry was changed, dropped or reordered; and says who signed what."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kaizen_tui.core.errors import KaizenError, StoreError
from kaizen_tui.core.log_times import doubtful_times
from kaizen_tui.core.log_view import LogEntry, LogProblem, LogView
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.core.seen import seen_problems
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.facts import with_signers
from kaizen_tui.loop.observed import observation_problems, score_card_problems
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.workspace import Workspace


class Proof(NamedTuple):
    """What the verification of one ticket's log found.

    path: of the log, as shown. entries: hashed entries. proven: how many of them. legacy: old lines, which prove
    nothing. signed: entries with a signature of somebody in allowed_signers. problems: in line order; none: proven.
    warnings: times that can't be, in line order; they disprove nothing.
    """

    id: str
    path: str
    entries: int
    proven: int
    legacy: int
    signed: int
    problems: tuple[LogProblem, ...]
    warnings: tuple[LogProblem, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems


def read_proven(workspace: Workspace, ticket_id: str) -> LogView:
    """The ticket's log, verified, with the signers. Raises NotFoundError, StoreError."""
    data = read_log_bytes(workspace.log_path(ticket_id))
    if not data:
        _require_ticket(workspace, ticket_id)
    return with_signers(workspace, read_log(data))


def verify(session: Session, ids: Sequence[str]) -> list[Proof]:
    """One proof for each ticket, in the order given. Raises NotFoundError for a ticket that doesn't exist."""
    return [_prove(session.workspace, ticket_id) for ticket_id in ids]


def _prove(workspace: Workspace, ticket_id: str) -> Proof:
    path = workspace.relative(workspace.log_path(ticket_id))
    try:
        data = read_log_bytes(workspace.log_path(ticket_id))
    except StoreError as error:  # said of this log; the others are proven all the same
        unread = LogProblem(0, None, "; ".join(part for part in (error.what, error.hint) if part), "unreadable")
        return Proof(ticket_id, path, 0, 0, 0, 0, (unread,))
    if not data:
        return Proof(ticket_id, path, 0, 0, 0, 0, _absent(workspace, ticket_id))
    log = with_signers(workspace, read_log(data))
    hashed = [row for row in log.rows if isinstance(row.entry, LogEntry)]
    return Proof(
        ticket_id,
        path,
        len(hashed),
        len(log.proven),
        len(log.rows) - len(hashed),
        len(log.signed_by),
        tuple(
            sorted(
                (
                    *log.problems,
                    *seen_problems(log),
                    *observation_problems(workspace, ticket_id, log),
                    *score_card_problems(workspace, ticket_id, log),
                    *_foreign(workspace, ticket_id, log),
                ),
                key=lambda problem: problem.line,
            )
        ),
        doubtful_times(log),
    )


def _foreign(workspace: Workspace, ticket_id: str, log: LogView) -> tuple[LogProblem, ...]:
    """A log that begins another ticket than the one beside it: whole, but put here from elsewhere.

    A ticket with a `uid` has it from its `created` entry, or from the `edit` that gave a copy one of its own. Without
    any `created` entry the beginning was dropped, together with everything up to the next thing written.
    """
    uid = _uid_of(workspace, ticket_id)
    begun = [row for row in log.rows if isinstance(row.entry, LogEntry) and row.entry.event == "created"]
    if not uid or log.legacy_lines:
        return ()
    if not begun:
        if log.problems:  # which say more exactly what is missing
            return ()
        return (LogProblem(1, None, "no entry says that the ticket was created: the ones before were dropped", "root"),)
    names = [row.entry.text("uid") for row in begun if isinstance(row.entry, LogEntry)]
    if uid in names or "" in names or uid in _given_later(log):
        return ()
    entry = begun[0].entry
    seq = entry.seq if isinstance(entry, LogEntry) else None
    message = f"the log is of another ticket: it begins the uid {names[0]}, the ticket's is {uid}"
    return (LogProblem(begun[0].line, seq, message, "foreign"),)


def _given_later(log: LogView) -> Iterable[object]:
    for entry in log.events("edit"):
        changes = entry.fields.get("changes")
        change = changes.get("uid") if isinstance(changes, dict) else None
        if isinstance(change, dict):
            yield change.get("to")


def _absent(workspace: Workspace, ticket_id: str) -> tuple[LogProblem, ...]:
    """A ticket that Kaizen made (it has a uid) has had a log from its first moment; others may have none."""
    missing = LogProblem(0, None, "the log is missing, or empty: every entry was dropped", "absent")
    return (missing,) if _uid_of(workspace, ticket_id) else ()


def _uid_of(workspace: Workspace, ticket_id: str) -> str:
    """The ticket's uid; "" when it has none, or is broken, which is lint's to report. Raises NotFoundError."""
    try:
        return read_ticket_file(workspace, ticket_id).fields.uid
    except KaizenError as error:
        if error.exit_code == 3:
            raise
        return ""


def _require_ticket(workspace: Workspace, ticket_id: str) -> None:
    try:
        read_ticket_file(workspace, ticket_id)
    except KaizenError as error:
        if error.exit_code == 3:
            raise

"""A score-card on its way into the ticket: what it is held against, and the writing with its log entry."""

from hashlib import sha256
from typing import NamedTuple

from kaizen_tui.analysis.scoring import Promise
from kaizen_tui.core.errors import NotFoundError, StoreError
from kaizen_tui.core.evaluation import Evaluation
from kaizen_tui.core.log_view import LogEntry
from kaizen_tui.core.scorecard import MAX_BYTES, ScoreCard
from kaizen_tui.core.states import FINAL
from kaizen_tui.core.times import format_epoch, parse_rfc3339
from kaizen_tui.core.unmet import title
from kaizen_tui.core.values import quoted
from kaizen_tui.loop.acts import opened, shown_path
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.govern import RefusedError
from kaizen_tui.loop.models import find_component, ticket_model
from kaizen_tui.store import files
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.records import NewEvent
from kaizen_tui.store.yaml_edit import SetText, edit_fields


class Subject(NamedTuple):
    """What is evaluated, and how: of `evaluation:` each key of the ticket's wins over the component's."""

    promise: Promise
    evaluation: Evaluation


class Saved(NamedTuple):
    """A score-card as written. digest: SHA-256 (hex) of the file, as the log entry holds it."""

    card: ScoreCard
    path: str
    digest: str
    entry: LogEntry


def subject_of(session: Session, ticket_id: str) -> Subject:
    """Raises NotFoundError, YamlProblems; RefusedError for a ticket in a final status."""
    workspace = session.workspace
    ticket = ticket_model(workspace, read_ticket_file(workspace, ticket_id))
    refuse_final(ticket_id, ticket.status)
    component = find_component(workspace, ticket.component)
    if component is None:
        what = f"the registry has no component {quoted(ticket.component)}, so nothing says what is measured"
        raise NotFoundError(what, where=shown_path_of(session, ticket_id), hint="`kaizen component` makes one")
    own = ticket.evaluation
    evaluation = component.evaluation or Evaluation()
    if own is not None:
        evaluation = evaluation.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})
    promise = Promise(
        ticket_id, ticket.success_criteria, ticket.abort_criteria, component.metric_fields, evaluation.tolerance
    )
    return Subject(promise, evaluation)


def shown_path_of(session: Session, ticket_id: str) -> str:
    """The ticket's file as people are shown it."""
    return shown_path(session, ticket_id)


def refuse_final(ticket_id: str, status: str) -> None:
    """Raises RefusedError where there is nothing left to evaluate."""
    if status in FINAL:
        raise RefusedError(f"{ticket_id} is {title(status)}: there is nothing left to evaluate")


def save(session: Session, card: ScoreCard) -> Saved:
    """Writes the score-card, `updated_at` of the ticket and an `evaluate` entry with the card's hash.

    The card is in place before the log names it: a crash in between leaves a card that no entry vouches for, which the
    next evaluation replaces. After an error the old card is back. Raises RefusedError, ConflictError, StoreError.
    """
    data = card.to_json()
    if len(data) > MAX_BYTES:
        raise StoreError("the score-card would be too large", hint="compare fewer metrics: `metrics:` of the benchmark")
    digest = sha256(data).hexdigest()
    path = session.workspace.score_card_path(card.ticket)
    with opened(session, card.ticket) as tx:
        refuse_final(card.ticket, tx.ticket.fields.status)
        changes = [SetText("updated_at", _later(session, tx.ticket.fields.updated_at))]
        ticket = edit_fields(tx.data, changes, shown_path(session, card.ticket))
        before = files.read_optional(path, MAX_BYTES)
        files.replace_file(path, data)
        try:
            event = NewEvent(session.actor, "evaluate", _fields(card, digest))
            entry = tx.commit(data=ticket, events=[event], at=session.now())[-1]
        except BaseException:
            _put_back(path, before)
            raise
    return Saved(card, path, digest, entry)


def _later(session: Session, before: str) -> str:
    """The present, but after the ticket's last change: readers look at a card again only when the ticket changed."""
    stamp = session.stamp()
    try:
        return format_epoch(parse_rfc3339(before) + 1) if parse_rfc3339(before) == parse_rfc3339(stamp) else stamp
    except ValueError:  # none, or one that a person wrote otherwise
        return stamp


def _fields(card: ScoreCard, digest: str) -> dict[str, object]:
    return {
        "verdict": card.verdict,
        "baseline": card.commits.baseline,
        "candidate": card.commits.candidate,
        "sandbox": card.sandbox.kind,
        "score_card": digest,
    }


def _put_back(path: str, before: bytes | None) -> None:
    if before is not None:
        files.replace_file(path, before)
        return
    try:
        files.sys.unlink(path)
    except OSError as error:
        raise files.in_words(error, "cannot remove", path) from error

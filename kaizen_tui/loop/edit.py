"""Changes of a ticket's fields: from options, or as a text that a person edited. Light until a status changes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.fields import TicketFields
from kaizen_tui.core.log_tail import last_status
from kaizen_tui.core.problem import Problem
from kaizen_tui.core.states import STATUSES
from kaizen_tui.core.values import Value, quoted
from kaizen_tui.loop.acts import opened, shown_path
from kaizen_tui.loop.context import Session
from kaizen_tui.store.reading import etag_of, parse_ticket
from kaizen_tui.store.records import NewEvent, Transaction
from kaizen_tui.store.yaml_edit import Change, Remove, SetList, SetText, edit_fields
from kaizen_tui.store.yaml_reader import YamlProblems, parse_yaml

if TYPE_CHECKING:
    from kaizen_tui.core.unmet import Decision

IMMUTABLE = ("uid", "created_at")  # the id as well, which the reader holds against the folder's name
_BOOKKEEPING = frozenset({"status", "updated_at"})
_BLOCKS = frozenset({"evaluation", "rollout"})


class Changes(NamedTuple):
    """What shall change; None and () leave a field as it is. links: (name, URL), an empty URL removes the link."""

    title: str | None = None
    status: str | None = None
    owner: str | None = None
    severity: str | None = None
    objective: str | None = None
    success_criteria: Sequence[str] | None = None
    abort_criteria: Sequence[str] | None = None
    rollback_plan: str | None = None
    component: str | None = None
    add_labels: Sequence[str] = ()
    remove_labels: Sequence[str] = ()
    links: Sequence[tuple[str, str]] = ()


class Updated(NamedTuple):
    """changed: the fields that did. decision: of the status, None when it stays. etag: of the file as it now is.

    written: False when nothing had to be written, and when the decision is a refusal.
    """

    id: str
    changed: tuple[str, ...]
    decision: "Decision | None"
    etag: str
    written: bool


def update(
    session: Session,
    ticket_id: str,
    changes: Changes,
    note: str = "",
    *,
    override: str = "",
    if_match: str | None = None,
) -> Updated:
    """Changes single fields of the file, leaving every other byte; a new status passes the gates first.

    note: for the log; the reason of a move. Raises NotFoundError, ConflictError, UsageError, YamlProblems, StoreError.
    """
    if changes.status is not None:
        _ask_ahead(session, ticket_id, changes.component)
    with opened(session, ticket_id, if_match) as tx:
        shown = shown_path(session, ticket_id)
        data = edit_fields(tx.data, _edits(tx.ticket.fields, changes), shown)
        try:
            return _write(session, tx, data, note, override)
        except YamlProblems as error:
            if error.problems[0].path != shown:  # the settings or the component
                raise
            # Of the text as it would become: nobody has a file with these lines.
            raise UsageError(error.problems[0].message, hint=error.problems[0].hint) from error


def apply_edited_text(
    session: Session, ticket_id: str, new_bytes: bytes, base_etag: str | None, note: str = "", *, override: str = ""
) -> Updated:
    """Takes the whole file as a person edited it, after every check; a changed status passes the gates.

    base_etag: of the text that the person began with. Raises ConflictError when the file changed meanwhile,
    YamlProblems (with the lines of the edited text), NotFoundError, StoreError. The caller keeps what was typed.
    """
    _ask_ahead(session, ticket_id, _component_in(new_bytes, ticket_id))
    with opened(session, ticket_id, base_etag) as tx:
        return _write(session, tx, new_bytes, note, override)


def _ask_ahead(session: Session, ticket_id: str, component: str | None) -> None:
    from kaizen_tui.loop.facts import ask_ahead

    ask_ahead(session, ticket_id, component)


def _component_in(data: bytes, ticket_id: str) -> str | None:
    """The component that an edited text names; None where it can't be read, which the edit itself says."""
    try:
        return parse_ticket(data, ticket_id, "")[1].component
    except YamlProblems:
        return None


def check_text(session: Session, ticket_id: str, old: bytes, new: bytes) -> list[Problem]:
    """What is wrong with an edited text, before it is taken: unreadable, or a field changed that never may."""
    shown = shown_path(session, ticket_id)
    try:
        raw, fields = parse_ticket(new, ticket_id, shown)
        _check_blocks(fields, raw, new, shown, {*_BLOCKS})
        _check_immutable(_raw_of(old, shown), new, shown)
    except YamlProblems as error:
        return list(error.problems)
    return []


def _edits(fields: TicketFields, changes: Changes) -> list[Change]:
    edits: list[Change] = []
    for key in ("title", "component", "owner", "severity", "objective", "rollback_plan", "status"):
        value = getattr(changes, key)
        if value is not None:
            edits.append(SetText(key, value))
    for key in ("success_criteria", "abort_criteria"):
        items = getattr(changes, key)
        if items is not None:
            edits.append(SetList(key, list(items)))
    labels = [label for label in fields.labels if label not in changes.remove_labels]
    labels += [label for label in dict.fromkeys(changes.add_labels) if label not in labels]
    if tuple(labels) != fields.labels:
        edits.append(SetList("labels", labels))
    for name, url in changes.links:
        edits.append(SetText(("links", name), url) if url else Remove(("links", name)))
    return edits


def _write(session: Session, tx: Transaction, data: bytes, note: str, override: str) -> Updated:
    """Checks `data` against what stands there, asks the gates, writes it with its log entries."""
    shown = shown_path(session, tx.id)
    raw, fields = parse_ticket(data, tx.id, shown)
    old_raw = _raw_of(tx.data, shown)
    _check_immutable(old_raw, data, shown)
    before: Mapping[str, Value] = old_raw or {}
    changed = tuple(key for key in {**before, **raw} if before.get(key) != raw.get(key) and key not in _BOOKKEEPING)
    _check_blocks(fields, raw, data, shown, set(changed))
    status = _present_status(tx, old_raw)
    events = []
    if changed or (old_raw is None):
        events.append(NewEvent(session.actor, "edit", _edit_fields(before, raw, changed, note, mended=old_raw is None)))
    decision = None
    if fields.status != status:
        decision = _decide(session, tx, data, status, fields.status, note, override)
        if not decision.allowed:
            return Updated(tx.id, (), decision, tx.etag, False)
        from kaizen_tui.core.gates import status_fields

        events.append(NewEvent(session.actor, "status", status_fields(decision, note)))
    if not events and note.strip():
        tx.commit(data=None, events=[NewEvent(session.actor, "comment", {"text": note})], at=session.now())
        return Updated(tx.id, (), None, tx.etag, True)
    if not events and data == tx.data:
        return Updated(tx.id, (), None, tx.etag, False)
    if events:
        data = edit_fields(data, [SetText("updated_at", session.stamp())], shown)
    else:  # only comments, layout, updated_at: worth a line in the log all the same
        events.append(NewEvent(session.actor, "edit", {"changes": {}}))
    tx.commit(data=data, events=events, at=session.now())
    return Updated(tx.id, changed, decision, etag_of(data), True)


def _decide(session: Session, tx: Transaction, data: bytes, old: str, new: str, note: str, override: str) -> "Decision":
    """The gates judge the new content in the old status."""
    from kaizen_tui.core.gates import decide
    from kaizen_tui.loop.facts import gather

    judged = edit_fields(data, [SetText("status", old)], shown_path(session, tx.id))
    return decide(gather(session, tx, data=judged), new, actor=session.actor, reason=note, override=override)


def _present_status(tx: Transaction, old_raw: Mapping[str, Value] | None) -> str:
    """Of the file; where that is broken, of the log, so that mending a file is no way round the gates."""
    found = (old_raw or {}).get("status")
    if isinstance(found, str) and found in STATUSES:
        return found
    logged = last_status(tx.log_data).status
    return logged if logged in STATUSES else "draft"


def _edit_fields(
    before: Mapping[str, Value], after: Mapping[str, Value], changed: Sequence[str], note: str, *, mended: bool
) -> dict[str, object]:
    fields: dict[str, object] = {
        "changes": {key: {"from": before.get(key), "to": after.get(key)} for key in ([] if mended else changed)}
    }
    if mended:
        fields["mended"] = "true"
    if note.strip():
        fields["note"] = note
    return fields


def _raw_of(data: bytes, shown: str) -> dict[str, Value] | None:
    """The keys of a file, None when it can't be read at all."""
    try:
        return parse_yaml(data, shown).value
    except YamlProblems:
        return None


def _check_immutable(old: Mapping[str, Value] | None, new_data: bytes, shown: str) -> None:
    if old is None:
        return
    document = parse_yaml(new_data, shown)
    wrong = [
        document.problem((key,), f"{key} can't change", _restore(key, old.get(key)))
        for key in IMMUTABLE
        if old.get(key) is not None and document.value.get(key) != old.get(key)
    ]
    if wrong:
        raise YamlProblems(wrong)


def _restore(key: str, value: Value) -> str:
    return f"write {key}: {quoted(value)}" if isinstance(value, str) else f"restore {key}"


def _check_blocks(fields: TicketFields, raw: Mapping[str, Value], data: bytes, shown: str, changed: set[str]) -> None:
    if _BLOCKS.isdisjoint(changed) or not any(raw.get(key) for key in _BLOCKS):
        return
    from kaizen_tui.loop.models import ticket_from

    ticket_from(fields, raw, data, shown)

"""Plan, the first stage: a ticket comes into being. Light: `kaizen new` starts here."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from kaizen_tui.core.criterion_text import read_criterion
from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.fields import DEFAULT_SEVERITY, ComponentFields, TicketAlert, TicketFields
from kaizen_tui.core.ids import did_you_mean
from kaizen_tui.core.patch_spec import template
from kaizen_tui.core.problem import Problem
from kaizen_tui.core.states import SEVERITIES
from kaizen_tui.core.text import safe
from kaizen_tui.core.values import quoted
from kaizen_tui.loop.context import Session
from kaizen_tui.store.reading import parse_ticket, read_component_file
from kaizen_tui.store.records import NewEvent, NewTicketFiles, create_ticket
from kaizen_tui.store.yaml_reader import YamlProblems
from kaizen_tui.store.yaml_text import render_ticket

OBJECTIVE_TO_COME = "TBD"


class NewTicket(NamedTuple):
    """What a person says of a new ticket.

    owner, rollback_plan: None takes the component's. severity: one of states.SEVERITIES. links: (name, URL).
    alert: what it is made from, if it is.
    """

    title: str
    component: str
    owner: str | None = None
    severity: str = DEFAULT_SEVERITY
    objective: str = OBJECTIVE_TO_COME
    success_criteria: Sequence[str] = ()
    abort_criteria: Sequence[str] = ()
    rollback_plan: str | None = None
    labels: Sequence[str] = ()
    links: Sequence[tuple[str, str]] = ()
    alert: TicketAlert | None = None


class Created(NamedTuple):
    """id, and the absolute path of the ticket's file. warnings: in words (hostile: escape on output)."""

    id: str
    path: str
    warnings: tuple[str, ...]


def _willing() -> None:
    """Nothing speaks against a ticket."""


def new_ticket(session: Session, new: NewTicket, *, unless: Callable[[], object] = _willing) -> Created:
    """Makes a ticket with all its files and its first log entry.

    unless: asked while nobody else can write; what it raises comes through, and no ticket is made.
    Raises UsageError (a text that can't be taken), NotFoundError (no such component; names the nearest), StoreError.
    """
    if not new.title.strip():
        raise UsageError("the title is empty", hint='give one: kaizen new "Improve …" --component ID')
    if new.severity not in SEVERITIES:
        raise UsageError(f"unknown severity {quoted(new.severity)}", hint=did_you_mean(new.severity, SEVERITIES))
    component = read_component_file(session.workspace, new.component).fields
    now = session.now()
    uid = session.token()
    warnings: list[str] = []

    def build(ticket_id: str) -> NewTicketFiles:
        unless()
        data = _ticket_bytes(session, new, component, ticket_id, uid)
        about: dict[str, object] = {"title": new.title, "component": component.id, "to": "draft", "uid": uid}
        if new.alert is not None:
            about["alert"] = alert_mark(new.alert.fingerprint, "firing", new.alert.starts_at)
        event = NewEvent(session.actor, "created", about)
        spec = template(f"{ticket_id} {safe(new.title.strip())}").encode("utf-8", "backslashreplace")
        return NewTicketFiles(data, spec, event)

    ticket_id = create_ticket(session.workspace, build=build, at=now, warn=session.tell)
    warnings += criteria_warnings((*new.success_criteria, *new.abort_criteria), component)
    return Created(ticket_id, session.workspace.ticket_path(ticket_id), tuple(warnings))


def alert_mark(fingerprint: str, state: str, starts_at: str) -> dict[str, str]:
    """What a log entry says of an alert, so that it is said once. starts_at: RFC 3339."""
    return {"fingerprint": fingerprint, "state": state, "starts_at": starts_at}


def criteria_warnings(texts: Sequence[str], component: ComponentFields) -> list[str]:
    """What looks automatic and isn't, in words."""
    readings = [read_criterion(text, component.metrics) for text in texts]
    return [f"{quoted(found.text)} is manual: {found.problem}" for found in readings if found.looks_automatic]


def split_criteria(text: str) -> tuple[str, ...]:
    """`a; b` as two criteria; empty ones are left out."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _ticket_bytes(session: Session, new: NewTicket, component: ComponentFields, ticket_id: str, uid: str) -> bytes:
    """The new file, read back before it is written: what is made here must load."""
    stamp = session.stamp()
    fields: list[tuple[str, str | Sequence[str]]] = [
        ("id", ticket_id),
        ("title", new.title),
        ("component", component.id),
        ("owner", component.owner if new.owner is None else new.owner),
        ("severity", new.severity),
        ("objective", new.objective),
        ("success_criteria", list(new.success_criteria)),
        ("abort_criteria", list(new.abort_criteria)),
        ("rollback_plan", component.rollback_plan if new.rollback_plan is None else new.rollback_plan),
        ("status", "draft"),
        ("created_at", stamp),
        ("updated_at", stamp),
        ("uid", uid),
    ]
    if new.labels:
        fields.append(("labels", list(new.labels)))
    data = render_ticket(fields)
    blocks = [(("links", name), url) for name, url in new.links]
    if new.alert is not None:
        blocks += [(("alert", key), text) for key, text in new.alert._asdict().items() if text]
    if blocks:
        from kaizen_tui.store.yaml_edit import SetText, edit_fields

        data = edit_fields(data, [SetText(key, text) for key, text in blocks], "the new ticket")
    _read_back(data, ticket_id)
    return data


def _read_back(data: bytes, ticket_id: str) -> TicketFields:
    try:
        return parse_ticket(data, ticket_id, "the new ticket")[1]
    except YamlProblems as error:
        raise as_usage(error, lambda problem: problem.message) from error


def as_usage(error: YamlProblems, words: Callable[[Problem], str]) -> UsageError:
    """The first problem as an error of the command line: there is no file yet that it could point to."""
    first = error.problems[0]
    return UsageError(words(first), hint=first.hint)

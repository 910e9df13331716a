"""A quick look at a ticket for `kaizen show`: its files, and what its log says of approvals, unproven. Light.

Nothing decides by what stands here: gates read the log through `core.promotion_log.read_log`, which proves it.
"""

import json
import os
from typing import Any, NamedTuple

from kaizen_tui.core.criterion_text import Reading, read_criterion
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.fields import ComponentFields
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.reading import TicketFile, read_component_file, read_ticket_file
from kaizen_tui.store.workspace import Workspace


class Voice(NamedTuple):
    """An approve, reject or signoff entry as it stands in the log, unproven. Texts are hostile.

    criterion: of a signoff, else "". stage: the status of the ticket then, or "".
    """

    event: str
    at: str
    actor: str
    note: str
    criterion: str
    stage: str


class LogGlance(NamedTuple):
    """entries: how many lines the log has. since: when the last status was entered, as written, or "".

    unmet: the codes of the conditions unmet then. voices: in file order. overridden: a gate was ever overridden.
    """

    entries: int
    since: str
    unmet: tuple[str, ...]
    voices: tuple[Voice, ...]
    overridden: bool


class LogLine(NamedTuple):
    """One line of a log, unproven. line: 1-based. entry: None where it is of the older format, or damaged: see text."""

    line: int
    entry: dict[str, Any] | None
    text: str


class TicketGlance(NamedTuple):
    """What `kaizen show` prints.

    component: None when it can't be read; trouble then says why. readings: of the success and the abort criteria.
    """

    file: TicketFile
    component: ComponentFields | None
    trouble: str
    success: tuple[Reading, ...]
    abort: tuple[Reading, ...]
    log: LogGlance
    has_spec: bool
    has_score_card: bool


def glance(workspace: Workspace, ticket_id: str) -> TicketGlance:
    """Raises as `read_ticket_file`; a component or a log that can't be read is said, not raised."""
    file = read_ticket_file(workspace, ticket_id)
    component, trouble = _component(workspace, file.fields.component)
    metrics = component.metrics if component is not None else ()
    return TicketGlance(
        file,
        component,
        trouble,
        tuple(read_criterion(text, metrics) for text in file.fields.success_criteria),
        tuple(read_criterion(text, metrics) for text in file.fields.abort_criteria),
        log_glance(workspace, ticket_id),
        os.path.isfile(workspace.spec_path(ticket_id)),
        os.path.isfile(workspace.score_card_path(ticket_id)),
    )


def _component(workspace: Workspace, component_id: str) -> tuple[ComponentFields | None, str]:
    try:
        return read_component_file(workspace, component_id).fields, ""
    except KaizenError as error:
        return None, str(error)


def log_glance(workspace: Workspace, ticket_id: str) -> LogGlance:
    """The ticket's log without proof; damaged lines are passed over. Raises StoreError."""
    lines = log_lines(workspace, ticket_id)
    since, overridden = "", False
    unmet: tuple[str, ...] = ()
    voices: dict[str, Voice] = {}
    for line in lines:
        entry = line.entry or {}
        event = entry.get("event")
        if event in ("created", "status"):
            since = _text(entry, "at")
            unmet = tuple(code for code in _list(entry, "unmet") if isinstance(code, str))
            overridden = overridden or bool(_text(entry, "override"))
        elif event in ("approve", "reject", "signoff"):
            voices[_text(entry, "hash") or f"line {line.line}"] = _voice(entry)
        elif event == "withdraw":
            withdrawn = voices.get(_text(entry, "undoes"))
            if withdrawn is not None and withdrawn.actor == _text(entry, "actor"):
                del voices[_text(entry, "undoes")]
    return LogGlance(len(lines), since, unmet, tuple(voices.values()), overridden)


def _voice(entry: dict[str, Any]) -> Voice:
    names = ("event", "at", "actor", "note", "criterion", "status")
    return Voice(*(_text(entry, name) for name in names))


def log_lines(workspace: Workspace, ticket_id: str) -> list[LogLine]:
    """The lines of the ticket's log that aren't blank. Raises StoreError."""
    lines = read_log_bytes(workspace.log_path(ticket_id)).split(b"\n")
    return [
        LogLine(number, _entry(line), line.decode("utf-8", "replace"))
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]


def _entry(line: bytes) -> dict[str, Any] | None:
    if line[:1] != b"{":
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def _list(entry: dict[str, Any], name: str) -> list[Any]:
    value = entry.get(name)
    return value if isinstance(value, list) else []

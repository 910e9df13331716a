"""Light reads: a ticket, a component or the settings, checked field by field, without pydantic.

A file that is wrong raises YamlProblems, whose problems carry the path (relative to the workspace) and the line.
Light: part of the start-up path of `kaizen show` and `kaizen new`.
"""

import os
from collections.abc import Iterable
from typing import NamedTuple

from kaizen_tui.core.errors import KaizenError, NotFoundError, StoreError
from kaizen_tui.core.fields import ComponentFields, FieldError, FieldErrors, TicketFields, check_component, check_ticket
from kaizen_tui.core.ids import is_component_id, is_ticket_id, nearest
from kaizen_tui.core.problem import Problem
from kaizen_tui.core.values import Value
from kaizen_tui.store.files import MissingFileError, read_file, read_optional
from kaizen_tui.store.workspace import TICKET_FILE, Workspace
from kaizen_tui.store.yaml_reader import YamlDocument, YamlProblems, parse_yaml

COMPONENT_SUFFIX = ".yml"


class TicketFile(NamedTuple):
    """A ticket as it stood in its file at one moment.

    id:     equal to the folder's name and to the `id` within.
    path:   absolute.
    data:   the file's bytes.
    etag:   of `data`, for `--if-match`: see `etag_of`.
    raw:    every key of the file, also those that Kaizen doesn't know; every scalar is text.
    fields: the known keys, checked.
    """

    id: str
    path: str
    data: bytes
    etag: str
    raw: dict[str, Value]
    fields: TicketFields


class ComponentFile(NamedTuple):
    """A component as it stood in its file at one moment; see TicketFile."""

    id: str
    path: str
    data: bytes
    etag: str
    raw: dict[str, Value]
    fields: ComponentFields


def etag_of(data: bytes) -> str:
    """The first 16 hex digits of the SHA-256 of a file's bytes."""
    from hashlib import sha256

    return sha256(data).hexdigest()[:16]


def read_ticket_file(ws: Workspace, ticket_id: str) -> TicketFile:
    """Reads and checks one ticket.

    Raises UsageError (not an id), NotFoundError (no such ticket; names the nearest), StoreError (not readable),
    YamlProblems (wrong content).
    """
    path = ws.ticket_path(ticket_id)
    try:
        data = read_file(path)
    except MissingFileError as error:
        if os.path.isdir(ws.ticket_dir(ticket_id)):
            raise missing_ticket_file(ws, ticket_id) from error
        raise _no_ticket(ws, ticket_id) from error
    raw, fields = parse_ticket(data, ticket_id, ws.relative(path))
    return TicketFile(ticket_id, path, data, etag_of(data), raw, fields)


def parse_ticket(data: bytes, ticket_id: str, shown_path: str) -> tuple[dict[str, Value], TicketFields]:
    """All keys and the checked fields of a ticket's bytes. shown_path: for messages. Raises YamlProblems."""
    document = parse_yaml(data, shown_path)
    try:
        return document.value, check_ticket(document.value, ticket_id)
    except FieldErrors as wrong:
        raise YamlProblems(field_problems(wrong.errors, document, shown_path)) from wrong


def read_component_file(ws: Workspace, component_id: str) -> ComponentFile:
    """Reads and checks one component. Raises as `read_ticket_file` does."""
    path = ws.component_path(component_id)
    try:
        data = read_file(path)
    except MissingFileError as error:
        raise _no_component(ws, component_id) from error
    shown = ws.relative(path)
    document = parse_yaml(data, shown)
    try:
        fields = check_component(document.value, component_id)
    except FieldErrors as wrong:
        raise YamlProblems(field_problems(wrong.errors, document, shown)) from wrong
    return ComponentFile(component_id, path, data, etag_of(data), document.value, fields)


def component_ids(ws: Workspace) -> list[str]:
    """The ids of all components that have a file, sorted, whether or not it can be read. No folder: none."""
    names = _names(ws.components)
    stems = (name.removesuffix(COMPONENT_SUFFIX) for name in names if name.endswith(COMPONENT_SUFFIX))
    return sorted(stem for stem in stems if is_component_id(stem))


def list_components(ws: Workspace) -> tuple[list[ComponentFile], list[Problem]]:
    """Every component that can be read, sorted by id, and what is wrong with the others. Raises StoreError."""
    found: list[ComponentFile] = []
    problems: list[Problem] = []
    for name in sorted(_names(ws.components)):
        stem = name.removesuffix(COMPONENT_SUFFIX)
        if name.startswith(".") or not name.endswith((COMPONENT_SUFFIX, ".yaml")):
            continue
        if stem == name or not is_component_id(stem):
            problems.append(_misnamed_component(ws, name))
            continue
        try:
            found.append(read_component_file(ws, stem))
        except KaizenError as error:
            problems.extend(problems_of(error, ws))
    return found, problems


def read_config_document(ws: Workspace) -> YamlDocument | None:
    """The settings with their lines; None when there is no file or it holds only comments.

    Raises StoreError, YamlProblems (not YAML as Kaizen takes it; which keys and values are right is core/config.py's).
    """
    data = read_optional(ws.config_path)
    if data is None or _only_comments(data):
        return None
    return parse_yaml(data, ws.relative(ws.config_path))


def read_config_file(ws: Workspace) -> dict[str, Value]:
    """The settings as they stand in config.yml, unchecked; {} when there are none. Raises as `read_config_document`."""
    document = read_config_document(ws)
    return document.value if document is not None else {}


def field_problems(errors: Iterable[FieldError], document: YamlDocument, shown_path: str) -> list[Problem]:
    """Wrong fields as problems with the lines on which they stand."""
    return [Problem(shown_path, document.line(*error.path), error.message, error.hint) for error in errors]


def problems_of(error: KaizenError, ws: Workspace) -> list[Problem]:
    """An error about one file as problems, so that the rest can be loaded and this one be reported."""
    if isinstance(error, YamlProblems):
        return list(error.problems)
    return [Problem(ws.relative(error.where), 0, error.what, error.hint)]


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        from kaizen_tui.store.files import in_words

        raise in_words(error, "cannot read", folder) from error


def _only_comments(data: bytes) -> bool:
    lines = data.removeprefix(b"\xef\xbb\xbf").splitlines()
    return all(not line.strip() or line.lstrip().startswith(b"#") for line in lines)


def _no_ticket(ws: Workspace, ticket_id: str) -> NotFoundError:
    near = nearest(ticket_id, (name for name in _names(ws.tickets) if is_ticket_id(name)))
    hint = f"did you mean {near}?" if near else "`kaizen list` shows all tickets"
    return NotFoundError(f"no ticket {ticket_id}", hint=hint)


def _no_component(ws: Workspace, component_id: str) -> NotFoundError:
    near = nearest(component_id, component_ids(ws))
    hint = f"did you mean {near}?" if near else f"`kaizen component {component_id} --name ...` makes it"
    return NotFoundError(f"no component `{component_id}`", hint=hint)


def _misnamed_component(ws: Workspace, name: str) -> Problem:
    path = ws.relative(f"{ws.components}/{name}")
    if name.endswith(".yaml"):
        return Problem(path, 0, "not read: a component's file ends in .yml", "rename it", "warning")
    return Problem(path, 0, "not a component id", "use a-z 0-9 . _ - (63 at most), beginning with a letter or digit")


def missing_ticket_file(ws: Workspace, ticket_id: str) -> StoreError:
    """The error about a ticket's folder that holds no ticket."""
    return MissingFileError(
        f"the folder of {ticket_id} has no {TICKET_FILE}",
        where=ws.ticket_path(ticket_id),
        hint="restore it (`git checkout`) or remove the folder",
    )

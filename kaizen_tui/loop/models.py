"""The files of a workspace as the typed models of core, with errors that name path and line."""

from collections.abc import Mapping
from typing import NamedTuple

from kaizen_tui.core.checker import FieldErrors
from kaizen_tui.core.component import Component
from kaizen_tui.core.config import Config
from kaizen_tui.core.errors import KaizenError, NotFoundError
from kaizen_tui.core.fields import TicketFields
from kaizen_tui.core.problem import Problem
from kaizen_tui.core.scorecard import ScoreCard
from kaizen_tui.core.ticket import Ticket
from kaizen_tui.core.values import Value
from kaizen_tui.store.reading import (
    ComponentFile,
    TicketFile,
    field_problems,
    read_component_file,
    read_config_document,
)
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.store.yaml_reader import YamlDocument, YamlProblems, parse_yaml


class Trouble(NamedTuple):
    """A file that could not be taken, in one line. Texts are hostile: escape on output."""

    where: str
    message: str


def load_config(workspace: Workspace) -> Config:
    """The settings. Raises YamlProblems with the line of each wrong one, StoreError."""
    document = read_config_document(workspace)
    if document is None:
        return Config()
    try:
        return Config.from_raw(document.value)
    except FieldErrors as wrong:
        raise YamlProblems(field_problems(wrong.errors, document, document.path)) from wrong


def ticket_model(workspace: Workspace, file: TicketFile) -> Ticket:
    """The ticket, with its evaluation and rollout blocks. Raises YamlProblems."""
    return ticket_from(file.fields, file.raw, file.data, workspace.relative(file.path))


def ticket_from(fields: TicketFields, raw: Mapping[str, Value], data: bytes, shown_path: str) -> Ticket:
    """The ticket of checked fields. data: for the lines in messages. Raises YamlProblems."""
    try:
        return Ticket.from_fields(fields, raw)
    except FieldErrors as wrong:
        raise YamlProblems(_located(wrong, parse_yaml(data, shown_path), shown_path)) from wrong


def component_model(workspace: Workspace, file: ComponentFile) -> Component:
    """The component, with its metrics' sources. Raises YamlProblems."""
    shown_path = workspace.relative(file.path)
    try:
        return Component.from_fields(file.fields, file.raw)
    except FieldErrors as wrong:
        raise YamlProblems(_located(wrong, parse_yaml(file.data, shown_path), shown_path)) from wrong


def find_component(workspace: Workspace, component_id: str) -> Component | None:
    """The component of the registry; None when there is none of that id. Raises YamlProblems, StoreError."""
    try:
        return component_model(workspace, read_component_file(workspace, component_id))
    except NotFoundError:
        return None


def parse_score_card(data: bytes, shown_path: str) -> tuple[ScoreCard | None, list[Problem]]:
    """The score-card of a file's bytes, or what is wrong with it."""
    try:
        return ScoreCard.parse(data), []
    except FieldErrors as wrong:
        return None, [Problem(shown_path, error.line, error.message, error.hint) for error in wrong.errors]


def trouble_of(error: KaizenError) -> str:
    """An error about a file that is only one of several facts, as one clause."""
    return f"{error.what} ({error.where})" if error.where else error.what


def _located(wrong: FieldErrors, document: YamlDocument, shown_path: str) -> list[Problem]:
    return field_problems(wrong.errors, document, shown_path)

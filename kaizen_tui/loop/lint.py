"""Checks the content of the files: settings, components, tickets. Every finding has its path and line."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from kaizen_tui.core.board_names import ACTION_IDS, THEME_NAMES
from kaizen_tui.core.component import Component
from kaizen_tui.core.config import Config
from kaizen_tui.core.criterion_text import Reading, read_criterion, wants_all_traffic
from kaizen_tui.core.errors import KaizenError, NotFoundError, StoreError
from kaizen_tui.core.fields import MetricFields
from kaizen_tui.core.ids import is_ticket_id, nearest, number_of
from kaizen_tui.core.log_tail import last_status
from kaizen_tui.core.patch_spec import unfilled_sections
from kaizen_tui.core.problem import Problem
from kaizen_tui.core.scorecard import MAX_BYTES
from kaizen_tui.core.states import STATUSES
from kaizen_tui.core.values import quoted
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.lint_generators import lint_generators
from kaizen_tui.loop.lint_metrics import is_upside_down, lint_metrics
from kaizen_tui.loop.models import component_model, load_config, parse_score_card, ticket_model
from kaizen_tui.store.files import read_optional
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.reading import (
    ComponentFile,
    TicketFile,
    component_ids,
    list_components,
    problems_of,
    read_config_document,
    read_ticket_file,
)
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.store.yaml_reader import YamlDocument, parse_yaml

Line = Callable[..., int]
# From these on a Patch-Spec with template text is a finding; before, it is still being written.
_SPEC_DUE = frozenset(STATUSES[STATUSES.index("in_review") : STATUSES.index("aborted")])


class Registry(NamedTuple):
    """What tickets are held against. metrics: of each component that can be read. ids: of all that have a file.
    versioned: those whose two versions can be told apart, so that there are canaries."""

    metrics: dict[str, tuple[MetricFields, ...]]
    ids: tuple[str, ...]
    versioned: frozenset[str]


def ticket_ids(workspace: Workspace) -> list[str]:
    """The ids of all folders in tickets/ that are named like tickets, in order of their numbers. Raises StoreError."""
    try:
        names = os.listdir(workspace.tickets)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unread(error, workspace) from error
    return sorted((name for name in names if is_ticket_id(name)), key=lambda name: (number_of(name), name))


def _unread(error: OSError, workspace: Workspace) -> StoreError:
    from kaizen_tui.store.files import in_words

    return in_words(error, "cannot read", workspace.tickets)


def lint(session: Session, ids: Sequence[str]) -> list[Problem]:
    """Every finding about these tickets; without ids about all tickets, the components and the settings as well.

    Raises NotFoundError for an id that doesn't exist. Errors come before warnings within one file's lines.
    """
    workspace = session.workspace
    files, broken = list_components(workspace)
    versioned = frozenset(file.id for file in files if file.fields.versioned)
    registry = Registry({file.id: file.fields.metrics for file in files}, tuple(component_ids(workspace)), versioned)
    found: list[Problem] = []
    if not ids:
        found += lint_config(workspace)
        found += broken
        found += _unknown_generators(workspace, files)
        for file in files:
            found += lint_component(workspace, file)
        found += _strays(workspace)
    for ticket_id in ids or ticket_ids(workspace):
        found += lint_ticket(workspace, ticket_id, registry)
    return found


def lint_config(workspace: Workspace) -> list[Problem]:
    """What is wrong with config.yml, and what in it the board won't know."""
    settings: list[Config] = []
    found = _errors_of(workspace, lambda: settings.append(load_config(workspace)))
    for config in settings:
        unknown = [name for name in config.keys if name not in ACTION_IDS]
        if unknown or config.theme not in THEME_NAMES:
            found += _unknown_on_board(workspace, unknown, config.theme)
    return found


def _unknown_generators(workspace: Workspace, files: Sequence[ComponentFile]) -> Iterable[Problem]:
    settings: list[Config] = []
    if _errors_of(workspace, lambda: settings.append(load_config(workspace))):
        return ()  # said already
    return lint_generators(workspace, files, tuple(settings[0].generators))


def _unknown_on_board(workspace: Workspace, actions: Sequence[str], theme: str) -> Iterable[Problem]:
    document = read_config_document(workspace)
    if document is None:
        return
    for name in actions:
        near = nearest(name, sorted(ACTION_IDS))
        hint = f"did you mean {quoted(near)}?" if near else "docs/board.md lists every action; `?` on the board too"
        yield _warning(document.path, document.line("keys", name), f"the board has no action {quoted(name)}", hint)
    if theme not in THEME_NAMES:
        near = nearest(theme, sorted(THEME_NAMES))
        hint = (
            f"did you mean {quoted(near)}?"
            if near
            else "one of kaizen-dark, kaizen-light, kaizen-contrast, kaizen-ansi"
        )
        yield _warning(document.path, document.line("theme"), f"the board has no theme {quoted(theme)}", hint)


def lint_component(workspace: Workspace, file: ComponentFile) -> list[Problem]:
    """What is wrong or doubtful about a component whose fields can be read."""
    shown = workspace.relative(file.path)
    line = _lines(file.data, shown)
    models: list[Component] = []
    found = _errors_of(workspace, lambda: models.append(component_model(workspace, file)))
    for model in models:
        found += _unknown_keys(model.unknown, shown, line)
    upside_down = {metric.name for model in models for metric in model.metrics if is_upside_down(metric)}
    benchmarks = [one for model in models if model.evaluation is not None for one in model.evaluation.benchmarks]
    benchmarked = {name for benchmark in benchmarks for name in benchmark.metrics.values()}
    for position, metric in enumerate(file.fields.metrics):
        at = line("slo", "metrics", position, "name")
        if not metric.has_source and metric.name not in benchmarked:
            found.append(
                _warning(shown, at, f"metric {quoted(metric.name)} has no source", "give it a `query` or an `sli`")
            )
        if metric.name not in upside_down and metric.abort_threshold in (None, metric.threshold):
            says = (
                "has no abort_threshold"
                if metric.abort_threshold is None
                else "has an abort_threshold equal to its target"
            )
            hint = "set abort_threshold: above the target where lower is better, below it where higher is"
            found.append(_warning(shown, at, f"metric {quoted(metric.name)} {says}, so lower counts as better", hint))
    for model in models:
        found += lint_metrics(model, shown, line)
    return found


def lint_ticket(workspace: Workspace, ticket_id: str, registry: Registry) -> list[Problem]:
    """What is wrong or doubtful about one ticket and its files. Raises NotFoundError."""
    try:
        file = read_ticket_file(workspace, ticket_id)
    except NotFoundError:
        raise
    except KaizenError as error:
        return problems_of(error, workspace)
    shown = workspace.relative(file.path)
    line = _lines(file.data, shown)
    found: list[Problem] = []
    try:
        found += _unknown_keys(ticket_model(workspace, file).unknown, shown, line)
    except KaizenError as error:
        found += problems_of(error, workspace)
    found += _component_of(file, shown, line, registry)
    found += _criteria_of(file, shown, line, registry)
    found += _status_of(workspace, file, shown, line)
    found += _beside(workspace, file)
    return found


def _component_of(file: TicketFile, shown: str, line: Line, registry: Registry) -> list[Problem]:
    component = file.fields.component
    if component in registry.metrics:
        return []
    if component in registry.ids:
        message = f"its component {quoted(component)} can't be read"
        return [_warning(shown, line("component"), message, "`kaizen lint` says what is wrong with it")]
    near = nearest(component, registry.ids)
    hint = f"did you mean {quoted(near)}?" if near else f"`kaizen component {component}` makes it"
    return [Problem(shown, line("component"), f"the registry has no component {quoted(component)}", hint)]


def _criteria_of(file: TicketFile, shown: str, line: Line, registry: Registry) -> Iterable[Problem]:
    metrics = registry.metrics.get(file.fields.component)
    if metrics is None:
        return
    for key in ("success_criteria", "abort_criteria"):
        seen: set[str] = set()
        for position, text in enumerate(getattr(file.fields, key)):
            reading = read_criterion(text, metrics)
            if reading.looks_automatic:
                message = f"{quoted(text)} looks automatic, but is manual: {reading.problem}"
                yield _warning(shown, line(key, position), message)
            elif key == "abort_criteria" and file.fields.component in registry.versioned and _is_low(reading, metrics):
                message = f"no canary is rolled back by {quoted(text)}: its rate is that of a part of the users"
                yield _warning(shown, line(key, position), message, "a share of events or a latency tells")
            if text in seen:
                yield _warning(shown, line(key, position), f"{quoted(text)} stands twice in {key}")
            seen.add(text)


def _is_low(reading: Reading, metrics: Sequence[MetricFields]) -> bool:
    """Whether an abort criterion says that a rate is too low."""
    kind = next((metric.kind for metric in metrics if metric.name == reading.metric), "")
    return reading.value is not None and wants_all_traffic(reading, kind, abort=True)


def _status_of(workspace: Workspace, file: TicketFile, shown: str, line: Line) -> list[Problem]:
    """The status against the log's last move; after a merge of two branches each of them may have one."""
    try:
        data = read_log_bytes(workspace.log_path(file.id))
    except KaizenError as error:
        return problems_of(error, workspace)
    logged, said = last_status(data).status, file.fields.status
    if not logged or logged == said:
        return []
    from kaizen_tui.core.promotion_log import read_log

    log = read_log(data)
    if said in log.last_statuses:
        return []
    if log.legacy_lines and not log.last_statuses:
        message = f"the file says {said}, the last old line of the log {quoted(logged)}; old lines prove nothing"
        return [_warning(shown, line("status"), message)]
    message = f"the status was changed by hand: the file says {said}, the log {quoted(logged)}"
    hint = f"set it back and use `kaizen update {file.id} --status {file.fields.status}`, which asks the gates"
    return [Problem(shown, line("status"), message, hint)]


def _beside(workspace: Workspace, file: TicketFile) -> Iterable[Problem]:
    """The files next to the ticket."""
    spec_path, card_path = workspace.spec_path(file.id), workspace.score_card_path(file.id)
    try:
        spec, card = read_optional(spec_path), read_optional(card_path, MAX_BYTES)
    except KaizenError as error:
        yield from problems_of(error, workspace)
        return
    if file.fields.status in _SPEC_DUE:
        missing = unfilled_sections(spec.decode("utf-8", "replace")) if spec is not None else ()
        if spec is None:
            yield _warning(workspace.relative(spec_path), 0, "the patch spec is missing")
        for name in missing:
            message = f"the section {quoted(name)} is empty or still has template text"
            yield _warning(workspace.relative(spec_path), _heading(spec or b"", name), message)
    if card is not None:
        parsed, problems = parse_score_card(card, workspace.relative(card_path))
        yield from problems
        if parsed is not None and parsed.ticket != file.id:
            yield Problem(
                workspace.relative(card_path), 0, f"the score-card is of {quoted(parsed.ticket)}, not {file.id}"
            )


def _heading(spec: bytes, name: str) -> int:
    for number, text in enumerate(spec.decode("utf-8", "replace").splitlines(), start=1):
        if text.startswith("#") and name.casefold() in text.casefold():
            return number
    return 0


def _strays(workspace: Workspace) -> list[Problem]:
    """Folders in tickets/ that no command reads."""
    try:
        entries = [entry for entry in os.scandir(workspace.tickets) if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unread(error, workspace) from error
    return [
        _warning(workspace.relative(entry.path), 0, "not a ticket id, so not read", "name it like KAIZ-001, or move it")
        for entry in sorted(entries, key=lambda entry: entry.name)
        if not entry.name.startswith(".") and not is_ticket_id(entry.name)
    ]


def _unknown_keys(unknown: Iterable[tuple[tuple[str | int, ...], str]], shown: str, line: Line) -> list[Problem]:
    """Only those that resemble a known key: any other may be somebody's own."""
    return [
        _warning(shown, line(*path), f"unknown key {quoted(str(path[-1]))}", hint) for path, hint in unknown if hint
    ]


def _errors_of(workspace: Workspace, check: Callable[[], object]) -> list[Problem]:
    try:
        check()
    except KaizenError as error:
        return problems_of(error, workspace)
    return []


def _lines(data: bytes, shown: str) -> Line:
    """A function from a field's path to its line; the file is parsed for it only when it is asked."""
    document: list[YamlDocument] = []

    def line(*path: str | int) -> int:
        if not document:
            document.append(parse_yaml(data, shown))
        return document[0].line(*path)

    return line


def _warning(path: str, line: int, message: str, hint: str = "") -> Problem:
    return Problem(path, line, message, hint, "warning")

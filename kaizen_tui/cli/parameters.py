"""The kinds of words on a command line: ids, statuses, severities; what completes them; the nearest for a wrong one."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from kaizen_tui.cli.invocation import directory_of, working_directory
from kaizen_tui.core.errors import KaizenError, NotFoundError, UsageError
from kaizen_tui.core.ids import did_you_mean
from kaizen_tui.core.states import SEVERITIES, STATUS_TITLES, STATUSES
from kaizen_tui.core.text import safe

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from kaizen_tui.store.workspace import Workspace

if TYPE_CHECKING:
    from click.decorators import FC

    _Word = click.ParamType[str]
else:
    _Word = click.ParamType  # no generic before click 8.5

MOST_COMPLETIONS = 200  # a shell that is given 10,000 asks whether to show them


def completing_workspace(ctx: click.Context) -> "Workspace":
    """The workspace of a half-typed command. Raises KaizenError when there is none."""
    from kaizen_tui.store.workspace import find_workspace

    directory = ctx.params.get("workspace") or directory_of(ctx)
    return find_workspace(directory, os.environ, working_directory(directory))


class TicketIdType(_Word):
    """A ticket's id; completes from the index, with the title as the description."""

    name = "id"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        from kaizen_tui.store.index import load_snapshot

        try:
            rows = load_snapshot(completing_workspace(ctx)).rows
        except KaizenError:  # no workspace: nothing to offer, and a message would land in the command line
            return []
        wanted = incomplete.upper()
        found = [row for row in reversed(rows) if row.id.startswith(wanted)][:MOST_COMPLETIONS]
        return [CompletionItem(row.id, help=safe(f"{row.status}: {row.title}")) for row in found]


class ComponentIdType(_Word):
    """A component's id; completes from the registry."""

    name = "component"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        from kaizen_tui.store.reading import component_ids

        try:
            ids = component_ids(completing_workspace(ctx))
        except KaizenError:  # as above
            return []
        return [CompletionItem(name) for name in ids if name.startswith(incomplete)]


class WordType(_Word):
    """One of a few words."""

    def __init__(self, name: str, words: dict[str, str]) -> None:
        self.name = name
        self.words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if text not in self.words:
            raise UsageError(f"unknown {self.name} `{text}`", hint=did_you_mean(text, self.words))
        return text

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        return [CompletionItem(word, help=text) for word, text in self.words.items() if word.startswith(incomplete)]


TICKET_ID = TicketIdType()
COMPONENT_ID = ComponentIdType()
STATUS = WordType("status", {status: STATUS_TITLES[status] for status in STATUSES})
SEVERITY = WordType("severity", dict.fromkeys(SEVERITIES, ""))


def ticket_argument(name: str = "ticket_id", **settings: Any) -> "Callable[[FC], FC]":
    """The ID argument of a command."""
    return click.argument(name, type=TICKET_ID, metavar=settings.pop("metavar", "ID"), **settings)


def known_ticket(workspace: "Workspace", text: str) -> str:
    """`text` when it has the shape of a ticket's id.

    Raises NotFoundError with the nearest existing id: whoever typed `KAIZ-1` or `kaiz-001` meant a ticket.
    """
    from kaizen_tui.core.ids import is_ticket_id, nearest

    if is_ticket_id(text):
        return text
    try:
        near = nearest(text, (name for name in os.listdir(workspace.tickets) if is_ticket_id(name)))
    except OSError:  # no tickets yet
        near = None
    hint = f"did you mean {near}?" if near else "ids look like KAIZ-001; `kaizen list` shows all tickets"
    raise NotFoundError(f"no ticket `{text}`", hint=hint)


def known_component(workspace: "Workspace", text: str) -> str:
    """`text` when it has the shape of a component's id; else NotFoundError with the nearest existing one."""
    from kaizen_tui.core.ids import is_component_id, nearest
    from kaizen_tui.store.reading import component_ids

    if is_component_id(text):
        return text
    near = nearest(text, component_ids(workspace))
    hint = f"did you mean `{near}`?" if near else "`kaizen components` shows all; ids are made of a-z 0-9 . _ -"
    raise NotFoundError(f"no component `{text}`", hint=hint)

"""What forms do to disk. Everything here runs in worker threads."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from kaizen_tui.core.fields import TicketFields
from kaizen_tui.store.drafts import Draft, free_name, offered_draft, read_draft, tidy
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.forms.checks import World
from kaizen_tui.tui.forms.state import FormState, Prefill
from kaizen_tui.tui.forms.three_way import Merged


class Opened(NamedTuple):
    """A form that can be shown.

    name:   of its draft. draft: what was restored, if anything. merged: set when the ticket on disk is no longer the
            one that the draft was begun with.
    """

    state: FormState
    name: str
    draft: Draft | None = None
    merged: Merged | None = None


def read_world(workspace: Workspace) -> World:
    """Components, and the owners and labels in use."""
    from kaizen_tui.store.index_load import load_index
    from kaizen_tui.store.reading import list_components

    components = tuple(file.fields for file in list_components(workspace)[0])
    index, _ = load_index(workspace, write=False)
    owners = [*index.column("owner"), *(component.owner for component in components)]
    return World(components, _by_use(owners), _by_use(label for labels in index.column("labels") for label in labels))


def open_new(workspace: Workspace, now: int, prefill: Prefill | None, component: str) -> Opened:
    """A new ticket's form. A prefilled one is always a fresh one; else the draft that was left is offered again.

    now: epoch seconds. component: of the card under the cursor, or "".
    """
    tidy(workspace)
    state = FormState.for_new(read_world(workspace), prefill or Prefill(component=component))
    if prefill is not None:
        return Opened(state, free_name(workspace))
    name, draft = offered_draft(workspace, now)
    if draft is not None:
        state.restore(draft)
    return Opened(state, name, draft)


def open_edit(workspace: Workspace, ticket_id: str) -> Opened:
    """The form of a ticket, with the draft that was left. Raises NotFoundError, YamlProblems, StoreError."""
    from kaizen_tui.store.reading import read_ticket_file

    tidy(workspace)
    file = read_ticket_file(workspace, ticket_id)
    state = FormState.for_edit(file.fields, file.etag, read_world(workspace))
    draft = read_draft(workspace, ticket_id)
    merged = state.restore(draft) if draft is not None else None
    return Opened(state, ticket_id, draft, merged)


def read_theirs(workspace: Workspace, ticket_id: str) -> tuple[TicketFields, str]:
    """The ticket as it stands on disk now, and its etag."""
    from kaizen_tui.store.reading import read_ticket_file

    file = read_ticket_file(workspace, ticket_id)
    return file.fields, file.etag


def _by_use(words: Iterable[str]) -> tuple[str, ...]:
    """The words in use, most used first; only those that can be shown and typed as they are."""
    counted = Counter(word for word in words if word.strip() and word.isprintable())
    return tuple(word for word, _ in sorted(counted.items(), key=lambda found: (-found[1], found[0])))

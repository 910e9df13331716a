"""What a person has seen of each ticket: one small file each in `.kaizen/seen/`, never in git. Light.

Only a convenience: a file that is damaged or gone means that everything counts as seen.
"""

import json
import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.row import TicketRow
from kaizen_tui.store.files import MIB, read_optional, replace_file
from kaizen_tui.store.lock import ensure_state
from kaizen_tui.store.workspace import Workspace

_LIMIT = 16 * MIB


class Mark(NamedTuple):
    """How far a ticket was seen. log: bytes of its log. updated: epoch seconds. verdict: of its score-card."""

    log: int
    updated: int
    verdict: str


def seen_path(ws: Workspace, actor: str) -> str:
    """The file of this person; the name is a hash, as an actor may hold any character."""
    return f"{ws.state}/seen/{sha256(actor.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def marks_of(
    ws: Workspace, rows: Iterable[TicketRow], before: Mapping[str, Mark] = MappingProxyType({})
) -> dict[str, Mark]:
    """Each ticket as it is now; one stat each, so for a worker.

    before: the marks that are kept where they are the same still: with 10,000 tickets a second set is a megabyte.
    """
    marks = {}
    for row in rows:
        mark, old = Mark(_size(ws.log_path(row.id)), row.updated, row.verdict), before.get(row.id)
        marks[row.id] = old if old == mark and old is not None else mark
    return marks


def _size(path: str) -> int:
    try:
        return os.stat(path, follow_symlinks=False).st_size
    except OSError:
        return 0  # no log, or none that can be read: `kaizen doctor` says so


def load_seen(ws: Workspace, actor: str) -> dict[str, Mark] | None:
    """What this person has seen; None when nothing is known."""
    try:
        data = read_optional(seen_path(ws, actor), _LIMIT)
        raw = json.loads(data) if data is not None else None
        tickets = raw["tickets"] if raw is not None else None
        if tickets is None:
            return None
        return {name: Mark(int(log), int(updated), str(verdict)) for name, (log, updated, verdict) in tickets.items()}
    except (KaizenError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def save_seen(ws: Workspace, actor: str, marks: Mapping[str, Mark]) -> None:
    """Replaces the file as a whole. Raises StoreError."""
    ensure_state(ws)
    path = seen_path(ws, actor)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    except OSError as error:
        from kaizen_tui.store.files import in_words

        raise in_words(error, "cannot make", os.path.dirname(path)) from error
    data = json.dumps({"schema": "kaizen.seen/1", "tickets": marks}, separators=(",", ":"))
    replace_file(path, data.encode("ascii"), durable=False)

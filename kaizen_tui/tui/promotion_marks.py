"""When tickets of a component entered canary, were promoted or rolled back, by their logs: the marks on a chart."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.times import parse_rfc3339
from kaizen_tui.loop.glance import log_lines
from kaizen_tui.store.workspace import Workspace

MOST_TICKETS = 100  # those that moved last; each costs the reading of its log
_PAST_CANARY = ("canary", "complete", "aborted")
MarkKind = Literal["canary", "promoted", "rolled_back"]
LETTERS: dict[MarkKind, str] = {"canary": "C", "promoted": "P", "rolled_back": "R"}
MEANINGS: dict[MarkKind, str] = {"canary": "into canary", "promoted": "promoted", "rolled_back": "rolled back"}


class Mark(NamedTuple):
    """at: epoch seconds, by the log's own word."""

    at: int
    kind: MarkKind
    ticket_id: str


def tickets_to_read(rows: Iterable[TicketRow], component: str) -> tuple[str, ...]:
    """The ids of the component's tickets that may have been in canary, the last moved first."""
    found = [row for row in rows if row.component == component and row.status in _PAST_CANARY]
    return tuple(row.id for row in sorted(found, key=lambda row: -row.since)[:MOST_TICKETS])


def read_marks(workspace: Workspace, ticket_ids: Sequence[str], start: float, end: float) -> tuple[Mark, ...]:
    """The marks between two instants, oldest first. In a worker. A log that can't be read has none: the ticket's own
    page says what is wrong with it."""
    marks: list[Mark] = []
    for ticket_id in ticket_ids:
        try:
            lines = log_lines(workspace, ticket_id)
        except (KaizenError, OSError):
            continue
        marks += [mark for line in lines if (mark := _mark(line.entry or {}, ticket_id)) is not None]
    return tuple(sorted(mark for mark in marks if start <= mark.at <= end))


def _mark(entry: dict[str, object], ticket_id: str) -> Mark | None:
    before, after, at = entry.get("from"), entry.get("to"), entry.get("at")
    if entry.get("event") != "status" or not isinstance(at, str):
        return None
    kind: MarkKind
    if after == "canary":
        kind = "canary"
    elif before == "canary" and after in ("complete", "aborted"):
        kind = "promoted" if after == "complete" else "rolled_back"
    else:
        return None
    try:
        return Mark(parse_rfc3339(at), kind, ticket_id)
    except ValueError:
        return None

"""Every ticket's way through the statuses, read from its Promotion-Log: what flow metrics and time travel need.

Not proof of anything (gates read the verified log); damaged lines are passed over here, `kaizen verify` names them.
"""

import json
from collections.abc import Iterable

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.flow import History
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import STATUSES
from kaizen_tui.core.times import parse_rfc3339
from kaizen_tui.store.files import read_optional
from kaizen_tui.store.log_file import LOG_LIMIT
from kaizen_tui.store.workspace import Workspace


def moves_of(data: bytes) -> list[tuple[int, str]]:
    """(epoch seconds, status) of each entry into a status, in the order of the file, times never going back.

    data: the bytes of a Promotion-Log. Never raises on content.
    """
    moves: list[tuple[int, str]] = []
    for line in data.split(b"\n"):
        if b'"status"' not in line and b'"created"' not in line:
            continue
        move = _move(line)
        if move is None:
            continue
        at = max(move[0], moves[-1][0]) if moves else move[0]
        if moves and moves[-1][1] == move[1]:
            continue
        moves.append((at, move[1]))
    return moves


def _move(line: bytes) -> tuple[int, str] | None:
    try:
        entry = json.loads(line)
        if entry.get("event") == "created":
            return parse_rfc3339(entry["at"]), "draft"
        if entry.get("event") != "status" or entry["to"] not in STATUSES:
            return None
        return parse_rfc3339(entry["at"]), entry["to"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def history_of(ws: Workspace, row: TicketRow) -> History:
    """One ticket's way. Where the log doesn't know (an old or hand-made ticket), the row's own times stand in."""
    try:
        data = read_optional(ws.log_path(row.id), LOG_LIMIT) or b""
    except KaizenError:
        data = b""  # an unreadable log is reported by lint and doctor; the row still says where the ticket is
    moves = moves_of(data)
    if not moves and row.created:
        moves = [(row.created, "draft")]
    if row.status != (moves[-1][1] if moves else ""):
        entered = row.since or row.updated or row.created
        moves.append((max(entered, moves[-1][0]) if moves else entered, row.status))
    return History(row.id, row.component, tuple(moves))


def histories(ws: Workspace, rows: Iterable[TicketRow]) -> list[History]:
    """The ways of many tickets; reads one log each (about 30 µs warm): for a worker thread, not for a key press."""
    return [history_of(ws, row) for row in rows]

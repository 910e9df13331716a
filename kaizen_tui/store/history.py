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
    hashes: list[object] = []
    for line in data.split(b"\n"):
        if b'"status"' not in line and b'"created"' not in line:
            continue
        found = _move(line)
        if found is None:
            continue
        at, status, own_hash, undoes = found
        if len(moves) > 1 and undoes and undoes == hashes[-1] and status == moves[-2][1]:
            moves.pop()  # taken back: as if it had never been
            hashes.pop()
            continue
        if moves and moves[-1][1] == status:
            continue
        moves.append((max(at, moves[-1][0]) if moves else at, status))
        hashes.append(own_hash)
    return moves


def _move(line: bytes) -> tuple[int, str, object, object] | None:
    """When, into what, the entry's hash and the hash of the one that it takes back."""
    try:
        entry = json.loads(line)
        told = entry.get("hash"), entry.get("undoes")
        if entry.get("event") == "created":
            return parse_rfc3339(entry["at"]), "draft", *told
        if entry.get("event") != "status" or entry["to"] not in STATUSES:
            return None
        # The vocabulary's own string: a new one for each move of 10,000 tickets is megabytes.
        return parse_rfc3339(entry["at"]), STATUSES[STATUSES.index(entry["to"])], *told
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

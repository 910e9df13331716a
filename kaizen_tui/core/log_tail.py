"""What the index needs of a Promotion-Log, read without verifying it and without pydantic. Light: start-up path."""

import re
from typing import NamedTuple

from kaizen_tui.core.times import parse_rfc3339

_MOVE = rb'"event"[ \t]*:[ \t]*"(?:status|created)"|^[0-9\[][^{]{9,40}\bstatus changed to:'


class StatusTail(NamedTuple):
    """The last `status` entry of a log.

    status:         what the ticket moved to ("draft" when it was only created), or "" when the log doesn't say.
    at_epoch:       when, in seconds since the epoch, UTC; 0 when unknown.
    unmet:          how many gate conditions were unmet then.
    overridden_any: a gate of this ticket was ever overridden.
    """

    status: str
    at_epoch: int
    unmet: int
    overridden_any: bool


def last_status(data: bytes) -> StatusTail:
    """The last move in the log, for a list; damaged lines are passed over. Never raises on content.

    Not proof of anything: gates read the log through promotion_log.read_log.
    """
    is_move = re.compile(_MOVE, re.IGNORECASE).search
    may_be_overridden = b'"override"' in data
    tail: StatusTail | None = None
    undone = ""  # the hash of a move that was taken back: the status before it goes on, with its own time
    for line in reversed(data.split(b"\n")):
        wanted = tail is None or undone or (may_be_overridden and b'"override"' in line)
        if not wanted or not is_move(line):
            continue
        move = _entry(line) if line.lstrip()[:1] == b"{" else _legacy(line)
        if move is None:
            continue
        found, own_hash, undoes = move
        overridden = found.overridden_any or (tail is not None and tail.overridden_any)
        if tail is not None and undone and own_hash != undone:
            tail = found if found.status == tail.status else tail
            undone = undoes if found.status == tail.status else ""
        elif tail is None:
            undone = undoes
        tail = (tail or found)._replace(overridden_any=overridden)
        if not undone and (overridden or not may_be_overridden):
            break
    return tail or StatusTail("", 0, 0, False)


def _entry(line: bytes) -> tuple[StatusTail, str, str] | None:
    """What an entry says, its hash, and the hash of the entry that it takes back ("" for none)."""
    import json

    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or entry.get("event") not in ("status", "created"):
        return None
    unmet = entry.get("unmet")
    tail = StatusTail(
        status=_text(entry.get("to")) or ("draft" if entry["event"] == "created" else ""),
        at_epoch=_epoch(_text(entry.get("at"))),
        unmet=len(unmet) if isinstance(unmet, list) else 0,
        overridden_any=bool(entry.get("override")),
    )
    return tail, _text(entry.get("hash")), _text(entry.get("undoes"))


def _legacy(line: bytes) -> tuple[StatusTail, str, str] | None:
    """Of `2025-05-19T09:15:00Z - Status changed to: complete by CLI`."""
    at, _, rest = line.decode("utf-8", "replace").partition(" ")
    words = rest.partition(":")[2].split()
    return (StatusTail(words[0].lower(), _epoch(at.strip("[]")), 0, False), "", "") if words else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _epoch(text: str) -> int:
    try:
        return parse_rfc3339(text)
    except ValueError:
        return 0

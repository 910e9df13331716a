"""The Promotion-Log: JSON Lines, append-only, each entry naming the hashes of the entries that it follows.

The log is a graph, not a list: after a `merge=union` of two branches the file holds two heads, and the next entry
names both in `prev`. What counts as "after" is therefore descent in that graph; timestamps are for people only.
An entry is *proven* when its own hash is right, its `seq` is one more than the highest it follows, it stands below
everything that it follows, and all of that is proven too. Only proven entries count in a gate: one damaged line
makes everything behind it unproven, which fails safe; what is appended later follows the last proven entries.

The chain needs no secret: it finds damage and careless tampering. Who said it is what signatures are for.
Formats: RFC 8785 (canonical JSON), SHA-256, lower-case hex. The types are in log_view.py, reading in log_reader.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kaizen_tui.core.canonical import canonical
from kaizen_tui.core.log_reader import read_log
from kaizen_tui.core.log_view import (
    EMPTY_LOG,
    EVENTS,
    MAX_LINE,
    LegacyEntry,
    LogEntry,
    LogProblem,
    LogRow,
    LogView,
    entry_hash,
    parse_entry,
)

__all__ = [
    "EMPTY_LOG",
    "EVENTS",
    "LegacyEntry",
    "LogEntry",
    "LogProblem",
    "LogRow",
    "LogView",
    "canonical",
    "entry_hash",
    "entry_line",
    "make_entry",
    "read_log",
    "signing_bytes",
    "with_signature",
]

RESERVED: frozenset[str] = frozenset({"seq", "at", "actor", "event", "prev", "hash"})


def signing_bytes(entry: Mapping[str, Any] | LogEntry) -> bytes:
    """What is signed (`ssh-keygen -Y sign -n kaizen`): the canonical JSON of the entry without `hash` and `sig`."""
    whole = entry.as_dict() if isinstance(entry, LogEntry) else entry
    return canonical({key: value for key, value in whole.items() if key not in ("hash", "sig")})


def make_entry(log: LogView, *, at: str, actor: str, event: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The next entry of `log`: it follows all proven heads, and has its hash.

    at: RFC 3339, UTC. ValueError when a field has a reserved name or the entry could not be read back.
    """
    clash = RESERVED.intersection(fields)
    if clash:
        raise ValueError(f"an entry's own fields can't be called {', '.join(sorted(clash))}")
    heads = log.heads
    entry: dict[str, Any] = {
        **fields,
        "seq": 1 + max((head.seq for head in heads), default=0),
        "at": at,
        "actor": actor,
        "event": event,
        "prev": sorted(head.hash for head in heads),
    }
    if not heads and log.legacy_lines:
        entry["legacy"] = {"lines": log.legacy_lines, "sha256": log.legacy_sha256}
    return _sealed(entry)


def with_signature(entry: Mapping[str, Any], sig: str) -> dict[str, Any]:
    """The entry with its signature, hashed anew (the hash covers the signature)."""
    return _sealed({**entry, "sig": sig})


def entry_line(entry: Mapping[str, Any]) -> bytes:
    """The entry as the line to append, newline included."""
    return canonical(entry) + b"\n"


def _sealed(entry: Mapping[str, Any]) -> dict[str, Any]:
    sealed = {**entry, "hash": entry_hash(entry)}
    parse_entry(sealed)
    size = len(entry_line(sealed))
    if size > MAX_LINE:
        raise ValueError(f"an entry of {size} bytes is too long for the log; lines up to {MAX_LINE} are read back")
    return sealed

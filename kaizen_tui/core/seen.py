"""What an approver had before their eyes, frozen into the `approve` entry with a hash of its own.

The entry's hash proves the whole line. `seen_sha256` proves the picture alone, so that it can be quoted in an incident
review, or compared between two approvals, without the rest of the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kaizen_tui.core.canonical import sha256_hex
from kaizen_tui.core.log_view import LogProblem, LogView


def seen_fields(shown: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields to add to an `approve` entry; none when nothing was shown. ValueError as `canonical` (NaN, say)."""
    return {} if shown is None else {"seen": dict(shown), "seen_sha256": sha256_hex(dict(shown))}


def seen_problems(log: LogView) -> tuple[LogProblem, ...]:
    """The entries whose `seen` is not what its hash says, in line order."""
    return tuple(
        LogProblem(log.line_of(entry), entry.seq, "what the approver saw does not match its hash `seen_sha256`", "seen")
        for entry in log.events()
        if ("seen" in entry.fields or "seen_sha256" in entry.fields) and not _matches(entry.fields)
    )


def _matches(fields: Mapping[str, Any]) -> bool:
    seen = fields.get("seen")
    return isinstance(seen, dict) and fields.get("seen_sha256") == sha256_hex(seen)

"""Whether a canary's observations are still those that its decisions and approvals name: each has the hash of the file
as it was."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.log_view import LogEntry, LogProblem, LogView
from kaizen_tui.store.observations import read_observations
from kaizen_tui.store.workspace import Workspace


def observation_problems(workspace: Workspace, ticket_id: str, log: LogView) -> tuple[LogProblem, ...]:
    """The entries whose evidence doesn't match observations.jsonl any more, in line order."""
    named = [(entry, told) for entry in log.events() for told in _named(entry)]
    if not named:
        return ()
    try:
        data, unread = read_observations(workspace, ticket_id), ""
    except StoreError as error:
        data, unread = b"", f": {error.what}"
    found = []
    for entry, told in named:
        size, digest = told.get("bytes"), told.get("sha256")
        if not isinstance(size, int) or size > len(data) or sha256(data[:size]).hexdigest() != digest:
            what = "approval" if entry.event == "approve" else "decision"
            words = f"observations.jsonl is not what this {what} rests on{unread}"
            found.append(LogProblem(log.line_of(entry), entry.seq, words, "observations"))
    return tuple(found)


def _named(entry: LogEntry) -> Iterable[dict[str, Any]]:
    """The observations that an entry names: of a decision its own, of an approval those that were on the screen."""
    seen = entry.fields.get("seen")
    canary = seen.get("canary") if isinstance(seen, dict) else None
    for holder in (entry.fields, canary):
        told = holder.get("observations") if isinstance(holder, Mapping) else None
        if isinstance(told, dict):
            yield told

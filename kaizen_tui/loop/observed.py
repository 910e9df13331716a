"""Whether the evidence is still what decisions and approvals name by its hash: a canary's observations as the file was
at that moment, and the score-card."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.log_view import LogEntry, LogProblem, LogView
from kaizen_tui.core.scorecard import MAX_BYTES
from kaizen_tui.store.files import read_optional
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


def named_observations(workspace: Workspace, ticket_id: str) -> dict[str, object]:
    """The field of an entry that names the observations as they are now; none where there are none."""
    data = read_observations(workspace, ticket_id)
    return {"observations": {"sha256": sha256(data).hexdigest(), "bytes": len(data)}} if data else {}


def score_card_problems(workspace: Workspace, ticket_id: str, log: LogView) -> tuple[LogProblem, ...]:
    """The last entry that names the score-card, when the file is another by now.

    Only an evaluation makes a new one, and logs it: votes before that one were about the card of their time.
    """
    last = _last_naming(log)
    if last is None:
        return ()
    try:
        card = read_optional(workspace.score_card_path(ticket_id), MAX_BYTES)
        found = sha256(card).hexdigest() if card is not None else "gone"
    except StoreError as error:
        found = error.what
    if found == last.text("score_card"):
        return ()
    gone = "Score-card.json is gone" if found == "gone" else "Score-card.json is not the one"
    return (LogProblem(log.line_of(last), last.seq, f"{gone} that this entry is about", "score_card"),)


def _last_naming(log: LogView) -> LogEntry | None:
    named = [entry for entry in log.events("evaluate", "approve", "reject") if entry.text("score_card")]
    return named[-1] if named else None

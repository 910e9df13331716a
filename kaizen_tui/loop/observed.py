"""Whether a canary's observations are still those that its decisions name: each has the hash of the file as it was."""

from hashlib import sha256

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.log_view import LogProblem, LogView
from kaizen_tui.store.observations import read_observations
from kaizen_tui.store.workspace import Workspace


def observation_problems(workspace: Workspace, ticket_id: str, log: LogView) -> tuple[LogProblem, ...]:
    """The entries whose evidence doesn't match observations.jsonl any more, in line order."""
    named = [entry for entry in log.events() if isinstance(entry.fields.get("observations"), dict)]
    if not named:
        return ()
    try:
        data, unread = read_observations(workspace, ticket_id), ""
    except StoreError as error:
        data, unread = b"", f": {error.what}"
    found = []
    for entry in named:
        told = entry.fields["observations"]
        size, digest = told.get("bytes"), told.get("sha256")
        if not isinstance(size, int) or size > len(data) or sha256(data[:size]).hexdigest() != digest:
            what = f"observations.jsonl is not what this decision rests on{unread}"
            found.append(LogProblem(log.line_of(entry), entry.seq, what, "observations"))
    return tuple(found)

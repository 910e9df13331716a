"""Small workspaces for the tests of the index, and what the files say without it."""

import time
from pathlib import Path

from kaizen_tui.core.promotion_log import EMPTY_LOG, entry_line, make_entry
from kaizen_tui.store.index import Snapshot, load_snapshot
from kaizen_tui.store.workspace import Workspace
from tests.store.worlds import make_workspace

HOUR_NS = 3_600_000_000_000


def later() -> int:
    """A clock by which nothing was changed just now."""
    return time.time_ns() + HOUR_NS


def ticket_text(ticket_id: str, *, title: str = "Trim payloads", status: str = "planned", more: str = "") -> str:
    return (
        f'id: {ticket_id}\ntitle: "{title}"\ncomponent: pcc-main\nowner: web-team\nseverity: high\nstatus: {status}\n'
        f'created_at: "2025-05-18T08:30:00Z"\nupdated_at: "2025-05-19T09:15:00Z"\nuid: u-{ticket_id}\n{more}'
    )


def put(ws: Workspace, ticket_id: str, text: str | None = None) -> Path:
    path = Path(ws.tickets, ticket_id, "Kaizen-Tkt.yml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ticket_text(ticket_id) if text is None else text)
    return path


def log_line(status: str, at: str = "2025-05-20T00:00:00Z", **more: object) -> bytes:
    return entry_line(make_entry(EMPTY_LOG, at=at, actor="ann", event="status", fields={"to": status, **more}))


def settled(ws: Workspace) -> Snapshot:
    """A snapshot after which the index trusts every stamp."""
    return load_snapshot(ws, clock=later)


def fresh(ws: Workspace) -> Snapshot:
    """What the files say, without any index."""
    copy = Workspace(ws.root)
    copy.state = f"{ws.root}/.no-index"
    return load_snapshot(copy, write=False)


def ids(snapshot: Snapshot) -> list[str]:
    return [row.id for row in snapshot.rows]


def errors(snapshot: Snapshot) -> list[tuple[str, int]]:
    return [(problem.path, problem.line) for problem in snapshot.problems if problem.level == "error"]


def three_tickets(root: Path) -> Workspace:
    """KAIZ-001, KAIZ-002 and KAIZ-010."""
    ws = make_workspace(root)
    for number in (2, 1, 10):
        put(ws, f"KAIZ-{number:03d}")
    return ws

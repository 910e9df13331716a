"""Small workspaces for the tests of the store, and what must be true of each of them at any moment."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from kaizen_tui.core.promotion_log import LogEntry, LogView, read_log
from kaizen_tui.store import files, records
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.workspace import Workspace

NOW = datetime(2025, 5, 18, 8, 30, tzinfo=UTC)


class Quick(files.SystemCalls):
    """The system, but that fsync does nothing: only a power cut could tell, and a busy disk takes seconds for it.

    That it is called, where and when, is what test_faults.py looks at.
    """

    @staticmethod
    def fsync(fd: int) -> None:
        os.fstat(fd)


QUICK = Quick()

TICKET = """\
id: {id}
title: "Optimize MCP server"   # what it is about
component: pcc-main
owner: {owner}
severity: high
objective: "p95 below 10 ms"
success_criteria:
  - "p95_latency_ms < 10"
status: {status}
created_at: "2025-05-18T08:30:00Z"
updated_at: "2025-05-18T08:30:00Z"
uid: {uid}
"""


def make_workspace(root: Path) -> Workspace:
    (root / "registry" / "kaizen" / "components").mkdir(parents=True)
    return Workspace(str(root))


def ticket_bytes(ticket_id: str, *, owner: str = "backend-team", status: str = "draft", uid: str = "") -> bytes:
    return TICKET.format(id=ticket_id, owner=owner, status=status, uid=uid or f"uid-{ticket_id}").encode()


def builder(*, uid: str = "", owner: str = "backend-team") -> Callable[[str], records.NewTicketFiles]:
    def build(ticket_id: str) -> records.NewTicketFiles:
        event = records.NewEvent(
            "ann", "created", {"title": "Optimize", "to": "draft", "uid": uid or f"uid-{ticket_id}"}
        )
        data = ticket_bytes(ticket_id, uid=uid, owner=owner)
        return records.NewTicketFiles(data, b"# Patch spec\n", event)

    return build


def new_ticket(ws: Workspace, *, uid: str = "") -> str:
    return records.create_ticket(ws, build=builder(uid=uid), at=NOW)


def set_owner(ws: Workspace, ticket_id: str, owner: str, if_match: str | None = None) -> list[LogEntry]:
    """The update that most tests make: the ticket's owner and one `edit` entry that names the old and the new one."""
    with records.transaction(ws, ticket_id, if_match) as tx:
        old = tx.ticket.fields.owner
        data = tx.data.replace(f"owner: {old}\n".encode(), f"owner: {owner}\n".encode())
        return tx.commit(data=data, events=[records.NewEvent("ann", "edit", {"was": old, "owner": owner})], at=NOW)


def owner_of(ws: Workspace, ticket_id: str) -> str:
    return read_ticket_file(ws, ticket_id).fields.owner


def log_of(ws: Workspace, ticket_id: str) -> LogView:
    return read_log(read_log_bytes(ws.log_path(ticket_id)))


def logged_owner(ws: Workspace, ticket_id: str) -> str:
    """What the last `edit` entry of the log says."""
    edits = _owner_edits(ws, ticket_id)
    return edits[-1].text("owner") if edits else "backend-team"


def _owner_edits(ws: Workspace, ticket_id: str) -> list[LogEntry]:
    return [entry for entry in log_of(ws, ticket_id).events("edit") if entry.text("owner")]


def broken_steps(ws: Workspace, ticket_id: str) -> list[str]:
    """Where the log says that the owner became X and the next entry found something else in the file."""
    edits = _owner_edits(ws, ticket_id)
    return [
        f"{ticket_id}: the log says {before.text('owner')}, the next writer found {after.text('was')}"
        for before, after in pairwise(edits)
        if before.text("owner") != after.text("was")
    ]


def assert_sound(ws: Workspace) -> None:
    """Every ticket parses, every log verifies, ticket and log agree, nothing temporary is left."""
    for name in os.listdir(ws.tickets):
        assert not name.startswith("."), f"left over: {name}"
        assert owner_of(ws, name) == logged_owner(ws, name)
        assert log_of(ws, name).problems == ()
        assert broken_steps(ws, name) == []
        assert sorted(os.listdir(ws.ticket_dir(name))) == ["Kaizen-Tkt.yml", "Patch-Spec.md", "Promotion-Log"]


def open_descriptors() -> int:
    return len(os.listdir("/dev/fd"))

"""A workspace handle that was opened read-only refuses every write, whoever asks."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.row import TicketRow
from kaizen_tui.store.lock import Lock, ensure_state
from kaizen_tui.store.records import NewEvent, NewTicketFiles, create_ticket, transaction
from kaizen_tui.store.seen import Mark, load_seen, marks_of, save_seen, seen_path
from kaizen_tui.store.workspace import Workspace

NOW = datetime(2025, 6, 1, tzinfo=UTC)
ROW = TicketRow("KAIZ-001", 1, "T", "c", "o", "low", "draft", updated=7, verdict="pass")


def _create(ws: Workspace) -> None:
    create_ticket(ws, build=lambda _id: NewTicketFiles(b"", b"", NewEvent("a", "created")), at=NOW)


def _change(ws: Workspace) -> None:
    with transaction(ws, "KAIZ-001"):
        raise AssertionError("a transaction was begun")


def _lock(ws: Workspace) -> None:
    with Lock(ws):
        raise AssertionError("the lock was given")


@pytest.mark.parametrize("act", [_create, _change, _lock, ensure_state, lambda ws: save_seen(ws, "a", {})])
def test_every_way_to_write_is_refused(tmp_path: Path, act: Callable[[Workspace], None]) -> None:
    (tmp_path / "tickets/KAIZ-001").mkdir(parents=True)
    (tmp_path / "tickets/KAIZ-001/Kaizen-Tkt.yml").write_text("id: KAIZ-001\n", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="opened read-only"):
        act(Workspace(str(tmp_path), read_only=True))
    assert sorted(tmp_path.rglob("*")) == before


def test_what_was_seen_is_remembered_by_person(tmp_path: Path) -> None:
    ws = Workspace(str(tmp_path))
    assert load_seen(ws, "Ada") is None
    marks = marks_of(ws, [ROW])
    assert marks == {"KAIZ-001": Mark(0, 7, "pass")}
    save_seen(ws, "Ada", marks)
    assert load_seen(ws, "Ada") == marks
    assert load_seen(ws, "Bob") is None
    assert (tmp_path / ".kaizen/.gitignore").read_bytes() == b"*\n"


@pytest.mark.parametrize(
    "damage", [b"", b"[]", b"{", b'{"tickets": 3}', b'{"tickets": {"a": [1]}}', b"\xff" * 9, b"[" * 99999]
)
def test_a_damaged_memory_is_none(tmp_path: Path, damage: bytes) -> None:
    ws = Workspace(str(tmp_path))
    save_seen(ws, "Ada", {})
    Path(seen_path(ws, "Ada")).write_bytes(damage)
    assert load_seen(ws, "Ada") is None

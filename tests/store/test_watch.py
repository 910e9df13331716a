"""Watching: changes are reported with their paths, by events and by asking; hidden files don't count; it ends."""

import os
import queue
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kaizen_tui.store import watch
from kaizen_tui.store.watch import Watcher, changed_paths, is_remote, scan
from kaizen_tui.store.workspace import Workspace

Reports = "queue.Queue[frozenset[str]]"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "registry/kaizen/components").mkdir(parents=True)
    (tmp_path / "tickets/KAIZ-001").mkdir(parents=True)
    (tmp_path / "tickets/KAIZ-001/Kaizen-Tkt.yml").write_text("id: KAIZ-001\n", encoding="utf-8")
    return Workspace(str(tmp_path))


@pytest.fixture(params=["events", "polling"])
def watched(
    request: pytest.FixtureRequest, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> Iterator["tuple[Watcher, queue.Queue[frozenset[str]]]"]:
    """A running watcher that has said that it watches."""
    if request.param == "polling":
        monkeypatch.setattr(watch, "is_remote", lambda path: True)
    reports: queue.Queue[frozenset[str]] = queue.Queue()
    watcher = Watcher(workspace, reports.put, poll_seconds=0.02)
    watcher.start()
    assert reports.get() == frozenset()
    assert watcher.mode == request.param
    yield watcher, reports
    watcher.stop()


def reported(reports: "queue.Queue[frozenset[str]]", path: str) -> None:
    """Waits for a report of `path`."""
    while path not in reports.get():
        continue


def test_changes_are_reported(watched: "tuple[Watcher, queue.Queue[frozenset[str]]]", workspace: Workspace) -> None:
    _, reports = watched
    ticket = Path(workspace.ticket_path("KAIZ-001"))
    ticket.write_text("id: KAIZ-001\ntitle: x\n", encoding="utf-8")
    reported(reports, str(ticket))
    beside = ticket.with_name(".Kaizen-Tkt.yml.kz-1-x")
    beside.write_text("id: KAIZ-001\ntitle: yy\n", encoding="utf-8")
    beside.replace(ticket)
    reported(reports, str(ticket))
    hidden = Path(workspace.tickets, ".tmp-1-x")
    hidden.mkdir()
    (hidden / "Kaizen-Tkt.yml").write_text("id: KAIZ-002\n", encoding="utf-8")
    hidden.rename(Path(workspace.tickets, "KAIZ-002"))
    new = Path(workspace.ticket_path("KAIZ-002"))
    while not any(path.startswith(str(new.parent)) for path in reports.get()):
        continue
    new.write_text("id: KAIZ-002\ntitle: z\n", encoding="utf-8")
    reported(reports, str(new))
    component = Path(workspace.component_path("pcc-main"))
    component.write_text("id: pcc-main\n", encoding="utf-8")
    reported(reports, str(component))
    ticket.unlink()
    reported(reports, str(ticket))


def test_hidden_files_do_not_matter(workspace: Workspace) -> None:
    watcher = Watcher(workspace, lambda paths: None)
    assert watcher.matters(f"{workspace.tickets}/KAIZ-001/Promotion-Log")
    assert not watcher.matters(f"{workspace.tickets}/KAIZ-001/.Promotion-Log.kz-1")
    assert not watcher.matters(f"{workspace.tickets}/.tmp-1/Kaizen-Tkt.yml")


def test_where_watching_fails_it_asks(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    child = tmp_path / "child.py"
    child.write_text("raise SystemExit(1)\n", encoding="utf-8")
    monkeypatch.setattr(watch, "_CHILD", str(child))
    reports: queue.Queue[frozenset[str]] = queue.Queue()
    watcher = Watcher(workspace, reports.put, poll_seconds=0.02)
    watcher.start()
    assert reports.get() == frozenset()
    assert watcher.mode == "polling"
    Path(workspace.ticket_path("KAIZ-001")).write_text("changed", encoding="utf-8")
    reported(reports, workspace.ticket_path("KAIZ-001"))
    watcher.stop()


def test_the_watching_process_ends_with_the_one_that_started_it(workspace: Workspace) -> None:
    child = subprocess.Popen(
        [sys.executable, "-P", watch._CHILD, workspace.tickets], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == b"ready\n"
    child.stdin.close()
    assert child.wait() == 0
    child.stdout.close()


def test_scans_tell_what_changed(workspace: Workspace) -> None:
    before = scan(workspace)
    assert set(before) == {workspace.ticket_path("KAIZ-001")}
    os.utime(workspace.ticket_path("KAIZ-001"), (1, 1))
    Path(workspace.config_path).write_text("", encoding="utf-8")
    now = scan(workspace)
    assert changed_paths(before, now) == {workspace.ticket_path("KAIZ-001"), workspace.config_path}
    assert changed_paths(now, before) == {workspace.ticket_path("KAIZ-001"), workspace.config_path}


def test_remote_file_systems_are_known_by_their_mount(tmp_path: Path) -> None:
    table = tmp_path / "mounts"
    point = str(tmp_path).replace(" ", "\\040")
    table.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {point} nfs4 rw 0 0\n", encoding="utf-8")
    assert is_remote(str(tmp_path / "ws"), str(table))
    assert not is_remote("/", str(table))
    assert not is_remote(str(tmp_path), str(tmp_path / "absent"))

"""A crash at every system call: whoever takes the lock next finds ticket and log as one act, done or not done."""

import json
import os
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from kaizen_tui.core.errors import ConflictError, StoreError
from kaizen_tui.store import files, lock, log_file, records, recovery
from kaizen_tui.store.lock import Lock
from kaizen_tui.store.workspace import Workspace
from tests.store.faulty import Crash, Fault, Faulty, crash, make_late_crash, make_torn_crash
from tests.store.worlds import (
    NOW,
    QUICK,
    assert_sound,
    builder,
    log_of,
    logged_owner,
    make_workspace,
    new_ticket,
    owner_of,
    set_owner,
    ticket_bytes,
)

DEAD = 99_999_999
CRASHES: dict[str, Callable[[], Fault]] = {
    "before": lambda: crash,
    "within a write": make_torn_crash,
    "after": make_late_crash,
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "sys", QUICK)


def crash_at(monkeypatch: pytest.MonkeyPatch, n: int, fault: Fault, act: Callable[[], object]) -> str:
    """Runs `act` in a process that is killed at its n-th system call; returns that call, "" if it never came to it."""
    system = Faulty(n, fault, sticky=lambda _name: True)
    with monkeypatch.context() as patch:
        patch.setattr(files, "sys", system)
        patch.setattr(os, "getpid", lambda: DEAD)
        try:
            act()
        except Crash:
            system.end_process()
            lock._holders.clear()
    return system.hit


@pytest.mark.parametrize("kind", CRASHES)
def test_a_crash_at_every_call_of_an_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    seen = set()
    for n in count():
        ws = make_workspace(tmp_path / str(n))
        new_ticket(ws)
        if n % 2:
            set_owner(ws, "KAIZ-001", "first")  # the intent has been used before
        old = owner_of(ws, "KAIZ-001")
        if not crash_at(monkeypatch, n, CRASHES[kind](), partial(set_owner, ws, "KAIZ-001", "new")):
            break
        assert owner_of(ws, "KAIZ-001") in (old, "new")  # before anybody mends anything
        with Lock(ws):
            pass
        owner = owner_of(ws, "KAIZ-001")
        assert owner == logged_owner(ws, "KAIZ-001")
        assert log_of(ws, "KAIZ-001").problems == ()
        seen.add(owner)
        set_owner(ws, "KAIZ-001", "retry")
        assert_sound(ws)
    assert n > 40
    assert {"backend-team", "first", "new"} == seen


@pytest.mark.parametrize("kind", CRASHES)
def test_a_crash_at_every_call_of_a_creation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    seen = set()
    for n in count():
        ws = make_workspace(tmp_path / str(n))
        new_ticket(ws)
        if not crash_at(monkeypatch, n, CRASHES[kind](), partial(new_ticket, ws)):
            break
        made = os.path.exists(ws.ticket_dir("KAIZ-002"))
        seen.add(made)
        assert new_ticket(ws) == ("KAIZ-003" if made else "KAIZ-002")
        assert_sound(ws)
    assert n > 20
    assert seen == {False, True}


@pytest.mark.parametrize("kind", CRASHES)
def test_several_entries_are_one_act_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    def comment_twice(ws: Workspace) -> None:
        events = [records.NewEvent("ann", "comment", {"text": text * 50}) for text in ("one", "two")]
        with records.transaction(ws, "KAIZ-001") as tx:
            tx.commit(data=None, events=events, at=NOW)

    for n in count():
        ws = make_workspace(tmp_path / str(n))
        new_ticket(ws)
        if not crash_at(monkeypatch, n, CRASHES[kind](), partial(comment_twice, ws)):
            break
        with Lock(ws):
            pass
        assert len(log_of(ws, "KAIZ-001").events("comment")) in (0, 2)
        assert_sound(ws)
    assert n > 30


@pytest.mark.parametrize("kind", ["before", "after"])
def test_a_crash_during_the_recovery_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """First crash right after the log line was appended, or after the rename; the second one anywhere."""

    def take_the_lock(ws: Workspace) -> None:
        with Lock(ws):
            pass

    for first in crash_points(tmp_path, monkeypatch):
        for n in count():
            ws = make_workspace(tmp_path / f"{first}-{n}")
            new_ticket(ws)
            crash_at(monkeypatch, first, crash, partial(set_owner, ws, "KAIZ-001", "new"))
            if not crash_at(monkeypatch, n, CRASHES[kind](), partial(take_the_lock, ws)):
                break
            set_owner(ws, "KAIZ-001", owner_of(ws, "KAIZ-001") + "-later")
            assert owner_of(ws, "KAIZ-001") == logged_owner(ws, "KAIZ-001")
            assert log_of(ws, "KAIZ-001").problems == ()


def crash_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    ws = make_workspace(tmp_path / "trace")
    new_ticket(ws)
    system = Faulty(-1, crash)
    with monkeypatch.context() as patch:
        patch.setattr(files, "sys", system)
        set_owner(ws, "KAIZ-001", "new")
    rename = system.calls.index("rename")
    return [rename, rename + 1]


def interrupted(ws: Workspace, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """An update to the owner `new` that is killed before this call: the `rename`, or the `fsync` after it."""
    set_owner(ws, "KAIZ-001", "other")
    trace = Faulty(-1, crash)
    with monkeypatch.context() as patch:
        patch.setattr(files, "sys", trace)
        set_owner(ws, "KAIZ-001", "backend-team")
    at = trace.calls.index(call, trace.calls.index("rename"))
    assert crash_at(monkeypatch, at, crash, lambda: set_owner(ws, "KAIZ-001", "new")) == call


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    ws = make_workspace(tmp_path)
    new_ticket(ws)
    return ws


def test_a_ticket_edited_by_hand_after_the_rename_keeps_the_edit_and_gets_the_entry(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(ws, monkeypatch, "fsync")
    assert owner_of(ws, "KAIZ-001") == "new"
    path = Path(ws.ticket_path("KAIZ-001"))
    path.write_bytes(path.read_bytes() + b"# by hand\n")
    with Lock(ws):
        pass
    assert path.read_bytes().endswith(b"# by hand\n")
    assert logged_owner(ws, "KAIZ-001") == "new"
    assert_sound(ws)


def test_a_ticket_edited_by_hand_before_the_rename_keeps_the_edit_and_gets_no_entry(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(ws, monkeypatch, "rename")
    assert owner_of(ws, "KAIZ-001") == "backend-team"
    assert logged_owner(ws, "KAIZ-001") == "new"  # the line is there; nobody was told of it
    path = Path(ws.ticket_path("KAIZ-001"))
    path.write_bytes(path.read_bytes() + b"# by hand\n")
    with Lock(ws) as lock_:
        assert "taken back" in lock_.notes[0]
    assert logged_owner(ws, "KAIZ-001") == "backend-team"
    assert_sound(ws)


def test_a_ticket_that_was_removed_meanwhile_is_no_trouble(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(ws, monkeypatch, "fsync")
    for name in os.listdir(ws.ticket_dir("KAIZ-001")):
        os.unlink(f"{ws.ticket_dir('KAIZ-001')}/{name}")
    os.rmdir(ws.ticket_dir("KAIZ-001"))
    assert new_ticket(ws) == "KAIZ-001"
    assert_sound(ws)


def test_a_log_that_was_reverted_meanwhile_gets_an_entry_that_follows_what_is_there(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Path(ws.log_path("KAIZ-001")).read_bytes()
    interrupted(ws, monkeypatch, "fsync")
    Path(ws.log_path("KAIZ-001")).write_bytes(first)  # as `git checkout` of the log alone
    with Lock(ws) as lock_:
        assert "the log entry was added" in lock_.notes[0]
    assert logged_owner(ws, "KAIZ-001") == "new"
    assert_sound(ws)


def test_a_log_edited_after_the_crash_is_not_cut(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(ws, monkeypatch, "rename")
    path = Path(ws.log_path("KAIZ-001"))
    path.write_bytes(path.read_bytes() + b"2025-05-19T09:15:00Z - noted by hand\n")
    edited = path.read_bytes()
    with Lock(ws) as lock_:
        assert "kaizen doctor" in lock_.notes[0]
    assert path.read_bytes() == edited


def test_recovery_that_cannot_read_says_so_and_does_not_forget(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(ws, monkeypatch, "rename")
    path = Path(ws.log_path("KAIZ-001"))
    log = path.read_bytes()
    path.unlink()
    path.mkdir()
    with pytest.raises(StoreError, match="folder"), Lock(ws):
        pass
    path.rmdir()
    path.write_bytes(log)
    with Lock(ws):
        pass
    assert_sound(ws)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 300,
        b"x",
        b"0" * 64 + b" {}\n",
        json.dumps({"ticket": "../../etc"}).encode(),
    ],
)
def test_a_torn_or_foreign_intent_is_dropped(ws: Workspace, content: bytes) -> None:
    Path(recovery.intent_path(ws)).write_bytes(content)
    with Lock(ws) as lock_:
        assert lock_.notes == []
    assert Path(recovery.intent_path(ws)).read_bytes() == b""
    assert_sound(ws)


@pytest.mark.parametrize(
    "change",
    [
        {"ticket": "../../evil"},
        {"temp": "../Kaizen-Tkt.yml"},
        {"temp": "Promotion-Log"},
        {"log_size": -1},
        {"log_size": "0"},
        {"lines": 7},
        {"more": 1},
    ],
)
def test_an_intent_with_a_right_checksum_is_still_not_trusted(ws: Workspace, change: dict[str, object]) -> None:
    from hashlib import sha256

    good = {"ticket": "KAIZ-001", "temp": "", "old": "", "new": "", "log_size": 0, "lines": "evil\n", **change}
    body = json.dumps(good, sort_keys=True).encode()
    Path(recovery.intent_path(ws)).write_bytes(sha256(body).hexdigest().encode() + b" " + body + b"\n")
    before = Path(ws.log_path("KAIZ-001")).read_bytes()
    with Lock(ws):
        pass
    assert Path(ws.log_path("KAIZ-001")).read_bytes() == before
    assert Path(recovery.intent_path(ws)).read_bytes() == b""


@pytest.mark.parametrize("torn", [b'{"actor":"ann","at":"20', b"\0\0\0\0", b'{"seq":2}'])
def test_a_torn_last_line_is_cut_by_the_next_append_and_reported(ws: Workspace, torn: bytes) -> None:
    path = Path(ws.log_path("KAIZ-001"))
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    with records.transaction(ws, "KAIZ-001") as tx:
        assert tx.log.torn
        tx.commit(data=None, events=[records.NewEvent("ann", "comment", {"text": "on"})], at=NOW)
        assert tx.notes == [f"KAIZ-001: a torn last line of the log ({len(torn)} bytes) was cut off"]
    assert path.read_bytes().startswith(whole + b'{"actor"')
    assert_sound(ws)


def test_a_whole_last_line_without_a_newline_is_kept(ws: Workspace) -> None:
    path = Path(ws.log_path("KAIZ-001"))
    whole = path.read_bytes()
    path.write_bytes(whole.rstrip(b"\n"))
    set_owner(ws, "KAIZ-001", "new")
    assert path.read_bytes().startswith(whole)
    assert len(log_of(ws, "KAIZ-001").proven) == 2
    assert_sound(ws)


def test_an_old_log_keeps_its_lines_and_goes_on(ws: Workspace) -> None:
    path = Path(ws.log_path("KAIZ-001"))
    old = b"2025-05-19T09:15:00Z - Status changed to: complete by CLI"
    path.write_bytes(old)
    set_owner(ws, "KAIZ-001", "new")
    assert path.read_bytes().startswith(old + b"\n{")
    assert log_of(ws, "KAIZ-001").problems == ()


def test_a_linked_log_is_refused(ws: Workspace, tmp_path: Path) -> None:
    path = Path(ws.log_path("KAIZ-001"))
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    with pytest.raises(StoreError, match="symbolic link"):
        set_owner(ws, "KAIZ-001", "new")
    assert elsewhere.read_bytes() == before
    assert owner_of(ws, "KAIZ-001") == "backend-team"


def test_a_log_that_another_program_changed_in_between_is_a_conflict(ws: Workspace) -> None:
    path = Path(ws.log_path("KAIZ-001"))
    with records.transaction(ws, "KAIZ-001") as tx:
        assert tx.log.problems == ()
        path.write_bytes(path.read_bytes() + b"2025-05-19T09:15:00Z - by hand\n")
        with pytest.raises(ConflictError):
            tx.commit(data=None, events=[records.NewEvent("ann", "comment", {"text": "x"})], at=NOW)


def test_a_new_log_line_is_what_core_makes(ws: Workspace) -> None:
    from kaizen_tui.core.promotion_log import EMPTY_LOG, entry_line, make_entry

    fields = {"title": 'Größe \u2028 \U0001f680 "x"', "labels": ["a", "b"], "n": 3}
    made = make_entry(EMPTY_LOG, at="2025-05-18T08:30:00Z", actor="ann", event="created", fields=fields)
    line = log_file.first_line(at="2025-05-18T08:30:00Z", actor="ann", event="created", fields=fields)
    assert line == entry_line(made)
    assert builder()("KAIZ-001").ticket == ticket_bytes("KAIZ-001")

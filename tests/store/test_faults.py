"""An error at every single system call of an update and of a creation: old or new, whole, said in words, repeatable."""

import errno
import os
import stat
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from kaizen_tui.core.errors import StoreError
from kaizen_tui.store import files, records
from kaizen_tui.store.workspace import Workspace
from tests.store.faulty import CHANGING, Fault, Faulty, failing, late, short, short_then_full
from tests.store.worlds import (
    NOW,
    QUICK,
    assert_sound,
    builder,
    log_of,
    logged_owner,
    make_workspace,
    new_ticket,
    open_descriptors,
    owner_of,
    set_owner,
)

UNCONFIRMED = "did not confirm"
CODES = [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EINTR]
FAULTS: dict[str, Fault] = {
    **{errno.errorcode[code]: failing(code) for code in CODES},
    "late": late,
    "short_then_full": short_then_full,
}


@pytest.fixture
def inject(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    monkeypatch.setattr(files, "sys", QUICK)
    return lambda system: monkeypatch.setattr(files, "sys", system)


def walk(
    tmp_path: Path,
    inject: Callable[[Any], None],
    fault: Fault,
    act: Callable[[Workspace], object],
    check: Callable[[Workspace, StoreError | None], None],
    sticky: Callable[[str], bool] = lambda _name: False,
) -> set[str]:
    """Injects the fault at call 0, 1, 2 ... of `act`, each in a fresh workspace, until no call is left.

    Returns the calls that it hit.
    """
    hit: set[str] = set()
    for n in count():
        ws = make_workspace(tmp_path / str(n))
        new_ticket(ws)
        system = Faulty(n, fault, sticky)
        before = open_descriptors()
        error: StoreError | None = None
        inject(system)
        try:
            act(ws)
        except StoreError as caught:
            error = caught
        finally:
            inject(QUICK)
        if not system.hit:
            assert error is None
            assert n > 20
            return hit
        hit.add(system.hit)
        assert open_descriptors() == before, f"descriptor left open: fault at call {n}, {system.hit}"
        if error is not None:
            assert error.hint
            assert error.where
        check(ws, error)
    raise AssertionError


def update(ws: Workspace) -> object:
    return set_owner(ws, "KAIZ-001", "new")


def check_update(ws: Workspace, error: StoreError | None) -> None:
    owner = owner_of(ws, "KAIZ-001")
    if error is None or UNCONFIRMED in str(error):
        assert owner == "new"
    else:
        assert owner == "backend-team"
    assert_sound(ws)
    set_owner(ws, "KAIZ-001", "retry")
    assert owner_of(ws, "KAIZ-001") == logged_owner(ws, "KAIZ-001") == "retry"
    assert_sound(ws)


def create(ws: Workspace) -> object:
    return records.create_ticket(ws, build=builder(), at=NOW)


def check_create(ws: Workspace, error: StoreError | None) -> None:
    assert os.path.exists(ws.ticket_dir("KAIZ-002")) == (error is None)
    assert_sound(ws)
    assert new_ticket(ws) == ("KAIZ-003" if error is None else "KAIZ-002")
    assert_sound(ws)


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_during_an_update(tmp_path: Path, inject: Callable[[Any], None], name: str) -> None:
    hit = walk(tmp_path, inject, FAULTS[name], update, check_update)
    assert hit >= {"open", "read", "write", "fsync", "rename", "flock", "ftruncate", "fstat", "stat"}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_during_a_creation(tmp_path: Path, inject: Callable[[Any], None], name: str) -> None:
    hit = walk(tmp_path, inject, FAULTS[name], create, check_create)
    assert hit >= {"open", "write", "fsync", "rename", "flock", "mkdir", "listdir"}


def test_a_fault_in_the_first_creation_of_a_workspace(tmp_path: Path, inject: Callable[[Any], None]) -> None:
    for n in count():
        ws = make_workspace(tmp_path / str(n))
        system = Faulty(n, failing(errno.ENOSPC))
        inject(system)
        try:
            new_ticket(ws)
            failed = False
        except StoreError:
            failed = True
        finally:
            inject(QUICK)
        if not system.hit:
            break
        assert os.path.exists(ws.ticket_dir("KAIZ-001")) != failed
        new_ticket(ws)
        assert_sound(ws)
        assert (Path(ws.state) / ".gitignore").read_bytes() == b"*\n"
    assert n > 20


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("act", [update, create])
def test_from_some_moment_on_nothing_can_be_changed(
    tmp_path: Path, inject: Callable[[Any], None], code: int, act: Callable[[Workspace], object]
) -> None:
    """The disk is dead: not even the cleaning up works. Whoever comes when it is back finds old or new, whole."""

    def check(ws: Workspace, error: StoreError | None) -> None:
        for ticket_id in sorted(name for name in os.listdir(ws.tickets) if name[0] != "."):
            assert owner_of(ws, ticket_id) in ("backend-team", "new")
        set_owner(ws, "KAIZ-001", "retry")
        assert owner_of(ws, "KAIZ-001") == logged_owner(ws, "KAIZ-001") == "retry"
        assert log_of(ws, "KAIZ-001").problems == ()
        if error is None and act is update:
            assert [entry.text("owner") for entry in log_of(ws, "KAIZ-001").events("edit")] == ["new", "retry"]

    walk(tmp_path, inject, failing(code), act, check, sticky=lambda name: name in CHANGING)


@pytest.mark.parametrize("act", [update, create])
def test_writes_that_take_only_a_part_are_continued(
    tmp_path: Path, inject: Callable[[Any], None], act: Callable[[Workspace], object]
) -> None:
    def check(ws: Workspace, error: StoreError | None) -> None:
        assert error is None
        assert_sound(ws)

    assert "write" in walk(tmp_path, inject, short, act, check)


def test_a_full_disk_says_so(tmp_path: Path, inject: Callable[[Any], None]) -> None:
    ws = make_workspace(tmp_path)
    new_ticket(ws)
    inject(Faulty(-1, failing(errno.ENOSPC), sticky=lambda name: name == "write"))
    with pytest.raises(StoreError) as caught:
        set_owner(ws, "KAIZ-001", "new")
    assert "the disk is full" in str(caught.value)
    assert "free some space" in str(caught.value)
    assert ws.ticket_path("KAIZ-001") in str(caught.value)


def test_an_append_that_cannot_be_confirmed_is_taken_back(tmp_path: Path, inject: Callable[[Any], None]) -> None:
    def comment(ws: Workspace) -> object:
        with records.transaction(ws, "KAIZ-001") as tx:
            return tx.commit(data=None, events=[records.NewEvent("ann", "comment", {"text": "hello"})], at=NOW)

    def check(ws: Workspace, error: StoreError | None) -> None:
        assert len(log_of(ws, "KAIZ-001").events("comment")) == (error is None)
        assert_sound(ws)

    walk(tmp_path, inject, failing(errno.EIO), comment, check)


class Recording(files.SystemCalls):
    """Notes what is written and what is fsynced, by inode."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int]] = []

    def note(self, name: str, fd: int) -> None:
        self.events.append((name, os.fstat(fd).st_ino))

    def write(self, fd: int, data: Any) -> int:
        self.note("write", fd)
        return os.write(fd, data)

    def fsync(self, fd: int) -> None:  # type: ignore[override]
        self.note("fsync folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "fsync", fd)
        os.fsync(fd)

    def rename(self, src: str, dst: str, **kwargs: Any) -> None:  # type: ignore[override]
        self.note("rename", kwargs["dst_dir_fd"])
        os.rename(src, dst, **kwargs)


@pytest.mark.parametrize("act", [update, create])
def test_acknowledged_means_fsynced(
    tmp_path: Path, inject: Callable[[Any], None], act: Callable[[Workspace], object]
) -> None:
    ws = make_workspace(tmp_path)
    new_ticket(ws)
    system = Recording()
    inject(system)
    act(ws)
    lock = os.stat(f"{ws.state}/lock").st_ino
    for index, (name, inode) in enumerate(system.events):
        after = system.events[index:]
        if name == "write" and inode != lock:
            assert ("fsync", inode) in after
        if name == "rename":
            assert ("fsync folder", inode) in after
            # What is renamed into place was on disk before.
            written = {found for kind, found in system.events[:index] if kind == "write"} - {lock}
            done = {found for kind, found in system.events[:index] if kind == "fsync"}
            assert written - done <= {os.stat(ws.log_path("KAIZ-001")).st_ino}


def test_an_update_costs_four_fsyncs_and_a_comment_one(tmp_path: Path, inject: Callable[[Any], None]) -> None:
    ws = make_workspace(tmp_path)
    new_ticket(ws)
    set_owner(ws, "KAIZ-001", "first")  # makes the intent's file
    system = Recording()
    inject(system)
    update(ws)
    assert [name for name, _ in system.events if name.startswith("fsync")] == ["fsync"] * 2 + ["fsync folder", "fsync"]
    system.events.clear()
    with records.transaction(ws, "KAIZ-001") as tx:
        tx.commit(data=None, events=[records.NewEvent("ann", "comment", {"text": "x"})], at=NOW)
    assert [name for name, _ in system.events if name.startswith("fsync")] == ["fsync"]

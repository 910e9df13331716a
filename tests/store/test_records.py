"""Creating and changing tickets: what stands in the files afterwards, who is told no, what the lock does."""

import os
import shutil
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from kaizen_tui.core.errors import ConflictError, NotFoundError, StoreError, UsageError
from kaizen_tui.core.promotion_log import entry_hash, read_log
from kaizen_tui.store import files, records
from kaizen_tui.store.lock import Lock
from kaizen_tui.store.reading import etag_of
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.store.yaml_reader import YamlProblems
from tests.store.worlds import (
    NOW,
    assert_sound,
    builder,
    log_of,
    make_workspace,
    new_ticket,
    open_descriptors,
    owner_of,
    set_owner,
    ticket_bytes,
)


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    ws = make_workspace(tmp_path)
    new_ticket(ws)
    before = open_descriptors()
    yield ws
    assert open_descriptors() == before


def test_a_new_ticket_has_all_its_files_and_a_verifying_log(ws: Workspace) -> None:
    ticket_id = new_ticket(ws)
    assert ticket_id == "KAIZ-002"
    assert Path(ws.ticket_path(ticket_id)).read_bytes() == ticket_bytes(ticket_id)
    log = log_of(ws, ticket_id)
    assert log.problems == ()
    assert [(entry.event, entry.seq, entry.at) for entry in log.proven] == [("created", 1, "2025-05-18T08:30:00Z")]
    assert_sound(ws)


def test_the_state_folder_hides_itself_from_git(ws: Workspace) -> None:
    assert (Path(ws.state) / ".gitignore").read_bytes() == b"*\n"


def test_an_error_of_the_builder_makes_no_ticket(ws: Workspace) -> None:
    def build(ticket_id: str) -> records.NewTicketFiles:
        raise UsageError("no")

    with pytest.raises(UsageError):
        records.create_ticket(ws, build=build, at=NOW)
    assert os.listdir(ws.tickets) == ["KAIZ-001"]
    assert new_ticket(ws) == "KAIZ-002"


@pytest.mark.parametrize("bad", ["\ud800", "x" * files.MIB])
def test_what_cannot_be_logged_makes_no_ticket_and_no_change(ws: Workspace, bad: str) -> None:
    def build(ticket_id: str) -> records.NewTicketFiles:
        return builder()(ticket_id)._replace(event=records.NewEvent("ann", "created", {"title": bad}))

    with pytest.raises(UsageError, match="cannot be logged"):
        records.create_ticket(ws, build=build, at=NOW)
    before = Path(ws.log_path("KAIZ-001")).read_bytes()
    with records.transaction(ws, "KAIZ-001") as tx, pytest.raises(UsageError, match="cannot be logged"):
        tx.commit(data=tx.data + b"#\n", events=[records.NewEvent("ann", "comment", {"text": bad})], at=NOW)
    assert Path(ws.log_path("KAIZ-001")).read_bytes() == before
    assert_sound(ws)


def test_a_ticket_too_large_to_be_read_back_is_refused(ws: Workspace) -> None:
    with records.transaction(ws, "KAIZ-001") as tx, pytest.raises(UsageError, match="1 MiB"):
        tx.commit(data=tx.data + b"#" * files.MIB, events=[], at=NOW)
    assert_sound(ws)


def test_ticket_and_log_change_together(ws: Workspace) -> None:
    with records.transaction(ws, "KAIZ-001") as tx:
        data = tx.data.replace(b"owner: backend-team", b"owner: new")
        events = [
            records.NewEvent("ann", "edit", {"owner": "new"}),
            records.NewEvent("bob <b@x.org>", "comment", {"text": "größer\n\u2028"}),
        ]
        entries = tx.commit(data=data, events=events, at=NOW)
        assert [(entry.seq, entry.event, entry.actor) for entry in entries] == [
            (2, "edit", "ann"),
            (3, "comment", "bob <b@x.org>"),
        ]
        assert tx.etag == etag_of(data)
        assert tx.ticket.fields.owner == "new"
        assert len(tx.log.proven) == 3
    assert Path(ws.ticket_path("KAIZ-001")).read_bytes() == data
    assert_sound(ws)


def test_a_transaction_may_commit_more_than_once(ws: Workspace) -> None:
    with records.transaction(ws, "KAIZ-001") as tx:
        for text in ("one", "two", "three"):
            data = tx.data + f"# {text}\n".encode()
            assert tx.commit(data=data, events=[records.NewEvent("ann", "comment", {"text": text})], at=NOW)
    assert [entry.text("text") for entry in log_of(ws, "KAIZ-001").events("comment")] == ["one", "two", "three"]
    assert_sound(ws)


def test_nothing_to_write_writes_nothing(ws: Workspace) -> None:
    before = {name: os.stat(f"{ws.ticket_dir('KAIZ-001')}/{name}") for name in os.listdir(ws.ticket_dir("KAIZ-001"))}
    with records.transaction(ws, "KAIZ-001") as tx:
        assert tx.commit(data=tx.data, events=[], at=NOW) == []
        assert tx.commit(data=None, events=[], at=NOW) == []
    after = {name: os.stat(f"{ws.ticket_dir('KAIZ-001')}/{name}") for name in os.listdir(ws.ticket_dir("KAIZ-001"))}
    assert {name: info.st_mtime_ns for name, info in after.items()} == {n: i.st_mtime_ns for n, i in before.items()}


def test_a_ticket_can_be_changed_without_a_log_entry(ws: Workspace) -> None:
    with records.transaction(ws, "KAIZ-001") as tx:
        assert tx.commit(data=tx.data + b"# layout\n", events=[], at=NOW) == []
    assert Path(ws.ticket_path("KAIZ-001")).read_bytes().endswith(b"# layout\n")
    assert_sound(ws)


def test_a_signed_entry_carries_the_signature_of_its_own_bytes(ws: Workspace) -> None:
    from kaizen_tui.core.promotion_log import signing_bytes

    seen: list[bytes] = []

    def sign(data: bytes) -> str:
        seen.append(data)
        return "SIGNED"

    with records.transaction(ws, "KAIZ-001") as tx:
        (entry,) = tx.commit(data=None, events=[records.NewEvent("ann", "approve", {"note": "yes"}, sign)], at=NOW)
    assert entry.text("sig") == "SIGNED"
    assert seen == [signing_bytes(entry)]
    assert entry.hash == entry_hash(entry.as_dict())
    assert_sound(ws)


def test_an_etag_that_is_no_longer_true_is_refused_and_nothing_is_lost(ws: Workspace) -> None:
    with records.transaction(ws, "KAIZ-001") as tx:
        seen = tx.etag
    set_owner(ws, "KAIZ-001", "first", seen)
    with pytest.raises(ConflictError) as caught:
        set_owner(ws, "KAIZ-001", "second", seen)
    assert caught.value.exit_code == 5
    assert owner_of(ws, "KAIZ-001") == "first"
    assert_sound(ws)


def test_an_edit_by_hand_while_the_transaction_is_open_is_not_overwritten(ws: Workspace) -> None:
    path = Path(ws.ticket_path("KAIZ-001"))
    with records.transaction(ws, "KAIZ-001") as tx:
        by_hand = path.read_bytes() + b"# by hand\n"
        path.write_bytes(by_hand)
        with pytest.raises(ConflictError):
            tx.commit(data=tx.data + b"# by program\n", events=[], at=NOW)
    assert path.read_bytes() == by_hand


def test_an_exception_in_the_block_changes_nothing_and_frees_the_lock(ws: Workspace) -> None:
    def decide() -> None:
        with records.transaction(ws, "KAIZ-001"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decide()
    set_owner(ws, "KAIZ-001", "new")
    assert_sound(ws)


def test_no_such_ticket(ws: Workspace) -> None:
    for ticket_id, kind in (("KAIZ-009", NotFoundError), ("../x", UsageError)):
        with pytest.raises(kind), records.transaction(ws, ticket_id):
            pass


def test_a_broken_ticket_can_be_opened_to_be_mended(ws: Workspace) -> None:
    path = Path(ws.ticket_path("KAIZ-001"))
    good = path.read_bytes()
    path.write_bytes(b"id: [\n")
    with records.transaction(ws, "KAIZ-001") as tx:
        assert tx.data == b"id: [\n"
        with pytest.raises(YamlProblems):
            _ = tx.ticket
        tx.commit(data=good, events=[records.NewEvent("ann", "comment", {"text": "mended"})], at=NOW)
        assert tx.ticket.fields.owner == "backend-team"
    assert_sound(ws)


def test_a_linked_ticket_folder_is_refused(ws: Workspace, tmp_path: Path) -> None:
    os.rename(ws.ticket_dir("KAIZ-001"), tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", ws.ticket_dir("KAIZ-001"))
    before = (tmp_path / "elsewhere" / "Kaizen-Tkt.yml").read_bytes()
    with pytest.raises(StoreError, match="symbolic link"):
        set_owner(ws, "KAIZ-001", "new")
    assert (tmp_path / "elsewhere" / "Kaizen-Tkt.yml").read_bytes() == before


def test_a_naive_time_is_refused(ws: Workspace) -> None:
    with records.transaction(ws, "KAIZ-001") as tx, pytest.raises(ValueError, match="time zone"):
        tx.commit(
            data=None,
            events=[records.NewEvent("ann", "comment", {"text": "x"})],
            at=datetime(2025, 1, 1),  # noqa: DTZ001
        )


def test_score_card_and_patch_spec_are_read_when_they_are_there(ws: Workspace) -> None:
    with records.transaction(ws, "KAIZ-001") as tx:
        assert tx.score_card is None
        assert tx.patch_spec == "# Patch spec\n"
    Path(ws.score_card_path("KAIZ-001")).write_bytes(b"{}")
    Path(ws.spec_path("KAIZ-001")).unlink()
    with records.transaction(ws, "KAIZ-001") as tx:
        assert tx.score_card == b"{}"
        assert tx.patch_spec is None


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_waiting_for_the_lock_ends_and_names_the_holder(ws: Workspace) -> None:
    clock = Clock()
    caught: list[StoreError] = []

    def wait_in_vain() -> None:
        try:
            with Lock(ws, wait=30.0, sleep=clock.sleep, clock=clock):
                pass
        except StoreError as error:
            caught.append(error)

    with Lock(ws):
        thread = threading.Thread(target=wait_in_vain)
        thread.start()
        thread.join()
    assert f"process {os.getpid()} has held the workspace's lock for 30 s" in str(caught[0])
    assert 30.0 <= clock.now < 31.0
    set_owner(ws, "KAIZ-001", "new")


def test_a_thread_that_waits_gets_the_lock_when_it_is_free(ws: Workspace) -> None:
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        with Lock(ws, sleep=lambda _seconds: inside.set()):
            order.append("second")

    with Lock(ws):
        thread = threading.Thread(target=second)
        thread.start()
        inside.wait()  # it has tried, and waits
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_the_lock_of_ones_own_is_an_error_and_no_deadlock(ws: Workspace) -> None:
    with Lock(ws):
        for _ in range(2):
            with pytest.raises(StoreError, match="holds the workspace's lock already"), Lock(ws):
                pass
    with Lock(ws):
        pass


def test_a_lock_file_that_was_deleted_is_noticed(ws: Workspace) -> None:
    with records.transaction(ws, "KAIZ-001") as tx:
        os.unlink(f"{ws.state}/lock")
        with pytest.raises(StoreError, match="deleted"):
            tx.commit(data=tx.data + b"#\n", events=[], at=NOW)
    set_owner(ws, "KAIZ-001", "new")
    assert_sound(ws)


def test_a_linked_lock_or_state_folder_is_refused(ws: Workspace, tmp_path: Path) -> None:
    os.unlink(f"{ws.state}/lock")
    os.symlink(tmp_path / "elsewhere", f"{ws.state}/lock")
    with pytest.raises(StoreError):
        new_ticket(ws)
    assert not (tmp_path / "elsewhere").exists()
    (tmp_path / "folder").mkdir()
    shutil.rmtree(ws.state)
    os.symlink(tmp_path / "folder", ws.state)
    with pytest.raises(StoreError, match="symbolic link"):
        new_ticket(ws)
    assert os.listdir(tmp_path / "folder") == []


def test_threads_may_write_at_once(ws: Workspace) -> None:
    def write(name: str) -> None:
        for number in range(10):
            with records.transaction(ws, "KAIZ-001") as tx:
                event = records.NewEvent(name, "comment", {"text": str(number)})
                tx.commit(data=tx.data + f"# {name} {number}\n".encode(), events=[event], at=NOW)

    threads = [threading.Thread(target=write, args=(f"thread-{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = log_of(ws, "KAIZ-001")
    assert len(log.events("comment")) == 40
    assert log.problems == ()
    assert Path(ws.ticket_path("KAIZ-001")).read_bytes().count(b"# thread-") == 40


def test_left_overs_of_dead_processes_are_swept_on_the_way(ws: Workspace) -> None:
    dead = 99_999_999
    (Path(ws.tickets) / f".tmp-{dead}-ab").mkdir()
    (Path(ws.ticket_dir("KAIZ-001")) / f".Kaizen-Tkt.yml.kz-{dead}-ab").write_bytes(b"x")
    new_ticket(ws)
    set_owner(ws, "KAIZ-001", "new")
    assert_sound(ws)


def test_a_log_that_does_not_verify_can_still_be_written_to(ws: Workspace) -> None:
    path = Path(ws.log_path("KAIZ-001"))
    set_owner(ws, "KAIZ-001", "new")
    path.write_bytes(path.read_bytes().replace(b'"owner":"new"', b'"owner":"evil"'))
    set_owner(ws, "KAIZ-001", "newer")
    log = read_log(path.read_bytes())
    assert [problem.line for problem in log.problems] == [2]
    assert len(log.proven) == 2

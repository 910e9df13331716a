"""The index is only ever a shortcut: whatever is in it, a snapshot is what the files say."""

import errno
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import STATUSES
from kaizen_tui.store import files, index_build, index_load
from kaizen_tui.store.index import load_newer, load_snapshot
from kaizen_tui.store.index_format import VERDICTS
from kaizen_tui.store.index_load import NEVER, index_path, load_index, read_index
from kaizen_tui.store.reading import list_components
from kaizen_tui.store.workspace import Workspace
from tests.store.index_worlds import fresh, ids, later, log_line, put, settled, three_tickets, ticket_text
from tests.store.worlds import make_workspace


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return three_tickets(tmp_path)


@pytest.fixture
def unparsed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """After it was called, no ticket may be parsed."""

    def forbid() -> None:
        def fail(*_args: object, **_more: object) -> None:
            pytest.fail("a ticket was parsed that hadn't changed")

        monkeypatch.setattr(index_build, "parse_ticket", fail)

    return forbid


def test_a_row_holds_what_ticket_log_and_score_card_say(ws: Workspace) -> None:
    put(ws, "KAIZ-001", ticket_text("KAIZ-001", more="labels: [cost, 'q 3']\n"))
    Path(ws.log_path("KAIZ-001")).write_bytes(log_line("planned", unmet=["owner", "approval"], override="on fire"))
    Path(ws.score_card_path("KAIZ-001")).write_text('{"verdict": "fail"}')
    expected = TicketRow(
        id="KAIZ-001", number=1, title="Trim payloads", component="pcc-main", owner="web-team", severity="high",
        status="planned", labels=("cost", "q 3"), created=1747557000, updated=1747646100, since=1747699200, warnings=2,
        overridden=True, verdict="fail", uid="u-KAIZ-001",
    )  # fmt: skip
    for snapshot in (load_snapshot(ws), load_snapshot(ws), settled(ws), settled(ws)):
        assert snapshot.rows[0] == expected
        assert type(snapshot.rows[0]) is TicketRow


def test_rows_are_sorted_by_number(ws: Workspace) -> None:
    put(ws, "OPS-002")
    assert ids(load_snapshot(ws)) == ["KAIZ-001", "KAIZ-002", "OPS-002", "KAIZ-010"]


def test_no_tickets_folder_is_an_empty_workspace(tmp_path: Path) -> None:
    assert load_snapshot(make_workspace(tmp_path))[:2] == ([], [])


def test_tickets_that_is_no_folder_is_an_error(tmp_path: Path) -> None:
    ws = make_workspace(tmp_path)
    Path(ws.tickets).write_text("")
    with pytest.raises(StoreError):
        load_snapshot(ws)


def test_what_did_not_change_is_not_parsed_and_the_index_not_written(
    ws: Workspace, unparsed: Callable[[], None]
) -> None:
    first = settled(ws)
    before = os.stat(index_path(ws))
    unparsed()
    assert load_snapshot(ws, clock=later) == first
    after = os.stat(index_path(ws))
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_bulk_of_new_tickets_is_settled_by_the_next_run(ws: Workspace, unparsed: Callable[[], None]) -> None:
    load_snapshot(ws)  # all files are younger than two seconds
    settled(ws)
    unparsed()
    assert len(load_snapshot(ws).rows) == 3


def test_what_changed_within_two_seconds_is_not_trusted(ws: Workspace) -> None:
    changed = max(os.stat(ws.ticket_path(ticket_id)).st_ctime_ns for ticket_id in ("KAIZ-001", "KAIZ-002", "KAIZ-010"))
    for seconds, trusted in ((0, False), (1, False), (2, False), (2.1, True)):
        moment = changed + int(seconds * 1e9)
        Path(index_path(ws)).unlink(missing_ok=True)
        load_snapshot(ws, clock=iter([moment]).__next__)
        index = read_index(ws)
        assert index is not None
        assert (NEVER not in index.stamps()) is trusted


def test_a_change_that_leaves_size_and_times_alone_is_seen(ws: Workspace) -> None:
    path = put(ws, "KAIZ-001", ticket_text("KAIZ-001", title="aaaa"))
    load_snapshot(ws)
    info = path.stat()
    path.write_text(ticket_text("KAIZ-001", title="bbbb"))
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    assert load_snapshot(ws).rows[0].title == "bbbb"


def test_a_younger_score_card_or_log_is_seen_though_the_ticket_is_unchanged(ws: Workspace) -> None:
    assert settled(ws).rows[0].verdict == ""
    Path(ws.score_card_path("KAIZ-001")).write_text('{"verdict": "pass"}')
    assert load_snapshot(ws).rows[0].verdict == "pass"
    Path(ws.log_path("KAIZ-001")).write_bytes(log_line("planned", unmet=["owner"]))
    assert load_snapshot(ws).rows[0].warnings == 1
    Path(ws.log_path("KAIZ-001")).unlink()
    assert load_snapshot(ws).rows[0].warnings == 0


def test_a_list_sees_the_log_line_that_was_written_after_the_ticket(ws: Workspace) -> None:
    """Writers put the ticket first and the log second; a list in between must not keep the old entry's time."""
    log = Path(ws.log_path("KAIZ-001"))
    log.write_bytes(log_line("draft", at="2025-05-01T00:00:00Z"))
    index, _ = load_index(ws, clock=later)
    assert index.lagging == 1
    log.write_bytes(log_line("planned", at="2025-05-20T00:00:00Z"))
    index, _ = load_index(ws, clock=later)
    assert (index.lagging, index.rows()[0].since) == (0, 1747699200)


def test_the_generation_changes_with_the_content_only(ws: Workspace) -> None:
    first = settled(ws)
    path = put(ws, "KAIZ-001")
    os.utime(path, ns=(1, 1))
    assert load_snapshot(ws).generation == first.generation
    put(ws, "KAIZ-001", ticket_text("KAIZ-001", title="Other"))
    assert load_snapshot(ws).generation != first.generation
    put(ws, "KAIZ-001")
    assert load_snapshot(ws).generation == first.generation
    Path(ws.tickets, "notes").mkdir()
    assert load_snapshot(ws).generation != first.generation


class TestTheFolderItself:
    """A list doesn't look into tickets/ when its own stamp says that nothing came or went."""

    def listed(self, ws: Workspace, clock: Callable[[], int] = later) -> list[str]:
        index, _ = load_index(ws, clock=clock)
        return index.ids

    def test_it_is_not_read_when_nothing_changed(self, ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        self.listed(ws)
        monkeypatch.setattr(os, "scandir", lambda _path: pytest.fail("tickets/ was read"))
        assert self.listed(ws) == ["KAIZ-001", "KAIZ-002", "KAIZ-010"]

    def test_it_is_not_trusted_while_it_is_young(self, ws: Workspace) -> None:
        self.listed(ws, time.time_ns)
        info = os.stat(ws.tickets)
        put(ws, "KAIZ-003")
        os.utime(ws.tickets, ns=(info.st_atime_ns, info.st_mtime_ns))
        assert self.listed(ws, time.time_ns) == ["KAIZ-001", "KAIZ-002", "KAIZ-003", "KAIZ-010"]

    def test_a_later_run_learns_to_trust_it(self, ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        load_snapshot(ws)
        settled(ws)
        Path(ws.tickets, ".tmp-1-x").mkdir()
        Path(ws.tickets, ".tmp-1-x").rmdir()
        self.listed(ws, time.time_ns)
        self.listed(ws)
        self.test_it_is_not_read_when_nothing_changed(ws, monkeypatch)

    @pytest.mark.parametrize("what", ["added", "removed", "renamed", "link"])
    def test_what_came_or_went_is_seen(self, ws: Workspace, tmp_path: Path, what: str) -> None:
        os.utime(ws.tickets, ns=(1, 1))  # what happens next may happen within the same tick of the file system's clock
        self.listed(ws)
        folder = Path(ws.tickets, "KAIZ-002")
        if what == "added":
            put(ws, "KAIZ-003")
        elif what == "removed":
            shutil.rmtree(folder)
        else:
            folder.rename(tmp_path / "away")
        if what == "link":
            folder.symlink_to(tmp_path / "away")
        index, _ = load_index(ws)
        ids = [row.id for row in index.rows()]
        assert ids == (
            ["KAIZ-001", "KAIZ-002", "KAIZ-003", "KAIZ-010"] if what == "added" else ["KAIZ-001", "KAIZ-010"]
        )
        assert len(index.problems) == (what == "link")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "break", "delete", "unlink", "log", "card", "fifo", "rename", "unlog", "stray"]),
        st.integers(1, 4),
        st.integers(0, 5),
    ),
    max_size=12,
)


@given(STEPS)
def test_after_any_edits_warm_cold_and_rebuilt_agree(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    ws = make_workspace(tmp_path_factory.mktemp("edits"))
    Path(ws.tickets).mkdir()
    clock = iter(range(1, 1000))
    for step, number, variant in steps:
        moment = next(clock)
        act(ws, step, f"KAIZ-{number:03d}", variant, moment)
        os.utime(ws.tickets, ns=(moment, moment))
        listed, _ = load_index(ws, clock=later)
        assert without_sides(listed.rows()) == without_sides(fresh(ws).rows)
        warm = settled(ws)
        assert warm == fresh(ws)
        assert warm == settled(ws)
    if os.path.exists(index_path(ws)):
        os.unlink(index_path(ws))
        assert settled(ws) == fresh(ws)


def without_sides(rows: list[TicketRow]) -> list[TicketRow]:
    """What of each row comes from the ticket's file alone."""
    return [row._replace(since=0, warnings=0, overridden=False, verdict="") for row in rows]


def act(ws: Workspace, step: str, ticket_id: str, variant: int, moment: int) -> None:
    """One edit as people and programs make them. moment: makes its stamp differ from every other's."""
    folder = Path(ws.tickets, ticket_id)
    target = folder / {"log": "Promotion-Log", "unlog": "Promotion-Log", "card": "Score-card.json"}.get(
        step, "Kaizen-Tkt.yml"
    )
    if step in ("delete", "rename"):
        other = Path(ws.tickets, f"KAIZ-{variant + 5:03d}")
        shutil.rmtree(other, ignore_errors=True)
        if folder.exists():
            folder.rename(other)
        if step == "delete":
            shutil.rmtree(other, ignore_errors=True)
        return
    folder.mkdir(parents=True, exist_ok=True)
    if step == "stray":
        Path(ws.tickets, f"stray-{variant}").mkdir(exist_ok=True)
        return
    target.unlink(missing_ok=True)
    if step == "fifo":
        os.mkfifo(target)
    elif step in ("write", "break", "log", "card"):
        status = STATUSES[variant]
        content = {
            "write": ticket_text(ticket_id, title=f"T{variant}", status=status).encode(),
            "break": b"id: [" * variant,
            "log": log_line(status, unmet=["x"] * variant),
            "card": b'{"verdict": "%s"}' % VERDICTS[variant % 4].encode(),
        }[step]
        target.write_bytes(content)
        os.utime(target, ns=(moment, moment))


def test_the_index_of_a_copied_workspace_is_not_believed(ws: Workspace, tmp_path: Path) -> None:
    settled(ws)
    copy = tmp_path / "copy"
    shutil.copytree(ws.root, copy, ignore=shutil.ignore_patterns("copy"), copy_function=shutil.copy2)
    put(Workspace(str(copy)), "KAIZ-001", ticket_text("KAIZ-001", title="In the copy"))
    assert load_snapshot(Workspace(str(copy))).rows[0].title == "In the copy"


def test_the_index_knows_its_folder(ws: Workspace, tmp_path: Path) -> None:
    expected = settled(ws)
    Path(ws.tickets).rename(tmp_path / "old")
    Path(ws.tickets).mkdir()
    for folder in (tmp_path / "old").iterdir():
        folder.rename(Path(ws.tickets, folder.name))
    assert settled(ws) == expected
    index = read_index(ws)
    assert index is not None
    assert index.folder[3] == os.stat(ws.tickets).st_ino


@pytest.mark.parametrize("thing", ["file", "fifo", "folder", "link", "index folder", "index fifo", "index link"])
def test_an_index_that_cannot_be_written_is_done_without(ws: Workspace, tmp_path: Path, thing: str) -> None:
    place = Path(ws.state)
    if thing.startswith("index"):
        place.mkdir()
        place /= "index"
    victim = tmp_path / "victim"
    victim.mkdir()
    {
        "file": lambda: place.write_text(""),
        "fifo": lambda: os.mkfifo(place),
        "folder": place.mkdir,
        "link": lambda: place.symlink_to(victim),
    }[thing.removeprefix("index ")]()
    for snapshot in (load_snapshot(ws), settled(ws)):
        assert len(snapshot.rows) == 3
    assert list(victim.iterdir()) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES])
def test_a_full_or_broken_disk_costs_no_list(ws: Workspace, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    expected = fresh(ws)

    def fail(*_args: object, **_more: object) -> None:
        raise OSError(code, os.strerror(code))

    for name in ("write", "rename", "mkdir"):
        faulty = files.SystemCalls()
        monkeypatch.setattr(faulty, name, fail)
        monkeypatch.setattr(files, "sys", faulty)
        assert load_snapshot(ws) == expected
        monkeypatch.undo()
        left = os.listdir(ws.state) if os.path.isdir(ws.state) else []
        assert set(left) <= {".gitignore"}


def test_lists_and_edits_at_the_same_time_agree_in_the_end(ws: Workspace) -> None:
    program = textwrap.dedent(
        """
        import sys
        from kaizen_tui.store.index import load_newer, load_snapshot
        from kaizen_tui.store.workspace import Workspace
        ws = Workspace(sys.argv[1])
        for _ in range(40):
            assert len(load_snapshot(ws).rows) >= 3
        """
    )
    root = str(Path(__file__).parents[2])
    readers = [
        subprocess.Popen([sys.executable, "-c", program, ws.root], cwd=root, stderr=subprocess.PIPE) for _ in range(3)
    ]
    for number in range(100, 140):
        temp = Path(ws.root, "temp")
        temp.write_text(ticket_text("KAIZ-001", title=f"Edit {number}"))
        temp.rename(ws.ticket_path("KAIZ-001"))
        put(ws, f"KAIZ-{number}")
    for reader in readers:
        _, complaints = reader.communicate()
        assert reader.returncode == 0, complaints.decode()
    assert load_snapshot(ws) == fresh(ws)
    assert load_snapshot(ws).rows[0].title == "Edit 139"


def test_a_long_build_reports_its_progress(ws: Workspace) -> None:
    told: list[tuple[int, int]] = []
    load_snapshot(ws, progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 3)
    assert told[-1] == (3, 3)


@pytest.fixture(autouse=True)
def _no_descriptor_is_left_open() -> Iterator[None]:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    yield
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert after <= before + 1  # hypothesis may open its database


def test_the_benchmarks_workspace_is_a_sound_one(tmp_path: Path) -> None:
    from benchmarks.make_workspace import make_workspace as make_many

    tickets = make_many(str(tmp_path), 60, seed=3)
    ws = Workspace(str(tmp_path))
    snapshot = load_snapshot(ws)
    assert (len(snapshot.rows), snapshot.problems) == (60, [])
    assert [row.title for row in snapshot.rows] == [ticket.title for ticket in tickets]
    for row in snapshot.rows:
        assert read_log(Path(ws.log_path(row.id)).read_bytes()).problems == ()
        assert 1000 <= os.stat(ws.ticket_path(row.id)).st_size <= 2048
    assert list_components(ws)[1] == []


def test_who_has_the_rows_is_not_given_them_again(ws: Workspace) -> None:
    first = load_snapshot(ws)
    assert load_newer(ws, first.generation) is None
    put(ws, "KAIZ-001", ticket_text("KAIZ-001").replace("Trim payloads", "Trim them"))
    newer = load_newer(ws, first.generation)
    assert newer == load_snapshot(ws)
    assert newer is not None
    assert newer.rows[0].title == "Trim them"


def test_more_tickets_than_are_asked_about_at_once(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_load, "_AT_ONCE", 2)
    settled(ws)
    put(ws, "KAIZ-010", ticket_text("KAIZ-010").replace("Trim payloads", "Last"))
    shutil.rmtree(ws.ticket_dir("KAIZ-001"))
    assert load_snapshot(ws) == fresh(ws)

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
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.cli.listing import columns_of_index, table
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.promotion_log import EMPTY_LOG, entry_line, make_entry, read_log
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import SEVERITIES, STATUSES
from kaizen_tui.store import files, index_build
from kaizen_tui.store.index import Snapshot, load_snapshot
from kaizen_tui.store.index_format import VERDICTS, decode, encode
from kaizen_tui.store.index_load import NEVER, index_path, load_index, read_index
from kaizen_tui.store.reading import list_components
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


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = make_workspace(tmp_path)
    for number in (2, 1, 10):
        put(made, f"KAIZ-{number:03d}")
    return made


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


class TestOddThingsInTickets:
    """Each is one problem with its path; the other tickets load, with and without an index."""

    def check(self, ws: Workspace, path: str, words: str, line: int = 0) -> None:
        for snapshot in (load_snapshot(ws), load_snapshot(ws), settled(ws), settled(ws), fresh(ws)):
            assert ids(snapshot) == ["KAIZ-001", "KAIZ-002", "KAIZ-010"]
            assert errors(snapshot) == [(path, line)]
            assert words in f"{snapshot.problems[0].message} {snapshot.problems[0].hint}"

    def test_bad_yaml(self, ws: Workspace) -> None:
        put(ws, "KAIZ-005", "id: KAIZ-005\ntitle: [\n")
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "", line=2)

    def test_wrong_field(self, ws: Workspace) -> None:
        put(ws, "KAIZ-005", ticket_text("KAIZ-005", status="drfat"))
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "draft", line=6)

    def test_id_of_another_folder(self, ws: Workspace) -> None:
        put(ws, "KAIZ-005", ticket_text("KAIZ-001"))
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "KAIZ-005", line=1)

    def test_empty_folder(self, ws: Workspace) -> None:
        Path(ws.tickets, "KAIZ-005").mkdir()
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "has no Kaizen-Tkt.yml")

    def test_fifo(self, ws: Workspace) -> None:
        Path(ws.tickets, "KAIZ-005").mkdir()
        os.mkfifo(ws.ticket_path("KAIZ-005"))
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "pipe")

    def test_folder_in_place_of_the_file(self, ws: Workspace) -> None:
        Path(ws.ticket_path("KAIZ-005")).mkdir(parents=True)
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "folder")

    def test_link_in_place_of_the_file(self, ws: Workspace) -> None:
        Path(ws.tickets, "KAIZ-005").mkdir()
        Path(ws.ticket_path("KAIZ-005")).symlink_to("../KAIZ-001/Kaizen-Tkt.yml")
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "link")

    def test_link_in_place_of_the_folder(self, ws: Workspace, tmp_path: Path) -> None:
        put(ws, "KAIZ-005").parent.rename(tmp_path / "elsewhere")
        Path(ws.tickets, "KAIZ-005").symlink_to(tmp_path / "elsewhere")
        self.check(ws, "tickets/KAIZ-005", "link")

    def test_a_folder_replaced_by_a_link_to_itself(self, ws: Workspace, tmp_path: Path) -> None:
        put(ws, "KAIZ-005")
        settled(ws)
        Path(ws.tickets, "KAIZ-005").rename(tmp_path / "elsewhere")
        Path(ws.tickets, "KAIZ-005").symlink_to(tmp_path / "elsewhere")
        self.check(ws, "tickets/KAIZ-005", "link")

    def test_file_in_place_of_the_folder(self, ws: Workspace) -> None:
        Path(ws.tickets, "KAIZ-005").write_text("")
        self.check(ws, "tickets/KAIZ-005", "not a folder")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_unreadable_file_and_folder(self, ws: Workspace) -> None:
        put(ws, "KAIZ-005").chmod(0)
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "permission")

    def test_it_is_mended(self, ws: Workspace) -> None:
        self.test_fifo(ws)
        os.unlink(ws.ticket_path("KAIZ-005"))
        put(ws, "KAIZ-005")
        assert errors(load_snapshot(ws)) == []
        assert "KAIZ-005" in ids(load_snapshot(ws))

    def test_a_log_or_score_card_that_is_odd_is_a_warning_only(self, ws: Workspace) -> None:
        os.mkfifo(ws.log_path("KAIZ-001"))
        Path(ws.score_card_path("KAIZ-002")).write_text("[" * 100_000)
        for snapshot in (load_snapshot(ws), settled(ws), settled(ws)):
            assert len(snapshot.rows) == 3
            assert [(problem.path, problem.level) for problem in snapshot.problems] == [
                ("tickets/KAIZ-001/Promotion-Log", "warning"),
                ("tickets/KAIZ-002/Score-card.json", "warning"),
            ]

    def test_hidden_things_and_files_are_nobodys_business_and_stray_folders_a_warning(self, ws: Workspace) -> None:
        Path(ws.tickets, ".tmp-1-x").mkdir()
        Path(ws.tickets, "README.md").write_text("")
        Path(ws.tickets, ".gitkeep").write_text("")
        Path(ws.tickets, "old\x1b[31m").mkdir()
        for snapshot in (load_snapshot(ws), settled(ws)):
            assert len(snapshot.rows) == 3
            assert [(problem.path, problem.level) for problem in snapshot.problems] == [
                ("tickets/old\x1b[31m", "warning")
            ]

    def test_a_file_from_the_far_future(self, ws: Workspace) -> None:
        os.utime(ws.ticket_path("KAIZ-001"), ns=(1 << 63, 1 << 63))
        assert len(settled(ws).rows) == len(settled(ws).rows) == 3


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["write", "break", "delete", "unlink", "log", "card", "fifo", "rename", "shallow", "unlog", "stray"]
        ),
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
        act(ws, step, f"KAIZ-{number:03d}", variant, next(clock))
        warm = settled(ws)
        assert warm == fresh(ws)
        assert warm == settled(ws)
    if os.path.exists(index_path(ws)):
        os.unlink(index_path(ws))
        assert settled(ws) == fresh(ws)


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
    if step == "shallow":
        load_index(ws, clock=later)
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


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Snapshot, bytes]:
    """A workspace with a bit of everything, its snapshot, and its settled index."""
    ws = make_workspace(tmp_path_factory.mktemp("indexed"))
    for number in range(1, 6):
        put(
            ws,
            f"KAIZ-{number:03d}",
            ticket_text(f"KAIZ-{number:03d}", title=f"Größe {number}", more="labels: [a, b]\n"),
        )
    put(ws, "KAIZ-006", "id: KAIZ-001\n")
    expected = settled(ws)
    return ws, expected, Path(index_path(ws)).read_bytes()


@st.composite
def damages(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Ways to damage a file: cut it, change, insert, drop or repeat bytes, or put other bytes in its place."""
    kind = draw(st.sampled_from(["cut", "flip", "insert", "drop", "repeat", "other"]))
    place, length = draw(st.floats(0, 1, exclude_max=True)), draw(st.integers(1, 40))
    other = draw(st.binary(min_size=1, max_size=40))

    def damage(data: bytes) -> bytes:
        at = int(place * len(data))
        piece = {
            "cut": b"",
            "flip": bytes([data[at] ^ (1 << length % 8)]) + data[at + 1 :],
            "insert": other + data[at:],
            "drop": data[at + length :],
            "repeat": data[at : at + length] + data[at:],
        }
        return other if kind == "other" else data[:at] + piece[kind]

    return damage


@given(damages())
def test_a_damaged_index_changes_nothing(
    indexed: tuple[Workspace, Snapshot, bytes], damage: Callable[[bytes], bytes]
) -> None:
    ws, expected, good = indexed
    Path(index_path(ws)).write_bytes(damage(good))
    assert settled(ws) == expected
    assert decode(Path(index_path(ws)).read_bytes()) is not None  # it was built anew


@given(damages(), st.booleans())
def test_an_index_that_lies_with_right_checksums_breaks_nothing(
    indexed: tuple[Workspace, Snapshot, bytes], damage: Callable[[bytes], bytes], in_header: bool
) -> None:
    """Someone who can write it can make a list show wrong words, but not make it crash."""
    ws, _, good = indexed
    end = good.index(b"\n") + 1
    header, body = (damage(good[:end]), good[end:]) if in_header else (good[:end], damage(good[end:]))
    Path(index_path(ws)).write_bytes(sealed(header, body))
    snapshot = load_snapshot(ws)
    assert all(row.status in STATUSES and row.severity in SEVERITIES for row in snapshot.rows)


@pytest.mark.parametrize("byte", [0x00, 0x01, 0x1F, 0x7E, 0xFF])
def test_every_section_is_checked_before_it_is_used(indexed: tuple[Workspace, Snapshot, bytes], byte: int) -> None:
    ws, _, good = indexed
    end = good.index(b"\n") + 1
    start = end
    for length in map(int, good[: end - 1].split(b" ")[9:]):
        for middle in (bytes([byte]) * length, good[start : start + length - 1] + bytes([byte])):
            body = good[end:start] + middle[:length] + good[start + length :]
            Path(index_path(ws)).write_bytes(sealed(good[:end], body))
            load_snapshot(ws)
            index = decode(sealed(good[:end], body))
            if index is not None:
                list(table(columns_of_index(index), 0))
        start += length


@pytest.mark.parametrize("entry", [b"-1", b"6", b"99999", b"x", b""])
def test_a_problem_belongs_to_an_entry(indexed: tuple[Workspace, Snapshot, bytes], entry: bytes) -> None:
    ws, expected, good = indexed
    end = good.index(b"\n") + 1
    assert good.count(b"=5\x1ftickets/KAIZ-006") == 1
    Path(index_path(ws)).write_bytes(sealed(good[:end], good[end:].replace(b"=5\x1ftick", b"=" + entry + b"\x1ftick")))
    put(ws, "KAIZ-005", Path(ws.ticket_path("KAIZ-005")).read_text())
    assert settled(ws) == expected


def test_sections_of_other_lengths_are_refused(indexed: tuple[Workspace, Snapshot, bytes]) -> None:
    ws, expected, good = indexed
    header, _, body = good.partition(b"\n")
    words = header.split(b" ")
    for place in range(9, len(words) - 1):
        for shift in (-1, 1, 8, -8):
            lengths = [int(word) for word in words[9:]]
            lengths[place - 9] -= shift
            lengths[place - 8] += shift
            other = b" ".join([*words[:9], *(b"%d" % length for length in lengths)])
            data = sealed(other + b"\n", body)
            Path(index_path(ws)).write_bytes(data)
            index = decode(data)
            assert index is None or place >= 21  # texts may be cut elsewhere and still be texts
            assert len(load_snapshot(ws).rows) <= len(expected.rows)


def test_a_folder_that_is_no_ticket_is_none_though_the_index_says_so(ws: Workspace) -> None:
    put(ws, "KAIZ-00x", ticket_text("KAIZ-00x"))
    expected = settled(ws)
    good = Path(index_path(ws)).read_bytes()
    end = good.index(b"\n") + 1
    Path(index_path(ws)).write_bytes(sealed(good[:end], good[end:].replace(b"KAIZ-010", b"KAIZ-00x")))
    assert settled(ws) == expected


def sealed(header: bytes, body: bytes) -> bytes:
    """An index with the checksums of its content, and with its last section's length made to fit."""
    words = header.rstrip(b"\n").split(b" ")
    try:
        lengths = [int(word) for word in words[9:]]
        lengths[-1] += len(body) - sum(lengths)
        split = sum(lengths[:3])
    except (ValueError, IndexError):
        return header + body
    words[7:9] = [b"%d" % crc32(body[:split]), b"%d" % crc32(body[split:])]
    return b" ".join([*words[:9], *(b"%d" % length for length in lengths)]) + b"\n" + body


ROWS = st.builds(
    TicketRow,
    id=st.from_regex(r"[A-Z]{2,4}-[0-9]{3,9}", fullmatch=True),
    number=st.integers(1, 999_999_999),
    title=st.text(st.characters(exclude_categories=[])),
    component=st.text(),
    owner=st.text() | st.sampled_from(["", "\x1f", "\\", "\\s", "\\\\\x1f"]),
    severity=st.sampled_from(SEVERITIES),
    status=st.sampled_from(STATUSES),
    labels=st.lists(st.text(), max_size=3).map(tuple),
    created=st.integers(-62_167_219_200, 253_402_300_799),
    updated=st.integers(0, 253_402_300_799),
    since=st.integers(0, 253_402_300_799),
    warnings=st.integers(0, 255),
    overridden=st.booleans(),
    verdict=st.sampled_from(VERDICTS),
    uid=st.text(),
)


@given(st.lists(st.tuples(ROWS, st.booleans()), max_size=5))
def test_what_goes_into_the_index_comes_out_again(rows: list[tuple[TicketRow, bool]]) -> None:
    stamp = (-1, 1 << 62, 0, (1 << 64) - 1)
    ids = [row.id for row, _ in rows]
    data = encode(
        7,
        ids,
        [row.number for row, _ in rows],
        [stamp] * len(ids),
        [-5] * len(ids),
        [row for row, _ in rows],
        [lags for _, lags in rows],
        [],
    )
    index = decode(data)
    assert index is not None
    assert index.rows() == [row for row, _ in rows]
    assert list(index.stamps()) == [stamp] * len(rows)
    assert index.lagging_entries() == [position for position, (_, lagging) in enumerate(rows) if lagging]
    assert index.utf8("titles") == [row.title.encode("utf-8", "surrogatepass") for row, _ in rows]


@pytest.mark.parametrize("other", ["kaizen-index 1/0.0.0 ", "kaizen-index 9 ", "git-index 1 ", ""])
def test_another_version_is_built_anew(ws: Workspace, other: str) -> None:
    expected = settled(ws)
    path = Path(index_path(ws))
    path.write_bytes(other.encode() + path.read_bytes().split(b" ", 2)[2])
    assert settled(ws) == expected
    assert read_index(ws) is not None


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
    assert index.folder == os.stat(ws.tickets).st_ino


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
        from kaizen_tui.store.index import load_snapshot
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

"""Whatever stands in the index file: a snapshot is what the tickets' files say, and nothing crashes."""

from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.cli.listing import columns_of_index, table
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import SEVERITIES, STATUSES
from kaizen_tui.store.index import Snapshot, load_snapshot
from kaizen_tui.store.index_format import VERDICTS, decode, encode
from kaizen_tui.store.index_load import index_path, read_index
from kaizen_tui.store.workspace import Workspace
from tests.store.index_worlds import put, settled, three_tickets, ticket_text
from tests.store.worlds import make_workspace


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return three_tickets(tmp_path)


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
    other = (5, -6, 7, 8)
    ids, numbers = [row.id for row, _ in rows], [row.number for row, _ in rows]
    lagging = [lags for _, lags in rows]
    alerts = [row.owner for row, _ in rows]  # any texts
    data = encode(
        other, ids, numbers, [stamp] * len(ids), [-5] * len(ids), [row for row, _ in rows], lagging, alerts, []
    )
    index = decode(data)
    assert index is not None
    assert index.rows() == [row for row, _ in rows]
    assert list(index.stamps()) == [stamp] * len(rows)
    assert index.lagging_entries() == [position for position, lags in enumerate(lagging) if lags]
    assert index.alerts() == alerts
    assert index.folder == other
    assert index.of_folder(stamp).of_folder(other).data == data
    assert index.utf8("titles") == [row.title.encode("utf-8", "surrogatepass") for row, _ in rows]


@pytest.mark.parametrize("other", ["kaizen-index 1/0.0.0 ", "kaizen-index 9 ", "git-index 1 ", ""])
def test_another_version_is_built_anew(ws: Workspace, other: str) -> None:
    expected = settled(ws)
    path = Path(index_path(ws))
    path.write_bytes(other.encode() + path.read_bytes().split(b" ", 2)[2])
    assert settled(ws) == expected
    assert read_index(ws) is not None

"""The export's cache is never trusted: whatever is done to it, the answer is that of a fresh build."""

import json
import random
import time
from pathlib import Path

import pytest

from kaizen_tui.store import fragments
from kaizen_tui.store.fragments import fragments_path, load_fragments, split_fragments
from kaizen_tui.store.index_load import load_index
from kaizen_tui.store.workspace import Workspace


def later() -> int:
    """The clock of an index for which everything in these tests was written long ago."""
    return time.time_ns() + 3600 * 10**9


def write_ticket(ws: Workspace, number: int, title: str) -> Path:
    folder = Path(ws.tickets) / f"KAIZ-{number:03d}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "Kaizen-Tkt.yml"
    path.write_text(f'id: KAIZ-{number:03d}\ntitle: "{title}"\ncomponent: c\nseverity: low\nstatus: draft\n')
    return path


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = Workspace(str(tmp_path))
    for number in range(1, 8):
        write_ticket(made, number, f"title {number}")
    return made


def titles(ws: Workspace, *, write: bool = True) -> list[str]:
    index, _ = load_index(ws, write=write, clock=later)
    return [json.loads(piece)["title"] for piece in split_fragments(load_fragments(ws, index, write=write))]


def test_objects_stand_in_the_order_of_the_index(ws: Workspace) -> None:
    assert titles(ws) == [f"title {number}" for number in range(1, 8)]
    assert titles(ws) == [f"title {number}" for number in range(1, 8)]


def test_a_changed_added_or_removed_ticket_is_seen(ws: Workspace) -> None:
    titles(ws)
    write_ticket(ws, 3, "new words")
    write_ticket(ws, 12, "twelve")
    (Path(ws.tickets) / "KAIZ-005" / "Kaizen-Tkt.yml").unlink()
    (Path(ws.tickets) / "KAIZ-005").rmdir()
    assert titles(ws) == ["title 1", "title 2", "new words", "title 4", "title 6", "title 7", "twelve"]


def test_a_damaged_or_foreign_cache_is_rebuilt(ws: Workspace) -> None:
    expected = titles(ws)
    path = Path(fragments_path(ws))
    whole = path.read_bytes()
    chance = random.Random(7)
    for _ in range(300):
        data = bytearray(whole)
        kind = chance.randrange(3)
        if kind == 0:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[chance.randrange(len(data)) :]
        else:
            data = bytearray(chance.randbytes(chance.randrange(400)))
        path.write_bytes(data)
        assert titles(ws) == expected


def test_a_lone_surrogate_in_a_title_stays_valid_json(ws: Workspace) -> None:
    write_ticket(ws, 1, "\\ud800")
    index, _ = load_index(ws, clock=later)
    body = load_fragments(ws, index)
    assert json.loads(b"[" + body + b"]")
    body.decode("utf-8")


def test_what_did_not_change_is_not_read_again(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    titles(ws)
    read: list[str] = []
    real = fragments.ticket_object
    monkeypatch.setattr(fragments, "ticket_object", lambda ws, row: read.append(row.id) or real(ws, row))
    titles(ws)
    assert read == []
    write_ticket(ws, 3, "changed its length")
    titles(ws)
    assert read == ["KAIZ-003"]


def test_nothing_is_written_when_not_asked(ws: Workspace) -> None:
    assert titles(ws, write=False)
    assert not Path(ws.state).exists()

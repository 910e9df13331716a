"""Tickets in memory: reading only what changed gives what reading everything gives."""

import os
import random
import threading
from pathlib import Path

import pytest

from kaizen_tui.core.states import STATUSES
from kaizen_tui.store.index import load_snapshot
from kaizen_tui.tui.columns import arrange
from kaizen_tui.tui.jobs import Jobs, Loader
from kaizen_tui.tui.messages import SnapshotReady
from kaizen_tui.tui.reading import FEW, Asked, TicketReader
from tests.tui.boards import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "ws")


def reader_of(place: Place) -> TicketReader:
    return TicketReader(place.workspace, write=False, progress=lambda done, total: None)


def test_reading_what_changed_equals_reading_everything(place: Place) -> None:
    dice = random.Random(4)
    for number in range(1, 30):
        place.ticket(number)
    reader = reader_of(place)
    reader.read(Asked())
    for _ in range(60):
        number = dice.randrange(1, 35)
        ticket_id = f"KAIZ-{number:03d}"
        path = place.root / "tickets" / ticket_id / "Kaizen-Tkt.yml"
        what = dice.randrange(5)
        if what == 0 and path.exists():
            path.unlink()
        elif what == 1 and path.exists():
            path.write_text("id: [/]\n", encoding="utf-8")
        elif what == 2 and path.exists():
            (path.parent / "Score-card.json").write_text('{"verdict": "pass"}', encoding="utf-8")
        else:
            place.ticket(number, dice.choice(STATUSES), title=f"Title {dice.random()}")
        columns = reader.read(Asked(frozenset({ticket_id})))
        whole = load_snapshot(place.workspace, write=False)
        assert columns == arrange(whole.rows)
        assert sorted(reader.problems) == sorted(whole.problems)


def test_the_version_changes_with_the_content_only(place: Place) -> None:
    ticket_id = place.ticket(1)
    reader = reader_of(place)
    reader.read(Asked())
    version = reader.version
    os.utime(place.root / "tickets" / ticket_id / "Kaizen-Tkt.yml")
    reader.read(Asked(frozenset({ticket_id})))
    reader.read(Asked())
    assert reader.version == version
    place.ticket(1, title="Another")
    reader.read(Asked(frozenset({ticket_id})))
    assert reader.version > version


def test_tickets_that_are_known_are_not_made_a_second_time(place: Place) -> None:
    place.ticket(1)
    reader = reader_of(place)
    first = reader.read(Asked())
    assert reader.read(Asked()) is first
    place.ticket(1, title="Another")
    changed = reader.read(Asked(frozenset({"KAIZ-001"})))
    assert changed.cards[0][0].title == "Another"
    assert reader.read(Asked()) is changed
    place.ticket(1)  # as it was when everything was read last
    assert reader.read(Asked()).cards[0][0].title == first.cards[0][0].title


def test_many_changes_at_once_are_read_as_a_whole(place: Place) -> None:
    ids = frozenset(place.ticket(number) for number in range(1, FEW + 3))
    reader = reader_of(place)
    reader.read(Asked())
    place.ticket(500)  # not named, but found when everything is looked at
    assert reader.read(Asked(ids)).total == len(ids) + 1


def test_which_tickets_paths_belong_to(place: Place) -> None:
    reader, root = reader_of(place), place.root
    assert reader.tickets_of([f"{root}/tickets/KAIZ-001/Promotion-Log"]) == {"KAIZ-001"}
    assert reader.tickets_of([f"{root}/tickets/KAIZ-001", f"{root}/tickets/KAIZ-002/x"]) == {"KAIZ-001", "KAIZ-002"}
    assert reader.tickets_of([f"{root}/registry/kaizen/config.yml"]) is None
    assert reader.tickets_of([]) is None


async def test_requests_during_a_reading_become_one_more(place: Place) -> None:
    posted: list[int] = []
    asked_for: list[Asked] = []
    go_on = threading.Event()

    def read(generation: int, asked: Asked) -> SnapshotReady:
        asked_for.append(asked)
        go_on.wait()
        return SnapshotReady(generation, arrange([]), (), generation)

    jobs = Jobs(lambda error: None)
    loader = Loader(jobs, read, lambda message: posted.append(message.generation))  # type: ignore[attr-defined]
    for number in range(5):
        loader.request(Asked(frozenset({str(number)}), deep=False))
    go_on.set()
    await jobs.settled()
    assert posted == [1, 2]
    assert asked_for[1] == Asked(frozenset({"1", "2", "3", "4"}), deep=False)
    assert Asked().also(Asked(frozenset({"1"}))) == Asked()


async def test_a_bug_in_a_worker_is_not_swallowed() -> None:
    crashes: list[Exception] = []
    jobs = Jobs(crashes.append)
    jobs.start(lambda: [][1])
    await jobs.settled()
    assert isinstance(crashes[0], IndexError)

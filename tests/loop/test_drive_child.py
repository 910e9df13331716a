"""Which canaries a board's process may drive."""

import json
import threading
from pathlib import Path

import pytest

from kaizen_tui.loop import drive_child
from kaizen_tui.loop.drive_child import Reach
from kaizen_tui.store.ticket_lock import TicketLock
from tests.loop.canary_world import CanaryWorld


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CanaryWorld:
    world = CanaryWorld(tmp_path, monkeypatch)
    monkeypatch.setattr(drive_child, "splitter_of", lambda *_: world.splitter)
    monkeypatch.setattr(drive_child, "source_of", lambda *_: world.source)
    with TicketLock(world.ws, world.id, "act").wait():
        pass  # it was begun from this workspace
    return world


def test_a_splitter_that_does_not_answer_keeps_nobody_waiting(
    world: CanaryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, asked = threading.Event(), []

    def share() -> float:
        asked.append(1)
        assert answers.wait(60)
        return 0.0

    monkeypatch.setattr(world.splitter, "share", share)
    reach = Reach(world.session, patience=0.0)
    assert [reach(world.id) for _ in range(3)] == [False] * 3
    answers.set()
    for thread in threading.enumerate():
        if thread.name == "kaizen-reach":
            thread.join()
    assert reach(world.id)
    assert asked == [1]


def test_one_that_is_away_is_said_and_asked_again(
    world: CanaryWorld, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    reach = Reach(world.session, patience=60.0)
    world.splitter.away = True
    assert not reach(world.id)
    told = json.loads(capfdbinary.readouterr().out)
    assert told == [world.id, "it can't be driven from here: HAProxy can't be reached"]
    world.splitter.away = False
    assert reach(world.id)
    world.splitter.away = True  # from now on that is for the driver
    assert reach(world.id)


def test_an_error_of_the_program_is_not_taken_for_an_answer(
    world: CanaryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> float:
        raise ZeroDivisionError

    monkeypatch.setattr(world.splitter, "share", broken)
    with pytest.raises(ZeroDivisionError):
        Reach(world.session, patience=60.0)(world.id)

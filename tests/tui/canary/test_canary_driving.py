"""Whether the board drives: only what nobody drives, where it was begun, with trust; and what it says at the end."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kaizen_tui.store.ticket_lock import TicketLock
from kaizen_tui.store.trust import trust
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.canary.driving import GRACE, DriveProcess, Driving
from kaizen_tui.tui.canary.reading import MINE
from tests.tui.boards import Place, calm, press, screen_text, until
from tests.tui.canary.canary_boards import Canary
from tests.tui.ticket.ticket_world import write_config


class FakeProcess:
    """Runs until it is stopped."""

    pid = 4711

    def __init__(self) -> None:
        self.stopped = threading.Event()

    def told(self) -> Iterator[tuple[str, str]]:
        yield "KAIZ-014", "it can't be driven from here"
        self.stopped.wait()

    def stop(self) -> None:
        self.stopped.set()


class World:
    def __init__(self, root: Path) -> None:
        self.place = Place(root)
        self.canary = Canary(self.place, begin=15 * 6)
        self.canary.give(0.01)
        self.canary.looks(6)
        self.started: list[FakeProcess] = []

    def driving(self, app: KaizenApp) -> Driving:
        def start(root: str, actor: str) -> FakeProcess:
            self.started.append(FakeProcess())
            return self.started[-1]

        return Driving(app, start)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return World(tmp_path / "ws")


async def test_it_begins_when_nobody_has_driven_for_a_while_and_ends_with_the_board(world: World) -> None:
    app = world.place.app(drive=True)
    driving = world.driving(app)
    alone = [world.canary.standing()]
    driving.look(alone, 100.0)
    driving.look([alone[0]._replace(driven_by="process 1")], 100.0 + GRACE)
    driving.look(alone, 101.0 + GRACE)
    driving.look(alone, 100.0 + 2 * GRACE)
    assert world.started == []
    driving.look(alone, 101.0 + 2 * GRACE)
    driving.look(alone, 102.0 + 2 * GRACE)
    while not driving.troubles:
        threading.Event().wait(0.001)
    assert len(world.started) == 1
    assert driving.mine == "process 4711"
    assert driving.news() == ("KAIZ-014: it can't be driven from here",)
    assert driving.news() == ()
    assert driving.farewell([alone[0]._replace(driven_by=MINE)]).startswith("Nobody drives KAIZ-014 from now on")
    assert driving.farewell([alone[0]._replace(driven_by="process 1")]) == ""
    driving.stop()
    await app.jobs.settled()
    assert world.started[0].stopped.is_set()
    assert driving.mine == ""
    driving.look(alone, 1e9)
    await app.jobs.settled()
    assert len(world.started) == 1


async def test_it_ends_when_there_is_nothing_left_to_drive(world: World) -> None:
    app = world.place.app(drive=True)
    driving, one = world.driving(app), world.canary.standing()
    driving.look([one], 0.0)
    driving.look([one], GRACE)
    while not driving.mine:
        threading.Event().wait(0.001)
    driving.look([one._replace(status="aborted")], GRACE + 1)
    await app.jobs.settled()
    assert driving.mine == ""


async def test_never_without_trust_and_never_read_only(world: World) -> None:
    write_config(world.place.root, "splitters: {edge: {type: command, command: [./share.sh]}}\n")
    for options in ({"drive": True}, {"drive": True, "read_only": True}, {}):
        app = world.place.app(**options)  # type: ignore[arg-type]
        driving = world.driving(app)
        for now in (0.0, GRACE, 2 * GRACE):
            driving.look([world.canary.standing()], now)
            await app.jobs.settled()
        assert world.started == []
    trust(world.place.workspace, {"XDG_DATA_HOME": str(world.place.root.parent / "data")})
    app = world.place.app(drive=True)
    driving = world.driving(app)
    for now in (0.0, GRACE):
        driving.look([world.canary.standing()], now)
    while not world.started:
        threading.Event().wait(0.001)
    driving.stop()
    await app.jobs.settled()


async def test_the_card_and_the_page_say_that_this_board_drives(world: World) -> None:
    app = world.place.app(drive=True)
    lease = TicketLock(world.place.workspace, world.canary.id, "drive").wait()
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            await calm(pilot, app)
            app.main.canaries.reader.mine = lease.holder()
            await press(pilot, app, "5", "enter", "enter", "6")
            await until(pilot, lambda: "this board drives it" in screen_text(app))
    finally:
        lease.release()


@pytest.mark.parametrize(
    ("tells", "end", "last"),
    [
        ("", "exit 1", "the process that drives canaries ended with 1; `kaizen run` says more"),
        ('["KAIZ-014", "so', "kill -9 $$", "the process that drives canaries was killed by signal 9; `kaizen run`"),
        ('["", "the disk is full"]\\n', "exit 6", "the disk is full"),
    ],
)
def test_an_end_that_nobody_asked_for_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tells: str, end: str, last: str
) -> None:
    child = tmp_path / "child"
    child.write_text(f'#!/bin/sh\nprintf \'["KAIZ-014", ""]\\n{tells}\'\n{end}\n')
    child.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(child))
    first, (who, words) = DriveProcess("root", "Ada <ada@x.org>").told()
    assert (first, who) == (("KAIZ-014", ""), "")
    assert words.startswith(last)


def _child(world: World) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-P", "-m", "kaizen_tui.loop.drive_child", str(world.place.root), "Ada <ada@x.org>"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_the_process_drives_nothing_that_was_begun_elsewhere_and_ends_with_its_stdin(world: World) -> None:
    child = _child(world)
    assert child.stdin is not None
    with child:
        child.stdin.close()
        assert child.wait() == 0
        assert child.stdout is not None
        assert child.stderr is not None
        assert (child.stdout.read(), child.stderr.read()) == (b"", b"")


def test_the_process_says_why_it_cannot_drive(world: World) -> None:
    with TicketLock(world.place.workspace, world.canary.id, "act").wait():
        pass  # begun here, and the settings name no splitter
    child = _child(world)
    assert child.stdin is not None
    assert child.stdout is not None
    with child:
        ticket_id, words = json.loads(child.stdout.readline())
        assert ticket_id == world.canary.id
        assert "it can't be driven from here" in words
        child.stdin.close()
        assert child.wait() == 0
    assert world.place.status_of(world.canary.id) == "canary"

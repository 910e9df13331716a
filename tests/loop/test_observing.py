"""`kaizen observe --follow`: looks of one's own where nobody drives the canary, those of others where somebody does."""

from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest

from kaizen_tui.loop.canary_record import Record
from kaizen_tui.loop.driver import Driver
from kaizen_tui.loop.observing import follow
from kaizen_tui.store import observations
from tests.loop.canary_world import CanaryWorld


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CanaryWorld:
    world = CanaryWorld(tmp_path, monkeypatch)
    Driver(world.session, world.id, {}).tick()
    world.pass_time(15)
    return world


class EnoughError(Exception):
    """The watching ends."""


class Watched:
    """Somebody who watches: `asleep` is done each quarter of a second that passes; `now` is nobody's to set."""

    def __init__(self, world: CanaryWorld, asleep: Callable[[], object] = list) -> None:
        self._world, self._asleep = world, asleep
        self.now = 0.0
        self.looks = follow(world.session, world.id, self._sleep, lambda: self.now)

    def _sleep(self, seconds: object) -> None:
        assert isinstance(seconds, float)
        self.now += seconds
        self._world.pass_time(seconds)
        self._asleep()


def test_a_look_each_interval_whatever_is_done_to_the_clock(world: CanaryWorld) -> None:
    def meddle() -> None:
        if watched.now == 40:
            world.clock -= timedelta(hours=1)
        if watched.now == 80:
            raise EnoughError

    asked: list[float] = []
    watched = Watched(world, meddle)
    world.source.before = lambda _component, version: asked.append(watched.now) if version == "canary" else None
    with pytest.raises(EnoughError):
        list(watched.looks)
    assert asked == [0.0, 15.0, 30.0, 45.0, 60.0, 75.0]


def test_what_others_saw_is_read_once(world: CanaryWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    whole: list[str] = []
    read = observations.read_observations
    monkeypatch.setattr(observations, "read_observations", lambda ws, one: whole.append(one) or read(ws, one))
    driver = Driver(world.session, world.id, {})
    driver.tick()
    watched = Watched(world, lambda: driver.tick() if watched.now % 15 == 0 else None)
    before = len(whole)
    seen = list(islice(watched.looks, 12))
    assert len(whole) - before <= 2  # at its beginning
    assert seen[-1].slis[0].looks >= 10
    assert seen[-1].data_at == Record(world.ws, world.id).data_at

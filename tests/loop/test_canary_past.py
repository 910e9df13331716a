"""What the baseline's past says is asked for once, kept with the observations, and used by whoever judges them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kaizen_tui.analysis.canary import Canary
from kaizen_tui.analysis.line_format import configuration_of, measure_of
from kaizen_tui.analysis.measures import Look
from kaizen_tui.analysis.verdict import Verdict
from kaizen_tui.core.canary_plan import promote_ratio
from kaizen_tui.core.canary_state import CanaryState
from kaizen_tui.loop import observing
from kaizen_tui.loop.canary_acts import state_of
from kaizen_tui.loop.canary_past import PIECE, prepared
from kaizen_tui.loop.canary_record import Record
from kaizen_tui.loop.driver import Driver
from kaizen_tui.loop.rollouts import judge_settings, plan_of
from kaizen_tui.metrics.source import Counter, Counters, Past, UnreachableError
from tests.loop.canary_world import CanaryWorld


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CanaryWorld:
    return CanaryWorld(tmp_path, monkeypatch)


class Clustered:
    """Two processes whose failures come four at a time, for as many looks as asked for; `looks` in all."""

    def __init__(self, end: float, step: float, looks: int = 10_000) -> None:
        bad = 4 * np.random.default_rng(3).poisson(15, (2, looks))
        self.bad, self.end, self.step, self.looks = np.cumsum(bad, axis=1), end, step, looks
        self.asked: list[tuple[float, float, float]] = []

    def __call__(self, start: float, end: float, step: float) -> Past:
        self.asked.append((start, end, step))
        times = np.arange(start, end + step / 2, step)
        return Past(tuple(self.at(float(at)) for at in times))

    def at(self, at: float) -> Counters:
        place = min(self.looks - 1, self.looks - 1 + round((at - self.end) / self.step))
        if place < 0:
            return Counters(at, ())
        counters = []
        for nth, name in enumerate("ab"):
            counters += [Counter("total", name, 10_000 * place), Counter("bad", name, int(self.bad[nth, place]))]
        return Counters(at, tuple(counters))


def config_of(world: CanaryWorld) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(Path(world.ws.observations_path(world.id)).read_text().splitlines()[0])
    return line


def judged_again(world: CanaryWorld, config: dict[str, Any]) -> list[Verdict]:
    """The recorded looks under a configuration, as `kaizen judge` takes them."""
    canary, found = Canary(configuration_of(config).settings), []
    (sli,) = canary.settings.slis
    for text in Path(world.ws.observations_path(world.id)).read_text().splitlines()[1:]:
        line = json.loads(text)
        arms = [{name: measure_of(sli, value) for name, value in line[arm].items()} for arm in ("baseline", "canary")]
        found.append(canary.look(Look(line["t"], *arms, line.get("share"))))
    return found


def test_the_dispersion_of_the_past_is_frozen_with_the_first_look(world: CanaryWorld) -> None:
    world.source.past = past = Clustered(world.clock.timestamp() + 15, 15.0)
    world.source.bad["canary"] = 0.02
    driver = Driver(world.session, world.id, {})
    driver.tick()
    world.pass_time(15)
    report = driver.tick()
    assert report.trouble == "errors_pct: first reading"
    first = config_of(world)["slis"][0]
    assert first["dispersion"] == pytest.approx(4.8, rel=0.2)
    assert "vary" in first["note"]
    asked = len(past.asked)
    assert asked == 6
    assert past.asked[0][1] - past.asked[0][0] == (PIECE - 1) * 15
    assert past.asked[1][1] == past.asked[0][0] - 15  # the pieces lie end to end
    world.source.past = Clustered(0.0, 15.0, 0)  # what is said later changes nothing
    while not driver.tick().ended:
        world.pass_time(15)
    assert len(past.asked) == asked
    assert config_of(world)["slis"][0] == first
    verdict = world.entries("verdict")[-1]
    assert verdict["history"] == first["note"]
    # The file judged again says the same; without the dispersion it would have been sooner.
    again = judged_again(world, config_of(world))
    assert [one.answer for one in again].index("rollback") == len(again) - 1
    assert again[-1] == Record(world.ws, world.id).verdict
    sooner = judged_again(world, {**config_of(world), "slis": [{**first, "dispersion": 1.0}]})
    assert [one.answer for one in sooner].index("rollback") < len(again) - 1


def test_without_a_past_it_says_so_and_events_count_as_independent(world: CanaryWorld) -> None:
    driver = Driver(world.session, world.id, {})
    driver.tick()
    world.pass_time(15)
    report = driver.tick()
    assert "first reading; too little history (0 of 240 looks" in report.trouble
    assert config_of(world)["slis"][0]["dispersion"] == 1.0
    world.pass_time(15)
    assert driver.tick().trouble == ""
    (sli,) = observing.observe(world.session, world.id).slis
    assert (sli.dispersion, sli.block) == (1.0, None)
    assert "too little history" in sli.history


def test_the_first_look_waits_for_a_server_that_is_away(world: CanaryWorld) -> None:
    def away(*_: float) -> Past:
        raise UnreachableError("no answer")

    world.source.past = away
    driver = Driver(world.session, world.id, {})
    driver.tick()
    world.pass_time(15)
    assert "no answer" in driver.tick().trouble
    assert not Path(world.ws.observations_path(world.id)).exists()
    world.source.past = Clustered(world.clock.timestamp(), 15.0)
    world.pass_time(15)
    driver.tick()
    assert config_of(world)["slis"][0]["dispersion"] > 3


def test_more_of_the_past_is_read_where_the_estimate_needs_it(world: CanaryWorld) -> None:
    plan = plan_of(world.ws, world.id)
    settings = judge_settings(plan, 0.01)
    now = world.clock.timestamp()

    def read(past: Clustered) -> tuple[float, str, int]:
        world.source.past = past
        found = prepared(settings, world.source, "web", now, 15.0)
        return found.settings.slis[0].dispersion, found.notes["errors_pct"], len(past.asked)

    assert read(Clustered(now, 15.0, 300))[2] == 3  # two pieces, and one that is empty
    rare = Clustered(now, 15.0)
    rare.bad[:] = np.arange(rare.looks) // 10 * 4  # both fail at every tenth look
    dispersion, note, asked = read(rare)
    assert asked == 11
    assert "by 263 looks in 2 processes" in note
    assert dispersion == 1.0

    def refused(*_: float) -> Past:
        return Past((), "no answer within 3 s")

    world.source.past = refused
    assert "(no answer within 3 s)" in prepared(settings, world.source, "web", now, 15.0).notes["errors_pct"]


def test_nothing_is_asked_before_the_canary_has_users(world: CanaryWorld) -> None:
    world.source.past = past = Clustered(world.clock.timestamp(), 15.0)
    Driver(world.session, world.id, {}).tick()
    assert past.asked == []
    assert isinstance(observing.observe(world.session, world.id).state, CanaryState)


def test_a_step_before_the_first_look_is_tested_against_its_own_ratio(world: CanaryWorld) -> None:
    """The past was read, then the server was gone, and a person gave the next step."""
    state = state_of(world.session, world.id)
    assert state is not None
    record = Record(world.ws, world.id, state.since)
    record.begin(judge_settings(plan_of(world.ws, world.id), 0.01), 0.01, {})
    begun = record.extent
    Record(world.ws, world.id).step(0.01)
    assert Record(world.ws, world.id).extent == begun
    record.step(0.1)
    for one in (record, Record(world.ws, world.id)):
        assert one.settings is not None
        assert [sli.promote_ratio for sli in one.settings.slis] == [promote_ratio(0.1)]
        assert one.share == 0.1

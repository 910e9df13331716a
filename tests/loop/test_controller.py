"""A canary on a clock that the test turns: judged, stepped, paused, rolled back, released, resumed by another."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from kaizen_tui.cli.canary_output import report_exit
from kaizen_tui.core.errors import ConflictError
from kaizen_tui.core.unmet import Decision
from kaizen_tui.loop import govern, learn, observing
from kaizen_tui.loop.canary_record import Record
from kaizen_tui.loop.controller import Controller, Ears
from kaizen_tui.loop.driver import Driver, Report
from kaizen_tui.loop.verify import verify
from kaizen_tui.store.ticket_lock import TicketLock
from kaizen_tui.traffic.splitter import SplitterError
from tests.loop.canary_world import CanaryWorld


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CanaryWorld:
    return CanaryWorld(tmp_path, monkeypatch)


def drive(world: CanaryWorld, looks: int, until: Callable[[Report], bool], *, anew: bool = False) -> Report:
    """Looks on and on; with `anew`, a new controller for each look."""
    driver = Driver(world.session, world.id, {})
    for _ in range(looks):
        report = driver.tick()
        if until(report):
            return report
        world.pass_time(15)
        if anew:
            driver = Driver(world.session, world.id, {})
    raise AssertionError(f"never: {report}")


def at(share: float) -> Callable[[Report], bool]:
    return lambda report: report.state is not None and report.state.share == share


@pytest.mark.parametrize("anew", [False, True])
def test_a_bad_canary_goes_back_and_the_ticket_is_aborted_with_evidence(world: CanaryWorld, anew: bool) -> None:
    world.source.bad["canary"] = 0.05
    report = drive(world, 100, lambda one: one.ended, anew=anew)
    assert (report.status, world.splitter.given) == ("aborted", 0.0)
    verdict = world.entries("verdict")[-1]
    assert (verdict["verdict"], verdict["sli"], verdict["share"]) == ("rollback", "errors_pct", 0.01)
    assert verdict["evidence"] >= verdict["needed"] == 20
    last = world.entries("rollout")[-1]
    assert (last["action"], last["verified"], last["baseline"]) == (
        "rollback",
        True,
        {"errors_pct": "within its target"},
    )
    assert "worse than the baseline" in world.entries("status")[-1]["reason"]
    assert world.log.problems == ()


@pytest.mark.parametrize("anew", [False, True])
def test_a_good_canary_climbs_and_is_released_only_through_the_gate(
    world: CanaryWorld, anew: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive(world, 3, at(0.01))
    drive(world, 400, at(0.1), anew=anew)
    report = drive(world, 400, lambda one: one.state is not None and one.state.verdict == "promote", anew=anew)
    for _ in range(5):
        world.pass_time(15)
        report = Driver(world.session, world.id, {}).tick()
    assert (report.acts[-1].kind, world.splitter.given, world.status) == ("wait", 0.1, "canary")
    assert len(world.entries("verdict")) == 1
    assert "approval" in report.acts[-1].reason
    steps = [one["to"] for one in world.entries("rollout") if one["verified"]]
    assert steps == [0.01, 0.1]

    def opened(_session: object, ticket_id: str, target: str, **_: object) -> Decision:
        return Decision(True, target, True, ticket=ticket_id, current="canary")

    monkeypatch.setattr(Driver, "_gate", lambda self: opened(None, self.id, "complete"))
    moved: list[str] = []
    monkeypatch.setattr("kaizen_tui.loop.govern.move", lambda *a, **k: (moved.append(a[2]), opened(*a, **k))[1])
    Driver(world.session, world.id, {}).tick()
    assert world.splitter.given == 1.0
    assert moved[0] == "complete"


def test_evidence_for_a_promotion_goes_on_while_people_are_asked(world: CanaryWorld) -> None:
    driver = Driver(world.session, world.id, {})
    drive(world, 400, lambda one: one.state is not None and one.state.verdict == "promote")
    gathered = []
    for _ in range(12):
        world.pass_time(15)
        driver.tick()
        verdict = Record(world.ws, world.id).verdict
        assert verdict is not None
        assert verdict.answer == "promote"
        gathered.append(verdict.log_e_promote)
    assert gathered == sorted(set(gathered))
    lines = [json.loads(line) for line in Path(world.ws.observations_path(world.id)).read_text().splitlines()]
    assert [line["type"] for line in lines].count("stay") == 1


@pytest.mark.parametrize("waits_for", ["the approvals", "its least time"])
def test_a_promoted_canary_that_turns_bad_goes_back(world: CanaryWorld, waits_for: str) -> None:
    if waits_for == "its least time":
        text = world.component.read_text().replace("max_duration: 1d", "min_duration: 12h, max_duration: 1d")
        world.component.write_text(text)
        drive(world, 400, lambda one: bool(one.acts) and "good so far" in one.acts[-1].reason)
    else:
        drive(world, 400, lambda one: one.state is not None and one.state.verdict == "promote")
    world.source.bad["canary"] = 0.05
    report = drive(world, 100, lambda one: one.ended)
    assert (report.status, world.splitter.given) == ("aborted", 0.0)
    last = world.entries("verdict")[-1]
    assert (last["verdict"], last["sli"]) == ("rollback", "errors_pct")


def test_what_kaizen_judge_says_of_the_file_is_what_was_decided(world: CanaryWorld) -> None:
    world.source.bad["canary"] = 0.05
    drive(world, 100, lambda one: one.ended)
    lines = [json.loads(line) for line in Path(world.ws.observations_path(world.id)).read_text().splitlines()]
    assert [line["type"] for line in lines[:2]] == ["config", "obs"]
    assert Record(world.ws, world.id).judged.answer == "rollback"
    assert lines[3]["canary"]["errors_pct"]["total"] == 150


def test_no_numbers_means_nobody_until_they_come_back(world: CanaryWorld) -> None:
    driver = Driver(world.session, world.id, {})
    driver.tick()
    world.pass_time(15)
    driver.tick()
    world.source.away = True
    for _ in range(9):
        world.pass_time(15)
        report = driver.tick()
    assert "no answer" in report.trouble
    assert world.splitter.given == 0.0
    assert world.entries("rollout")[-1]["cause"] == "blind"
    world.source.away = False
    world.pass_time(15)
    driver.tick()
    assert world.splitter.given == 0.01


def test_a_splitter_away_is_said_at_once_and_a_short_while_costs_nothing(world: CanaryWorld) -> None:
    driver = Driver(world.session, world.id, {})
    driver.tick()
    world.splitter.away = True
    world.pass_time(15)
    report = driver.tick()
    assert report.acts[0].kind == "lost"
    assert "can't be reached" in world.entries("rollout")[-1]["reason"]
    world.splitter.away, world.splitter.given = False, 0.0
    world.pass_time(15)
    driver.tick()
    assert world.splitter.given == 0.01
    world.splitter.away = True
    for _ in range(20):
        world.pass_time(15)
        driver.tick()
    assert world.status == "canary"  # nobody can say yet that it is over
    world.splitter.away = False
    world.pass_time(15)
    driver.tick()
    assert (world.status, world.splitter.given) == ("aborted", 0.0)


def test_a_share_that_is_not_taken_goes_back(world: CanaryWorld) -> None:
    def refuse(share: float) -> None:
        if share:
            raise SplitterError("HAProxy did not take limit 100")

    world.splitter.before = refuse
    driver = Driver(world.session, world.id, {})
    driver.tick()
    world.pass_time(15)
    driver.tick()
    assert (world.status, world.splitter.given) == ("aborted", 0.0)
    assert "did not take limit 100" in world.entries("status")[-1]["reason"]


def test_a_pause_that_the_splitter_has_not_heard_of_says_so_and_is_carried_out_later(world: CanaryWorld) -> None:
    driver = Driver(world.session, world.id, {})
    drive(world, 3, at(0.01))
    world.splitter.away = True
    with pytest.raises(SplitterError) as refused:
        learn.pause(world.session, world.id, "lunch", {})
    assert f"users may have the canary still: `kaizen run {world.id}` takes it back" in str(refused.value)
    world.splitter.away = False
    driver.tick()
    assert world.splitter.given == 0.0
    assert driver.tick().acts[-1].reason == "paused: lunch"


def test_a_person_pauses_resumes_and_aborts(world: CanaryWorld) -> None:
    driver = Driver(world.session, world.id, {})
    driver.tick()
    learn.pause(world.session, world.id, "lunch", {})
    assert world.splitter.given == 0.0
    for _ in range(3):
        world.pass_time(15)
        assert driver.tick().acts[-1].reason == "paused: lunch"
    assert learn.resume(world.session, world.id, "back", {}) == 0.01
    assert world.splitter.given == 0.01
    assert learn.abort(world.session, world.id, "a customer called", {}).allowed
    assert (world.status, world.splitter.given) == ("aborted", 0.0)
    assert driver.tick().ended


def test_advice_touches_nothing(world: CanaryWorld) -> None:
    for _ in range(3):
        Driver(world.session, world.id, {}, advise=True).tick()
        world.pass_time(15)
    assert world.splitter.history == []
    assert [one["advice"]["kind"] for one in world.entries("comment")] == ["set_share"]


def test_one_drives_and_the_other_waits(world: CanaryWorld) -> None:
    said: list[str] = []
    lease = TicketLock(world.ws, world.id, "drive")
    assert lease.take()
    with pytest.raises(ConflictError, match="drives"):
        learn.learn(world.session, world.id, {})
    ears = Ears(lambda _report: None, lambda _id, words: said.append(words))
    controller = Controller(world.session, [world.id], {}, ears, lambda _: None, clock=world.seconds)
    controller.round()
    assert "waiting" in said[0]
    assert world.splitter.history == []
    lease.release()
    world.pass_time(15)
    controller.round()
    assert world.splitter.history == [0.01]


def test_what_cannot_be_driven_is_no_canary_that_waits(world: CanaryWorld) -> None:
    def once(*ids: str) -> Controller:
        ears = Ears(lambda _report: None, lambda _id, _words: None)
        controller = Controller(world.session, ids, {}, ears, lambda _: None, clock=world.seconds)
        controller.run(once=True)
        world.pass_time(15)
        return controller

    assert (once().failed, once(world.id).failed) == (set(), set())
    text = world.component.read_text()
    world.component.write_text("id: [")
    assert (once().failed, once(world.id).failed) == ({world.id}, {world.id})
    assert report_exit(learn.learn(world.session, world.id, {})) == 6
    world.component.write_text(text)
    assert once(world.id).failed == set()
    assert report_exit(learn.learn(world.session, world.id, {})) == 7


def test_without_a_canary_it_says_that_it_waits(world: CanaryWorld) -> None:
    assert learn.abort(world.session, world.id, "a customer called", {}).allowed
    said: list[tuple[str, str]] = []

    def pause(_: float) -> None:
        world.pass_time(5)
        if world.seconds() > 60:
            raise KeyboardInterrupt

    ears = Ears(lambda _report: None, lambda one, words: said.append((one, words)))
    controller = Controller(world.session, [], {}, ears, pause, clock=world.seconds)
    with pytest.raises(KeyboardInterrupt):
        controller.run()
    assert said == [("tickets", "none is in canary; waiting for one")]


def test_a_broken_file_ends_in_nobody_having_the_canary(world: CanaryWorld) -> None:
    driver = Driver(world.session, world.id, {})
    driver.tick()
    text = world.component.read_text()
    world.component.write_text("id: [")
    for _ in range(10):
        world.pass_time(15)
        report = driver.tick()
    assert "web.yml" in report.trouble
    assert world.splitter.given == 0.0
    world.component.write_text(text)
    world.pass_time(15)
    driver.tick()
    assert world.splitter.given == 0.01


def test_the_log_proves_the_observations(world: CanaryWorld) -> None:
    world.source.bad["canary"] = 0.05
    drive(world, 100, lambda one: one.ended)
    assert verify(world.session, [world.id])[0].ok
    path = Path(world.ws.observations_path(world.id))
    text = path.read_text()
    path.write_text(text.replace('"total":150', '"total":151'))
    assert "observations" in verify(world.session, [world.id])[0].problems[0].message
    path.unlink()
    assert not verify(world.session, [world.id])[0].ok


@pytest.mark.parametrize("anew", [False, True])
def test_traffic_that_does_not_come_is_told_stops_the_promotion_and_ends_it(world: CanaryWorld, anew: bool) -> None:
    drive(world, 3, at(0.01))
    world.source.reach = 0.1
    held = drive(world, 30, lambda one: one.judged.answer == "hold", anew=anew)
    assert (held.acts[0].kind, held.acts[-1].kind) == ("hold", "wait")
    entry = world.entries("verdict")[-1]
    assert (entry["verdict"], entry["traffic"]) == ("hold", "too little")
    assert "less than half of the traffic" in entry["note"]
    seen = observing.observe(world.session, world.id)
    assert (seen.judged.answer, seen.traffic) == ("hold", "too little")
    report = drive(world, 125, lambda one: one.ended, anew=anew)
    assert (report.status, world.splitter.given) == ("aborted", 0.0)
    assert [one["verdict"] for one in world.entries("verdict")] == ["hold", "inconclusive"]
    assert "for 30 min the canary gets less than half" in world.entries("status")[-1]["reason"]
    assert [one["to"] for one in world.entries("rollout") if one["verified"]] == [0.01, 0]


def test_traffic_that_comes_back_in_time_costs_nothing(world: CanaryWorld) -> None:
    drive(world, 3, at(0.01))
    for _ in range(2):
        world.source.reach = 0.1
        drive(world, 40, lambda one: one.judged.answer == "hold")
        world.source.reach = 1.0
        drive(world, 40, lambda one: one.judged.answer == "wait")
    assert [one["verdict"] for one in world.entries("verdict")] == ["hold", "hold"]  # each is told
    drive(world, 400, at(0.1))


def test_an_approval_names_the_observations_of_its_moment(world: CanaryWorld) -> None:
    drive(world, 3, at(0.01))
    drive(world, 400, lambda one: one.state is not None and one.state.verdict == "promote")
    bob = world.session._replace(actor="Bob <bob@example.org>")
    told = govern.approve(bob, world.id).entry.fields["observations"]
    path = Path(world.ws.observations_path(world.id))
    assert told == {"sha256": sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
    world.pass_time(15)
    Driver(world.session, world.id, {}).tick()  # looks go on
    assert verify(world.session, [world.id])[0].ok
    path.write_text(path.read_text().replace('"total":150', '"total":151', 1))
    assert any("this approval rests on" in one.message for one in verify(world.session, [world.id])[0].problems)


def test_a_torn_line_is_cut(world: CanaryWorld) -> None:
    driver = Driver(world.session, world.id, {})
    for _ in range(3):
        driver.tick()
        world.pass_time(15)
    path = Path(world.ws.observations_path(world.id))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"type":"obs","t":')
    Driver(world.session, world.id, {}).tick()
    assert path.read_bytes().startswith(whole)
    assert all(json.loads(line) for line in path.read_text().splitlines())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("t", "1" + "0" * 400), ("t", "NaN"), ("aborts", '{"errors_pct > 50 %": NaN}'),
        ("step", "1e308"), ("step", "NaN"), ("step", "1" + "0" * 400),
        ("share", "0"), ("share", "1"), ("share", '"x"'), ("share", "1e999"),
        ("raw", '{"errors_pct": [[1' + "0" * 400 + ", {}], null]}"),
    ],
)  # fmt: skip
def test_numbers_that_are_none_are_said_with_their_line_and_end_no_controller(
    world: CanaryWorld, key: str, value: str
) -> None:
    driver = Driver(world.session, world.id, {})
    for _ in range(4):
        driver.tick()
        world.pass_time(15)
    path = Path(world.ws.observations_path(world.id))
    *before, last = path.read_text().splitlines()
    told = json.loads(last)
    told[key] = "HERE"
    path.write_text("\n".join([*before, json.dumps(told).replace('"HERE"', value)]) + "\n")
    assert f"observations.jsonl:{len(before) + 1}" in Driver(world.session, world.id, {}).tick().trouble

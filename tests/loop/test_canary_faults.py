"""What may happen to a canary while it is driven: full disks, clocks that jump, edited files, slow servers.

The clock is the test's; splitter and metrics server are objects of this process. tests/e2e has the same with real ones.
"""

import errno
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kaizen_tui.analysis.replay import Replay
from kaizen_tui.core.canary_plan import Judged
from kaizen_tui.core.canary_state import CRITERION, EVIDENCE, canary_state
from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.core.unmet import Decision
from kaizen_tui.loop import learn
from kaizen_tui.loop.canary_record import Record
from kaizen_tui.loop.canary_standing import Follower
from kaizen_tui.loop.controller import Controller, Ears
from kaizen_tui.loop.deploy import deploy
from kaizen_tui.loop.driver import Driver, Report
from kaizen_tui.loop.lint import lint
from kaizen_tui.loop.plan import NewTicket, new_ticket
from kaizen_tui.loop.verify import verify
from kaizen_tui.metrics.source import Instant, Version
from kaizen_tui.store import files, observations
from kaizen_tui.store.lock import Lock
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.yaml_edit import SetList, SetText
from tests.loop.canary_world import CanaryWorld
from tests.store.faulty import Faulty, failing, short_then_full


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CanaryWorld:
    return CanaryWorld(tmp_path, monkeypatch)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """`full_disk(True)`: from now on every write finds the disk full, after half of its bytes."""

    def fill(full: bool) -> None:
        fault = Faulty(-1, short_then_full, sticky=lambda name: name == "write") if full else files.SystemCalls()
        monkeypatch.setattr(files, "sys", fault)

    return fill


def running(world: CanaryWorld, looks: int = 3) -> Driver:
    """Its driver, the first share being in effect."""
    driver = Driver(world.session, world.id, {})
    for _ in range(looks):
        driver.tick()
        world.pass_time(15)
    assert world.splitter.given == 0.01
    return driver


def looks(world: CanaryWorld, driver: Driver, count: int) -> Report:
    for _ in range(count):
        report = driver.tick()
        world.pass_time(15)
    return report


def controlled(world: CanaryWorld, *ids: str, **more: Any) -> tuple[Controller, list[Report], list[str]]:
    """A controller whose clock is the world's, what it reports and what it says."""
    reports: list[Report] = []
    said: list[str] = []
    ears = Ears(reports.append, lambda ticket_id, what: said.append(f"{ticket_id}: {what}"))
    clock = more.pop("clock", world.seconds)
    return Controller(world.session, ids, {}, ears, lambda _seconds: None, clock=clock, **more), reports, said


# ---------------------------------------------------------------- an abort criterion is a promise of its own


@pytest.mark.parametrize("anew", [False, True])
def test_an_abort_criterion_that_holds_three_times_rolls_back_with_its_own_cause(
    world: CanaryWorld, anew: bool
) -> None:
    world.edit(SetList("abort_criteria", ["errors_pct > 50 %"]))
    driver = running(world, 1)
    world.source.bad["canary"] = 0.6
    # The judge alone would say it as well, and sooner: it must not.
    world.source.faults["canary"] = -1e9
    ticks = 0
    while world.status == "canary":
        driver = Driver(world.session, world.id, {}) if anew else driver
        report = driver.tick()
        world.pass_time(15)
        ticks += 1
        assert ticks < 10
    assert ticks == 3
    act = next(one for one in report.acts if one.kind == "rollback")
    assert act.cause == CRITERION
    verdict = world.entries("verdict")[-1]
    assert (verdict["verdict"], verdict["cause"]) == ("rollback", "abort_criterion")
    assert (verdict["criterion"], verdict["value"], verdict["held_looks"]) == ("errors_pct > 50 %", 60.0, 3)
    assert "evidence" not in verdict  # no test said so, and none is claimed
    assert world.entries("rollout")[-2]["cause"] == "abort_criterion"
    assert "errors_pct > 50 % (60)" in world.entries("status")[-1]["reason"]


@pytest.mark.parametrize("kind", ["ratio", "gauge"])
def test_what_the_canary_before_did_ends_none_as_far_back_as_a_value_reaches(
    world: CanaryWorld, monkeypatch: Any, kind: str
) -> None:
    began = world.seconds()
    if kind == "gauge":
        text = world.component.read_text()
        gauge = "    - {name: depth, threshold: '10', abort_threshold: '50', sli: {type: gauge, metric: depth}}\n"
        world.component.write_text(text.replace("rollout:", gauge + "rollout:", 1))
    world.edit(SetList("abort_criteria", ["errors_pct > 50 %" if kind == "ratio" else "depth > 50"]))
    monkeypatch.setattr(world.source, "instant", lambda *_: Instant(60.0, world.seconds()))
    driver = running(world)
    while world.status == "canary":
        looks(world, driver, 1)
    lasted = world.seconds() - began
    assert world.entries("verdict")[-1]["cause"] == CRITERION
    # It held before the canary had any user: only a value that reaches no further back counts, at three looks.
    assert lasted == (345 if kind == "ratio" else 60)


def test_a_rate_that_is_low_for_a_part_of_the_users_ends_no_canary(world: CanaryWorld, monkeypatch: Any) -> None:
    text = world.component.read_text()
    rate = "    - {name: served_per_s, threshold: '100', abort_threshold: '50', sli: {type: rate, counter: served}}\n"
    world.component.write_text(text.replace("rollout:", rate + "rollout:", 1))
    world.edit(SetList("abort_criteria", ["served_per_s < 50"]))
    (warning,) = [one for one in lint(world.session, [world.id]) if "served_per_s" in one.message]
    assert "its rate is that of a part of the users" in warning.message
    low = Instant(10.0, world.seconds())
    monkeypatch.setattr(world.source, "instant", lambda *asked: low if asked[2] > world.began else Instant(None, None))
    looks(world, running(world), 6)
    assert world.status == "canary"
    world.edit(SetList("abort_criteria", ["served_per_s > 5"]))
    assert not any("served_per_s" in one.message for one in lint(world.session, [world.id]))
    looks(world, Driver(world.session, world.id, {}), 4)
    assert (world.status, world.splitter.given) == ("aborted", 0.0)


def test_one_look_without_it_begins_the_count_anew(world: CanaryWorld) -> None:
    world.edit(SetList("abort_criteria", ["errors_pct > 50 %"]))
    driver = running(world)
    for bad in (0.6, 0.6, 0.005, 0.6, 0.6, 0.005):
        world.source.bad = {"baseline": bad, "canary": bad}
        driver.tick()
        world.pass_time(15)
    assert world.status == "canary"
    lines = [json.loads(line) for line in Path(world.ws.observations_path(world.id)).read_text().splitlines()]
    assert [line["aborts"] for line in lines[-2:]] == [{"errors_pct > 50 %": 60.0}, {}]


def test_the_judges_roll_back_has_the_cause_that_alpha_bounds(world: CanaryWorld) -> None:
    driver = running(world)
    world.source.bad["canary"] = 0.2
    while world.status == "canary":
        looks(world, driver, 1)
    assert world.entries("verdict")[-1]["cause"] == EVIDENCE


def test_a_criterion_that_nobody_can_answer_for_doesnt_stop_the_judge(world: CanaryWorld, monkeypatch: Any) -> None:
    world.edit(SetList("abort_criteria", ["errors_pct > 50 %"]))
    driver = running(world)

    def away(*_: object) -> None:
        raise TimeoutError("no answer within 3 s")

    monkeypatch.setattr(world.source, "instant", away)
    assert "abort criteria can't be looked at: no answer within 3 s" in driver.tick().trouble
    world.source.bad["canary"] = 0.3
    world.pass_time(15)
    while world.status == "canary":
        looks(world, driver, 1)
    assert world.entries("verdict")[-1]["cause"] == EVIDENCE


def test_what_a_look_finds_bad_is_at_nobody_before_anything_else_is_asked(world: CanaryWorld, monkeypatch: Any) -> None:
    driver = running(world)
    world.source.bad["canary"] = 0.5
    order: list[str] = []
    world.source.before = lambda _component, version: order.append(f"counters of the {version}")
    world.splitter.before = lambda share: order.append(f"share {share:g}")
    instant = world.source.instant

    def asked(component: str, metric: str, at: float, version: Version = "") -> Instant:
        order.append(f"value of the {version}")
        return instant(component, metric, at, version)

    monkeypatch.setattr(world.source, "instant", asked)
    while world.status == "canary":
        order.clear()
        driver.tick()
        world.pass_time(15)
    looked = ["counters of the baseline", "counters of the canary"]
    assert order == [*looked, "share 0", "value of the baseline"]


# ---------------------------------------------------------------- the metrics server


def test_an_empty_metrics_server_is_as_good_as_none(world: CanaryWorld) -> None:
    driver = running(world)
    world.source.empty = True
    report = looks(world, driver, 10)
    assert world.splitter.given == 0.0
    assert "no series" in report.trouble
    assert world.entries("rollout")[-1]["cause"] == "blind"
    words = "no numbers of both versions for 2 min: errors_pct: baseline: the query returned no series"
    assert world.entries("rollout")[-2]["reason"] == words
    world.source.empty = False
    # It counts from zero now, as a new one does.
    world.source.total = dict.fromkeys(world.source.total, 0.0)
    world.source.faults = dict.fromkeys(world.source.faults, 0.0)
    looks(world, driver, 2)
    assert (world.splitter.given, world.status) == (0.01, "canary")


@pytest.mark.parametrize("dead", ["both", "canary"])
def test_numbers_that_are_answered_and_come_in_no_more_are_none(world: CanaryWorld, dead: str) -> None:
    driver = running(world)
    end = world.seconds()
    world.source.measured = lambda version, at: min(at, end) if dead in ("both", version) else at
    assert looks(world, driver, 4).trouble == ""
    report = looks(world, driver, 3)
    assert world.splitter.given == 0.01
    assert report.trouble == "errors_pct: no newer numbers for 1 min"
    looks(world, driver, 3)
    assert world.seconds() - end == 150  # max_blind and two looks, of which the second found it so
    assert (world.splitter.given, world.entries("rollout")[-1]["cause"]) == (0.0, "blind")
    assert Record(world.ws, world.id).data_at == end
    world.source.measured = lambda _version, at: at
    looks(world, driver, 2)
    assert (world.splitter.given, world.status) == (0.01, "canary")


def test_looks_are_taken_more_often_than_numbers_come_in_and_nothing_is_said_of_that(world: CanaryWorld) -> None:
    minute = {"baseline": 0.0, "canary": 30.0}  # each is scraped once a minute, half a minute apart
    world.source.measured = lambda version, at: (at - minute[version]) // 60 * 60 + minute[version]
    driver = running(world)
    for _ in range(60):
        report = looks(world, driver, 1)
        assert report.trouble in ("", "errors_pct: first reading")
    assert {one["action"] for one in world.entries("rollout")} == {"set_share"}
    assert world.splitter.given == 0.1


def test_what_no_judge_can_be_told_starts_no_canary_and_ends_no_controller(
    world: CanaryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = world.component.read_text()
    world.component.write_text(text.replace("look: 15s, max_duration: 1d", "look: 1ms, max_duration: 100000d"))
    assert "web can't be judged: `planned_looks`" in looks(world, Driver(world.session, world.id, {}), 2).trouble
    other = new_ticket(world.session, NewTicket(title="Cap it more", component="web", owner="bob")).id
    monkeypatch.setattr("kaizen_tui.loop.govern.why", lambda *_: {"canary": Decision(True, "canary", False)})
    monkeypatch.setattr("kaizen_tui.loop.deploy.source_of", lambda *_: world.source)
    with pytest.raises(UsageError, match="web can't be judged"):
        deploy(world.session, other, None, {})
    assert read_log(read_log_bytes(world.ws.log_path(other))).events("rollout") == ()


# ---------------------------------------------------------------- a full disk


def test_a_full_disk_ends_in_nobody_having_it_and_loses_nothing(
    world: CanaryWorld, full_disk: Callable[[bool], None]
) -> None:
    driver = running(world)
    log = Path(world.ws.log_path(world.id))
    seen = Path(world.ws.observations_path(world.id))
    before = log.read_bytes(), seen.read_bytes()
    full_disk(True)
    assert "the disk is full" in driver.tick().trouble
    assert world.splitter.given == 0.01  # a short while costs nothing
    for _ in range(10):
        world.pass_time(15)
        report = driver.tick()
        assert "the disk is full" in report.trouble
    assert world.splitter.given == 0.0
    assert log.read_bytes().startswith(before[0])
    assert seen.read_bytes().startswith(before[1])
    full_disk(False)
    world.pass_time(15)
    looks(world, driver, 2)
    assert (world.splitter.given, world.status) == (0.01, "canary")
    assert world.log.problems == ()
    assert all(json.loads(line) for line in seen.read_text().splitlines())
    assert verify(world.session, [world.id])[0].ok


def test_observations_that_nobody_could_read_again_are_not_written(
    world: CanaryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = running(world)
    path = Path(world.ws.observations_path(world.id))
    monkeypatch.setattr(observations, "LIMIT", path.stat().st_size + 1000)
    report = looks(world, driver, 15)
    assert "the observations fill" in report.trouble
    assert "kaizen abort" in report.trouble
    assert path.stat().st_size <= observations.LIMIT
    assert world.splitter.given == 0.0
    Record(world.ws, world.id)  # is read
    assert verify(world.session, [world.id])[0].ok


def test_a_bad_canary_goes_back_though_the_roll_back_cannot_be_logged(
    world: CanaryWorld, full_disk: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = running(world)
    world.source.bad["canary"] = 0.5
    judged = Record.look

    def last_bytes(record: Record, *args: Any) -> Any:
        looked = judged(record, *args)
        full_disk(record.judged.answer == "rollback")
        return looked

    monkeypatch.setattr(Record, "look", last_bytes)
    while world.splitter.given:
        report = looks(world, driver, 1)
    assert report.trouble.startswith("nobody gets the canary any more, but the log doesn't say so: ")
    assert "the disk is full" in report.trouble
    assert world.entries("verdict") == []
    full_disk(False)
    monkeypatch.setattr(Record, "look", judged)
    looks(world, driver, 1)
    assert (world.status, world.splitter.given) == ("aborted", 0.0)


def test_a_roll_back_that_cannot_be_logged_is_done_all_the_same(
    world: CanaryWorld, full_disk: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    running(world)
    full_disk(True)
    with pytest.raises(StoreError, match=r"nobody gets the canary any more, but .* the disk is full"):
        learn.abort(world.session, world.id, "a customer called", {})
    assert world.splitter.given == 0.0
    full_disk(False)
    assert learn.abort(world.session, world.id, "a customer called", {}).allowed
    assert (world.status, world.log.problems) == ("aborted", ())


def test_users_dont_wait_for_whoever_holds_the_workspace(world: CanaryWorld) -> None:
    running(world)
    held, at_nobody = threading.Event(), threading.Event()

    def hold() -> None:
        with Lock(world.ws):
            held.set()
            assert at_nobody.wait(60)

    world.splitter.before = lambda share: at_nobody.set() if share == 0 else None
    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(60)
    assert learn.abort(world.session, world.id, "a customer called", {}).allowed
    holder.join()
    assert (world.status, world.splitter.given) == ("aborted", 0.0)
    assert [one["verified"] for one in world.entries("rollout") if one["action"] == "rollback"] == [False, True]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_no_step_is_taken_that_is_not_on_disk(world: CanaryWorld, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails before the share is set leaves the share; one that fails after it is made up for."""
    for failing_call in range(0, 60, 3):
        driver = Driver(world.session, world.id, {})
        monkeypatch.setattr(files, "sys", Faulty(failing_call, failing(code)))
        driver.tick()
        monkeypatch.setattr(files, "sys", files.SystemCalls())
        state = canary_state(world.log)
        assert state is not None
        assert world.splitter.given <= max(state.wanted, state.intent.to if state.intent else 0.0)
        assert world.log.problems == ()
        world.pass_time(15)
    assert (world.splitter.given in (0.01, 0.1), world.status) == (True, "canary")
    steps = [one["to"] for one in world.entries("rollout") if one["action"] == "set_share" and one["verified"]]
    assert steps == sorted(set(steps))


# ---------------------------------------------------------------- clocks


def test_a_clock_that_is_set_back_delays_no_look(world: CanaryWorld) -> None:
    ticking = [0.0]
    controller, reports, _ = controlled(world, clock=lambda: ticking[0])
    for _ in range(3):
        controller.round()
        ticking[0] += 15
        world.pass_time(15)
    assert (len(reports), world.splitter.given) == (3, 0.01)
    world.clock -= timedelta(hours=5)
    controller.round()
    assert len(reports) == 4
    # What was seen lies in the future: nobody knows how the canary stands until the clock is there again.
    assert world.splitter.given == 0.0
    assert world.entries("rollout")[-1]["cause"] == "blind"
    for _ in range(3):
        ticking[0] += 15
        world.pass_time(15)
        controller.round()
    assert (world.splitter.given, world.status) == (0.0, "canary")
    world.clock += timedelta(hours=5)
    ticking[0] += 15
    world.pass_time(15)
    controller.round()
    assert (world.splitter.given, world.status) == (0.01, "canary")
    assert world.log.problems == ()


def test_a_clock_that_jumps_forward_and_back_ends_nothing(world: CanaryWorld) -> None:
    driver = running(world)
    world.clock += timedelta(hours=3)
    world.source.empty = True  # a server whose clock is right has no numbers of that time
    driver.tick()
    assert (world.splitter.given, world.status) == (0.0, "canary")
    world.clock -= timedelta(hours=3)
    world.source.empty = False
    world.pass_time(15)
    looks(world, driver, 2)
    assert (world.splitter.given, world.status) == (0.01, "canary")
    assert world.log.problems == ()


# ---------------------------------------------------------------- edited by hand


def test_fields_that_are_edited_count_from_the_next_look(world: CanaryWorld) -> None:
    driver = running(world)
    world.edit(SetText("title", "Cap it well"), SetList("abort_criteria", ["errors_pct > 0.1 %"]))
    while world.status == "canary":
        looks(world, driver, 1)
    assert world.entries("verdict")[-1]["cause"] == "abort_criterion"


@pytest.mark.parametrize("status", ["aborted", "draft", "complete", "in_review"])
@pytest.mark.parametrize("fresh", [False, True])
def test_a_ticket_taken_out_of_canary_by_hand_leaves_no_users_behind(
    world: CanaryWorld, status: str, fresh: bool
) -> None:
    if fresh:  # nobody drove it when it happened
        running(world)
        learn.pause(world.session, world.id, "", {})  # it was acted on from this machine
        learn.resume(world.session, world.id, "", {})
        world.edit(SetText("status", status))
    controller, reports, _ = controlled(world)
    if not fresh:
        for _ in range(3):
            controller.round()
            world.pass_time(15)
        world.edit(SetText("status", status))
    controller.round()
    assert world.splitter.given == 0.0
    assert reports[-1].ended
    assert "the share was set to 0" in reports[-1].trouble
    last = world.entries("rollout")[-1]
    assert (last["action"], last["to"], last["verified"], last["cause"]) == ("rollback", 0, True, "moved")
    assert reports[-1].state is not None
    assert reports[-1].state.wanted == 0.0
    world.splitter.given = 0.07  # somebody else's, later
    world.pass_time(15)
    controller.round()
    assert world.splitter.given == 0.07


@pytest.mark.parametrize("same_driver", [False, True])
def test_a_ticket_that_enters_canary_again_is_judged_anew(world: CanaryWorld, same_driver: bool) -> None:
    driver = Driver(world.session, world.id, {})
    follower = Follower(world.ws, world.id)
    for _ in range(400):
        report = driver.tick()
        if report.state is not None and report.state.verdict == "promote":
            break
        world.pass_time(15)
    path = Path(world.ws.observations_path(world.id))
    before = path.read_bytes()
    stands = follower.read(world.seconds())
    assert stands is not None
    assert stands.looks > 10
    world.edit(SetText("status", "in_review"))
    driver.tick()
    world.pass_time(60)
    world.enter_canary()
    if not same_driver:
        driver = Driver(world.session, world.id, {})
    world.source.bad["canary"] = 0.05  # another version, and a bad one
    report = driver.tick()
    assert (report.judged, world.splitter.given) == (Judged(), 0.01)
    for _ in range(3):
        world.pass_time(15)
        report = driver.tick()
    stands = follower.read(world.seconds())
    assert stands is not None
    assert (stands.looks, stands.judged.answer) == (2, "wait")
    for _ in range(100):
        world.pass_time(15)
        report = driver.tick()
        if report.ended:
            break
    assert (report.status, world.splitter.given) == ("aborted", 0.0)
    assert world.entries("verdict")[-1]["verdict"] == "rollback"
    # Nothing of the first canary is lost, and the whole file is what `kaizen judge` reads.
    assert path.read_bytes().startswith(before)
    assert verify(world.session, [world.id])[0].problems == ()
    replay = Replay()
    told = replay.feed(path.read_bytes().splitlines(), 1)
    assert replay.remarks == []
    assert {json.loads(line)["stream"] for line in told} == {world.id, json.loads(told[-1])["stream"]}
    assert json.loads(told[-1])["verdict"] == "rollback"
    assert replay.tally.rollback == 1


def test_a_named_one_taken_out_by_hand_is_seen_to_as_well(world: CanaryWorld) -> None:
    running(world)
    world.edit(SetText("status", "aborted"))
    controller, _, _ = controlled(world, world.id)
    controller.run()
    assert (world.splitter.given, controller.ended) == (0.0, {world.id: "aborted"})


def test_a_status_canary_that_the_log_knows_nothing_of_is_said_and_can_be_ended(world: CanaryWorld) -> None:
    path = Path(world.ws.log_path(world.id))
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:1]))
    world.splitter.given = 0.05
    report = Driver(world.session, world.id, {}).tick()
    assert f"`kaizen abort {world.id}`" in report.trouble
    assert learn.abort(world.session, world.id, "who did that?", {}).allowed
    assert (world.splitter.given, world.status) == (0.0, "aborted")


def test_a_share_that_the_log_no_longer_proves_goes_back(world: CanaryWorld) -> None:
    driver = running(world)
    path = Path(world.ws.log_path(world.id))
    path.write_text(path.read_text().replace('"reason":"the first step"', '"reason":"the second step"'))
    looks(world, driver, 1)
    assert (world.splitter.given, world.status) == (0.0, "aborted")
    assert "1 % of the users get the canary, not 0 %" in world.entries("status")[-1]["reason"]


def test_a_log_that_cannot_be_believed_raises_no_share(world: CanaryWorld) -> None:
    driver = running(world)
    path = Path(world.ws.log_path(world.id))
    path.write_bytes(path.read_bytes() + b"all is well\n")
    report = looks(world, driver, 60)  # many times of what the next step takes
    assert report.judged.answer == "promote"
    assert (world.splitter.given, world.status) == (0.01, "canary")
    assert "line 5 of the log can't be believed" in report.acts[-1].reason
    path.write_bytes(path.read_bytes().replace(b"all is well\n", b""))
    looks(world, driver, 1)
    assert world.splitter.given == 0.1


def test_a_log_that_is_gone_or_garbage_ends_in_nobody_having_it(world: CanaryWorld) -> None:
    driver = running(world)
    path = Path(world.ws.log_path(world.id))
    whole = path.read_bytes()
    path.unlink()
    path.mkdir()
    report = looks(world, driver, 11)
    assert report.trouble
    assert world.splitter.given == 0.0
    path.rmdir()
    path.write_bytes(whole)
    looks(world, driver, 2)
    assert (world.splitter.given, world.status) == (0.01, "canary")


def test_a_ticket_that_cannot_be_read_ends_in_nobody_having_it_whoever_drives(world: CanaryWorld) -> None:
    running(world)
    path = Path(world.ws.ticket_path(world.id))
    text = path.read_text()
    path.write_text("id: [")
    driver = Driver(world.session, world.id, {})
    report = looks(world, driver, 11)
    assert (world.splitter.given, report.state and report.state.wanted) == (0.0, 0.0)
    assert "ticket.yml" in report.trouble or "ticket" in report.trouble
    assert world.entries("rollout")[-1]["cause"] == "blind"
    path.write_text(text)
    looks(world, driver, 2)
    assert (world.splitter.given, world.status) == (0.01, "canary")


@pytest.mark.parametrize("anew", [False, True])
def test_what_cannot_be_driven_is_at_nobody_also_where_each_look_has_a_process_of_its_own(
    world: CanaryWorld, anew: bool
) -> None:
    driver = running(world)
    end = world.seconds()
    world.component.write_text("id: [")
    while world.splitter.given:
        looks(world, Driver(world.session, world.id, {}) if anew else driver, 1)
        assert world.seconds() - end <= 150
    assert world.seconds() - end > 120
    assert "web.yml" in world.entries("rollout")[-1]["reason"]


def test_a_look_that_fails_says_who_has_the_canary_meanwhile(world: CanaryWorld) -> None:
    driver = running(world)
    world.component.write_text("rollout: [")
    report = looks(world, driver, 1)
    assert report.trouble
    assert report.state is not None
    assert (world.splitter.given, report.state.wanted) == (0.01, 0.01)


def test_another_splitter_in_the_settings_leaves_no_users_at_the_old_one(world: CanaryWorld) -> None:
    asked: list[str] = []
    running(world)
    world.component.write_text(world.component.read_text().replace("rollout: {", "rollout: {splitter: other, "))
    state = canary_state(world.log)
    assert state is not None
    assert state.splitter == "fake"
    import kaizen_tui.loop.driver as room

    original = room.splitter_of

    def noted(*args: Any) -> Any:
        asked.append(args[3])
        return original(*args)

    room.splitter_of = noted
    try:
        Driver(world.session, world.id, {}).tick()
    finally:
        room.splitter_of = original
    assert asked == ["fake"]


# ---------------------------------------------------------------- several at once


def test_a_slow_server_for_one_canary_delays_no_other_roll_back(
    world: CanaryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = world.another()
    other = type(world.splitter)()
    monkeypatch.setattr(
        "kaizen_tui.loop.driver.splitter_of",
        lambda _ws, plan, *_: other if plan.ticket.id == slow else world.splitter,
    )
    world.source.bad["canary"] = 0.3
    controller, reports, _ = controlled(world)
    answers, hangs = threading.Event(), threading.Event()

    def stuck(*_: str) -> None:
        if threading.current_thread().name == f"kaizen-{slow}":
            hangs.set()
            assert answers.wait(60)

    controller.round()
    world.source.before = stuck
    try:
        for _ in range(100):
            world.pass_time(15)
            turning = threading.Thread(target=controller.round)
            turning.start()
            while turning.is_alive():
                turning.join(0.02)
                if hangs.is_set():
                    world.clock += timedelta(seconds=1)  # time goes on while it hangs
            if world.status == "aborted":
                break
        assert (world.status, world.splitter.given) == ("aborted", 0.0)
        assert other.given == 0.01
        assert [one.id for one in reports].count(slow) == 1
    finally:
        answers.set()
    while len([one for one in reports if one.id == slow]) < 2:
        world.pass_time(15)
        controller.round()


@pytest.mark.parametrize("slow", ["the scan", "every step"])
def test_canaries_are_driven_on_though_finding_them_takes_longer_than_from_one_scan_to_the_next(
    world: CanaryWorld, slow: str
) -> None:
    gone = [0.0]

    def find(_ticket_id: str) -> bool:
        gone[0] += 7.0
        return True

    def clock() -> float:
        gone[0] += 7.0 if slow == "every step" else 0.0
        return gone[0]

    controller, reports, _ = controlled(world, clock=clock, only=find)
    for _ in range(12):
        controller.round()
        for thread in threading.enumerate():
            if thread.name == f"kaizen-{world.id}":
                thread.join()
        world.pass_time(7)
    assert len(reports) >= 4


def test_what_goes_on_is_not_taken_for_released(world: CanaryWorld) -> None:
    controller, _, _ = controlled(world)
    controller.run(once=True)
    assert controller.statuses == {world.id: "canary"}


def test_an_error_of_the_program_is_not_kept_quiet(world: CanaryWorld) -> None:
    def broken(*_: str) -> None:
        raise ZeroDivisionError

    controller, _, _ = controlled(world)
    controller.round()
    world.pass_time(15)
    world.source.before = broken
    with pytest.raises(ZeroDivisionError):
        controller.round()

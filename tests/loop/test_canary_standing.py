"""How a canary stands, followed from its files: evidence, courses in the metric's unit, estimates, who drives it."""

import json
from pathlib import Path

import pytest

from kaizen_tui.core.component import Metric
from kaizen_tui.core.errors import StoreError
from kaizen_tui.loop.canary_course import MOST, Course
from kaizen_tui.loop.canary_record import Record
from kaizen_tui.loop.canary_standing import Follower, Standing
from kaizen_tui.loop.canary_values import bound_words
from kaizen_tui.loop.driver import Driver
from kaizen_tui.store.ticket_lock import TicketLock
from tests.loop.canary_world import CanaryWorld


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CanaryWorld:
    return CanaryWorld(tmp_path, monkeypatch)


def looks(world: CanaryWorld, count: int, driver: Driver | None = None) -> Driver:
    driver = driver or Driver(world.session, world.id, {})
    for _ in range(count):
        driver.tick()
        world.pass_time(15)
    return driver


def read(world: CanaryWorld, follower: Follower | None = None) -> Standing:
    found = (follower or Follower(world.ws, world.id)).read(world.clock.timestamp())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "unit", "asked", "words"),
    [("p95_ms", "ms", {"quantile": 0.95}, "300 ms"), ("slow_pct", "%", {"threshold": 0.3}, "0.3 s")],
)
def test_the_bound_of_a_histogram_has_a_unit(name: str, unit: str, asked: dict[str, float], words: str) -> None:
    sli = {"type": "latency", "histogram": "seconds_bucket", **asked}
    metric = Metric.model_validate({"name": name, "threshold": 5.0, "unit": unit, "sli": sli})
    assert bound_words(metric, 0.3) == words
    assert bound_words(metric, None) == ""
    assert bound_words(None, 0.3) == "0.3"


def test_before_the_first_look_it_only_has_its_place(world: CanaryWorld) -> None:
    assert Follower(world.ws, world.id).read(0.0) is None
    looks(world, 1)
    Path(world.ws.observations_path(world.id)).unlink(missing_ok=True)
    stands = read(world)
    assert (stands.step, stands.slis, stands.data_at, stands.runs) == (1, (), None, True)
    assert stands.next_share == 0.1
    assert stands.steps == (0.01, 0.1)


def test_it_follows_as_the_file_grows_and_says_what_a_reading_of_the_whole_says(world: CanaryWorld) -> None:
    follower = Follower(world.ws, world.id)
    driver = looks(world, 3)
    for _ in range(8):
        read(world, follower)
        looks(world, 1, driver)
    stands = read(world, follower)
    assert stands == read(world)
    record = Record(world.ws, world.id)
    assert stands.observations == record.extent
    assert stands.looks >= 9
    (sli,) = stands.slis
    assert sli.name == "errors_pct"
    assert sli.events[0] > sli.events[1] > 0
    assert sli.baseline == pytest.approx(0.5, rel=0.2)
    assert sli.target is not None
    assert sli.target.threshold == 5
    assert len(sli.course) == Path(world.ws.observations_path(world.id)).read_text().count('"obs"')


def test_a_good_canary_is_estimated_to_go_on_and_a_bad_one_to_go_back(world: CanaryWorld) -> None:
    looks(world, 7)
    good = read(world).estimate
    assert good is not None
    assert good.kind == "promote"
    assert 0 <= good.seconds < 600
    world.source.bad["canary"] = 0.012
    driver, follower = Driver(world.session, world.id, {}), Follower(world.ws, world.id)
    kinds = []
    for _ in range(60):
        looks(world, 1, driver)
        stands = read(world, follower)
        if stands.status != "canary":
            break
        kinds.append(stands.estimate.kind if stands.estimate is not None else "")
    assert "rollback" in kinds
    assert read(world).status == "aborted"
    assert read(world).estimate is None


def test_another_step_begins_its_evidence_for_promotion_anew(world: CanaryWorld) -> None:
    driver = looks(world, 1)
    before = read(world)
    while read(world).step == 1:
        before = read(world)
        looks(world, 1, driver)
    after = read(world)
    assert (after.step, after.state.share, after.next_share) == (2, 0.1, None)
    assert before.promote is not None
    assert after.slis[0].course[0].share == 0.01


def test_who_drives_it_is_seen_without_being_in_the_way(world: CanaryWorld) -> None:
    looks(world, 1)
    assert read(world).driven_by == ""
    lease = TicketLock(world.ws, world.id, "drive")
    assert lease.take()
    assert read(world).driven_by.startswith("process ")
    lease.release()
    assert read(world).driven_by == ""
    assert lease.take()


def test_old_numbers_are_stale_and_estimate_nothing(world: CanaryWorld) -> None:
    looks(world, 6)
    assert not read(world).stale
    world.pass_time(200)
    stands = read(world)
    assert stands.stale
    assert stands.data_age is not None
    assert stands.data_age > 120
    assert stands.estimate is None


def test_what_cannot_be_read_is_said_and_mends_itself(world: CanaryWorld) -> None:
    looks(world, 3)
    follower = Follower(world.ws, world.id)
    path = Path(world.ws.observations_path(world.id))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"type":"nonsense"}\n')
    stands = read(world, follower)
    assert "observations.jsonl:" in stands.trouble
    assert stands.slis == ()
    path.write_bytes(whole)
    assert read(world, follower).slis != ()


def test_a_file_that_was_replaced_is_read_anew(world: CanaryWorld) -> None:
    looks(world, 6)
    follower = Follower(world.ws, world.id)
    many = read(world, follower).looks
    path = Path(world.ws.observations_path(world.id))
    lines = path.read_bytes().splitlines(keepends=True)
    path.unlink()
    path.write_bytes(b"".join(lines[:4]))
    assert read(world, follower).looks < many
    path.unlink()
    assert read(world, follower).slis == ()


def test_a_driver_does_not_catch_up_behind_its_own_back(world: CanaryWorld) -> None:
    looks(world, 3)
    record = Record(world.ws, world.id)
    path = Path(world.ws.observations_path(world.id))
    path.write_bytes(path.read_bytes() + json.dumps({"type": "nothing"}).encode() + b"\n")
    with pytest.raises(StoreError):
        record.load()


def test_a_long_course_stays_short_and_loses_no_event(world: CanaryWorld) -> None:
    from kaizen_tui.analysis.measures import Ratio
    from kaizen_tui.analysis.verdict import Evidence

    course = Course()
    for nth in range(5 * MOST):
        share = 0.01 if nth < 3 * MOST else 0.1
        course.add(nth, share, Ratio(100, 1), Ratio(10, 0), Evidence("e", 0.0, 0.0, 0.5, 2.0, nth, None))
    assert len(course.moments) <= MOST + 1
    assert sum(one.looks for one in course.moments) == 5 * MOST
    totals = [one.baseline for one in course.moments if isinstance(one.baseline, Ratio)]
    assert sum(one.total for one in totals) == 500 * MOST
    assert [one.share for one in course.moments] == sorted(one.share for one in course.moments)

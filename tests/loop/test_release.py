"""After a release: the splitter goes back to 0 once the baseline's servers run it, whoever is killed in between."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kaizen_tui.core.canary_state import canary_state
from kaizen_tui.core.unmet import Decision
from kaizen_tui.loop import release
from kaizen_tui.loop.acts import opened
from kaizen_tui.loop.canaries import released_at
from kaizen_tui.loop.canary_standing import Follower
from kaizen_tui.loop.deploy import deploy
from kaizen_tui.loop.govern import RefusedError, with_status
from kaizen_tui.loop.verify import verify
from kaizen_tui.store.records import NewEvent
from kaizen_tui.traffic.splitter import Draw, SplitterError
from tests.loop.canary_world import ADA, CanaryWorld

COMMAND = "`kaizen deploy {} --share 0`"


class Killed(BaseException):
    """The process ended here."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CanaryWorld:
    world = CanaryWorld(tmp_path, monkeypatch)
    for room in ("release", "deploy"):
        monkeypatch.setattr(f"kaizen_tui.loop.{room}.splitter_of", lambda *_: world.splitter)
        monkeypatch.setattr(f"kaizen_tui.loop.{room}.source_of", lambda *_: world.source)
    finish(world)
    return world


def finish(world: CanaryWorld, ticket_id: str = "", status: str = "complete", share: float = 1.0) -> str:
    """The ticket's canary ends as the controller ends it."""
    ticket_id = ticket_id or world.id
    world.pass_time(60)
    fields: dict[str, object] = {"action": "set_share", "from": 0.1, "to": share, "splitter": "fake", "verified": True}
    status_fields = {"from": "canary", "to": status, "unmet": [], "reason": "so"}
    events = [NewEvent(ADA, "rollout", fields), NewEvent(ADA, "status", status_fields)]
    with opened(world.session, ticket_id) as tx:
        tx.commit(data=with_status(world.session, tx, tx.data, status), events=events, at=world.clock)
    world.splitter.given = share
    return ticket_id


def stands(world: CanaryWorld) -> bool:
    found = Follower(world.ws, world.id).read(world.seconds())
    assert found is not None
    assert found.state.wanted == 1.0  # everybody has what was released, wherever it runs
    return found.stands


def test_it_is_read_back_logged_and_nothing_is_left_to_do(world: CanaryWorld) -> None:
    assert (released_at(world.ws, "fake"), stands(world)) == (world.id, True)
    assert release.look(world.session, world.id, {}) == ("fake", 1.0, False)
    before = len(world.entries())
    assert release.to_baseline(world.session, world.id, {}).given == 1.0
    assert world.splitter.given == 0.0
    begun, done = world.entries("rollout")[-2:]
    assert (begun["action"], begun["from"], begun["to"], begun["verified"]) == ("to_baseline", 1.0, 0, False)
    assert (done["action"], done["splitter"], done["verified"]) == ("to_baseline", "fake", True)
    assert (released_at(world.ws, "fake"), stands(world), world.status) == ("", False, "complete")
    assert verify(world.session, [world.id])[0].ok
    assert release.to_baseline(world.session, world.id, {}) == ("fake", 0.0, True)
    assert len(world.entries()) == before + 2


def test_a_splitter_that_was_taken_back_by_hand_is_logged_as_well(world: CanaryWorld) -> None:
    world.splitter.given = 0.0
    assert release.to_baseline(world.session, world.id, {}) == ("fake", 0.0, False)
    assert world.entries("rollout")[-1]["verified"] is True
    assert released_at(world.ws, "fake") == ""


@pytest.mark.parametrize("after", [False, True], ids=["before the splitter", "before the log"])
def test_killed_in_between_it_is_asked_again(world: CanaryWorld, monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    set_share = world.splitter.set_share

    def killed(share: float, draw: Draw) -> None:
        if after:
            set_share(share, draw)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(world.splitter, "set_share", killed)
        with pytest.raises(Killed):
            release.to_baseline(world.session, world.id, {})
    assert world.entries("rollout")[-1]["verified"] is False
    assert released_at(world.ws, "fake") == world.id
    release.to_baseline(world.session, world.id, {})
    assert (world.splitter.given, released_at(world.ws, "fake")) == (0.0, "")
    assert world.entries("rollout")[-1]["verified"] is True
    assert verify(world.session, [world.id])[0].ok


def in_canary(world: CanaryWorld) -> None:
    world.id = world.another()


def with_another_in_canary(world: CanaryWorld) -> None:
    world.pass_time(60)
    other = world.another()
    with opened(world.session, other) as tx:
        fields = {"action": "set_share", "from": 0, "to": 0.1, "splitter": "fake", "verified": True}
        tx.commit(data=None, events=[NewEvent(ADA, "rollout", fields)], at=world.clock)
    world.splitter.given = 0.1


def with_another_release(world: CanaryWorld) -> None:
    world.pass_time(60)
    finish(world, world.another())


def with_a_share_of_somebody_else(world: CanaryWorld) -> None:
    world.splitter.given = 0.05


def taken_back_before(world: CanaryWorld) -> None:
    release.to_baseline(world.session, world.id, {})
    world.splitter.given = 1.0


def without_users(world: CanaryWorld) -> None:
    world.id = finish(world, world.another(), share=0.0)
    world.splitter.given = 1.0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (in_canary, "KAIZ-002 is canary: the splitter goes back to 0 when a ticket is complete; `kaizen pause"),
        (with_another_in_canary, "KAIZ-002 is in canary at the splitter fake"),
        (with_another_release, f"is the release of KAIZ-002, not of KAIZ-001; {COMMAND.format('KAIZ-002')}"),
        (with_a_share_of_somebody_else, "5 % of the users get a canary at the splitter fake, and not by the release"),
        (taken_back_before, "not by the release of KAIZ-001, which was taken back at 2026-05-18T08:31:00Z; who"),
        (without_users, "KAIZ-002 is complete, but its log doesn't say that any user had its canary"),
    ],
)  # fmt: skip
def test_what_is_not_its_to_take_back_is_refused(
    world: CanaryWorld, spoil: Callable[[CanaryWorld], None], words: str
) -> None:
    spoil(world)
    before, given = len(world.entries()), world.splitter.given
    for act in (release.look, release.to_baseline):
        with pytest.raises(RefusedError) as refused:
            act(world.session, world.id, {})
        assert words in str(refused.value)
    assert (len(world.entries()), world.splitter.given) == (before, given)


def test_a_splitter_that_is_away_is_said_and_nothing_is_logged(world: CanaryWorld) -> None:
    world.splitter.away, before = True, len(world.entries())
    with pytest.raises(SplitterError, match="can't be reached"):
        release.to_baseline(world.session, world.id, {})
    assert len(world.entries()) == before


def test_a_splitter_that_does_not_take_it_is_not_logged_as_taken_back(
    world: CanaryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.splitter, "set_share", lambda *_: None)
    with pytest.raises(SplitterError):
        release.to_baseline(world.session, world.id, {})
    assert released_at(world.ws, "fake") == world.id


def test_what_a_later_canary_left_at_0_is_no_release_any_more(world: CanaryWorld) -> None:
    world.splitter.given = 0.0  # by hand, before the next canary
    finish(world, world.another(), "aborted", 0.0)
    assert (released_at(world.ws, "fake"), stands(world)) == ("", False)
    assert release.to_baseline(world.session, world.id, {}) == ("fake", 0.0, True)


def test_the_next_canary_is_refused_with_the_command_and_goes_after_it(
    world: CanaryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, world.id = world.id, world.another()
    with opened(world.session, world.id) as tx:
        tx.commit(data=with_status(world.session, tx, tx.data, "in_review"), events=[], at=world.clock)

    def opens(*_: Any) -> dict[str, Decision]:
        return {"canary": Decision(True, "canary", True)}

    def moves(*_: Any) -> Decision:
        world.enter_canary(world.id)
        return Decision(True, "canary", True)

    monkeypatch.setattr("kaizen_tui.loop.govern.why", opens)
    monkeypatch.setattr("kaizen_tui.loop.govern.move", moves)
    with pytest.raises(RefusedError) as refused:
        deploy(world.session, world.id, None, {})
    assert "100 % of the users get a canary already at the splitter fake, since the release of" in str(refused.value)
    assert COMMAND.format(first) in str(refused.value)
    release.to_baseline(world.session, first, {})
    world.splitter.given = 0.05
    with pytest.raises(RefusedError, match="no ticket of this workspace gave it to them"):
        deploy(world.session, world.id, None, {})
    world.splitter.given = 0.0
    assert deploy(world.session, world.id, None, {}).allowed
    assert world.splitter.given == 0.01


def test_the_doubt_whether_the_baselines_servers_run(world: CanaryWorld) -> None:
    world.pass_time(60)
    assert release.doubt(world.session, world.id) == ""
    world.source.empty = True
    assert "no numbers of the baseline's servers" in release.doubt(world.session, world.id)
    world.source.away = True
    assert "nobody can say" in release.doubt(world.session, world.id)
    world.component.write_text(world.component.read_text().replace("versions:", "# versions:"))
    assert release.doubt(world.session, world.id) == ""


def test_its_state_is_that_of_its_log(world: CanaryWorld) -> None:
    release.to_baseline(world.session, world.id, {})
    state = canary_state(world.log)
    assert state is not None
    assert (state.share, state.intent, state.baseline_at) == (1.0, None, int(world.seconds()))

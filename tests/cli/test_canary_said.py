"""What the commands of a canary say where there is none, and where it has ended."""

from pathlib import Path

import pytest

from kaizen_tui.cli.canary_output import seen_json, shown_look, shown_report
from kaizen_tui.cli.invocation import Call
from kaizen_tui.core.canary_plan import Act, Judged
from kaizen_tui.core.canary_state import CanaryState, Pause
from kaizen_tui.loop.driver import Report
from kaizen_tui.loop.observing import Seen, SliSeen
from tests.cli.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("command", ["observe", "learn"])
def test_a_ticket_without_a_canary_is_refused_with_the_way_to_one(world: World, command: str) -> None:
    ticket_id = world.new()
    result = world.cli(command, ticket_id)
    assert (result.code, result.out) == (4, "")
    assert f"{ticket_id} has no canary: it is draft; `kaizen deploy {ticket_id}` starts it" in result.err


def test_run_says_why_it_drives_nothing(world: World) -> None:
    ticket_id = world.new()
    waiting = world.cli("run", ticket_id)
    assert waiting.code == 7
    assert f"no canary to drive; `kaizen deploy {ticket_id}` starts it" in waiting.err
    world.ok("abort", ticket_id, "--note", "another way was found")
    ended = world.cli("run", ticket_id)
    assert ended.code == 1
    assert f"{ticket_id}: it is aborted, so there is no canary to drive\n" in ended.err


def test_of_a_canary_that_has_ended_nobody_waits_for_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("KAIZ-001", "complete", CanaryState(0)._replace(share=1.0), Judged(), ())
    shown_report(Call(None, None), report)
    assert capsys.readouterr().out == "KAIZ-001 complete 100 %: its canary has ended\n"


@pytest.mark.parametrize(("reason", "words"), [("lunch", "paused: lunch; wait"), ("", "paused; wait")])
def test_a_look_says_that_the_canary_is_paused_and_why(
    capsys: pytest.CaptureFixture[str], reason: str, words: str
) -> None:
    state = CanaryState(0, share=0.1, pause=Pause("asked", reason))
    seen = Seen("KAIZ-001", "canary", state, Judged(), None, (), 20.0, 20.0, "", "", "")
    shown_look(Call(None, None), seen)
    assert capsys.readouterr().out == f"KAIZ-001 canary 0 %: {words}\n"
    assert seen_json(seen)["paused"] == reason
    assert seen_json(seen._replace(state=CanaryState(0)))["paused"] is None


@pytest.mark.parametrize(("count", "words"), [(0, "0 looks"), (1, "1 look"), (2, "2 looks")])
def test_looks_are_counted_in_english(capsys: pytest.CaptureFixture[str], count: int, words: str) -> None:
    sli = SliSeen("errors", 0.5, None, (0.0, 4.7), count, {}, "", 1.0, 1, "")
    seen = Seen("KAIZ-001", "canary", CanaryState(0), Judged(), None, (sli,), 20.0, 20.0, "", "", "")
    shown_look(Call(None, None), seen)
    assert f" after {words}; " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("advise", "act", "words"),
    [
        (True, Act("set_share", share=0.1), "advice: set share 10 %"),
        (False, Act("set_share", share=0.1), "set share 10 %"),
        (True, Act("wait"), "wait"),
    ],
)
def test_advice_is_not_told_like_a_deed(capsys: pytest.CaptureFixture[str], advise: bool, act: Act, words: str) -> None:
    report = Report("KAIZ-001", "canary", CanaryState(0)._replace(share=0.01), Judged(), (act,))
    shown_report(Call(None, None), report, advise=advise)
    assert capsys.readouterr().out == f"KAIZ-001 canary 1 %: {words}\n"

"""What is done about a canary: each rule by itself, and whatever happens, in any order, with a crash anywhere."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kaizen_tui.core.canary_plan import Act, Judged, Situation, Traffic, decide, next_step, promote_ratio
from kaizen_tui.core.canary_state import CanaryState, Ending, Intent, Pause, canary_state, parts, same_share
from kaizen_tui.core.log_view import EMPTY_LOG, LogView
from kaizen_tui.core.promotion_log import make_entry
from kaizen_tui.core.rollout import Rollout
from kaizen_tui.core.times import format_epoch

BEGUN = 1_800_000_000
ROLLOUT = Rollout(min_duration=600.0, max_duration=86400.0)
RUNNING = CanaryState(BEGUN, 0.01, BEGUN)


def act(state: CanaryState = RUNNING, **changes: Any) -> Act:
    """The decision 100 s after the beginning, with fresh numbers, all being well but for the changes."""
    now = changes.pop("now", BEGUN + 100.0)
    known = {"judged": Judged(), "traffic": Traffic(state.wanted), "data_at": now, "rollout": ROLLOUT, **changes}
    return decide(Situation(state, now=now, **known))


PROMOTE = Judged("promote", "", 0.01)


def test_a_new_canary_gets_the_first_step_and_then_waits_for_evidence() -> None:
    assert act(CanaryState(BEGUN))[:3] == ("set_share", "the first step", 0.01)
    assert act().kind == "wait"


def test_steps_go_up_one_by_one_and_the_last_is_followed_by_a_verdict() -> None:
    assert act(judged=PROMOTE)[::2] == ("set_share", 0.05, "")
    last = CanaryState(BEGUN, 0.25, BEGUN)
    assert act(last, judged=Judged("promote", "", 0.25)).kind == "wait"  # min_duration
    late = act(last, judged=Judged("promote", "", 0.25), now=BEGUN + 601.0)
    assert (late.kind, late.verdict) == ("conclude", "promote")
    assert next_step(ROLLOUT, 0.03) == 0.05
    assert next_step(ROLLOUT, 0.25) is None


def test_a_promotion_of_another_step_counts_for_nothing() -> None:
    assert act(CanaryState(BEGUN, 0.05, BEGUN), judged=PROMOTE).kind == "wait"


def test_what_is_worse_goes_back_whatever_else_is_so() -> None:
    bad = Judged("rollback", "`errors` is worse", 0.01)
    for state in (RUNNING, RUNNING._replace(pause=Pause("asked", "")), RUNNING._replace(verdict="promote")):
        found = act(state, judged=bad, gate=True)
        assert (found.kind, found.verdict, found.reason) == ("rollback", "rollback", "`errors` is worse")
    assert "errors > 5" in act(aborts=("errors > 5 (7)",)).reason


def test_a_roll_back_is_repeated_until_it_is_read_back_and_then_the_ticket_is_aborted() -> None:
    assert act(RUNNING._replace(ending=Ending("bad", verified=False))).kind == "rollback"
    assert act(RUNNING._replace(ending=Ending("bad", verified=True)))[:2] == ("abort", "bad")


def test_without_a_verdict_the_deadline_is_no_success() -> None:
    found = act(now=BEGUN + 86400.0)
    assert (found.kind, found.verdict) == ("rollback", "inconclusive")
    promoted = RUNNING._replace(verdict="promote", promoted=True)
    assert act(promoted, now=BEGUN + 86400.0).kind == "wait"  # people have their time
    # So they do when an incident of both versions comes in between.
    log = EMPTY_LOG
    for event, fields in (
        ("status", {"from": "in_review", "to": "canary"}),
        ("rollout", {"action": "set_share", "to": 0.25, "verified": True}),
        ("verdict", {"verdict": "promote"}),
        ("verdict", {"verdict": "hold", "since": format_epoch(BEGUN + 90000)}),
    ):
        log = log.plus(make_entry(log, at=format_epoch(BEGUN), actor="controller", event=event, fields=fields))
    held = canary_state(log)
    assert held is not None
    both_burn = Judged("hold", "both burn", 0.25, BEGUN + 90000.0)
    assert act(held, judged=both_burn, now=BEGUN + 90100.0).kind == "wait"


def test_all_users_only_through_the_gate() -> None:
    promoted = CanaryState(BEGUN, 0.25, BEGUN, verdict="promote")
    shut = act(promoted, shut=("tier 0 needs 2 approvals",))
    assert (shut.kind, shut.reason) == ("wait", "tier 0 needs 2 approvals")
    assert act(promoted, gate=True, judged=Judged("promote", "", 0.25))[::2] == ("set_share", 1.0, "")
    released = promoted._replace(share=1.0)
    assert act(released, gate=True).kind == "complete"
    assert act(released)[::2] == ("set_share", 0.25, "")  # an approval was taken back in between
    begun = promoted._replace(intent=Intent("set_share", 1.0))
    assert act(begun, traffic=Traffic(1.0))[::2] == ("set_share", 0.25, "")


def test_a_verdict_whose_evidence_was_lost_since_releases_nothing_until_it_is_back() -> None:
    promoted = CanaryState(BEGUN, 0.25, BEGUN, verdict="promote")
    for judged in (Judged("wait", "", 0.25), PROMOTE):
        found = act(promoted, gate=True, judged=judged)
        assert (found.kind, "don't suffice" in found.reason) == ("wait", True)


def test_blind_means_nobody_and_numbers_bring_the_share_back() -> None:
    found = act(data_at=BEGUN - 21.0, now=BEGUN + 121.0)
    assert (found.kind, found.cause) == ("pause", "blind")
    assert act(data_at=BEGUN + 300.0, now=BEGUN + 150.0).kind == "pause"  # a clock that was turned back
    blind = RUNNING._replace(pause=Pause("blind", "no numbers"))
    assert act(blind, data_at=BEGUN - 100.0).kind == "wait"
    assert act(blind)[::2] == ("resume", 0.01, "")
    assert act(RUNNING._replace(pause=Pause("asked", ""))).kind == "wait"


def test_a_splitter_that_is_away_is_said_once_and_too_long_is_the_end() -> None:
    away = Traffic(None, "HAProxy can't be reached")
    assert act(traffic=away)[:2] == ("lost", "HAProxy can't be reached")
    lost = RUNNING._replace(lost="HAProxy can't be reached", lost_at=BEGUN + 50)
    assert act(lost, traffic=away).kind == "wait"
    assert act(lost).kind == "found"
    assert act(lost, traffic=away, now=BEGUN + 180.0).kind == "rollback"


def test_a_lower_share_is_set_anew_and_a_higher_one_is_the_end() -> None:
    assert act(traffic=Traffic(0.0))[::2] == ("set_share", 0.01, "")
    assert act(traffic=Traffic(0.01, "after a restart 9 %")).kind == "set_share"
    assert act(traffic=Traffic(0.02)).kind == "rollback"


def test_hold_is_said_once_each_time_that_it_begins() -> None:
    hold = Judged("hold", "both burn", 0.01, BEGUN + 60.7)
    assert act(judged=hold)[::5] == ("hold", BEGUN + 60)
    log = EMPTY_LOG
    for event, fields in (
        ("status", {"from": "in_review", "to": "canary"}),
        ("rollout", {"action": "set_share", "to": 0.01, "verified": True}),
        ("verdict", {"verdict": "hold", "since": format_epoch(BEGUN + 60)}),
    ):
        log = log.plus(make_entry(log, at=format_epoch(BEGUN), actor="controller", event=event, fields=fields))
    state = canary_state(log)
    assert state is not None
    assert act(state, judged=hold).kind == "wait"
    assert act(state, judged=hold._replace(held_at=BEGUN + 90.0)).kind == "hold"
    fields = {"verdict": "hold", "since": "now"}
    odd = make_entry(log, at=format_epoch(BEGUN), actor="x", event="verdict", fields=fields)
    assert canary_state(log.plus(odd)) == state._replace(held_at=0)


def test_traffic_that_is_not_split_as_it_was_set_waits_for_a_person_and_not_for_ever() -> None:
    astray = Judged("hold", "it gets less", 0.01, BEGUN + 50.0, "it gets less", BEGUN + 50.0)
    held = RUNNING._replace(verdict="hold", held_at=BEGUN + 50)
    fresh = {"rollout": Rollout(), "judged": astray}
    assert act(held, now=BEGUN + 1849.0, **fresh).kind == "wait"
    late = BEGUN + 1850.0
    assert act(held, now=late, **fresh)[::3] == ("rollback", "inconclusive")
    assert "for 30 min it gets less" in act(held, now=late, **fresh).reason
    # Not while nobody gets it, nor after a pause or another share that may have mended it.
    paused = held._replace(pause=Pause("asked", ""))
    assert act(paused, now=late, traffic=Traffic(0.0), **fresh).kind == "wait"
    assert act(held._replace(share_at=BEGUN + 1800), now=late, **fresh).kind == "wait"


@pytest.mark.parametrize(("share", "ratio"), [(0.001, 2.0), (0.01, 2.0), (0.05, 1.57), (0.25, 1.32)])
def test_more_traffic_asks_for_more(share: float, ratio: float) -> None:
    assert promote_ratio(share) == ratio


class Anything(RuleBasedStateMachine):
    """A controller that may die after each thing it does, a splitter, and a world that does what it likes."""

    @initialize()
    def begin(self) -> None:
        self.now = float(BEGUN)
        self.log: LogView = EMPTY_LOG
        self.given = 0.0
        self.seen: list[float] = []
        self.status = "canary"
        self.reachable = True
        self.data_at: float | None = None
        self.judged = Judged()
        self.gate = False
        self.approved = False
        self.write("created", to="draft")
        self.write("status", **{"from": "in_review", "to": "canary"})

    def write(self, event: str, **fields: Any) -> None:
        at = format_epoch(int(self.now))
        self.log = self.log.plus(make_entry(self.log, at=at, actor="controller", event=event, fields=fields))

    @property
    def state(self) -> CanaryState:
        found = canary_state(self.log)
        assert found is not None
        return found

    @property
    def open(self) -> bool:
        """The gate of complete: the verdict that stands, and approvals after it."""
        return self.state.verdict == "promote" and self.approved

    @rule(seconds=st.sampled_from([1, 15, 100, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def numbers_come(self) -> None:
        self.data_at = self.now

    @rule(answer=st.sampled_from(["wait", "promote", "promote", "promote", "hold", "rollback"]))
    def the_judge_says(self, answer: str) -> None:
        if self.judged.answer != "rollback":
            astray = ("less", self.now) if answer == "hold" else ("", 0.0)
            self.judged = Judged(answer, "because", self.state.share, self.now, *astray)

    @rule(reachable=st.booleans())
    def the_splitter_goes_or_comes(self, reachable: bool) -> None:
        self.reachable = reachable

    @rule()
    def the_splitter_forgets(self) -> None:
        self.given = 0.0

    @rule(approved=st.booleans())
    def people_approve(self, approved: bool) -> None:
        self.approved = approved

    @precondition(lambda self: self.status == "canary" and self.state.ending is None)
    @rule(resume=st.booleans())
    def a_person_pauses(self, resume: bool) -> None:
        paused = self.state.pause is not None
        if resume and paused and self.reachable:
            self.write("rollout", action="resume", to=self.state.share, verified=False)
            self.give(self.state.intent.to if self.state.intent else 0.0)
            self.write("rollout", action="resume", to=self.given, verified=True)
        elif not resume and not paused:
            self.write("rollout", action="pause", to=0, cause="asked", verified=False)
            if self.reachable:
                self.give(0.0)
                self.write("rollout", action="pause", to=0, cause="asked", verified=True)

    def give(self, share: float) -> None:
        self.given = share
        if not self.seen or not same_share(self.seen[-1], share):
            self.seen.append(share)

    @precondition(lambda self: self.status == "canary")
    @rule(dies_after=st.sampled_from([0, 1, 2, 3, 4, 99]))
    def the_controller_looks(self, dies_after: int) -> None:
        left = dies_after
        for _ in range(12):
            traffic = Traffic(self.given) if self.reachable else Traffic(None, "away")
            now = decide(Situation(self.state, ROLLOUT, self.judged, traffic, self.now, self.data_at, gate=self.open))
            for step in self.steps_of(now):
                if left <= 0:
                    return
                left -= 1
                step()
            if now.kind == "wait" or self.status != "canary":
                return
            if not self.reachable and now.kind != "lost":
                return
        raise AssertionError(f"it never waits: {now}")

    def steps_of(self, now: Act) -> list[Any]:
        """What the controller does for an act, in the order of canary_acts."""
        ending = self.state.ending

        def said(action: str, to: float, *, verified: bool) -> Any:
            return lambda: self.write("rollout", action=action, to=to, verified=verified, cause=now.cause, reason="r")

        if now.kind in ("set_share", "resume"):
            assert self.reachable
            begin, done = (said(now.kind, now.share, verified=ok) for ok in (False, True))
            return [begin, lambda: self.give(now.share), done]
        if now.kind in ("pause", "rollback"):
            begin, done = (said(now.kind, 0.0, verified=ok) for ok in (False, True))
            verdict = [lambda: self.write("verdict", verdict=now.verdict)] if now.verdict and ending is None else []
            return [*verdict, begin, *([lambda: self.give(0.0), done] if self.reachable else [])]
        if now.kind in ("lost", "found"):
            return [said(now.kind, 0.0, verified=False)]
        if now.kind in ("hold", "conclude"):
            since = {"since": format_epoch(now.since)} if now.since else {}
            return [lambda: self.write("verdict", verdict=now.verdict, **since), self.tested_anew]
        if now.kind == "abort":
            return [lambda: self.end("aborted")]
        if now.kind == "complete":
            assert self.open
            return [lambda: self.end("complete")]
        return []

    def tested_anew(self) -> None:
        if self.judged.answer == "promote":
            self.judged = Judged()

    def end(self, status: str) -> None:
        self.status = status

    @invariant()
    def nobody_has_a_canary_that_was_rolled_back(self) -> None:
        ending = self.state.ending
        if self.status == "aborted" or (ending is not None and ending.verified):
            assert parts(self.given) == 0

    @invariant()
    def all_users_only_after_a_verdict_and_approvals(self) -> None:
        if self.status == "complete":
            assert self.state.verdict == "promote"
            assert parts(self.state.share) == parts(1.0)
            assert self.open or self.approved is False  # taken back after the end

    @invariant()
    def no_step_is_passed_over(self) -> None:
        highest = 0.0
        for share in self.seen:
            if parts(share) > parts(highest):
                allowed = next_step(ROLLOUT, highest)
                assert same_share(share, 1.0 if allowed is None else allowed), self.seen
                highest = share


TestAnything = Anything.TestCase

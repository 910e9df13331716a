"""Each condition of each gate: shut for itself alone, in words that help, and open again once that alone is met."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pytest

from kaizen_tui.core.gates import decide, describe, status_fields, unmet, unmet_next
from kaizen_tui.core.log_view import LogProblem
from kaizen_tui.core.promotion_log import read_log
from tests.core.gate_world import (
    ANA,
    BOB,
    CAT,
    DROPS,
    LATENCY,
    SPEC,
    WAYS,
    World,
    codes,
    commit_of,
)

Act = Callable[[World], object]


class Case(NamedTuple):
    """What to break before the move into `into`, what the refusal then says, and what alone opens the gate again."""

    into: str
    code: str
    text: str
    command: str
    break_it: Act
    mend_it: Act


def _after(*acts: Act) -> Act:
    def act(world: World) -> None:
        for one in acts:
            one(world)

    return act


def _edit(**changes: object) -> Act:
    return lambda world: world.edit(**changes)


def _state(state: str, detail: str = "") -> Act:
    return lambda world: world.states.update(p95_latency_ms=(state, detail))


def _spec(text: str | None) -> Act:
    return lambda world: setattr(world, "spec", text)


def _candidate(number: int | None) -> Act:
    return lambda world: setattr(world, "commit", None if number is None else commit_of(number))


def _evaluated_again(verdict: str, kind: str = "bubblewrap") -> Act:
    def act(world: World) -> None:
        world.evaluate(verdict, kind)
        world.approve(ANA, BOB)

    return act


def _no_card(world: World) -> None:
    world.card, world.card_hash = None, ""
    world.approve(ANA, BOB)


def _unapproved(world: World) -> None:
    """Criteria that nobody has approved; the plan's approval goes with them."""
    world.edit(objective="something else")
    world.say("approve", CAT, status="planned", plan=world.ticket.governed_hash())


UPDATE = "kaizen update KAIZ-001"
TWO = "tier 0 needs 2 approvals, not from the owner or the candidate's author"
CASES = [
    Case("planned", "objective", "the ticket has no objective", f'{UPDATE} --objective "…"',
         _edit(objective=" tbd. "), _edit(objective="less latency")),
    Case("planned", "success_criteria", "the ticket has no success criterion", f'{UPDATE} --success-criteria "…"',
         _edit(success_criteria=("TBD", " ")), _edit(success_criteria=(LATENCY,))),
    Case("planned", "abort_criteria", "the ticket has no abort criterion", f'{UPDATE} --abort-criteria "…"',
         _edit(abort_criteria=()), _edit(abort_criteria=("when it hurts",))),
    Case("planned", "rollback_plan", "the ticket has no rollback plan", f'{UPDATE} --rollback-plan "…"',
         _edit(rollback_plan=""), _edit(rollback_plan="restart")),
    Case("planned", "component", "the registry has no component `pcc-main`, so no criterion can be measured",
         'kaizen component pcc-main --name "…" --tier N --owner "…" --rollback-plan "…"',
         lambda world: setattr(world, "component", None),
         lambda world: setattr(world, "component", World().component)),
    Case("planned", "metric:p95_latency_ms",
         "nothing says where the numbers of p95_latency_ms come from: give it a `query` or an `sli`",
         "$EDITOR registry/kaizen/components/pcc-main.yml", _state("no_source"), _state("fresh")),
    Case("planned", "metric:p95_latency_ms", "no metrics server is configured, so p95_latency_ms can't be measured",
         "$EDITOR registry/kaizen/config.yml", _state("no_server"), _state("fresh")),
    Case("planned", "metric:p95_latency_ms",
         "the metrics server doesn't answer, so p95_latency_ms can't be measured (connection refused)",
         "kaizen why KAIZ-001", _state("unreachable", "connection refused"), _state("fresh")),
    Case("planned", "metric:p95_latency_ms", "the numbers of p95_latency_ms are not fresh (12 min old)",
         "kaizen why KAIZ-001", _state("stale", "12 min old"), _state("fresh")),
    Case("planned", "metric:p95_latency_ms", "the metrics server knows nothing of p95_latency_ms",
         "kaizen edit KAIZ-001", _state("unknown_metric"), _state("fresh")),
    Case("planned", "metric:p95_latency_ms", "nobody has asked yet whether p95_latency_ms has fresh numbers",
         "kaizen why KAIZ-001", lambda world: world.states.clear(), _state("fresh")),
    Case("in_progress", "plan_approval",
         "nobody has approved the plan; not counted: Ana Ruiz's, given before the plan changed",
         "kaizen approve KAIZ-001", _edit(objective="another"), lambda world: world.approve(BOB)),
    Case("in_progress", "plan_rejected",
         "Bob Stone rejected the plan: `too wide`; only Bob Stone can take that back, by approving",
         "kaizen approve KAIZ-001", lambda world: world.reject(BOB, "too wide"), lambda world: world.approve(BOB)),
    Case("in_progress", "owner", "the ticket has no owner", f'{UPDATE} --owner "…"',
         _edit(owner=" "), _edit(owner="Ola Ng")),
    Case("in_review", "patch_spec", "there is no Patch-Spec.md", "$EDITOR tickets/KAIZ-001/Patch-Spec.md",
         _spec(None), _spec(SPEC)),
    Case("in_review", "patch_spec", "Patch-Spec.md still has nothing but template text under Summary",
         "$EDITOR tickets/KAIZ-001/Patch-Spec.md", _spec(SPEC.replace("Batch the broadcasts.", "TBD")), _spec(SPEC)),
    Case("canary", "score_card", "the change has not been evaluated", "kaizen evaluate KAIZ-001",
         _no_card, _evaluated_again("pass")),
    Case("canary", "score_card", "Score-card.json can't be read", "kaizen evaluate KAIZ-001",
         lambda world: setattr(world, "card", None), _evaluated_again("pass")),
    Case("canary", "score_card", "the score-card's verdict is inconclusive, not pass", "kaizen evaluate KAIZ-001",
         _evaluated_again("inconclusive"), _evaluated_again("pass")),
    Case("canary", "score_card", "the score-card's verdict is fail, not pass", "kaizen evaluate KAIZ-001",
         _evaluated_again("fail"), _evaluated_again("pass")),
    Case("canary", "candidate",
         "the score-card is for commit 0000000000, but the candidate is now 1111111111", "kaizen evaluate KAIZ-001",
         lambda world: setattr(world, "commit", "1" * 40), _evaluated_again("pass")),
    Case("canary", "candidate", "no branch kaizen/KAIZ-001 says which commit is the candidate",
         "kaizen create KAIZ-001", _candidate(None), _candidate(0xC0DE)),
    Case("canary", "sandbox", "the score-card was not measured in a sandbox", "kaizen evaluate KAIZ-001",
         _evaluated_again("pass", "unsafe-local"), _evaluated_again("pass")),
    Case("canary", "sandbox", "the score-card was not measured in a sandbox", "kaizen evaluate KAIZ-001",
         _evaluated_again("pass", "container"), _evaluated_again("pass")),
    Case("canary", "signoff:2", "nobody has signed off `Nobody's pager rings`",
         """kaizen signoff KAIZ-001 'Nobody'"'"'s pager rings'""",
         _after(_edit(success_criteria=(LATENCY, "Nobody's pager rings")), lambda world: world.approve(ANA, BOB)),
         lambda world: world.sign_off(CAT, "Nobody's pager rings")),
    Case("canary", "signoff:1", "nobody has signed off `-v is quiet`", "kaizen signoff KAIZ-001 -- '-v is quiet'",
         _after(_edit(success_criteria=("-v is quiet",)), lambda world: world.approve(ANA, BOB)),
         lambda world: world.sign_off(CAT, "-v is quiet")),
    Case("canary", "approvals",
         f"{TWO}; it has none; not counted: Ana Ruiz's and Bob Stone's, given before the score-card or the criteria "
         "changed",
         "kaizen approve KAIZ-001", lambda world: world.evaluate(), lambda world: world.approve(BOB, CAT)),
    Case("canary", "approvals",
         f"{TWO}; it has none; not counted: Ana Ruiz's and Bob Stone's and Cat Li's, given before the score-card or "
         "the criteria changed",
         "kaizen approve KAIZ-001", _unapproved, lambda world: world.approve(BOB, CAT)),
    Case("canary", "rejected",
         "Cat Li rejected the change: `leaks`; only Cat Li can take that back, by approving",
         "kaizen approve KAIZ-001", lambda world: world.reject(CAT, "leaks"), lambda world: world.approve(CAT)),
    Case("complete", "canary_signoff:1", "nobody has signed off `Quiet in production`",
         "kaizen signoff KAIZ-001 'Quiet in production'",
         _after(_edit(success_criteria=("Quiet in production",)), lambda world: world.approve(ANA, BOB)),
         lambda world: world.sign_off(CAT, "Quiet in production")),
    Case("complete", "final_approvals",
         "tier 0 needs 2 approvals after the canary's verdict, not from the owner or the candidate's author; "
         "it has none",
         "kaizen approve KAIZ-001", lambda world: world.verdict("promote"), lambda world: world.approve(ANA, BOB)),
    Case("complete", "rejected",
         "Bob Stone rejected the change; only Bob Stone can take that back, by approving",
         "kaizen approve KAIZ-001", lambda world: world.reject(BOB, ""), lambda world: world.approve(BOB)),
    Case("aborted", "reason", "aborting needs a reason", 'kaizen abort KAIZ-001 --note "…"',
         lambda world: None, lambda world: None),
]  # fmt: skip


def _before(into: str, **kind: object) -> World:
    """A world that the gate of `into` would let in as it stands."""
    way = WAYS[into][:-1] if into != "aborted" else ("planned",)
    world = World(enforce_from="planned", **kind).through(*way)
    world.prepare(into)
    return world


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.into}-{case.code}")
def test_a_condition_shuts_its_gate_in_words_and_alone_opens_it(case: Case) -> None:
    world = _before(case.into)
    case.break_it(world)
    refusal = world.decide(case.into)
    assert not refusal.allowed
    assert refusal.enforced
    assert [(c.code, c.text, c.command) for c in refusal.refused] == [(case.code, case.text, case.command)]
    case.mend_it(world)
    opened = world.decide(case.into, reason="enough")
    assert opened.allowed
    assert opened.warnings == ()


@pytest.mark.parametrize("into", [status for status in WAYS if status not in ("draft", "aborted")])
@pytest.mark.parametrize("tier", [0, 1, 2, 3])
def test_what_meets_every_condition_passes_every_gate(into: str, tier: int) -> None:
    world = World(enforce_from="planned", tier=tier).through(*WAYS[into])
    assert world.status == into


def test_a_condition_of_an_early_gate_shuts_the_late_ones_too() -> None:
    world = World().through("planned", "in_progress", "in_review")
    world.prepare("canary")
    world.edit(success_criteria=(LATENCY, DROPS))
    refusal = world.decide("canary")
    assert codes(refusal.refused) == ["plan_approval", "approvals"]
    world.approve(ANA, BOB)
    assert world.move("canary").allowed
    world.prepare("complete")
    world.edit(rollback_plan="", owner="")
    assert codes(world.decide("complete").refused) == [
        "rollback_plan", "plan_approval", "owner", "approvals", "final_approvals",
    ]  # fmt: skip


def test_before_enforcement_a_gate_warns_and_the_move_is_logged_with_it() -> None:
    world = World()
    world.edit(objective="TBD", abort_criteria=())
    decision = world.move("in_progress")
    assert decision.allowed
    assert not decision.enforced
    assert codes(decision.warnings) == ["objective", "abort_criteria", "plan_approval"]
    entry = world.log.proven[-1]
    assert entry.fields == {
        "from": "draft",
        "to": "in_progress",
        "unmet": ["objective", "abort_criteria", "plan_approval"],
    }


@pytest.mark.parametrize("enforce_from", ["planned", "in_progress", "in_review", "canary", "complete"])
def test_enforcement_begins_where_the_settings_say(enforce_from: str) -> None:
    order = ["planned", "in_progress", "in_review", "canary", "complete"]
    for target in order:
        world = World(enforce_from=enforce_from)
        world.edit(status="draft" if target not in ("canary", "complete") else order[order.index(target) - 1])
        world.edit(objective="")
        decision = world.decide(target)
        assert decision.enforced == (order.index(target) >= order.index(enforce_from))
        assert decision.allowed == (not decision.enforced)


def test_a_gate_also_stands_on_the_way_back_into_a_state() -> None:
    world = World(enforce_from="planned").through("planned", "in_progress", "in_review")
    world.edit(objective="another")
    assert codes(world.decide("in_progress").refused) == ["plan_approval"]
    assert world.decide("draft").refused[0].code == "edge"


def test_moving_to_where_one_is_does_nothing() -> None:
    decision = World().move("draft")
    assert decision.allowed
    assert decision.unchanged
    assert describe(decision) == ["KAIZ-001 is already draft; nothing to do"]


def test_a_wrong_edge_shows_the_next_step_and_what_else_is_missing() -> None:
    world = World(tier=3)
    refusal = world.decide("canary")
    assert not refusal.allowed
    assert refusal.refused[0].command == "kaizen update KAIZ-001 --status in_review"
    assert codes(refusal.refused) == ["edge", "plan_approval", "score_card", "signoff:2", "approvals"]
    assert codes(World().decide("nonsense").refused) == ["edge"]
    world.through(*WAYS["complete"])
    assert codes(world.decide("draft").refused) == codes(world.decide("aborted").refused) == ["edge"]


def test_manual_criteria_about_the_canary_wait_for_it() -> None:
    world = World(tier=3)
    manual = ("No Canary alarm", "Rollout stays under an hour", "Works in  production", "Docs reviewed")
    world.edit(success_criteria=manual, status="in_review")
    assert [c.code for c in unmet(world.facts(), "canary") if "signoff" in c.code] == ["signoff:4"]
    assert [c.code for c in unmet(world.facts(), "complete") if "signoff" in c.code] == [
        "signoff:4", "canary_signoff:1", "canary_signoff:2", "canary_signoff:3",
    ]  # fmt: skip


def test_a_sign_off_is_of_the_very_words() -> None:
    world = World().through("planned", "in_progress", "in_review")
    world.sign_off(ANA, DROPS.upper())
    assert "signoff:2" in codes(unmet(world.facts(), "canary"))
    world.sign_off(ANA, DROPS)
    assert "signoff:2" not in codes(unmet(world.facts(), "canary"))


def test_a_damaged_line_since_the_review_began_shuts_the_gate_because_a_rejection_may_have_stood_there() -> None:
    world = _before("canary")
    world.reject(CAT, "leaks memory")
    damaged = world.written().replace(b'"event":"reject"', b'"event":"remark"')
    world.log = read_log(damaged)
    refusal = world.decide("canary")
    assert [(c.code, c.text, c.command) for c in refusal.refused] == [
        (
            "log",
            "line 10 of the Promotion-Log can't be trusted (the entry was changed after it was written: its hash is "
            "wrong); a rejection may have stood there, so restore the line, or go back to in progress and into review "
            "again",
            "kaizen verify KAIZ-001",
        )
    ]


def test_damage_from_before_the_review_is_not_held_against_the_gate() -> None:
    world = _before("canary")
    old = (LogProblem(2, 2, "changed", "hash"), LogProblem(40, None, "torn", "torn"))
    world.reload()
    world.log = replace(world.log, problems=old)
    assert world.decide("canary").allowed


def test_only_proven_entries_count() -> None:
    world = _before("canary")
    for name in (b"Ana", b"Bob"):
        copy = _before("canary")
        copy.log = read_log(world.written().replace(name, b"Eve"))
        assert {"plan_approval", "approvals"} & set(codes(copy.decide("canary").refused))


def test_what_is_unmet_next() -> None:
    world = World()
    assert unmet_next(world.facts()) == ()
    world.edit(owner="", status="planned")
    assert codes(unmet_next(world.facts())) == ["plan_approval", "owner"]
    world.edit(status="complete")
    assert unmet_next(world.facts()) == ()


def test_the_decision_as_text() -> None:
    world = World(tier=3).through("planned", "in_progress", "in_review")
    assert describe(world.decide("canary")) == [
        "KAIZ-001 can't move from in review to canary: 3 conditions are unmet",
        "- the change has not been evaluated",
        "    kaizen evaluate KAIZ-001",
        f"- nobody has signed off `{DROPS}`",
        f"    kaizen signoff KAIZ-001 '{DROPS}'",
        "- tier 3 needs 1 approval; it has none",
        "    kaizen approve KAIZ-001",
    ]
    world.prepare("canary")
    assert describe(world.decide("canary")) == ["KAIZ-001 may move from in review to canary"]
    world.edit(objective="")
    world.approve(ANA)
    assert describe(world.decide("canary", CAT, override="late")) == [
        "KAIZ-001 may move from in review to canary, overriding 1 unmet condition: late",
        "- the ticket has no objective",
        '    kaizen update KAIZ-001 --objective "…"',
    ]
    early = World()
    early.edit(owner="")
    early.approve(ANA)
    assert describe(early.decide("in_progress"))[0] == (
        "KAIZ-001 may move from draft to in progress, with 2 unmet conditions"
    )


def test_status_fields_hold_what_the_log_needs() -> None:
    world = World()
    decision = decide(world.facts(), "aborted", actor=ANA, reason="a duplicate")
    assert status_fields(decision, "a duplicate") == {
        "from": "draft", "to": "aborted", "unmet": [], "reason": "a duplicate",
    }  # fmt: skip


def test_a_score_card_that_no_entry_vouches_for() -> None:
    world = World().through("planned", "in_progress", "in_review")
    world.prepare("canary")
    assert "score_card" not in {unmet.code for unmet in world.decide("canary").refused}
    evaluated, world.card_hash = world.card_hash, "f" * 64  # the file was changed since
    assert "score_card" in {unmet.code for unmet in world.decide("canary").refused}
    world.card_hash = evaluated
    for fields in ({}, {"score_card": ""}, {"score_card": 7}):  # written by hand: it names no file
        world.say("evaluate", "kaizen", verdict="pass", **fields)
        assert "score_card" in {unmet.code for unmet in world.decide("canary").refused}


def test_the_score_card_of_another_ticket() -> None:
    world = World().through("planned", "in_progress", "in_review")
    world.prepare("canary")
    assert world.card is not None
    world.card = world.card.model_copy(update={"ticket": "KAIZ-002"})
    assert "score_card" in {unmet.code for unmet in world.decide("canary").refused}


def test_a_criterion_that_came_after_the_evaluation() -> None:
    world = World(tier=3).through("planned", "in_progress", "in_review")
    world.prepare("canary")
    assert "criteria" not in codes(world.decide("canary").refused)
    world.edit(success_criteria=(LATENCY, "p95_latency_ms < 2"), abort_criteria=("p95_latency_ms > 5",))
    refused = world.decide("canary").refused
    assert [unmet.text for unmet in refused if unmet.code == "criteria"] == [
        f"the score-card is older than `{text}` and doesn't judge it"
        for text in ("p95_latency_ms < 2", "p95_latency_ms > 5")
    ]
    world.evaluate()
    assert "criteria" not in codes(world.decide("canary").refused)

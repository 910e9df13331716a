"""What opens a gate otherwise: overrides, approvals that name a verdict, and the way out into aborted."""

import pytest

from kaizen_tui.core.governance import approval_fields, not_counted
from tests.core.gate_world import ANA, AXEL, BOB, CAT, DAN, OLA, USERS, WAYS, World, codes

# --- overrides ---


def test_someone_else_may_override_and_the_log_says_so_for_ever() -> None:
    world = World().through("planned", "in_progress", "in_review")
    decision = world.move("canary", CAT, override="the fix for last night's outage")
    assert decision.allowed
    assert decision.refused == ()
    assert codes(decision.warnings) == ["score_card", "signoff:2", "approvals"]
    assert world.log.proven[-1].fields == {
        "from": "in_review",
        "to": "canary",
        "unmet": ["score_card", "signoff:2", "approvals"],
        "override": "the fix for last night's outage",
    }


@pytest.mark.parametrize("actor", [OLA, "ola ng", "OLA@X.IO", "ola"])
def test_the_owner_never_overrides(actor: str) -> None:
    world = World(tier=3).through("planned", "in_progress", "in_review")
    world.edit(owner="ola@x.io" if actor == "ola" else "Ola Ng <ola@x.io>")
    refusal = world.decide("canary", actor, override="I must")
    assert not refusal.allowed
    assert refusal.refused[0].text.endswith("owns the ticket: only someone else may override its gates")
    assert codes(refusal.refused) == ["override", "score_card", "signoff:2", "approvals"]


def test_the_owner_does_not_become_someone_else_by_editing_the_owner() -> None:
    world = World(tier=1).through("planned", "in_progress", "in_review")
    world.edit(owner="bob")
    world.owner_before = OLA  # in one act with the move
    refusal = world.decide("canary", OLA, override="I must")
    assert refusal.refused[0].text == "Ola Ng owned the ticket: only someone else may override its gates"
    world.owner_before = ""
    world.say("edit", OLA, changes={"owner": {"from": OLA, "to": "bob"}, "title": "x"})
    world.say("edit", OLA, changes=["owner"])
    assert codes(world.decide("canary", OLA, override="I must").refused)[0] == "override"
    world.evaluate()
    world.approve(OLA)
    assert not_counted(world.facts(), "canary") == ("Ola Ng owned the ticket until lately",)
    assert world.decide("canary", CAT, override="they must").allowed
    world.move("in_progress")
    world.move("in_review")  # the next review is another matter
    world.approve(OLA)
    assert not_counted(world.facts(), "canary") == ()


def test_without_an_owner_nobody_is_someone_else() -> None:
    world = World().through("planned", "in_progress", "in_review")
    world.edit(owner="")
    refusal = world.decide("canary", CAT, override="please")
    assert refusal.refused[0].text == "nobody owns the ticket, so nobody is someone other than its owner"
    assert refusal.refused[0].command == 'kaizen update KAIZ-001 --owner "…"'


def test_an_override_needs_a_reason_and_is_not_recorded_where_nothing_was_overridden() -> None:
    world = World().through("planned", "in_progress", "in_review")
    assert codes(world.decide("canary", CAT, override="  ").refused)[0] == "override"
    world.prepare("canary")
    decision = world.decide("canary", OLA, override="just in case")
    assert decision.allowed
    assert decision.override == ""
    assert World().decide("planned", CAT, override="early").override == ""


def test_no_override_goes_past_the_lifecycle() -> None:
    refusal = World().decide("canary", CAT, override="now")
    assert not refusal.allowed
    assert refusal.refused[0].code == "edge"


@pytest.mark.parametrize("verdict", ["inconclusive", "hold", "rollback", None])
def test_without_promote_there_is_no_way_to_complete_but_an_approval_that_names_the_verdict(
    verdict: str | None,
) -> None:
    world = World().through("planned", "in_progress", "in_review", "canary")
    world.sign_off(ANA, USERS)
    if verdict:
        world.approve(ANA, BOB)  # before the verdict: names none
        world.verdict(verdict)
    said = f"the canary's verdict is {verdict}, not promote" if verdict else "the canary has no verdict yet"
    refusal = world.decide("complete", CAT, override="we need it")
    assert [(c.code, c.text, c.command) for c in refusal.refused] == [
        (
            "verdict",
            f"{said}; to complete all the same, someone has to approve knowing that, and someone to override",
            "kaizen approve KAIZ-001",
        )
    ]
    world.approve(OLA)  # the owner's doesn't count
    world.approve(AXEL)  # nor that of the candidate's author
    assert not world.decide("complete", CAT, override="we need it").allowed
    world.approve(DAN)
    without = world.decide("complete", CAT)
    assert codes(without.refused) == ["verdict", "final_approvals"]
    assert without.refused[0].text == said
    assert without.refused[0].command == 'kaizen update KAIZ-001 --status complete --override "…"'
    decision = world.decide("complete", CAT, override="we need it")
    assert decision.allowed
    assert codes(decision.warnings) == ["verdict", "final_approvals"]
    world.verdict("hold" if verdict != "hold" else "inconclusive")  # a later one is not named any more
    assert not world.decide("complete", CAT, override="we need it").allowed


def test_only_the_last_verdict_counts_and_only_of_this_canary() -> None:
    world = World()
    world.verdict("promote")  # before any canary
    world.through("planned", "in_progress", "in_review", "canary")
    assert "verdict" in codes(world.decide("complete").refused)
    world.prepare("complete")
    assert world.decide("complete").allowed
    world.verdict("inconclusive")
    assert codes(world.decide("complete").refused) == ["verdict", "final_approvals"]
    world.verdict("promote")
    assert codes(world.decide("complete").refused) == ["final_approvals"]
    world.approve(CAT, DAN)
    assert world.decide("complete").allowed


def test_approvals_after_another_verdict_than_promote_are_not_those_that_complete_asks_for() -> None:
    world = World(tier=1).through(*WAYS["canary"])
    world.sign_off(ANA, USERS)
    world.verdict("inconclusive")
    world.approve(CAT, DAN)
    assert codes(world.decide("complete").refused) == ["verdict", "final_approvals"]


def test_an_approval_names_only_the_verdict_that_it_saw() -> None:
    world = World().through(*WAYS["canary"])
    world.sign_off(ANA, USERS)
    world.verdict("hold")
    world.approve(CAT)
    assert world.decide("complete", DAN, override="we need it").allowed
    world.verdict("hold")  # another one, of the same words
    assert not world.decide("complete", DAN, override="we need it").allowed
    fields = {**approval_fields(world.facts(), "", []), "verdict": "promote"}
    world.say("approve", CAT, **fields)
    assert not world.decide("complete", DAN, override="we need it").allowed
    world.say("approve", CAT, **{**fields, "verdict": "hold"})
    assert world.decide("complete", DAN, override="we need it").allowed


def test_a_ticket_that_never_entered_canary_has_no_verdict_to_name() -> None:
    world = World()
    world.edit(status="canary")  # by hand, in the file
    world.approve(ANA, BOB)
    refusal = world.decide("complete", CAT, override="we need it")
    assert codes(refusal.refused) == ["verdict"]


# --- aborting ---


def test_aborting_is_always_possible_with_a_reason() -> None:
    for status in ("draft", "planned", "in_progress", "in_review"):
        world = World(enforce_from="planned").through(*WAYS[status])
        assert codes(world.decide("aborted", OLA).refused) == ["reason"]
        assert world.move("aborted", OLA, reason="not worth it").allowed


def test_aborting_a_canary_needs_a_verified_rollback() -> None:
    world = World().through(*WAYS["canary"])
    refusal = world.decide("aborted", OLA, reason="it burns")
    assert [(c.code, c.text, c.command) for c in refusal.refused] == [
        (
            "rolled_back",
            "nothing shows that the rollback was executed and verified; `kaizen abort` does both, or sign that off once"
            " it was",
            "kaizen signoff KAIZ-001 rollback",
        )
    ]
    world.roll_back(verified=False)
    assert not world.decide("aborted", OLA, reason="it burns").allowed
    world.roll_back()
    assert world.decide("aborted", OLA, reason="it burns").allowed
    world.say("rollout", "kaizen", action="share", share=0.05)  # it went on after all
    assert not world.decide("aborted", OLA, reason="it burns").allowed
    world.sign_off(CAT, "rollback")
    assert world.decide("aborted", OLA, reason="it burns").allowed


def test_a_sign_off_of_the_rollback_counts_only_for_this_canary() -> None:
    world = World()
    world.sign_off(CAT, "rollback")
    world.through(*WAYS["canary"])
    assert not world.decide("aborted", CAT, reason="it burns").allowed
    world.sign_off(CAT, world.ticket.rollback_plan)
    assert world.decide("aborted", CAT, reason="it burns").allowed


def test_on_two_branches_both_must_have_been_rolled_back() -> None:
    world = World().through(*WAYS["canary"])
    base = world.log
    world.roll_back()
    one = world.log
    world.log = base
    world.say("rollout", "kaizen", action="share", share=0.05)
    world.log = world.log.plus(one.proven[-1].as_dict())
    assert len(world.log.heads) == 2
    assert not world.decide("aborted", CAT, reason="it burns").allowed
    world.roll_back()
    assert world.decide("aborted", CAT, reason="it burns").allowed


def test_without_a_rollback_plan_a_sign_off_of_nothing_is_none() -> None:
    world = World().through(*WAYS["canary"])
    world.edit(rollback_plan="")
    world.say("signoff", CAT, criterion="")
    assert not world.decide("aborted", CAT, reason="it burns").allowed

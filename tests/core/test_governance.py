"""Who may approve, whose approvals count, who still must, and which rejections stand."""

import pytest

from kaizen_tui.core.gates import decide
from kaizen_tui.core.governance import (
    approval_fields,
    approvals,
    evidence_hash,
    is_owner,
    last_verdict,
    may_approve,
    not_counted,
    rejections,
    still_needed,
)
from kaizen_tui.core.promotion_log import make_entry
from tests.core.gate_world import ANA, AT, AXEL, BOB, CAT, DROPS, OLA, SPEC, WAYS, World, codes


def test_where_the_ticket_names_no_owner_its_component_s_owner_is_it() -> None:
    world = World()
    world.edit(owner=" ")
    assert world.component is not None
    component = world.component.model_copy(update={"owner": "ana"})
    assert is_owner(ANA, world.ticket, component)
    assert not is_owner(ANA, world.ticket, None)


# --- who may ---


@pytest.mark.parametrize(
    ("status", "actor", "reason"),
    [
        ("planned", ANA, None),
        ("planned", OLA, "Ola Ng owns the ticket"),
        ("planned", AXEL, None),  # the plan comes before the candidate
        ("in_review", AXEL, "Axel Ost wrote the candidate commit"),
        ("in_review", "axel", "axel wrote the candidate commit"),
        ("canary", OLA, "Ola Ng owns the ticket"),
        ("canary", ANA, None),
    ],
)
def test_the_owner_and_the_author_of_the_candidate_may_not_approve(status: str, actor: str, reason: str | None) -> None:
    world = World(tier=1)
    world.edit(status=status)
    assert may_approve(world.facts(), actor) == reason


def test_on_tier_three_the_owner_will_do() -> None:
    world = World(tier=3, enforce_from="planned")
    for target in WAYS["complete"]:
        if target == "canary":
            world.evaluate()
            world.sign_off(OLA, DROPS)
        if target == "complete":
            world.verdict("promote")
            world.sign_off(OLA, world.ticket.success_criteria[2])
        world.approve(OLA)
        assert world.move(target, OLA).allowed


def test_config_says_on_which_tiers_and_how_many() -> None:
    world = World(tier=1, owner_may_approve=(1,), approvals={1: 3}).through("planned")
    assert may_approve(world.facts(), OLA) is None
    assert still_needed(world.facts(), "plan") == 1
    assert still_needed(world.facts(), "canary") == still_needed(world.facts(), "complete") == 3


def test_without_a_component_the_strictest_tier_holds() -> None:
    world = World(tier=3)
    world.component = None
    assert still_needed(world.facts(), "canary") == 2
    assert may_approve(world.facts(), OLA) == "Ola Ng owns the ticket"


@pytest.mark.parametrize(
    ("pattern", "counts"),
    [("*", True), ("*@x.io", True), ("ANA*", True), ("ana ruiz <*", True), ("ana", True), ("*@y.io", False)],
)
def test_approvers_are_patterns_of_name_or_e_mail(pattern: str, counts: bool) -> None:
    world = World(approvers=(pattern, "root")).through("planned")
    world.approve(ANA)
    assert (may_approve(world.facts(), ANA) is None) == counts
    assert bool(approvals(world.facts(), "plan")) == counts
    if not counts:
        assert not_counted(world.facts(), "plan") == ("Ana Ruiz is not among the approvers of config.yml",)


# --- whose count ---


def _in_review() -> World:
    world = World().through("planned", "in_progress", "in_review")
    world.evaluate()
    world.sign_off(ANA, DROPS)
    return world


def test_one_person_counts_once_however_they_write_their_name() -> None:
    world = _in_review()
    world.approve(ANA, "ana", "ana@x.io", "ANA RUIZ")
    assert [approval.actor for approval in approvals(world.facts(), "canary")] == [ANA]
    assert still_needed(world.facts(), "canary") == 1
    world.approve(BOB)
    assert still_needed(world.facts(), "canary") == 0
    assert world.decide("canary").allowed


def test_those_that_do_not_count_are_named_with_the_reason() -> None:
    world = _in_review()
    world.approve(CAT)
    world.evaluate()
    world.approve(OLA, AXEL, BOB)
    assert not_counted(world.facts(), "canary") == (
        "Ola Ng owns the ticket",
        "Axel Ost wrote the candidate commit",
        "Cat Li's, given before the score-card or the criteria changed",
    )


def test_approvals_of_the_release_are_bound_to_what_was_seen() -> None:
    world = _in_review()
    world.approve(ANA, BOB)
    for change in ({"objective": "x"}, {"abort_criteria": ("x",)}, {"rollback_plan": "x"}, {"component": "x"}):
        before = world.ticket
        world.edit(**change)
        assert approvals(world.facts(), "canary") == ()
        world.ticket = before
        assert len(approvals(world.facts(), "canary")) == 2
    world.edit(title="Another title", owner="Someone", severity="low", labels=("x",))
    assert len(approvals(world.facts(), "canary")) == 2
    world.spec = SPEC + "more"
    assert len(approvals(world.facts(), "canary")) == 2
    world.evaluate()
    assert approvals(world.facts(), "canary") == ()


def test_only_approvals_since_the_review_began_count() -> None:
    world = _in_review()
    world.approve(ANA, BOB)
    assert world.move("in_progress").allowed
    assert world.move("in_review").allowed
    assert codes(world.decide("canary").refused) == ["approvals"]
    world.approve(ANA, BOB)
    assert world.decide("canary").allowed


def test_a_plan_approval_lasts_until_the_plan_goes_back_to_draft_or_changes() -> None:
    world = World()
    world.approve(ANA)
    assert not_counted(world.facts(), "plan") == ("Ana Ruiz's, given while the ticket was a draft",)
    world.through("planned")
    world.approve(ANA)
    assert still_needed(world.facts(), "plan") == 0
    world.move("draft")
    world.move("planned")
    assert still_needed(world.facts(), "plan") == 1
    world.approve(BOB)
    assert still_needed(world.facts(), "plan") == 0
    world.move("in_progress")
    world.edit(objective="another")
    assert still_needed(world.facts(), "plan") == 1
    world.approve(BOB)
    assert still_needed(world.facts(), "plan") == 0


def test_a_ticket_that_came_with_its_status_keeps_what_was_said_in_it() -> None:
    world = World(tier=1)
    world.edit(status="in_review")  # by hand, in the file
    world.evaluate()
    world.approve(ANA)
    assert still_needed(world.facts(), "canary") == 0
    world.reject(BOB, "no")
    assert [entry.actor for entry in rejections(world.facts(), "canary")] == [BOB]
    world.edit(status="canary")
    world.verdict("promote")
    world.approve(CAT)
    assert last_verdict(world.facts()) == "none"  # no entry into canary: no verdict can be of it
    assert still_needed(world.facts(), "complete") == 1


# --- rejections ---


def test_a_rejection_stands_until_that_person_approves() -> None:
    world = _in_review()
    world.approve(ANA, BOB)
    world.reject(ANA, "I looked again")
    world.approve(CAT)
    assert codes(world.decide("canary").refused) == ["rejected"]
    world.evaluate()
    world.approve(BOB, CAT)
    assert codes(world.decide("canary").refused) == ["rejected"]
    world.approve("ana ruiz <ana@x.io>")
    assert world.decide("canary").allowed


def test_a_rejection_from_before_the_review_is_history() -> None:
    world = _in_review()
    world.reject(CAT, "leaks")
    world.move("in_progress")
    world.move("in_review")
    assert rejections(world.facts(), "canary") == ()


def test_a_rejection_of_an_older_plan_is_history() -> None:
    world = World().through("planned")
    world.reject(CAT, "too wide")
    world.approve(ANA)
    assert codes(world.decide("in_progress").warnings) == ["plan_rejected"]
    world.edit(objective="less")
    world.approve(ANA)
    assert world.decide("in_progress").warnings == ()


# --- branches ---


def _merged(world: World, *branches: World) -> None:
    """The union of logs that all began as `world`'s."""
    for branch in branches:
        known = {entry.hash for entry in world.log.proven}
        world.log = world.log.plus(*(e.as_dict() for e in branch.log.proven if e.hash not in known))


def _branch(world: World) -> World:
    other = World()
    other.__dict__.update(world.__dict__)
    return other


def test_approvals_on_two_branches_count_together() -> None:
    world = _in_review()
    one, two = _branch(world), _branch(world)
    one.approve(ANA)
    two.approve(BOB)
    _merged(world, one, two)
    assert len(world.log.heads) == 2
    assert world.decide("canary").allowed
    world.reload()
    assert world.log.problems == ()
    assert world.decide("canary").allowed


def test_a_rejection_on_another_branch_is_not_taken_back_by_an_approval_that_did_not_see_it() -> None:
    world = _in_review()
    one, two = _branch(world), _branch(world)
    one.approve(ANA, BOB)
    two.reject(ANA, "leaks")
    _merged(world, two, one)
    assert codes(world.decide("canary").refused) == ["rejected"]
    world.approve(ANA)
    assert world.decide("canary").allowed


def test_where_two_branches_moved_into_review_a_rejection_of_either_stands_and_approvals_must_know_both() -> None:
    world = World().through("planned", "in_progress")
    one, two = _branch(world), _branch(world)
    one.reject(CAT, "leaks")  # before the move on this branch, but not before that on the other
    for branch in (one, two):
        branch.move("in_review")
    two.evaluate()
    two.sign_off(ANA, DROPS)
    two.approve(ANA, BOB)
    _merged(world, one, two)
    world.edit(status="in_review")
    world.card, world.card_hash = two.card, two.card_hash
    assert codes(world.decide("canary").refused) == ["plan_rejected", "approvals", "rejected"]
    world.approve(ANA, BOB, CAT)
    assert world.decide("canary").allowed


def test_an_approval_on_a_branch_that_did_not_see_the_verdict_is_not_after_it() -> None:
    world = World().through(*WAYS["canary"])
    world.sign_off(ANA, world.ticket.success_criteria[2])
    one, two = _branch(world), _branch(world)
    one.verdict("promote")
    two.approve(ANA, BOB)
    _merged(world, one, two)
    assert codes(world.decide("complete").refused) == ["final_approvals"]


def test_two_verdicts_on_two_branches_must_both_promote() -> None:
    world = World().through(*WAYS["canary"])
    one, two = _branch(world), _branch(world)
    one.verdict("promote")
    two.verdict("rollback")
    _merged(world, one, two)
    assert last_verdict(world.facts()) == "promote+rollback"
    world.approve(ANA, BOB)
    assert "verdict" in codes(world.decide("complete").refused)
    world.verdict("promote")
    world.approve(ANA, BOB)
    assert "verdict" not in codes(world.decide("complete").refused)


def test_time_stamps_say_nothing_about_order() -> None:
    world = _in_review()
    facts = world.facts()
    fields = approval_fields(facts, "", [])
    late = make_entry(world.log, at="2031-01-01T00:00:00Z", actor=ANA, event="approve", fields=fields)
    world.log = world.log.plus(late)
    back = {"from": "in_review", "to": "in_progress", "unmet": []}
    world.log = world.log.plus(make_entry(world.log, at=AT, actor=ANA, event="status", fields=back))
    again = {"from": "in_progress", "to": "in_review", "unmet": []}
    world.log = world.log.plus(
        make_entry(world.log, at="1999-01-01T00:00:00Z", actor=ANA, event="status", fields=again)
    )
    assert approvals(world.facts(), "canary") == ()


# --- signatures ---


def test_where_signatures_are_required_only_signed_entries_count() -> None:
    world = World(tier=1, require_signature=True).through("planned")
    world.approve(ANA)
    assert not_counted(world.facts(), "plan") == ("Ana Ruiz's, not signed",)
    refusal = decide(world.facts(), "in_progress", actor=BOB)
    assert "nobody has approved the plan; not counted: Ana Ruiz's, not signed" in [c.text for c in refusal.warnings]
    approval = world.log.proven[-1]
    world.log = world.log.signed({approval.hash: "bob@x.io"})  # a valid signature, but another person's
    assert still_needed(world.facts(), "plan") == 1
    world.log = world.log.signed({approval.hash: "ana@x.io"})
    assert still_needed(world.facts(), "plan") == 0


def test_sign_offs_and_rejections_need_the_signature_too() -> None:
    world = _in_review()
    world.approve(ANA, BOB)
    world.reject(CAT, "leaks")
    signed = {entry.hash: entry.actor for entry in world.log.events("approve", "signoff")}
    world.config = World(require_signature=True).config
    world.log = world.log.signed(signed)
    assert world.decide("canary").allowed
    signed[world.log.events("reject")[0].hash] = "cat@x.io"
    world.log = world.log.signed(signed)
    assert codes(world.decide("canary").refused) == ["rejected"]
    del signed[world.log.events("signoff")[0].hash]
    world.log = world.log.signed(signed)
    assert "signoff:2" in codes(world.decide("canary").refused)


def test_an_approval_carries_what_was_seen() -> None:
    world = _in_review()
    world.approve(ANA, note="measured it myself")
    entry = world.log.proven[-1]
    assert entry.fields == {
        "status": "in_review",
        "plan": world.ticket.governed_hash(),
        "evidence": evidence_hash(world.ticket, world.card_hash),
        "score_card": world.card_hash,
        "verdict": "none",
        "note": "measured it myself",
        "unmet": ["approvals"],
    }

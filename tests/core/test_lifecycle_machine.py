"""Random histories of a ticket against an oracle that knows the rules in another way: plain loops over a plain list.

The oracle reads no log and calls none of the gates' functions. At each move both must say the same: allowed or not,
and for which conditions. So no sequence of actions reaches canary or complete (or any state, when enforced from
planned) past a shut gate, and none is held up by a gate that should be open.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kaizen_tui.core.states import STATUSES
from tests.core.gate_world import DROPS, LATENCY, SPEC, USERS, WAYS, World, commit_of

# Everybody under several names: the gates have to see through them.
NAMES = {
    "Ana Ruiz <ana@x.io>": "ana", "ana": "ana", "ANA@x.io": "ana",
    "Bob Stone <bob@x.io>": "bob", "Bob Stone": "bob",
    "Cat Li <cat@x.io>": "cat",
    "Ola Ng <ola@x.io>": "ola", "ola": "ola",
    "Axel Ost <axel@x.io>": "axel", "axel": "axel",
}  # fmt: skip
ACTORS = st.sampled_from(sorted(NAMES))
OLA = "Ola Ng <ola@x.io>"
OWNERS = {OLA: "ola", "ana@x.io": "ana", "backend-team": "backend-team", "": ""}
OBJECTIVES = ("p95 below 10 ms", "p95 below 9 ms", "TBD", "")
TOO_SLOW = "p95_latency_ms > 15"
AUTOMATIC = {LATENCY, TOO_SLOW}  # the others are sentences: a person judges them
SUCCESS = ((LATENCY, DROPS, USERS), (LATENCY,), (DROPS, USERS), (), ("TBD",), (TOO_SLOW, DROPS))
ABORTS = ((TOO_SLOW,), ("when it hurts",), (), (TOO_SLOW, LATENCY))
PLANS = ("restart", "")
NEEDED = {0: 2, 1: 1, 2: 1, 3: 1}
EDGES = {
    "draft": {"planned", "in_progress", "in_review", "aborted"},
    "planned": {"in_progress", "in_review", "draft", "aborted"},
    "in_progress": {"in_review", "aborted"},
    "in_review": {"canary", "in_progress", "aborted"},
    "canary": {"complete", "aborted"},
    "complete": set(),
    "aborted": set(),
}


class Oracle:
    """The rules once more: `past` is what happened, as plain dicts in order."""

    def __init__(self, world: World, tier: int) -> None:
        self.world = world
        self.tier = tier
        self.past: list[dict[str, Any]] = []
        self.judged: dict[str, set[str]] = {"success": set(), "abort": set()}

    def automatic(self) -> dict[str, set[str]]:
        """What a machine has to judge. The same line asks for the opposite as success and as abort criterion."""
        ticket = self.world.ticket
        return {"success": AUTOMATIC & {*ticket.success_criteria}, "abort": AUTOMATIC & {*ticket.abort_criteria}}

    def evaluated(self, left_out: str) -> None:
        """A score-card was written: it judges what the ticket holds now, but for one line."""
        self.judged = {kind: lines - {left_out} for kind, lines in self.automatic().items()}

    def note(self, kind: str, actor: str, **more: Any) -> None:
        self.past.append({"kind": kind, "who": NAMES.get(actor, actor), "seen": self.seen(), **more})

    def plan(self) -> tuple[Any, ...]:
        ticket = self.world.ticket
        return (ticket.objective, ticket.success_criteria, ticket.abort_criteria, ticket.rollback_plan)

    def seen(self) -> dict[str, Any]:
        seen = {"plan": self.plan(), "card": self.world.card_hash, "status": self.world.status}
        return {**seen, "verdict": self.verdict()}

    def since(self, **move: str) -> list[dict[str, Any]]:
        """What happened after the last thing of this kind; all of it where there was none."""
        for index in reversed(range(len(self.past))):
            if all(self.past[index].get(key) == value for key, value in move.items()):
                return self.past[index + 1 :]
        return list(self.past)

    def verdict(self) -> str:
        if not any(e.get("to") == "canary" for e in self.past):
            return "none"
        verdicts = [e["verdict"] for e in self.since(to="canary") if e["kind"] == "verdict"]
        return verdicts[-1] if verdicts else "none"

    def may(self, who: str, *, author: bool) -> bool:
        if self.tier == 3:
            return True
        if who == OWNERS[self.world.ticket.owner] or (author and who == NAMES.get(self.world.author or "")):
            return False
        return not author or who not in self.former_owners()

    def former_owners(self) -> set[str]:
        return {e["had"] for e in self.since(to="in_review") if e["kind"] == "edit"}

    def conditions(self, target: str) -> set[str]:
        """The codes of what is unmet, without the part behind the colon."""
        if target == "aborted":
            return set() if self.world.status != "canary" or self.rolled_back() else {"rolled_back"}
        upto = STATUSES.index(target)
        found = self.of_planned() if upto >= 1 else set()
        found |= self.of_in_progress() if upto >= 2 else set()
        found |= {"patch_spec"} if upto >= 3 and self.world.spec != SPEC else set()
        found |= self.of_canary() if upto >= 4 else set()
        return found | (self.of_complete() if upto >= 5 else set())

    def of_planned(self) -> set[str]:
        ticket, found = self.world.ticket, set()
        if ticket.objective in ("TBD", ""):
            found.add("objective")
        if ticket.success_criteria in ((), ("TBD",)):
            found.add("success_criteria")
        if not ticket.abort_criteria:
            found.add("abort_criteria")
        if not ticket.rollback_plan:
            found.add("rollback_plan")
        if any(self.automatic().values()) and self.world.states["p95_latency_ms"][0] != "fresh":
            found.add("metric")
        return found

    def of_in_progress(self) -> set[str]:
        found = {"plan_approval"}
        events = self.since(to="draft")
        for number, e in enumerate(events):
            fits = e["seen"]["plan"] == self.plan()
            if e["kind"] == "approve" and fits and e["seen"]["status"] != "draft" and self.may(e["who"], author=False):
                found.discard("plan_approval")
            early = e["seen"]["status"] not in ("in_review", "canary")
            if e["kind"] == "reject" and fits and early and not self.took_back(e["who"], events[number:]):
                found.add("plan_rejected")
        return found | (set() if self.world.ticket.owner else {"owner"})

    @staticmethod
    def took_back(who: str, later: list[dict[str, Any]]) -> bool:
        return any(e["kind"] == "approve" and e["who"] == who for e in later)

    def approvers(self, events: list[dict[str, Any]]) -> set[str]:
        now = (self.plan(), self.world.card_hash)
        return {
            e["who"]
            for e in events
            if e["kind"] == "approve"
            and (e["seen"]["plan"], e["seen"]["card"]) == now
            and self.may(e["who"], author=True)
        }

    def of_canary(self) -> set[str]:
        found, card, events = set(), self.world.card, self.since(to="in_review")
        if card is None:
            found.add("score_card")
        else:
            found |= {"score_card"} if card.verdict != "pass" else set()
            found |= {"sandbox"} if card.sandbox.kind != "bubblewrap" else set()
            unjudged = [lines - self.judged[kind] for kind, lines in self.automatic().items()]
            found |= {"criteria"} if any(unjudged) else set()
            found |= {"candidate"} if card.commits.candidate != self.world.commit else set()
        if not any(e.get("to") == "in_review" for e in self.past):
            events = [e for e in events if e["seen"]["status"] in ("in_review", "canary")]
        if len(self.approvers(events)) < NEEDED[self.tier]:
            found.add("approvals")
        if any(e["kind"] == "reject" and not self.took_back(e["who"], events[n:]) for n, e in enumerate(events)):
            found.add("rejected")
        return found | (set() if self.signed(DROPS) else {"signoff"})

    def signed(self, criterion: str) -> bool:
        given = [e for e in self.past if e["kind"] == "signoff" and e["criterion"] == criterion]
        return bool(given) or criterion not in self.world.ticket.success_criteria

    def of_complete(self) -> set[str]:
        found = set() if self.signed(USERS) else {"canary_signoff"}
        if self.verdict() != "promote":
            return found | {"verdict", "final_approvals"}
        after = self.since(to="canary")
        last = max(index for index, e in enumerate(after) if e["kind"] == "verdict")
        return found | ({"final_approvals"} if len(self.approvers(after[last:])) < NEEDED[self.tier] else set())

    def named(self) -> bool:
        """Somebody approved knowing the canary's last verdict, whatever it is."""
        if not any(e.get("to") == "canary" for e in self.past):
            return False
        after = self.since(to="canary")
        verdicts = [index for index, e in enumerate(after) if e["kind"] == "verdict"]
        after = after[verdicts[-1] + 1 :] if verdicts else after
        return bool(self.approvers([e for e in after if e["seen"]["verdict"] == self.verdict()]))

    def rolled_back(self) -> bool:
        done = False
        for e in self.since(to="canary"):
            if e["kind"] == "rollout":
                done = e["action"] == "rollback" and e["verified"]
            plan = self.world.ticket.rollback_plan
            done = done or (e["kind"] == "signoff" and e["criterion"] in ("rollback", plan or "rollback"))
        return done

    def allows(self, target: str, actor: str, reason: str, override: str) -> bool:
        status, owner = self.world.status, OWNERS[self.world.ticket.owner]
        if target == status:
            return True
        if target not in EDGES[status] or (target == "aborted" and not (reason.strip() or override.strip())):
            return False
        start = STATUSES.index(self.world.config.governance.enforce_from)
        unmet = self.conditions(target)
        if not unmet or STATUSES.index(target) < start:
            return True
        if "verdict" in unmet and not self.named():
            return False
        return bool(override.strip()) and owner != "" and NAMES[actor] not in {owner, *self.former_owners()}


class TicketMachine(RuleBasedStateMachine):
    """People and stages acting on one ticket in any order."""

    enforce_from = "canary"

    @initialize(tier=st.sampled_from([0, 0, 1, 2, 3]), start=st.sampled_from(["draft", "draft", "in_review", "canary"]))
    def begin(self, tier: int, start: str) -> None:
        self.world = World(tier=tier, enforce_from=self.enforce_from)
        self.world.edit(owner=OLA)
        self.oracle = Oracle(self.world, tier)
        self.ended = ""
        while self.world.status != start:
            self.do_the_next_thing_right("")
            self.move_on("Ana Ruiz <ana@x.io>", "")

    @rule(
        field=st.sampled_from(["objective", "success_criteria", "abort_criteria", "rollback_plan", "owner"]),
        choice=st.integers(0, 5),
    )
    def edit(self, field: str, choice: int) -> None:
        pool = {
            "objective": OBJECTIVES, "success_criteria": SUCCESS, "abort_criteria": ABORTS, "rollback_plan": PLANS,
            "owner": tuple(OWNERS),
        }[field]  # fmt: skip
        old, new = getattr(self.world.ticket, field), pool[choice % len(pool)]
        self._edit(**{field: new}) if old != new else self.world.say("comment", "ana", text="as it is")

    def _edit(self, **changes: Any) -> None:
        said = {key: {"from": getattr(self.world.ticket, key), "to": new} for key, new in changes.items()}
        self.oracle.note("edit", "ana", had=OWNERS[self.world.ticket.owner] if "owner" in changes else "")
        self.world.edit(**changes)
        self.world.say("edit", "ana", changes=said)

    @rule(written=st.booleans(), fresh=st.sampled_from(["fresh", "fresh", "stale", "unreachable"]))
    def surroundings(self, written: bool, fresh: str) -> None:
        self.world.spec = SPEC if written else SPEC.replace("Batch the broadcasts.", "<!-- what -->")
        self.world.states["p95_latency_ms"] = (fresh, "")

    @rule(actor=ACTORS)
    def approve(self, actor: str) -> None:
        self.oracle.note("approve", actor)
        self.world.approve(actor)

    @rule(actor=ACTORS)
    def reject(self, actor: str) -> None:
        self.oracle.note("reject", actor)
        self.world.reject(actor, "no")

    @rule(actor=ACTORS, criterion=st.sampled_from([DROPS, USERS, "rollback", "restart", "anything", ""]))
    def sign_off(self, actor: str, criterion: str) -> None:
        self.oracle.note("signoff", actor, criterion=criterion)
        self.world.sign_off(actor, criterion)

    @rule(
        verdict=st.sampled_from(["pass", "pass", "pass", "fail", "inconclusive"]),
        kind=st.sampled_from(["bubblewrap", "bubblewrap", "bubblewrap", "container", "unsafe-local"]),
        left_out=st.sampled_from(["", "", LATENCY, TOO_SLOW]),
    )
    def evaluate(self, verdict: str, kind: str, left_out: str) -> None:
        """left_out: an automatic criterion that the score-card doesn't judge."""
        self.world.evaluate(verdict, kind, left_out=left_out)
        self.oracle.evaluated(left_out)

    @rule(number=st.integers(1, 3), author=st.sampled_from(["Axel Ost <axel@x.io>", "Ana Ruiz <ana@x.io>"]))
    def candidate_moves(self, number: int, author: str) -> None:
        self.world.commit, self.world.author = commit_of(number), author

    @rule(verdict=st.sampled_from(["promote", "promote", "inconclusive", "hold", "rollback"]))
    def judge(self, verdict: str) -> None:
        self.oracle.note("verdict", "kaizen", verdict=verdict)
        self.world.verdict(verdict)

    @rule(action=st.sampled_from(["rollback", "share"]), verified=st.booleans())
    def roll(self, action: str, verified: bool) -> None:
        self.oracle.note("rollout", "kaizen", action=action, verified=verified)
        self.world.say("rollout", "kaizen", action=action, verified=verified)

    @precondition(lambda self: self.world.status not in ("complete", "aborted"))
    @rule(skip=st.sampled_from(["", "", "", "plan", "card", "criterion", "side", "sign", "approve", "verdict"]))
    def do_the_next_thing_right(self, skip: str) -> None:
        """What a careful team does before the next move, perhaps but for one thing: else nothing gets far."""
        world = self.world
        if skip != "plan":
            self._edit(objective=OBJECTIVES[0], success_criteria=SUCCESS[0], abort_criteria=ABORTS[0])
            self._edit(rollback_plan="restart", **({"owner": OLA} if world.ticket.owner != OLA else {}))
            self.surroundings(True, "fresh")
        if skip != "card":
            self.evaluate("pass", "bubblewrap", TOO_SLOW if skip == "criterion" else "")
        if skip == "side":  # what was judged as an abort criterion is made one of success
            self._edit(success_criteria=SUCCESS[5])
        if skip != "sign":
            self.sign_off("Cat Li <cat@x.io>", USERS if world.status == "canary" else DROPS)
        if skip != "verdict" and world.status == "canary":
            self.judge("promote")
        if skip != "approve":
            for actor in ("Ana Ruiz <ana@x.io>", "Bob Stone <bob@x.io>", "Cat Li <cat@x.io>", OLA, "axel"):
                self.approve(actor)

    @rule(
        to=st.sampled_from([*STATUSES[1:], *STATUSES[:6]]),
        actor=ACTORS,
        reason=st.sampled_from(["", "enough"]),
        override=st.sampled_from(["", "", "", "", "we must", " "]),
    )
    def move(self, to: str, actor: str, reason: str, override: str) -> None:
        self._move(to, actor, reason, override)

    @precondition(lambda self: self.world.status not in ("complete", "aborted"))
    @rule(actor=ACTORS, override=st.sampled_from(["", "", "", "", "", "we must"]))
    def move_on(self, actor: str, override: str) -> None:
        self._move(STATUSES[STATUSES.index(self.world.status) + 1], actor, "", override)

    def _move(self, target: str, actor: str, reason: str, override: str) -> None:
        world, old = self.world, self.world.status
        allowed = self.oracle.allows(target, actor, reason, override)
        expected = self.oracle.conditions(target)
        decision = world.move(target, actor, reason=reason, override=override)
        assert decision.allowed == allowed, (decision, expected)
        if target == old:
            return
        listed = {c.code.partition(":")[0] for c in (*decision.refused, *decision.warnings)}
        if target in EDGES[old]:
            # Under an override that fails on the verdict alone, the rest is not refused and not listed.
            assert listed - {"override", "reason"} == expected, decision
        if not allowed:
            assert decision.refused
            assert world.status == old
            return
        event(f"{old} -> {target}{' overridden' if decision.override else ''}")
        if decision.override:
            assert NAMES[actor] != OWNERS[world.ticket.owner]
            assert world.log.proven[-1].text("override") == override
        elif decision.enforced:
            assert not expected
        if target == "complete":
            assert self.oracle.verdict() == "promote" or (decision.override and self.oracle.named())
        self.oracle.note("status", actor, to=target)
        assert world.log.proven[-1].fields["unmet"] == [c.code for c in decision.warnings]

    @invariant()
    def what_is_final_stays(self) -> None:
        if not hasattr(self, "world"):
            return
        if self.ended:
            assert self.world.status == self.ended
        elif self.world.status in ("complete", "aborted"):
            self.ended = self.world.status

    def teardown(self) -> None:
        if hasattr(self, "world"):
            before = [entry.hash for entry in self.world.log.proven]
            self.world.reload()
            assert self.world.log.problems == ()
            assert [entry.hash for entry in self.world.log.proven] == before


class StrictMachine(TicketMachine):
    """The same, every gate enforced."""

    enforce_from = "planned"


@pytest.mark.parametrize("machine", [TicketMachine, StrictMachine])
def test_no_history_goes_past_a_shut_gate(machine: type[TicketMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=100, stateful_step_count=50, deadline=None))


@pytest.mark.nightly
@pytest.mark.parametrize("machine", [TicketMachine, StrictMachine])
def test_no_long_history_goes_past_a_shut_gate(machine: type[TicketMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=1000, stateful_step_count=80, deadline=None))


@pytest.mark.parametrize("tier", [0, 1, 2, 3])
@pytest.mark.parametrize("status", STATUSES)
def test_every_state_is_reached_with_every_gate_enforced_and_nothing_overridden(status: str, tier: int) -> None:
    world = World(tier=tier, enforce_from="planned").through(*WAYS[status])
    assert world.status == status
    assert not any(entry.text("override") or entry.fields["unmet"] for entry in world.log.events("status"))


@pytest.mark.parametrize("status", ["draft", "planned", "in_progress", "in_review", "canary"])
def test_aborted_is_reached_from_every_state_that_is_not_final(status: str) -> None:
    assert World(enforce_from="planned").through(*WAYS[status], "aborted").status == "aborted"


@pytest.mark.parametrize("final", ["complete", "aborted"])
@pytest.mark.parametrize("target", STATUSES)
def test_what_is_final_is_left_by_nothing(final: str, target: str) -> None:
    world = World().through(*WAYS[final])
    for name in NAMES:
        decision = world.move(target, name, reason="enough", override="we must")
        assert decision.allowed == (target == final)
        assert world.status == final

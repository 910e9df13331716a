"""One ticket from its first word to its end, as people and the later stages drive it: what opens each gate."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.world import ADA, BOB, CARLA, SPEC, World

CRITERIA = "p95_latency_ms < 10; Zero drops in the 5-minute test; No complaints during the canary"


@pytest.fixture
def measured(world: World, require_program: Callable[[str], str]) -> World:
    """A checkout whose metrics answer."""
    require_program("git")
    world.config("metrics: {source: simulated}\n")
    world.git("init", "-q", "-b", "main")
    return world


def plan(world: World) -> str:
    ticket = world.new("Cap the memory", "--owner", "Ada Lovelace", "--abort", "drop_rate_pct > 0.5")
    world.ok("update", ticket, "--objective", "p95 below 10 ms", "--success-criteria", CRITERIA)
    return ticket


def codes(result: object) -> list[str]:
    return [condition["code"] for condition in result.data["refused"]]  # type: ignore[attr-defined]


def to_review(world: World) -> str:
    """A ticket in review, everything met so far."""
    ticket = plan(world)
    world.ok("update", ticket, "--status", "planned")
    world.ok("approve", ticket, actor=BOB)
    world.ok("update", ticket, "--status", "in_progress")
    Path(world.ws.spec_path(ticket)).write_text(SPEC, encoding="utf-8")
    assert world.ok("update", ticket, "--status", "in_review").err == ""
    return ticket


def to_canary(world: World) -> str:
    ticket = to_review(world)
    world.score_card(ticket, world.candidate(ticket))
    world.ok("signoff", ticket, "5-minute")
    world.ok("approve", ticket, actor=BOB)
    world.ok("approve", ticket, actor=CARLA)
    world.ok("update", ticket, "--status", "canary")
    return ticket


def test_every_gate_in_turn(measured: World) -> None:
    world, ticket = measured, to_review(measured)

    refused = world.cli("update", ticket, "--status", "canary", "--json")
    assert refused.code == 4
    assert codes(refused) == ["score_card", "signoff:2", "approvals"]
    assert f"kaizen signoff {ticket} 'Zero drops in the 5-minute test'" in refused.err

    world.score_card(ticket, world.candidate(ticket))
    world.ok("signoff", ticket, "2", "--note", "ran it twice")
    assert "doesn't count: Ada Lovelace owns the ticket" in world.ok("approve", ticket).err
    world.ok("approve", ticket, actor=BOB)
    assert codes(world.cli("update", ticket, "--status", "canary", "--json")) == ["approvals"]
    world.ok("approve", ticket, actor=CARLA)
    path = Path(world.ws.component_path("pcc-main"))
    text = path.read_text(encoding="utf-8")
    assert f"Next is canary: open\n  kaizen update {ticket} --status canary\n" in world.ok("why", ticket).out
    path.write_text(f"{text}rollout: {{steps: [1%, 100%]}}\n", encoding="utf-8")
    assert f"Next is canary: open\n  kaizen deploy {ticket}\n" in world.ok("why", ticket).out
    path.write_text(text, encoding="utf-8")
    assert world.ok("update", ticket, "--status", "canary").out == f"{ticket}: status in_review -> canary\n"

    assert codes(world.cli("update", ticket, "--status", "complete", "--json")) == [
        "verdict",
        "final_approvals",
        "canary_signoff:3",
    ]
    world.log_event(ticket, "verdict", {"verdict": "promote"})
    world.ok("approve", ticket, actor=BOB)
    world.ok("approve", ticket, actor=CARLA)
    world.ok("signoff", ticket, "3")
    assert world.ok("update", ticket, "--status", "complete").err == ""

    assert world.ok("show", ticket, "--json").data["status"] == "complete"
    assert world.ok("verify").code == 0
    final = world.cli("update", ticket, "--status", "draft")
    assert final.code == 4
    assert "complete is final" in final.err


def test_changing_what_was_approved_voids_the_approval(measured: World) -> None:
    world, ticket = measured, plan(measured)
    world.ok("update", ticket, "--status", "planned")
    world.ok("approve", ticket, actor=BOB)
    assert world.ok("why", ticket, "--json").data["moves"]["in_progress"]["warnings"] == []
    world.ok("update", ticket, "--objective", "p95 below 9 ms")
    unmet = world.ok("why", ticket, "--json").data["moves"]["in_progress"]["warnings"]
    assert [condition["code"] for condition in unmet] == ["plan_approval"]
    assert "Bob Stone" in unmet[0]["text"]


def test_a_rejection_shuts_the_gate_until_that_person_approves(measured: World) -> None:
    world, ticket = measured, to_review(measured)
    world.score_card(ticket, world.candidate(ticket))
    world.ok("signoff", ticket, "2")
    for actor in (BOB, CARLA):
        world.ok("approve", ticket, actor=actor)
    world.ok("reject", ticket, "--note", "the spec says nothing of [/] brackets", actor="Dan <dan@example.org>")
    refused = world.cli("update", ticket, "--status", "canary")
    assert refused.code == 4
    assert "Dan rejected the change: `the spec says nothing of [/] brackets`" in refused.err
    world.ok("approve", ticket, actor="Dan <dan@example.org>")
    world.ok("update", ticket, "--status", "canary")


def test_a_new_score_card_voids_the_approvals(measured: World) -> None:
    world, ticket = measured, to_review(measured)
    world.score_card(ticket, world.candidate(ticket))
    world.ok("signoff", ticket, "2")
    for actor in (BOB, CARLA):
        world.ok("approve", ticket, actor=actor)
    world.git("commit", "-q", "--allow-empty", "-m", "one more")
    assert codes(world.cli("update", ticket, "-s", "canary", "--json")) == ["candidate"]
    world.score_card(ticket, world.git("rev-parse", "HEAD"))
    assert codes(world.cli("update", ticket, "-s", "canary", "--json")) == ["approvals"]


def test_an_override_is_somebody_elses_and_never_silent(measured: World) -> None:
    world, ticket = measured, to_review(measured)
    own = world.cli("update", ticket, "-s", "canary", "--override", "I know better")
    assert own.code == 4
    assert "only someone else may override its gates" in own.err
    passed = world.cli("update", ticket, "-s", "canary", "--override", "the site is down", actor=BOB)
    assert passed.code == 0
    assert "overriding 3 unmet conditions: the site is down" in passed.err
    assert "OVERRIDDEN: the site is down" in world.ok("log", ticket).out
    assert "a gate was overridden" in world.ok("show", ticket).out
    assert world.ok("list", "--json").data[0]["overridden"] is True


def test_no_way_from_an_inconclusive_verdict_but_by_an_approval_that_names_it(measured: World) -> None:
    world, ticket = measured, to_canary(measured)
    world.log_event(ticket, "verdict", {"verdict": "inconclusive"})
    refused = world.cli("update", ticket, "-s", "complete", "--override", "we are late", actor=BOB)
    assert refused.code == 4
    assert "the canary's verdict is inconclusive, not promote" in refused.err
    world.ok("approve", ticket, "--note", "seen", actor=CARLA)
    world.ok("update", ticket, "-s", "complete", "--override", "we are late", actor=BOB)
    assert world.ok("show", ticket, "--json").data["overridden"] is True


def test_out_of_canary_only_with_a_rollback(measured: World) -> None:
    world, ticket = measured, to_canary(measured)
    assert codes(world.cli("update", ticket, "-s", "aborted", "--json")) == ["reason", "rolled_back"]
    world.ok("signoff", ticket, "rollback", "--note", "the old version answers")
    assert world.ok("update", ticket, "-s", "aborted", "--note", "it leaks").code == 0
    assert "it leaks" in world.ok("log", ticket).out


def test_gates_refuse_from_where_the_settings_say(world: World) -> None:
    world.config("governance: {enforce_from: planned}\n")
    ticket = world.new()
    refused = world.cli("update", ticket, "-s", "planned")
    assert refused.code == 4
    assert 'kaizen update KAIZ-001 --objective "…"' in refused.err
    assert world.ok("show", ticket, "--json").data["status"] == "draft"


def test_a_refusal_writes_nothing_at_all(world: World) -> None:
    ticket = world.new()
    before = {path.name: path.read_bytes() for path in world.ticket(ticket).parent.iterdir()}
    assert world.cli("update", ticket, "-s", "canary", "--title", "Another").code == 4
    assert {path.name: path.read_bytes() for path in world.ticket(ticket).parent.iterdir()} == before


def test_a_tampered_log_opens_no_gate(measured: World) -> None:
    world, ticket = measured, plan(measured)
    world.ok("update", ticket, "-s", "planned")
    world.ok("approve", ticket, actor=ADA)  # the owner's: doesn't count
    log = Path(world.ws.log_path(ticket))
    log.write_text(
        log.read_text(encoding="utf-8").replace('"actor":"Ada Lovelace', '"actor":"Bob Stone'), encoding="utf-8"
    )
    assert world.cli("verify", ticket).code == 1
    assert "nobody has approved the plan" in world.ok("why", ticket).out

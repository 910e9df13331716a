"""Moves, approvals, sign-offs: decided by the rules, written as one act."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.core.errors import ConflictError, UsageError
from kaizen_tui.core.log_view import LogEntry
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.core.states import STATUSES
from kaizen_tui.loop import govern
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.edit import Changes, update
from kaizen_tui.loop.facts import gather
from kaizen_tui.loop.plan import NewTicket, new_ticket
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.yaml_reader import YamlProblems


@pytest.fixture
def ticket(session: Session) -> str:
    criteria = ["p95_latency_ms < 10", "Zero drops", "Zero drops in the canary"]
    return new_ticket(session, NewTicket("T", "pcc-main", owner="Ada Lovelace", success_criteria=criteria)).id


def entries(session: Session, ticket: str) -> list[LogEntry]:
    return list(read_log(read_log_bytes(session.workspace.log_path(ticket))).events())


def test_a_move_writes_status_time_and_what_was_unmet(session: Session, ticket: str) -> None:
    decision = govern.move(session, ticket, "in_progress", reason="urgent")
    assert decision.allowed
    file = read_ticket_file(session.workspace, ticket)
    entry = entries(session, ticket)[-1]
    assert (file.fields.status, entry.text("from"), entry.text("to"), entry.text("reason")) == (
        "in_progress",
        "draft",
        "in_progress",
        "urgent",
    )
    assert entry.fields["unmet"] == [condition.code for condition in decision.warnings] != []
    assert file.fields.updated_at > file.fields.created_at


def test_a_move_to_where_it_is_writes_nothing(session: Session, ticket: str) -> None:
    before = read_ticket_file(session.workspace, ticket).data
    assert govern.move(session, ticket, "draft").unchanged
    assert read_ticket_file(session.workspace, ticket).data == before
    assert len(entries(session, ticket)) == 1


@pytest.mark.parametrize("target", ["canary", "complete", "nonsense"])
def test_a_refusal_is_a_value(session: Session, ticket: str, target: str) -> None:
    decision = govern.move(session, ticket, target)
    assert not decision.allowed
    assert decision.refused[0].code == "edge"
    assert len(entries(session, ticket)) == 1


def test_a_move_of_a_ticket_that_changed(session: Session, ticket: str) -> None:
    etag = read_ticket_file(session.workspace, ticket).etag
    assert govern.move(session, ticket, "planned", if_match=etag).allowed
    with pytest.raises(ConflictError):
        govern.move(session, ticket, "in_progress", if_match=etag)


def test_why_answers_for_every_move(session: Session, ticket: str) -> None:
    found = govern.why(session, ticket)
    assert list(found) == ["planned", "in_progress", "in_review", "aborted"]
    assert all(decision.target == target and target in STATUSES for target, decision in found.items())


def test_what_why_says_is_what_move_does(session: Session, ticket: str) -> None:
    for target, decision in govern.why(session, ticket).items():
        if not decision.allowed:
            assert govern.move(session, ticket, target) == decision
    expected = govern.why(session, ticket)["planned"]
    assert govern.move(session, ticket, "planned") == expected


def test_votes(session: Session, as_actor: Callable[[str], Session], ticket: str) -> None:
    bob = as_actor("Bob <bob@example.org>")
    govern.move(session, ticket, "planned")
    assert govern.approve(session, ticket).doubt == "Ada Lovelace owns the ticket"
    assert govern.approve(bob, ticket, "good").doubt == ""
    said = govern.reject(bob, ticket, "no, wait")
    assert (said.entry.event, said.entry.text("note")) == ("reject", "no, wait")
    with pytest.raises(UsageError, match="needs a reason"):
        govern.reject(bob, ticket, "")


def test_an_approval_of_what_is_no_longer_there(session: Session, ticket: str) -> None:
    seen = gather(session, ticket)
    update(session, ticket, Changes(title="Another title is not governed"))
    assert govern.approve(session, ticket, seen=seen).entry.event == "approve"
    update(session, ticket, Changes(objective="Another objective is"))
    with pytest.raises(ConflictError, match="changed since you looked at it"):
        govern.approve(session, ticket, seen=seen)
    seen = gather(session, ticket)
    govern.move(session, ticket, "planned")
    with pytest.raises(ConflictError):
        govern.approve(session, ticket, seen=seen)


@pytest.mark.parametrize(
    ("wanted", "found"), [("2", "Zero drops"), ("Zero drops", "Zero drops"), ("canary", "Zero drops in the canary")]
)
def test_sign_off_finds_the_one_that_is_meant(session: Session, ticket: str, wanted: str, found: str) -> None:
    assert govern.sign_off(session, ticket, wanted).subject == found


def test_final_tickets_take_no_votes(session: Session, ticket: str) -> None:
    govern.move(session, ticket, "aborted", reason="enough")
    for act in (govern.approve, lambda s, t: govern.reject(s, t, "n"), lambda s, t: govern.sign_off(s, t, "2")):
        with pytest.raises(govern.RefusedError) as refused:
            act(session, ticket)
        assert refused.value.exit_code == 4


def test_wrong_settings_stop_every_decision(session: Session, ticket: str) -> None:
    Path(session.workspace.config_path).write_text("governance: {approvals: many}\n", encoding="utf-8")
    with pytest.raises(YamlProblems) as wrong:
        govern.move(session, ticket, "planned")
    assert wrong.value.problems[0].where == "registry/kaizen/config.yml:1"
    assert len(entries(session, ticket)) == 1


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        ("", "no_server"),
        ("metrics: {source: simulated}\n", "fresh"),
        ("metrics: {source: prometheus, url: 'http://127.0.0.1:1'}\n", "unreachable"),
    ],
)
def test_the_state_of_metrics(session: Session, ticket: str, settings: str, state: str) -> None:
    Path(session.workspace.config_path).write_text(settings, encoding="utf-8")
    assert gather(session, ticket).metric_states["p95_latency_ms"][0] == state


def test_a_metric_without_a_source(session: Session) -> None:
    ticket = new_ticket(session, NewTicket("T", "pcc-main", abort_criteria=["drop_rate_pct > 0.5"])).id
    assert gather(session, ticket).metric_states == {"drop_rate_pct": ("no_source", "")}


def test_facts_without_component_spec_or_card(session: Session, ticket: str) -> None:
    Path(session.workspace.component_path("pcc-main")).unlink()
    Path(session.workspace.spec_path(ticket)).unlink()
    facts = gather(session, ticket)
    assert (facts.component, facts.patch_spec, facts.score_card, facts.score_card_hash) == (None, None, None, "")
    assert facts.candidate_commit is None


def test_a_score_card_that_is_wrong_is_none_with_a_hash(session: Session, ticket: str) -> None:
    Path(session.workspace.score_card_path(ticket)).write_text("{}", encoding="utf-8")
    facts = gather(session, ticket)
    assert facts.score_card is None
    assert len(facts.score_card_hash) == 64

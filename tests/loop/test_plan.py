"""A new ticket: what is written, and that it loads."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaizen_tui.core.errors import KaizenError, NotFoundError, UsageError
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.plan import NewTicket, new_ticket, split_criteria
from kaizen_tui.store.reading import read_ticket_file


def test_what_is_written(session: Session) -> None:
    created = new_ticket(session, NewTicket("Cap memory", "pcc-main", success_criteria=["p95_latency_ms < 10"]))
    assert (created.id, created.warnings) == ("KAIZ-001", ())
    text = Path(created.path).read_text(encoding="utf-8")
    assert text == (
        'id: KAIZ-001\ntitle: "Cap memory"\ncomponent: pcc-main\nowner: backend-team\nseverity: medium\n'
        'objective: "TBD"\nsuccess_criteria:\n  - "p95_latency_ms < 10"\nabort_criteria: []\n'
        'rollback_plan: "systemctl restart mcp-server@stable"\nstatus: draft\n'
        'created_at: "2026-05-18T08:30:01Z"\nupdated_at: "2026-05-18T08:30:01Z"\nuid: "0000000000000001"\n'
    )
    spec = Path(session.workspace.spec_path("KAIZ-001")).read_text(encoding="utf-8")
    assert spec.startswith("# Patch specification: KAIZ-001 Cap memory\n")
    entry = json.loads(Path(session.workspace.log_path("KAIZ-001")).read_bytes())
    assert (entry["event"], entry["to"], entry["actor"]) == ("created", "draft", "Ada Lovelace <ada@example.org>")
    assert entry["uid"] == "0000000000000001"


def test_what_is_given_wins_over_the_component(session: Session) -> None:
    new_ticket(session, NewTicket("T", "pcc-main", owner="", rollback_plan="git revert"))
    fields = read_ticket_file(session.workspace, "KAIZ-001").fields
    assert (fields.owner, fields.rollback_plan) == ("", "git revert")


@pytest.mark.parametrize(
    ("new", "error"),
    [
        (NewTicket(" ", "pcc-main"), UsageError),
        (NewTicket("T", "pcc-mian"), NotFoundError),
        (NewTicket("T", "../pcc"), UsageError),
        (NewTicket("T", "pcc-main", severity="hihg"), UsageError),
        (NewTicket("T\ud800", "pcc-main"), UsageError),
        (NewTicket("T" * (1 << 20), "pcc-main"), UsageError),
    ],
)
def test_what_can_not_be_made_leaves_nothing(session: Session, new: NewTicket, error: type[KaizenError]) -> None:
    with pytest.raises(error):
        new_ticket(session, new)
    tickets = Path(session.workspace.tickets)
    assert not tickets.exists() or list(tickets.iterdir()) == []


@given(
    st.text(min_size=1, max_size=40),
    st.lists(st.text(min_size=1, max_size=20), max_size=3),
    st.lists(st.text(min_size=1, max_size=20), max_size=3),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_reads_back_or_is_refused(
    session: Session, title: str, criteria: list[str], labels: list[str]
) -> None:
    new = NewTicket(title, "pcc-main", objective=title, success_criteria=criteria, labels=labels, rollback_plan=title)
    try:
        created = new_ticket(session, new)
    except UsageError:
        return
    fields = read_ticket_file(session.workspace, created.id).fields
    assert (fields.title, fields.objective, fields.rollback_plan) == (title, title, title)
    assert (list(fields.success_criteria), list(fields.labels)) == (criteria, labels)


@pytest.mark.parametrize(
    ("text", "found"),
    [("", ()), (";", ()), ("a", ("a",)), (" a ; b;", ("a", "b")), ("a;;b", ("a", "b"))],
)
def test_criteria_in_one_text(text: str, found: tuple[str, ...]) -> None:
    assert split_criteria(text) == found

"""Which tickets an alert made: from a trusted index, from new folders, from tickets that don't load."""

from pathlib import Path

import pytest

from kaizen_tui.core.alert_ticket import AlertTicket
from kaizen_tui.core.fields import FieldErrors, TicketAlert, check_ticket
from kaizen_tui.core.values import Value
from kaizen_tui.store.alert_tickets import AlertTickets
from kaizen_tui.store.index_load import read_index
from kaizen_tui.store.workspace import Workspace
from tests.store.index_worlds import put, settled, ticket_text
from tests.store.worlds import make_workspace

SINCE = 1747646100  # updated_at of ticket_text; its log says nothing


def alert(ticket_id: str, fingerprint: str, status: str = "planned") -> str:
    return ticket_text(ticket_id, status=status, more=f"alert: {{fingerprint: {fingerprint}}}\n")


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    ws = make_workspace(tmp_path)
    put(ws, "KAIZ-001", alert("KAIZ-001", "f1", "complete"))
    put(ws, "KAIZ-002")
    put(ws, "KAIZ-010", alert("KAIZ-010", "f1"))
    put(ws, "KAIZ-003", alert("KAIZ-003", "f3") + "title: twice\n")
    settled(ws)
    return ws


def trusted(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> AlertTickets:
    """From the index alone: no ticket is read."""
    with monkeypatch.context() as patch:
        patch.setattr("kaizen_tui.store.index_build.rebuild", None)
        return AlertTickets(ws)


def test_a_trusted_index_knows_them(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    found = trusted(ws, monkeypatch)
    assert found.of("f1") == [
        AlertTicket("KAIZ-001", 1, "complete", SINCE),
        AlertTicket("KAIZ-010", 10, "planned", SINCE),
    ]
    assert found.of("") == []
    assert found.unreadable_with("f3") == "KAIZ-003"
    assert found.unreadable_with("f1") == ""


def test_other_tickets_changes_do_not_lose_them(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    put(ws, "KAIZ-002", ticket_text("KAIZ-002", title="Changed"))
    put(ws, "KAIZ-010", alert("KAIZ-010", "f2"))
    settled(ws)
    index = read_index(ws)
    assert index is not None
    assert index.alerts() == ["f1", "", "f2"]
    assert [ticket.id for ticket in trusted(ws, monkeypatch).of("f1")] == ["KAIZ-001"]


def test_new_folders_are_taken_in_when_looking_again(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    found = trusted(ws, monkeypatch)
    put(ws, "KAIZ-011", alert("KAIZ-011", "f4", "draft"))
    put(ws, "KAIZ-012", alert("KAIZ-012", "f5") + "title: twice\n")
    Path(ws.tickets, "notes").mkdir()
    found.look_again()
    found.look_again()
    assert [(ticket.id, ticket.status) for ticket in found.of("f4")] == [("KAIZ-011", "draft")]
    assert (found.of("f5"), found.unreadable_with("f5")) == ([], "KAIZ-012")


def test_no_tickets_yet(tmp_path: Path) -> None:
    found = AlertTickets(make_workspace(tmp_path))
    found.look_again()
    assert found.of("f1") == []


def fields(alert: Value) -> TicketAlert | None:
    raw: dict[str, Value] = {"id": "KAIZ-001", "title": "T", "component": "c", "status": "draft", "alert": alert}
    return check_ticket(raw, "KAIZ-001").alert


def test_the_key_of_a_ticket() -> None:
    assert fields(None) is None
    assert fields({"fingerprint": "f1", "mine": "kept"}) == TicketAlert("f1")
    assert fields({"fingerprint": "f1", "name": "N", "starts_at": "s", "former": "KAIZ-007"}) == (
        "f1",
        "N",
        "s",
        "KAIZ-007",
    )


@pytest.mark.parametrize(
    ("alert", "message"),
    [
        ({}, "alert has no fingerprint"),
        ({"name": "N"}, "alert has no fingerprint"),
        ({"fingerprint": "a b"}, "alert.fingerprint is `a b`"),
        ({"fingerprint": "x" * 65}, "alert.fingerprint is `xxx"),
        ({"fingerprint": ["f1"]}, "alert.fingerprint must be text, not a list"),
        ("f1", "alert must be a mapping, not text"),
        (["f1"], "alert must be a mapping, not a list"),
    ],
)
def test_what_is_no_alert(alert: Value, message: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        fields(alert)
    assert caught.value.errors[0].message.startswith(message)
    assert caught.value.errors[0].path[0] == "alert"

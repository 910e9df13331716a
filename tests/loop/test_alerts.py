"""From alerts to tickets: one each, whatever is repeated, raced, ended or broken."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kaizen_tui.core.alert import Alert, AlertState, Payload
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.loop.alerts import Outcome, plan_from_alerts
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.govern import move
from kaizen_tui.store import files
from kaizen_tui.store.alert_tickets import AlertTickets
from kaizen_tui.store.lock import Lock
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.workspace import Workspace

BEFORE = 1_779_000_000  # before the session's clock begins (2026-05-18T08:30:00Z is 1779093000)
LATER = 1_779_200_000


def alert(state: AlertState = "firing", starts: int = BEFORE, fingerprint: str = "f1", **labels: str) -> Alert:
    about = {"alertname": "Slow", "component": "pcc-main", "slo": "p95_latency_ms", "severity": "page", **labels}
    return Alert(fingerprint, state, about, {"summary": "slow"}, starts, starts + 60, "http://prom/")


def plan(session: Session, *alerts: Alert, default: str | None = None) -> list[Outcome]:
    return list(plan_from_alerts(session, Payload(alerts, "http://am"), default))


def acts(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    return [(outcome.act, outcome.ticket) for outcome in outcomes]


def entries(workspace: Workspace, ticket_id: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(workspace.log_path(ticket_id)).read_bytes().splitlines()]


def comments(workspace: Workspace, ticket_id: str) -> list[str]:
    return [entry["text"] for entry in entries(workspace, ticket_id) if entry["event"] == "comment"]


def end(session: Session, ticket_id: str) -> None:
    assert move(session, ticket_id, "aborted", reason="known").allowed


def test_an_alert_makes_one_ticket_however_often_it_is_told(session: Session) -> None:
    assert acts(plan(session, alert(), alert())) == [("created", "KAIZ-001"), ("known", "KAIZ-001")]
    assert acts(plan(session, alert(), alert(fingerprint="f2"))) == [("known", "KAIZ-001"), ("created", "KAIZ-002")]
    fields = read_ticket_file(session.workspace, "KAIZ-001").fields
    assert (fields.status, fields.severity, fields.labels) == ("draft", "critical", ("alert",))
    assert fields.success_criteria == ("p95_latency_ms <= 10 ms",)
    assert fields.owner == "backend-team"
    assert fields.links == (("alert", "http://prom/"), ("alertmanager", "http://am"))
    assert fields.alert is not None
    assert fields.alert.fingerprint == "f1"
    assert entries(session.workspace, "KAIZ-001")[0]["alert"]["fingerprint"] == "f1"
    assert len(entries(session.workspace, "KAIZ-001")) == 1


def test_its_end_is_noted_once(session: Session) -> None:
    plan(session, alert())
    assert acts(plan(session, alert("resolved"))) == [("noted", "KAIZ-001")]
    assert acts(plan(session, alert("resolved"), alert("resolved"))) == [("known", "KAIZ-001")] * 2
    assert acts(plan(session, alert())) == [("known", "KAIZ-001")]  # an older message that came late
    assert comments(session.workspace, "KAIZ-001") == [
        "Alert resolved: Slow, firing from 2026-05-17T06:40:00Z to 2026-05-17T06:41:00Z"
    ]


def test_coming_back_and_going_again_are_noted_on_the_open_ticket(session: Session) -> None:
    plan(session, alert(), alert("resolved"))
    for _ in range(2):
        plan(session, alert(starts=BEFORE + 300))
        plan(session, alert("resolved", starts=BEFORE + 300))
    found = comments(session.workspace, "KAIZ-001")
    assert [text.split(":")[0] for text in found] == ["Alert resolved", "Alert fires again", "Alert resolved"]


def test_what_is_no_news_waits_for_nobody(session: Session) -> None:
    plan(session, alert(), alert("resolved"))
    with Lock(session.workspace):  # a second one in this thread would be an error
        assert acts(plan(session, alert(), alert("resolved"))) == [("known", "KAIZ-001")] * 2


def test_another_start_without_an_end_between_is_the_same_trouble(session: Session) -> None:
    """A restarted Prometheus gives it a new start."""
    plan(session, alert())
    assert acts(plan(session, alert(starts=BEFORE + 300))) == [("known", "KAIZ-001")]
    assert comments(session.workspace, "KAIZ-001") == []


def test_firing_anew_after_the_ticket_ended_makes_a_new_one_that_names_it(session: Session) -> None:
    plan(session, alert())
    end(session, "KAIZ-001")
    assert acts(plan(session, alert(starts=LATER), alert(starts=LATER))) == [
        ("created", "KAIZ-002"),
        ("known", "KAIZ-002"),
    ]
    fields = read_ticket_file(session.workspace, "KAIZ-002").fields
    assert fields.alert is not None
    assert fields.alert.former == "KAIZ-001"
    assert "it fired before: KAIZ-001" in fields.objective
    assert acts(plan(session, alert("resolved"))) == [("noted", "KAIZ-001")]  # late news of the first firing
    assert acts(plan(session, alert("resolved", starts=LATER))) == [("noted", "KAIZ-002")]


def test_a_firing_that_outlives_its_ticket_makes_no_second_one(session: Session) -> None:
    plan(session, alert())
    end(session, "KAIZ-001")
    found = plan(session, alert())
    assert acts(found) == [("ended", "KAIZ-001")]
    assert found[0].why == "KAIZ-001 is aborted, and the alert that it was about still fires"


def test_nor_does_it_where_clocks_differ(session: Session) -> None:
    plan(session, alert(starts=LATER))
    end(session, "KAIZ-001")  # before LATER, by our clock
    assert acts(plan(session, alert(starts=LATER))) == [("ended", "KAIZ-001")]


def test_what_calls_for_nothing(session: Session) -> None:
    found = plan(session, alert("resolved"), alert("silenced"))
    assert [(outcome.act, outcome.why) for outcome in found] == [
        ("ignored", "resolved, and it has no ticket"),
        ("ignored", "silenced"),
    ]
    assert not Path(session.workspace.tickets).exists()


@pytest.mark.parametrize("component", ["", "no-such", "../pcc-main", "PCC", "x" * 500])
def test_an_alert_of_no_component_is_told_or_takes_the_default(session: Session, component: str) -> None:
    found = plan(session, alert(component=component))
    assert acts(found) == [("unplaced", "")]
    assert "component" in found[0].why
    assert len(found[0].why) < 200
    assert "--component ID" in found[0].hint
    assert acts(plan(session, alert(component=component), default="pcc-main")) == [("created", "KAIZ-001")]


def test_a_broken_component_fails_its_own_alerts_only(session: Session) -> None:
    Path(session.workspace.component_path("torn")).write_text("id: torn\ntier: 9\n")
    found = plan(session, alert(fingerprint="f0", component="torn"), alert())
    assert acts(found) == [("failed", ""), ("created", "KAIZ-001")]
    assert found[0].why.startswith("registry/kaizen/components/torn.yml:2: ")


def test_hand_edits_and_a_lost_index_do_not_make_a_second_one(session: Session) -> None:
    plan(session, alert())
    path = Path(session.workspace.ticket_path("KAIZ-001"))
    text = path.read_text()
    start = text.index("alert: {")
    line = text[start : text.index("\n", start)]
    path.write_text(
        "# mine\n" + text.replace(line, "alert:   # by hand\n  name: Slow\n  fingerprint: 'f1'\n  seen_by: me")
    )
    assert acts(plan(session, alert())) == [("known", "KAIZ-001")]
    Path(session.workspace.state, "index").unlink()
    assert acts(plan(session, alert())) == [("known", "KAIZ-001")]


def test_a_ticket_that_does_not_load_still_counts(session: Session) -> None:
    plan(session, alert())
    path = Path(session.workspace.ticket_path("KAIZ-001"))
    good = path.read_text()
    path.write_text(good + "title: twice\n")
    found = plan(session, alert(), alert(fingerprint="f2"))
    assert acts(found) == [("failed", ""), ("created", "KAIZ-002")]
    assert "KAIZ-001" in found[0].why
    path.write_text(good)
    assert acts(plan(session, alert())) == [("known", "KAIZ-001")]


def test_what_cannot_be_written_is_raised_and_can_be_done_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files.sys, "mkdir", full)
        with pytest.raises(KaizenError, match="the disk is full"):
            plan(session, alert())
    assert acts(plan(session, alert())) == [("created", "KAIZ-001")]


def test_a_ticket_made_since_is_seen_when_looking_again(
    workspace: Workspace, as_actor: Callable[[str], Session]
) -> None:
    early = AlertTickets(workspace)
    plan(as_actor("other"), alert())
    assert early.of("f1") == []
    early.look_again()
    assert [ticket.id for ticket in early.of("f1")] == ["KAIZ-001"]


def test_many_at_once_make_one_of_each(workspace: Workspace) -> None:
    """Five programs are told of the same three alerts at the same time."""
    code = (
        "import sys; from tests.loop.test_alerts import alert, plan; from kaizen_tui.loop.context import *;"
        "from kaizen_tui.store.workspace import Workspace;"
        "s = open_session(Workspace(sys.argv[1]), 'p'); sys.stdin.read();"
        "plan(s, *(alert(fingerprint=f'f{n}') for n in range(3)), *(alert('resolved', fingerprint='f1'),) * 2)"
    )
    root = Path(__file__).resolve().parents[2]
    words = [sys.executable, "-c", code, workspace.root]
    running = [subprocess.Popen(words, cwd=root, stdin=subprocess.PIPE) for _ in range(5)]
    for process in running:
        assert process.stdin is not None
        process.stdin.close()  # go
    assert [process.wait() for process in running] == [0] * 5
    marks = [
        read_ticket_file(workspace, name).fields.alert
        for name in sorted(p.name for p in Path(workspace.tickets).iterdir())
    ]
    assert sorted(mark.fingerprint for mark in marks if mark is not None) == ["f0", "f1", "f2"]
    assert len(marks) == 3
    noted = [name.name for name in Path(workspace.tickets).iterdir() if comments(workspace, name.name)]
    assert len(noted) == 1
    assert len(comments(workspace, noted[0])) == 1

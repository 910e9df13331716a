"""A workspace with score-cards and governance, for the tests of a ticket's page and its approval."""

import json
from pathlib import Path

from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.loop.verify import verify
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.screens.approval import ApprovalScreen
from kaizen_tui.tui.screens.ticket import TicketScreen

ADA = "Ada Lovelace <ada@example.org>"
CANDIDATE, BASELINE = "c" * 40, "b" * 40
COMPONENT = """\
id: {id}
name: PCC State Broadcaster
tier: {tier}
owner: backend-team
slo:
  metrics:
    - {{name: p95_latency_ms, threshold: "10", abort_threshold: "15", unit: ms, objective: 99.9}}
rollback_plan: "systemctl restart mcp-server@stable"
"""
METRIC = {
    "name": "p95_latency_ms", "unit": "ms", "direction": "lower", "samples": 24, "baseline": 9.8, "candidate": 7.1,
    "ratio": {"point": 0.72, "low": 0.66, "high": 0.79}, "verdict": "improved",
}  # fmt: skip
CRITERION = {"text": "p95_latency_ms < 10", "kind": "success", "metric": "p95_latency_ms", "measured": 7.1,
             "verdict": "pass"}  # fmt: skip
ABORT = {**CRITERION, "text": "p95_latency_ms > 15", "kind": "abort"}


def card(**changes: object) -> dict[str, object]:
    """A score-card that passes."""
    return {
        "schema": "kaizen.scorecard/1", "ticket": "KAIZ-001", "created_at": "2025-05-31T12:00:00Z",
        "commits": {"baseline": BASELINE, "candidate": CANDIDATE}, "pairs": 24, "metrics": [METRIC],
        "tests": {"passed": 12, "failed": 0, "errors": 0, "skipped": 1, "duration_s": 3.5},
        "criteria": [CRITERION, ABORT],
        "machine": {"system": "Linux", "arch": "x86_64"}, "sandbox": {"kind": "bubblewrap"}, "verdict": "pass",
        **changes,
    }  # fmt: skip


def write_card(root: Path, ticket_id: str, **changes: object) -> None:
    path = root / "tickets" / ticket_id / "Score-card.json"
    path.write_text(json.dumps(card(ticket=ticket_id, **changes)), encoding="utf-8")


def write_component(root: Path, tier: int, name: str = "pcc-main") -> None:
    path = root / "registry" / "kaizen" / "components" / f"{name}.yml"
    path.write_text(COMPONENT.format(id=name, tier=tier), encoding="utf-8")


def write_config(root: Path, text: str) -> None:
    (root / "registry" / "kaizen" / "config.yml").write_text(text, encoding="utf-8")


def write_spec(root: Path, ticket_id: str, text: str) -> None:
    (root / "tickets" / ticket_id / "Patch-Spec.md").write_text(text, encoding="utf-8")


def log_of(workspace: Workspace, ticket_id: str) -> list[dict[str, object]]:
    """The entries of the log, proven."""
    log = read_log(read_log_bytes(workspace.log_path(ticket_id)))
    assert not log.problems
    return [entry.as_dict() for entry in log.events()]


def proof(app: KaizenApp, ticket_id: str) -> tuple[str, ...]:
    """What `kaizen verify` finds."""
    return tuple(problem.message for problem in verify(app.desk.session, [ticket_id])[0].problems)


class Clock:
    """Seconds that go by when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, app: KaizenApp, seconds: float) -> None:
        self.now += seconds
        approval(app).tick()


def approval(app: KaizenApp) -> ApprovalScreen:
    assert isinstance(app.screen, ApprovalScreen)
    return app.screen


def page(app: KaizenApp) -> TicketScreen:
    assert isinstance(app.screen, TicketScreen)
    return app.screen

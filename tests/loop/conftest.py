"""A workspace and a session on a clock that stands still until it is moved."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from kaizen_tui.loop.context import Session
from kaizen_tui.store.workspace import Workspace

COMPONENT = """\
id: pcc-main
name: PCC State Broadcaster
tier: 0
owner: backend-team
slo:
  metrics:
    - name: p95_latency_ms
      threshold: "10"
      abort_threshold: "15"
      query: latency
    - name: drop_rate_pct
      threshold: "0.1"
      abort_threshold: "0.5"
rollback_plan: "systemctl restart mcp-server@stable"
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "registry/kaizen/components").mkdir(parents=True)
    (tmp_path / "registry/kaizen/components/pcc-main.yml").write_text(COMPONENT, encoding="utf-8")
    return Workspace(str(tmp_path))


@pytest.fixture
def told() -> list[str]:
    """What the session was told."""
    return []


@pytest.fixture
def as_actor(workspace: Workspace, told: list[str]) -> Callable[[str], Session]:
    """`as_actor("Bob <bob@x>")`: a session of that person; each look at the clock is a second later."""
    ticks, tokens = count(), count(1)
    start = datetime(2026, 5, 18, 8, 30, tzinfo=UTC)

    def session(actor: str) -> Session:
        return Session(
            workspace,
            actor,
            lambda: start + timedelta(seconds=next(ticks)),
            lambda: f"{next(tokens):016x}",
            told.append,
        )

    return session


@pytest.fixture
def session(as_actor: Callable[[str], Session]) -> Session:
    return as_actor("Ada Lovelace <ada@example.org>")

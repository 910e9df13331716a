"""A small workspace to run commands in: in this process (quick) or as a real one (true)."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from kaizen_tui.cli.app import run
from kaizen_tui.core.scorecard import Commits, Machine, SandboxRecord, ScoreCard
from kaizen_tui.loop.context import Session, random_token, utc_now
from kaizen_tui.loop.models import find_component, ticket_model
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.records import NewEvent, transaction
from kaizen_tui.store.workspace import Workspace
from tests.cards import all_hold

ADA = "Ada Lovelace <ada@example.org>"
BOB = "Bob Stone <bob@example.org>"
CARLA = "Carla Ruiz <carla@example.org>"

PCC_MAIN = """\
# The broadcaster of the platform.
id: pcc-main
name: PCC State Broadcaster
tier: 0                       # mission-critical
owner: backend-team
slo:
  metrics:
    - name: p95_latency_ms
      threshold: "10"
      abort_threshold: "15"
      query: histogram_quantile(0.95, rate(latency_bucket[$window]))
    - name: drop_rate_pct
      threshold: "0.1"
      abort_threshold: "0.5"
rollback_plan: "systemctl restart mcp-server@stable"
"""
SPEC = """\
# Patch specification

## Summary

Keeps one buffer for each peer.

## Rollback Procedure

Run the rollback plan, then look at the memory panel.
"""


class Result(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """stdout as JSON."""
        return json.loads(self.out)

    @property
    def text(self) -> str:
        return self.out + self.err


class World:
    """A workspace with the component pcc-main (tier 0)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "registry/kaizen/components").mkdir(parents=True)
        (root / "registry/kaizen/components/pcc-main.yml").write_text(PCC_MAIN, encoding="utf-8")
        self.ws = Workspace(str(root))

    def cli(self, *args: str, actor: str = ADA, env: Mapping[str, str] | None = None) -> Result:
        """One command in this process, in the workspace."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        before, here = dict(os.environ), os.getcwd()
        os.environ.update({"KAIZEN_ACTOR": actor, **(env or {})})
        os.chdir(self.root)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = run(list(args))
        finally:
            os.chdir(here)
            os.environ.clear()
            os.environ.update(before)
        return Result(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))  # type: ignore[attr-defined]

    def ok(self, *args: str, actor: str = ADA) -> Result:
        """The same, for what has to go well."""
        result = self.cli(*args, actor=actor)
        assert result.code == 0, result
        return result

    def process(
        self,
        *args: str,
        actor: str = ADA,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: str = "",
    ) -> Result:
        """One command as a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "kaizen_tui.cli.entry", *args],
            cwd=cwd or self.root,
            env=self.environment(actor, env),
            input=stdin.encode(),
            capture_output=True,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def environment(self, actor: str = ADA, env: Mapping[str, str] | None = None) -> dict[str, str]:
        project = Path(__file__).resolve().parents[2]
        return {**os.environ, "PYTHONPATH": str(project), "KAIZEN_ACTOR": actor, **(env or {})}

    def session(self, actor: str = ADA) -> Session:
        return Session(self.ws, actor, utc_now, random_token)

    def new(self, title: str = "Cap the memory", *args: str) -> str:
        """A ticket's id."""
        return self.ok("new", title, "--component", "pcc-main", *args).out.strip()

    def ticket(self, ticket_id: str) -> Path:
        return Path(self.ws.ticket_path(ticket_id))

    def config(self, text: str) -> None:
        Path(self.ws.config_path).write_text(text, encoding="utf-8")

    def git(self, *args: str) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=Eve", "-c", "user.email=eve@example.org", "-c", "commit.gpgsign=false", *args],
            cwd=self.root,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def log_event(self, ticket_id: str, event: str, fields: dict[str, object], actor: str = "controller") -> None:
        """An entry as the later stages will write it."""
        with transaction(self.ws, ticket_id) as tx:
            tx.commit(data=None, events=[NewEvent(actor, event, fields)], at=utc_now())

    def candidate(self, ticket_id: str) -> str:
        """A commit on the ticket's branch, by Eve; returns its hash."""
        self.git("checkout", "-q", "-b", f"kaizen/{ticket_id}")
        self.git("commit", "-q", "--allow-empty", "-m", "candidate")
        return self.git("rev-parse", "HEAD")

    def score_card(self, ticket_id: str, commit: str, verdict: str = "pass") -> None:
        ticket = ticket_model(self.ws, read_ticket_file(self.ws, ticket_id))
        component = find_component(self.ws, ticket.component)
        card = ScoreCard(
            ticket=ticket_id,
            created_at="2026-05-18T08:30:00Z",
            commits=Commits(baseline="0" * 40, candidate=commit),
            pairs=24,
            machine=Machine(system="Linux", arch="x86_64"),
            sandbox=SandboxRecord(kind="bubblewrap"),
            criteria=all_hold(ticket, component.metric_fields if component is not None else ()),
            verdict=verdict,  # type: ignore[arg-type]
        )
        data = card.to_json()
        Path(self.ws.score_card_path(ticket_id)).write_bytes(data)
        fields: dict[str, object] = {"verdict": verdict, "candidate": commit, "score_card": sha256(data).hexdigest()}
        self.log_event(ticket_id, "evaluate", fields)

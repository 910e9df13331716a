"""A ticket with everything around it, in memory: the gate tests act on it as people and the stages of the loop do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kaizen_tui.core.component import Component, Metric
from kaizen_tui.core.config import Config, Governance
from kaizen_tui.core.gates import Decision, Facts, decide, status_fields, unmet_next
from kaizen_tui.core.governance import approval_fields
from kaizen_tui.core.log_view import EMPTY_LOG, LogView
from kaizen_tui.core.promotion_log import entry_line, make_entry, read_log
from kaizen_tui.core.scorecard import Commits, CriterionResult, Machine, SandboxRecord, ScoreCard
from kaizen_tui.core.ticket import Ticket
from tests.cards import all_hold

ANA, BOB, CAT, DAN = ("Ana Ruiz <ana@x.io>", "Bob Stone <bob@x.io>", "Cat Li <cat@x.io>", "Dan Ek <dan@x.io>")
OLA = "Ola Ng <ola@x.io>"  # owns the ticket
AXEL = "Axel Ost <axel@x.io>"  # wrote the candidate
DROPS = "Zero message drops during 5-minute stability test"
USERS = "No complaint from canary users"
LATENCY = "p95_latency_ms < 10"
SPEC = "# Patch\n\n## Summary\nBatch the broadcasts.\n\n## Rollback Procedure\nsystemctl restart mcp-server@stable\n"
AT = "2025-05-19T09:15:00Z"


def commit_of(number: int) -> str:
    """A full commit hash."""
    return f"{number:040x}"


def card(
    commit: str, verdict: str = "pass", kind: str = "bubblewrap", criteria: tuple[CriterionResult, ...] = ()
) -> ScoreCard:
    """A score-card of `commit`."""
    return ScoreCard.model_validate(
        {
            "schema": "kaizen.scorecard/1",
            "ticket": "KAIZ-001",
            "created_at": AT,
            "commits": Commits(baseline=commit_of(0xBA5E), candidate=commit),
            "pairs": 20,
            "machine": Machine(system="Linux", arch="x86_64"),
            "sandbox": SandboxRecord.model_validate({"kind": kind}),
            "verdict": verdict,
            "criteria": criteria,
        }
    )


class World:
    """One ticket, KAIZ-001 of the component pcc-main, whose plan is sound and which nobody has looked at yet."""

    def __init__(self, *, tier: int = 0, **governance: Any) -> None:
        self.ticket = Ticket(
            id="KAIZ-001",
            title="Optimize MCP server",
            component="pcc-main",
            owner="Ola Ng",
            objective="p95 below 10 ms",
            success_criteria=(LATENCY, DROPS, USERS),
            abort_criteria=("p95_latency_ms > 15",),
            rollback_plan="systemctl restart mcp-server@stable",
        )
        metric = Metric(name="p95_latency_ms", threshold=10.0, abort_threshold=15.0, query="latency")
        self.component: Component | None = Component(id="pcc-main", name="PCC", tier=tier, metrics=(metric,))
        self.config = Config(governance=Governance(**governance))
        self.log: LogView = EMPTY_LOG
        self.card: ScoreCard | None = None
        self.card_hash = ""
        self.spec: str | None = SPEC
        self.commit: str | None = commit_of(0xC0DE)
        self.author: str | None = AXEL
        self.owner_before = ""
        self.states: dict[str, Any] = {"p95_latency_ms": ("fresh", "")}
        self.say("created", OLA, to="draft")

    @property
    def status(self) -> str:
        return self.ticket.status

    def facts(self) -> Facts:
        return Facts(
            ticket=self.ticket,
            component=self.component,
            config=self.config,
            log=self.log,
            score_card=self.card,
            score_card_hash=self.card_hash,
            patch_spec=self.spec,
            candidate_commit=self.commit,
            candidate_author=self.author,
            metric_states=self.states,
            owner_before=self.owner_before,
        )

    def say(self, event: str, actor: str, **fields: Any) -> None:
        self.log = self.log.plus(make_entry(self.log, at=AT, actor=actor, event=event, fields=fields))

    def edit(self, **changes: Any) -> None:
        self.ticket = self.ticket.model_copy(update=changes)

    def approve(self, *actors: str, note: str = "") -> None:
        for actor in actors:
            facts = self.facts()
            self.say("approve", actor, **approval_fields(facts, note, [c.code for c in unmet_next(facts)]))

    def reject(self, actor: str, note: str) -> None:
        facts = self.facts()
        self.say("reject", actor, **approval_fields(facts, note, [c.code for c in unmet_next(facts)]))

    def sign_off(self, actor: str, criterion: str) -> None:
        self.say("signoff", actor, criterion=criterion, note="")

    def evaluate(
        self, verdict: str = "pass", kind: str = "bubblewrap", commit: str | None = None, left_out: str = ""
    ) -> None:
        """left_out: an automatic criterion that the score-card doesn't judge."""
        metrics = self.component.metric_fields if self.component is not None else ()
        judged = tuple(one for one in all_hold(self.ticket, metrics) if one.text != left_out)
        self.card = card(commit or self.commit or commit_of(0), verdict, kind, judged)
        self.card_hash = f"{len(self.log.rows):064x}"  # of the file's bytes: another one after each evaluation
        self.say("evaluate", "kaizen", verdict=verdict, score_card=self.card_hash)

    def verdict(self, verdict: str) -> None:
        self.say("verdict", "kaizen", verdict=verdict)

    def roll_back(self, *, verified: bool = True) -> None:
        self.say("rollout", "kaizen", action="rollback", verified=verified, share=0)

    def decide(self, target: str, actor: str = ANA, **words: str) -> Decision:
        return decide(self.facts(), target, actor=actor, **words)

    def move(self, target: str, actor: str = ANA, **words: str) -> Decision:
        """Decides and, when allowed, moves and logs it as the loop does."""
        decision = self.decide(target, actor, **words)
        if decision.allowed and not decision.unchanged:
            self.say("status", actor, **status_fields(decision, words.get("reason", "")))
            self.edit(status=target)
        return decision

    def written(self) -> bytes:
        """The log as the bytes of its file."""
        return b"".join(entry_line(entry.as_dict()) for entry in self.log.proven)

    def reload(self) -> None:
        self.log = read_log(self.written())

    def through(self, *targets: str) -> World:
        """Moves on, doing all that each gate asks for just before it."""
        for target in targets:
            self.prepare(target)
            decision = self.move(target, reason="enough")
            assert decision.allowed, decision
            assert not decision.warnings, decision
        return self

    def prepare(self, target: str) -> None:
        """Meets what the gate of `target` asks for beyond the plan itself."""
        if target == "in_progress":
            self.approve(ANA)
        elif target == "canary":
            self.evaluate()
            self.sign_off(ANA, DROPS)
            self.approve(ANA, BOB)
        elif target == "complete":
            self.verdict("promote")
            self.sign_off(ANA, USERS)
            self.approve(ANA, BOB)
        elif target == "aborted" and self.status == "canary":
            self.roll_back()


WAYS: dict[str, tuple[str, ...]] = {
    "draft": (),
    "planned": ("planned",),
    "in_progress": ("planned", "in_progress"),
    "in_review": ("planned", "in_progress", "in_review"),
    "canary": ("planned", "in_progress", "in_review", "canary"),
    "complete": ("planned", "in_progress", "in_review", "canary", "complete"),
    "aborted": ("planned", "aborted"),
}


def codes(conditions: Iterable[Any]) -> list[str]:
    """The codes of unmet conditions."""
    return [condition.code for condition in conditions]

"""The story with real parts: a first change that tests let pass and customers don't, and a second one that holds."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from kaizen_tui.demo import closing
from kaizen_tui.demo.acting import ADA, BOB, CARLA, Cast, act_in_words
from kaizen_tui.demo.chapters import Chapters
from kaizen_tui.demo.parts import COMPONENT, RATE, Parts
from kaizen_tui.demo.stage import Stage
from kaizen_tui.demo.telling import Teller, Told

SHOP = Path(__file__).parent / "shop"
_FILES = ("server.py", "supplier.py", "prices.py", "test_prices.py", "bench.py")
_STEPS = 11
_SPEC = """\
# Patch-Spec {id}

## Summary

{summary}

## Test Plan

`python -m unittest`, and `python bench.py` against the baseline.

## Rollback Procedure

`kaizen abort {id}`; the supplier takes the load of before.
"""


class Change(NamedTuple):
    """A ticket of the story. file: what prices.py becomes."""

    id: str
    title: str
    objective: str
    file: str
    summary: str


FIRST = Change(
    "KAIZ-001", "Keep prices in memory", "The supplier is asked once in two seconds about an item",
    "prices_first.py", "Prices are kept for two seconds.",
)  # fmt: skip
SECOND = Change(
    "KAIZ-002", "Keep prices in memory, and old ones while asking",
    "Nobody waits for a price that somebody else asks about", "prices_second.py",
    "Prices are kept for ten seconds; while one is asked about, and where the supplier doesn't answer, the old one is "
    "given.",
)  # fmt: skip


class Story:
    """unattended: nobody watches, so there are no pauses, and Carla gives the last approval. now: seconds."""

    def __init__(
        self, stage: Stage, teller: Teller, programs: dict[str, str], now: Callable[[], float], *, unattended: bool
    ) -> None:
        self.stage = stage
        self.teller = teller
        self.cast = Cast(stage, teller)
        self.parts = Parts(stage, programs)
        self.chapters = Chapters(stage, teller, _STEPS, now, unattended=unattended)
        self.unattended = unattended

    def play(self) -> int:
        """The exit code: 0 when both canaries ended as they should and the logs prove it. Raises StoppedError,
        StoreError."""
        self._workspace()
        self._new(FIRST)
        self._service()
        self._prepare(FIRST)
        first = self._canary(FIRST)
        self.cast.kaizen(ADA, "why", FIRST.id)
        self._new(SECOND)
        self._prepare(SECOND)
        second = self._canary(SECOND)
        proven = self._report()
        return 0 if (first, second) == ("aborted", "complete") and proven else 1

    # Before a canary

    def _workspace(self) -> None:
        root, cast = self.stage.root, self.cast
        root.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            shutil.copy(SHOP / name, root / name)
        self.chapters.begin("A shop asks its supplier for every price; Prometheus watches it.")
        cast.git("init", "-q", told=False)
        cast.kaizen(ADA, "init")
        registry = root / "registry" / "kaizen"
        shutil.rmtree(registry / "components")
        (registry / "components").mkdir()
        (registry / "components" / "shop.yml").write_text(COMPONENT, encoding="utf-8")
        (registry / "config.yml").write_text(self.parts.config, encoding="utf-8")
        cast.kaizen(ADA, "trust")
        cast.git("add", "-A", told=False)
        cast.git("commit", "-q", "-m", "The shop", told=False)
        baseline = self.stage.folder / "baseline"
        cast.git("worktree", "add", "-q", "--detach", str(baseline), told=False)
        self.parts.watch(baseline)
        self.teller.tell(Told("place", str(root), data=str(self.stage.data)))

    def _service(self) -> None:
        self.chapters.begin(f"HAProxy gets what Kaizen prints; {RATE} requests a second come in.")
        self.parts.open(self.cast.kaizen(ADA, "deploy", FIRST.id, "--print-config", quiet=True).out)

        def measured() -> bool:
            found = self.cast.data("slo", "shop")
            return all(one["value"] is not None for one in found["components"][0]["metrics"])

        self.stage.until(measured, "Prometheus has no numbers of the shop")
        self.cast.kaizen(ADA, "slo", "shop")

    def _new(self, change: Change) -> None:
        self.chapters.begin(f"{change.id}, by Ada: {change.title}.")
        self.cast.kaizen(
            ADA, "new", change.title, "--component", "shop", "--owner", "Ada Lovelace", "--objective",
            change.objective, "--success-criteria", "p95_latency_ms <= 0.9 * baseline; errors_pct <= 10 %",
            "--abort-criteria", "errors_pct > 60 %",
        )  # fmt: skip

    def _prepare(self, change: Change) -> None:
        cast = self.cast
        self.chapters.begin(f"{change.id}: the plan is approved, the change made in a worktree.")
        cast.kaizen(ADA, "update", change.id, "--status", "planned")
        cast.kaizen(BOB, "approve", change.id, "--note", "Worth a try.")
        cast.kaizen(ADA, "update", change.id, "--status", "in_progress")
        cast.kaizen(ADA, "create", change.id)
        checkout = self._checkout(change)
        shutil.copy(SHOP / change.file, checkout / "prices.py")
        cast.git("commit", "-q", "-a", "-m", f"{change.title}\n\nKaizen-Ticket: {change.id}", cwd=checkout, told=False)
        spec = self.stage.root / "tickets" / change.id / "Patch-Spec.md"
        spec.write_text(_SPEC.format(id=change.id, summary=change.summary), encoding="utf-8")
        cast.kaizen(ADA, "update", change.id, "--status", "in_review")
        self.chapters.begin(f"{change.id}: tested and measured in the sandbox.")
        cast.kaizen(ADA, "evaluate", change.id)
        cast.kaizen(BOB, "approve", change.id, "--note", "The score-card says pass.")

    def _checkout(self, change: Change) -> Path:
        return self.stage.root / ".kaizen" / "worktrees" / change.id

    # The canary

    def _canary(self, change: Change) -> str:
        """The ticket's status at its end."""
        self.chapters.begin(f"{change.id}: 5 % of the customers get it; both versions are watched.")
        self.parts.canary(self._checkout(change))
        self.stage.pause(2.0)  # HAProxy has to see that it is up
        self.cast.kaizen(ADA, "deploy", change.id)
        for report in self.cast.driving("run", change.id):
            self._followed(change, report)
        status = str(self.cast.data("show", change.id)["status"])
        self.teller.say(f"{change.id} is {status}.")
        return status

    def _followed(self, change: Change, report: dict[str, Any]) -> None:
        for act in report["acts"]:
            if act["act"] == "conclude":
                self._approve(change)
            elif act["act"] != "wait":
                self.teller.say(f"{change.id}: {act_in_words(act)}")

    def _approve(self, change: Change) -> None:
        self.chapters.begin(f"{change.id}: the verdict is promote. A person decides.")
        self.cast.kaizen(ADA, "observe", change.id, codes=(0, 7))
        if self.unattended:
            self.cast.kaizen(CARLA, "approve", change.id, "--note", "Better in both, and by far.")
        else:
            self.teller.ask("Yours: 5 goes to the column Canary, a shows why, y approves it.")

    # The end

    def _report(self) -> bool:
        """Whether the logs are proven."""
        closing.times(self.cast, self.chapters)
        for change in (FIRST, SECOND):
            closing.verdict(self.cast, change.id)
        answered = self.parts.answered()
        count, failed, lost = sum(answered.values()), answered.get("failed", 0), answered.get("lost", 0)
        self.teller.report(f"{count} requests, {failed} of them without a price, {lost} lost on the way.")
        closing.commands(self.cast)
        closing.quoted(self.cast, "why", FIRST.id)
        closing.quoted(self.cast, "log", FIRST.id)
        return closing.quoted(self.cast, "verify") == 0

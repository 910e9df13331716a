"""The story on the sample workspace, with simulated numbers: nothing has to be installed for it.

The sample is copied, so the checkout stays as it is. `kaizen run` drives the three canaries that it has; the share is a
rule in a flag file, and the simulated platform's traffic follows it.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kaizen_tui.core.errors import StoreError
from kaizen_tui.demo import closing
from kaizen_tui.demo.acting import Cast, act_in_words
from kaizen_tui.demo.chapters import Chapters
from kaizen_tui.demo.stage import Stage
from kaizen_tui.demo.telling import Teller, Told

BAD, GOOD, WAITING = "KAIZ-009", "KAIZ-018", "KAIZ-012"
_SAMPLE = ("registry", "tickets")
_HERE = Path(__file__).parent
_STEPS = 6
# Somebody whose approval counts: the sample's settings want people of its own company.
YOU = "You <you@kestrel.example>"
SEUN = "Seun Adeyemi <seun.adeyemi@kestrel.example>"


def sample_folder() -> Path:
    """Where the sample is: in an installed wheel beside this file, else at the checkout's top. Raises StoreError."""
    for folder in (_HERE / "sample", _HERE.parents[1]):
        if all((folder / name / "").is_dir() for name in _SAMPLE):
            return folder
    raise StoreError("the sample workspace is missing", where=str(_HERE / "sample"), hint="install kaizen-tui anew")


class Story:
    """unattended: nobody watches; Seun gives the approvals. now: seconds."""

    def __init__(self, stage: Stage, teller: Teller, now: Callable[[], float], *, unattended: bool) -> None:
        self.stage = stage
        self.teller = teller
        self.cast = Cast(stage, teller)
        self.chapters = Chapters(stage, teller, _STEPS, now, unattended=unattended)
        self.unattended = unattended

    def play(self) -> int:
        """The exit code: 0 when the canaries ended as they should and the logs prove it. Raises StoppedError,
        StoreError."""
        self._workspace()
        ended = self._driven()
        proven = self._report()
        return 0 if proven and ended == {BAD: "aborted", GOOD: "complete", WAITING: "complete"} else 1

    def _workspace(self) -> None:
        root, cast, sample = self.stage.root, self.cast, sample_folder()
        root.mkdir(parents=True, exist_ok=True)
        for name in _SAMPLE:
            shutil.copytree(sample / name, root / name)
        self.chapters.begin("A made-up platform, numbers simulated: a copy of the sample.")
        if shutil.which("git", path=self.stage.env.get("PATH", os.defpath)):
            exported = root / "registry" / "kaizen" / "candidates.fast-export"
            cast.git("init", "-q", told=False)
            cast.git("fast-import", "--quiet", told=False, stdin=exported.read_text(encoding="utf-8"))
            cast.git("add", "-A", told=False)
            cast.git("commit", "-q", "-m", "The sample", told=False)
        self.teller.tell(Told("place", str(root), actor=YOU, data=str(self.stage.data)))
        cast.kaizen(SEUN, "trust")

    def _driven(self) -> dict[str, str]:
        """How each canary ended."""
        self.chapters.begin(f"`kaizen run` drives three canaries. {BAD} is a bad one.")
        ended: dict[str, str] = {}
        hint = "5 goes to the column Canary; the bars: the evidence against it and for."
        for nth, report in enumerate(self.cast.driving("run")):
            if nth == 0:
                self.teller.say(hint)
            self._followed(report)
            if report["status"] != "canary":
                ended[report["id"]] = report["status"]
            if {BAD, GOOD, WAITING} <= ended.keys():
                break
        return ended

    def _followed(self, report: dict[str, Any]) -> None:
        ticket_id = report["id"]
        for act in report["acts"]:
            if act["act"] == "rollback":
                self.chapters.begin(f"{ticket_id} is rolled back: nobody gets it any more.")
            elif act["act"] == "conclude":
                self._approve()
            elif act["act"] == "complete":
                self.chapters.begin(f"{ticket_id} is released to everybody.")
            elif act["act"] != "wait":
                self.teller.say(f"{ticket_id}: {act_in_words(act)}")

    def _approve(self) -> None:
        self.chapters.begin(f"{GOOD}'s verdict: promote. Like {WAITING}, it waits for a person.")
        if self.unattended:
            for ticket_id in (GOOD, WAITING):
                self.cast.kaizen(SEUN, "approve", ticket_id, "--note", "No worse in anything.")
        else:
            self.teller.ask("Yours: 5 goes to Canary, j to the next card, a shows why, y approves it.")

    def _report(self) -> bool:
        """Whether the logs are proven."""
        closing.times(self.cast, self.chapters)
        for ticket_id in (BAD, GOOD, WAITING):
            closing.verdict(self.cast, ticket_id)
        closing.commands(self.cast)
        closing.quoted(self.cast, "why", BAD)
        return closing.quoted(self.cast, "verify") == 0

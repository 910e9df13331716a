"""Plays the stories: every act goes through the product's own functions, on the clock of the script."""

import hashlib
import os
import subprocess
from datetime import UTC, datetime
from functools import singledispatchmethod
from pathlib import Path

from kaizen_tui.core.patch_spec import template
from kaizen_tui.core.scorecard import Commits, ScoreCard
from kaizen_tui.core.unmet import describe
from kaizen_tui.loop import edit, govern
from kaizen_tui.loop.canary_acts import state_of
from kaizen_tui.loop.cards import save
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.facts import gather
from kaizen_tui.loop.plan import NewTicket, new_ticket
from kaizen_tui.store.files import replace_file
from kaizen_tui.store.index import load_snapshot
from kaizen_tui.store.records import NewEvent, transaction
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.traffic.flagd import FlagFile
from kaizen_tui.traffic.splitter import Draw
from sample import script
from sample.cards import score_card
from sample.people import CONTROLLER

YEAR = 2026
SPECS, MEASURED = Path(__file__).parent / "specs", Path(__file__).parent / "measured"
# What a splitter and a judge would say besides; see docs of the canary. 1 / alpha of the default alpha.
NEEDED = 20.0


class Player:
    """Plays stories into a workspace that is an empty git checkout: candidates are commits on branches `kaizen/ID`."""

    def __init__(self, root: str) -> None:
        self.ws = Workspace(root)
        self._clock = datetime(YEAR, 1, 1, tzinfo=UTC)
        self._tokens = 0
        self._id = ""
        self._title = ""
        self._share = 0.0
        self._git("init", "-q")
        self._base = self._commit("Kestrel Platform <platform@kestrel.example>", "stable", parent="")

    def play(self, story: script.Story) -> str:
        """The id of the ticket. Raises RuntimeError if a gate refuses what the story says."""
        self._turn_to(story.created)
        new = NewTicket(
            title=story.title,
            component=story.component,
            owner=story.owner or None,
            severity=story.severity,
            objective=story.objective or "TBD",
            success_criteria=story.success,
            abort_criteria=story.abort,
            rollback_plan=story.rollback_plan or None,
            labels=story.labels,
        )
        self._id = new_ticket(self._session(story.by), new).id
        self._title = story.title
        self._share = 0.0
        for act in story.acts:
            self._turn_to(act.at)
            self._do(act)
        return self._id

    def set_shares(self, flags: str) -> None:
        """Gives each canary in this flag file the share that its log says."""
        for row in load_snapshot(self.ws).rows:
            state = state_of(self._session(CONTROLLER), row.id) if row.status == "canary" else None
            if state is not None:
                FlagFile("sample", flags, row.component).set_share(state.wanted, Draw(row.id, row.uid))

    def candidates(self) -> str:
        """The candidates' commits and their branches, as git's fast-export writes them."""
        return self._git("fast-export", "--all") + "\n"

    def _turn_to(self, at: str) -> None:
        self._clock = datetime.strptime(f"{YEAR}-{at}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)

    def _token(self) -> str:
        self._tokens += 1
        return hashlib.sha256(f"kestrel {self._tokens}".encode()).hexdigest()[:16]

    def _session(self, who: str) -> Session:
        return Session(self.ws, who, lambda: self._clock, self._token)

    def _log(self, who: str, event: str, **fields: object) -> None:
        """An entry that the stages of the loop write by themselves."""
        with transaction(self.ws, self._id) as tx:
            tx.commit(data=None, events=[NewEvent(who, event, fields)], at=self._clock)

    @singledispatchmethod
    def _do(self, act: script.Act) -> None:
        raise TypeError(f"no rule for {type(act).__name__}")

    @_do.register
    def _(self, act: script.Move) -> None:
        session = self._session(act.who)
        decision = govern.move(session, self._id, act.target, reason=act.reason, override=act.override)
        if not decision.allowed or bool(act.override) != bool(decision.override):
            raise RuntimeError("\n".join(describe(decision)))

    @_do.register
    def _(self, act: script.Approve) -> None:
        said = govern.approve(self._session(act.who), self._id, act.note)
        if said.doubt:
            raise RuntimeError(f"{self._id}: an approval that doesn't count: {said.doubt}")

    @_do.register
    def _(self, act: script.Reject) -> None:
        govern.reject(self._session(act.who), self._id, act.note)

    @_do.register
    def _(self, act: script.SignOff) -> None:
        govern.sign_off(self._session(act.who), self._id, act.criterion, act.note)

    @_do.register
    def _(self, act: script.Comment) -> None:
        govern.comment(self._session(act.who), self._id, act.text)

    @_do.register
    def _(self, act: script.Links) -> None:
        edit.update(self._session(act.who), self._id, edit.Changes(links=act.links))

    @_do.register
    def _(self, act: script.Objective) -> None:
        edit.update(self._session(act.who), self._id, edit.Changes(objective=act.text), act.note)

    @_do.register
    def _(self, act: script.Spec) -> None:
        body = (SPECS / f"{self._id.rpartition('-')[2]}.md").read_text(encoding="utf-8")
        head = template(f"{self._id} {self._title}").partition("\n")[0]
        replace_file(self.ws.spec_path(self._id), f"{head}\n\n{body}".encode())
        candidate = self._commit(act.who, f"{self._title}\n\nKaizen-Ticket: {self._id}", parent=self._base)
        self._git("update-ref", f"refs/heads/kaizen/{self._id}", candidate)

    @_do.register
    def _(self, act: script.Evaluate) -> None:
        session = self._session(act.who)
        facts = gather(session, self._id)
        if facts.component is None or facts.candidate_commit is None:
            raise RuntimeError(f"{self._id} has nothing to evaluate")
        commits = Commits(baseline=self._base, candidate=facts.candidate_commit)
        card = score_card(facts.ticket, facts.component, act.card, commits, session.stamp())
        data = card.to_json()
        replace_file(self.ws.score_card_path(self._id), data)
        self._log(
            act.who,
            "evaluate",
            verdict=card.verdict,
            baseline=commits.baseline,
            candidate=commits.candidate,
            score_card=hashlib.sha256(data).hexdigest(),
        )

    @_do.register
    def _(self, act: script.MeasuredCard) -> None:
        data = (MEASURED / f"{self._id.rpartition('-')[2]}.json").read_bytes()
        card = ScoreCard.parse(data)
        self._clock = datetime.fromisoformat(card.created_at)
        saved = save(self._session(act.who), card)
        if saved.digest != hashlib.sha256(data).hexdigest():
            raise RuntimeError(f"{self._id}: the measured score-card would be written otherwise")

    @_do.register
    def _(self, act: script.Rollout) -> None:
        fields: dict[str, object] = {"note": act.note} if act.note else {}
        action = "rollback" if act.rollback else "set_share"
        self._log(
            act.who, "rollout", action=action, **{"from": self._share}, to=act.share / 100, verified=True, **fields
        )
        self._share = act.share / 100

    @_do.register
    def _(self, act: script.Verdict) -> None:
        fields: dict[str, object] = {"note": act.note} if act.note else {}
        self._log(
            act.who,
            "verdict",
            verdict=act.verdict,
            share=self._share,
            sli=act.sli,
            evidence=act.e,
            needed=NEEDED,
            ratio=list(act.ratio),
            looks=act.looks,
            **fields,
        )

    def _commit(self, who: str, message: str, *, parent: str) -> str:
        """A commit without content: what counts is its name, its author and its time."""
        tree = self._git("mktree", stdin="")
        return self._git("commit-tree", tree, *(("-p", parent) if parent else ()), who=who, stdin=message)

    def _git(self, *args: str, who: str = "", stdin: str = "") -> str:
        name, _, email = who.removesuffix(">").partition(" <")
        at = f"{int(self._clock.timestamp())} +0000"
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
        for role in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": email, f"GIT_{role}_DATE": at}
        done = subprocess.run(
            ["git", *args], cwd=self.ws.root, env=env, input=stdin, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

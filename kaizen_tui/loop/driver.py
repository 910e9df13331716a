"""Drives one canary: a look, then acts until nothing is left to do but wait. All that counts is in the files."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from kaizen_tui.core import canary_state as words
from kaizen_tui.core.canary_plan import Act, Judged, Situation, Traffic, decide
from kaizen_tui.core.canary_state import NOT_TAKEN, CanaryState, parts, same_share
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.times import format_epoch
from kaizen_tui.core.unmet import Decision, title
from kaizen_tui.loop import canary_acts as acts
from kaizen_tui.loop import govern
from kaizen_tui.loop.acts import opened
from kaizen_tui.loop.canaries import left_over, others_at
from kaizen_tui.loop.canary_acts import Hand, state_of
from kaizen_tui.loop.canary_record import Record
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.facts import gather
from kaizen_tui.loop.models import load_config
from kaizen_tui.loop.observe import baseline_now, look, source_of
from kaizen_tui.loop.rollouts import Plan, plan_of, splitter_named, splitter_of
from kaizen_tui.metrics.source import MetricSource
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.ticket_lock import TicketLock
from kaizen_tui.traffic.splitter import Draw, SplitterError

_MOST_ACTS = 12  # of one look; a step, a pause or an end takes three at the most


class Report(NamedTuple):
    """How a look went. acts: what was done, the last one being what it waits for. trouble: what a person should know,
    in words. status: of the ticket; state: None where it has no canary. look: seconds to the next one."""

    id: str
    status: str
    state: CanaryState | None
    judged: Judged
    acts: tuple[Act, ...]
    trouble: str = ""
    look: float = 15.0

    @property
    def ended(self) -> bool:
        return self.status != "canary"

    @property
    def undriven(self) -> bool:
        """Whether nothing could be decided, because a file can't be read, say."""
        return not self.ended and not self.acts and bool(self.trouble)


class Driver:
    """One ticket's. env: for trust and commands. advise: decide and log, touch nothing."""

    def __init__(self, session: Session, ticket_id: str, env: Mapping[str, str], *, advise: bool = False) -> None:
        self._session = session
        self.id = ticket_id
        self._env = env
        self._advise = advise
        self._record: Record | None = None
        self._hand: Hand | None = None
        self._fine_at: float | None = None
        self._began: float | None = None
        self._max_blind = 120.0
        self._look = 15.0

    def tick(self) -> Report:
        """One look and what follows from it. What went wrong is in the report; nothing is raised but for defects."""
        now = self._now()
        if self._began is None:
            self._began = now
        try:
            report = self._tick()
        except (KaizenError, OSError) as error:
            return self._failed(str(error), now)
        self._fine_at = now
        return report

    def _now(self) -> float:
        return self._session.now().timestamp()

    def _tick(self) -> Report:
        plan = plan_of(self._session.workspace, self.id)
        self._look, self._max_blind = plan.rollout.look, plan.rollout.max_blind
        state = state_of(self._session, self.id)
        if plan.ticket.status != "canary" or state is None:
            return self._elsewhere(plan, state)
        splitter = splitter_of(self._session.workspace, plan, self._env, state.splitter)
        self._hand = Hand(self._session, splitter, plan.draw)
        source, trouble = self._observe(plan, state)
        with TicketLock(self._session.workspace, self.id, "act").wait():
            return self._decide(plan, self._hand, source, trouble)

    def _elsewhere(self, plan: Plan, state: CanaryState | None) -> Report:
        """Nobody keeps the canary of a ticket that was taken out of canary by hand."""
        status, trouble = plan.ticket.status, ""
        if status == "canary":
            trouble = f"its log doesn't say that it entered canary; `kaizen abort {self.id}` takes it from everybody"
        elif state is not None and left_over(self._session, self.id, status) and not self._advise:
            splitter = splitter_of(self._session.workspace, plan, self._env, state.splitter)
            hand = Hand(self._session, splitter, plan.draw)
            with TicketLock(self._session.workspace, self.id, "act").wait():
                if not others_at(self._session, self.id, splitter.name):  # else the share is theirs
                    acts.to_nobody(hand, ())
                acts.left(hand, state, status)
                state = state_of(self._session, self.id)
                trouble = f"it is {title(status)} now; the share was set to 0"
        return Report(self.id, status, state, Judged(), (), trouble, self._look)

    def _observe(self, plan: Plan, state: CanaryState) -> tuple[MetricSource | None, str]:
        """The source, None where it can't be asked, and what went wrong."""
        source: MetricSource | None = None
        try:
            if self._record is None:
                self._record = Record(self._session.workspace, self.id, state.since)
            self._record.load(state.since)
            source = source_of(self._session.workspace)
            if not parts(state.share) or state.ending is not None:
                return source, ""
            looked = look(self._record, plan, state, source, self._now())
        except (KaizenError, OSError) as error:
            return source, str(error)
        why = "; ".join(f"{name}: {reason}" for name, reason in looked.why.items())
        return source, "; ".join(filter(None, ("" if looked.counted else why, looked.unasked)))

    def _decide(self, plan: Plan, hand: Hand, source: MetricSource | None, trouble: str) -> Report:
        done: list[Act] = []
        while True:
            state = state_of(self._session, self.id)
            status = read_ticket_file(self._session.workspace, self.id).fields.status
            judged = self._record.judged if self._record is not None else Judged()
            if status != "canary" or state is None:
                return Report(self.id, status, state, judged, tuple(done), trouble, self._look)
            act = decide(self._situation(plan, hand, state, judged, trouble))
            done.append(act)
            if act.kind == "wait" or len(done) >= _MOST_ACTS:
                return Report(self.id, status, state, judged, tuple(done), trouble, self._look)
            if self._advise:
                self._say(act, hand, state)
                return Report(self.id, status, state, judged, tuple(done), trouble, self._look)
            problem = self._do(act, plan, hand, state, source)
            if problem:
                return Report(self.id, status, state, judged, tuple(done), problem, self._look)

    def _situation(self, plan: Plan, hand: Hand, state: CanaryState, judged: Judged, trouble: str) -> Situation:
        release = state.verdict == "promote" or parts(max(state.share, state.intent.to if state.intent else 0)) >= 10000
        decision = self._gate() if release else None
        record = self._record
        return Situation(
            state,
            plan.rollout,
            judged,
            _traffic(hand, state),
            self._now(),
            record.data_at if record is not None else None,
            gate=decision is not None and decision.allowed,
            shut=tuple(one.text for one in decision.refused) if decision is not None else (),
            aborts=tuple(f"{one.criterion} ({one.value:.4g})" for one in record.aborting) if record is not None else (),
            blind=trouble,
        )

    def _gate(self) -> Decision:
        facts = gather(self._session, self.id)
        return govern.decisions(facts, self._session.actor)["complete"]

    def _do(self, act: Act, plan: Plan, hand: Hand, state: CanaryState, source: MetricSource | None) -> str:
        """Carries out one act; returns what went wrong, in words, or ""."""
        try:
            if act.kind in ("set_share", "resume"):
                return self._share(act, hand, state)
            if act.kind == "pause":
                acts.pause(hand, state, act.reason, act.cause)
            elif act.kind == "rollback":
                self._roll_back(act, plan, hand, state, source)
            elif act.kind in ("abort", "complete"):
                return self._end(act)
            elif act.kind in ("lost", "found"):
                action = words.LOST if act.kind == "lost" else words.FOUND
                fields: dict[str, object] = {"action": action, "verified": False, "reason": act.reason}
                acts.note(hand, ("rollout", {**fields, "to": state.wanted}))
            else:  # hold, conclude
                fields = {"verdict": act.verdict, "share": state.share, "note": act.reason, **self._evidence()}
                fields |= {"since": format_epoch(act.since)} if act.since else {}
                acts.note(hand, ("verdict", fields))
        except SplitterError as error:
            return str(error)
        return ""

    def _share(self, act: Act, hand: Hand, state: CanaryState) -> str:
        promoted = parts(act.share) > parts(state.share) > 0
        evidence = self._evidence() if promoted else {}
        problem = acts.set_share(hand, state, act.share, act.reason, evidence, resume=act.kind == "resume")
        if problem:
            acts.roll_back(hand, state, problem, cause=NOT_TAKEN, evidence={})
        return problem

    def _roll_back(self, act: Act, plan: Plan, hand: Hand, state: CanaryState, source: MetricSource | None) -> None:
        evidence = self._evidence(act.cause)
        acts.roll_back(hand, state, act.reason, cause=act.cause, verdict=act.verdict, evidence=evidence)
        baseline = baseline_now(source, plan, self._now()) if source is not None else ()
        acts.rolled_back(hand, state, act.reason, baseline)

    def _end(self, act: Act) -> str:
        target = "aborted" if act.kind == "abort" else "complete"
        decision = govern.move(self._session, self.id, target, reason=act.reason)
        return "" if decision.allowed else "; ".join(one.text for one in decision.refused)

    def _evidence(self, cause: str = "") -> dict[str, Any]:
        return self._record.evidence(cause) if self._record is not None and self._record.begun else {}

    def _say(self, act: Act, hand: Hand, state: CanaryState) -> None:
        """Logs what would be done, once."""
        advice = {"kind": act.kind, "share": act.share, "verdict": act.verdict, "from": state.wanted}
        with opened(self._session, self.id) as tx:
            said = [entry for entry in tx.log.events("comment") if "advice" in entry.fields]
            if said and said[-1].fields["advice"] == advice:
                return
        text = f"advice: {act.kind.replace('_', ' ')}" + (f": {act.reason}" if act.reason else "")
        acts.note(hand, ("comment", {"text": text, "advice": advice, **self._evidence()}))

    def _failed(self, why: str, now: float) -> Report:
        """The files can't be read, say. Nobody is left with a canary that nobody can judge."""
        since = self._fine_at if self._fine_at is not None else self._driven_last(now)
        if abs(now - since) > self._max_blind and not self._advise:
            hand = self._hand
            try:
                hand = hand or self._last_hand()
                with TicketLock(self._session.workspace, self.id, "act").wait():
                    state = state_of(self._session, self.id)
                    if hand is not None and (state is None or parts(state.wanted)):
                        acts.pause(hand, state or CanaryState(0), f"it can't be driven: {why}", words.BLIND)
            except (KaizenError, OSError) as error:
                why = "; ".join(dict.fromkeys(filter(None, (why, str(error), _emptied(hand)))))
        return Report(self.id, "canary", self._last_state(), Judged(), (), why, self._look)

    def _driven_last(self, now: float) -> float:
        """Since when nothing could be decided, where this process never could: one that takes a single look at a time
        must not begin to count anew at each."""
        since = self._began if self._began is not None else now
        try:
            state = state_of(self._session, self.id)
            record = Record(self._session.workspace, self.id, state.since if state is not None else None)
        except (KaizenError, OSError):
            return since
        known = max(record.data_at or 0.0, float(state.share_at) if state is not None else 0.0)
        return min(since, known) if known else since

    def _last_state(self) -> CanaryState | None:
        """What the log says is in effect; None where it can't be read either."""
        try:
            return state_of(self._session, self.id)
        except (KaizenError, OSError):
            return None

    def _last_hand(self) -> Hand | None:
        """Where the ticket or its component can't be read: the splitter that the log names. For share 0 it is enough
        to know that one."""
        state = state_of(self._session, self.id)
        if state is None or not state.splitter:
            return None
        workspace = self._session.workspace
        splitter = splitter_named(workspace, load_config(workspace), state.splitter, self._env)
        return Hand(self._session, splitter, Draw(self.id, ""))


def _emptied(hand: Hand | None) -> str:
    """Takes the canary from everybody where not even the log can be read; what kept it from that, or ""."""
    if hand is None:
        return ""
    try:
        hand.splitter.set_share(0.0, hand.draw)
    except SplitterError as error:
        return str(error)
    return ""


def _traffic(hand: Hand, state: CanaryState) -> Traffic:
    """What the splitter gives now; and whether it would still after a restart, to the same users."""
    try:
        share = hand.splitter.share()
    except SplitterError as error:
        return Traffic(None, str(error))
    if state.intent is not None or state.ending is not None or not same_share(share, state.wanted):
        return Traffic(share)
    try:
        hand.splitter.verify(state.wanted, hand.draw)
    except SplitterError as error:
        return Traffic(share, str(error))
    return Traffic(share)

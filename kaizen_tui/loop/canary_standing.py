"""How a canary stands and went, for a screen: followed from the files as they grow, never waiting for a server.

Light until there are observations: what the log alone says needs no judge.
"""

import math
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from kaizen_tui.core.canary_estimate import Estimate, Trail, e_value
from kaizen_tui.core.canary_plan import Judged, canary_steps, next_step
from kaizen_tui.core.canary_state import CanaryState, canary_state, parts
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.log_view import LogEntry, LogView
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.core.rollout import Rollout
from kaizen_tui.core.slo import Target
from kaizen_tui.loop.rollouts import Plan, plan_of
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.ticket_lock import TicketLock
from kaizen_tui.store.workspace import Workspace

if TYPE_CHECKING:
    from kaizen_tui.analysis.measures import Look
    from kaizen_tui.analysis.verdict import Evidence, Verdict
    from kaizen_tui.core.component import Metric
    from kaizen_tui.loop.canary_course import Course
    from kaizen_tui.loop.canary_record import Record

_FRESH_LOOKS = 3
_LATELY = 300.0  # seconds whose events give the present values


class Band(NamedTuple):
    """One moment of an SLI: values in the metric's unit, the interval of canary over baseline. None: not known.

    at: epoch seconds. share: of the users at that step.
    """

    at: float
    share: float
    baseline: float | None
    canary: float | None
    low: float | None
    high: float | None


class SliStanding(NamedTuple):
    """One SLI. rollback, promote: e-values for going back and for going on, the latter None where it never promotes.

    ratio: canary over baseline, an interval; ends None where nothing bounds it. baseline, canary: what was measured
    lately, in the metric's unit. events: so far, baseline's and canary's, 0 for a gauge. bound: above which an event
    counts as bad, such as "300 ms", "" where that is no matter of size. skipped: why the last look didn't count.
    course: oldest first.
    """

    name: str
    unit: str
    target: Target | None
    rollback: float
    promote: float | None
    ratio: tuple[float | None, float | None]
    promote_ratio: float | None
    baseline: float | None
    canary: float | None
    looks: int
    events: tuple[int, int]
    bad: tuple[int, int]
    bound: str
    skipped: str
    course: tuple[Band, ...]


class Standing(NamedTuple):
    """A canary at one instant.

    at: epoch seconds of this reading. tier: of its component. steps: shares at which it is judged. rollback, promote:
    the e-values that decide, of all SLIs together. data_at: of the newest numbers of both versions, None before the
    first. estimate: until something is decided, None where nothing says. driven_by: which process, "" where none does.
    trouble: what can't be read, in words. last: the entry of the last decision, with its reason. observations: sha256
    and bytes of the file as far as this goes. stands: it is released, and the splitter wasn't taken back to 0.
    """

    id: str
    status: str
    component: str
    tier: int
    at: float
    state: CanaryState
    rollout: Rollout
    steps: tuple[float, ...]
    judged: Judged
    slis: tuple[SliStanding, ...]
    rollback: float
    promote: float | None
    needed_rollback: float
    needed_promote: float
    looks: int
    data_at: float | None
    estimate: Estimate | None
    driven_by: str
    trouble: str
    traffic: str
    observations: tuple[str, int]
    last: LogEntry | None = None
    stands: bool = False

    @property
    def step(self) -> int:
        """Which of the steps is in effect, from 1; 0 before the first, one more than there are after the release."""
        share = parts(self.state.share)
        return sum(1 for step in self.steps if parts(step) <= share) + (share >= parts(1.0)) if share else 0

    @property
    def next_share(self) -> float | None:
        """The share of the next step; None after the last one before the release."""
        return next_step(self.rollout, self.state.share)

    @property
    def stays(self) -> float:
        """Seconds for which `min_duration` keeps it at the last step, whatever the evidence."""
        least = self.rollout.min_duration
        if least is None or self.next_share is not None:
            return 0.0
        return max(0.0, least - (self.at - self.state.since))

    @property
    def data_age(self) -> float | None:
        """Seconds, None where there are no numbers."""
        return None if self.data_at is None else max(0.0, self.at - self.data_at)

    @property
    def stale(self) -> bool:
        """Whether the numbers are too old to decide on, while users have the canary."""
        limit = max(self.rollout.max_blind, _FRESH_LOOKS * self.rollout.look)
        return self.data_age is None or self.data_age > limit

    @property
    def held(self) -> bool:
        """Whether a person has to look, as of the newest look; without any, as the last verdict says."""
        return self.judged.answer == "hold" or (self.state.verdict == "hold" and not self.slis)

    @property
    def in_doubt(self) -> bool:
        """Whether a verdict says promote, and the looks that are here don't: nothing is released."""
        return self.state.verdict == "promote" and self.judged.answer == "wait" and bool(self.slis)

    @property
    def runs(self) -> bool:
        """Whether it has begun and not ended."""
        return self.status == "canary" and self.state.ending is None and parts(self.state.share) > 0


class Follower:
    """One ticket's canary, followed. Used by one thread at a time."""

    def __init__(self, workspace: Workspace, ticket_id: str) -> None:
        self._ws = workspace
        self._id = ticket_id
        self._log_stamp = (-1, 0, 0)
        self._state: CanaryState | None = None
        self._last: LogEntry | None = None
        self._plan: Plan | None = None
        self._plan_stamp: object = None
        self._record: Record | None = None
        self._courses: dict[str, Course] = {}
        self._trail = Trail()
        self._standing: tuple[CanaryState, bool] | None = None

    def read(self, now: float) -> Standing | None:
        """How it stands; None where no user ever had it. now: epoch seconds.

        Raises NotFoundError, YamlProblems, UsageError, StoreError where the ticket or its log can't be read.
        """
        stamp = _stamp(self._ws.log_path(self._id))
        if stamp != self._log_stamp:
            data = read_log_bytes(self._ws.log_path(self._id))
            log = read_log(data) if b'"rollout"' in data else None
            self._state = canary_state(log) if log is not None else None
            self._last = _last_decision(log) if log is not None else None
            self._log_stamp = stamp
        state = self._state
        if state is None:
            return None
        plan, trouble = self._plan_now(), ""
        try:
            self._follow()
        except KaizenError as error:
            self._record, trouble = None, str(error)
        record = self._record
        settings = record.settings if record is not None else None
        verdict = record.verdict if record is not None else None
        if record is not None:
            self._trail.begin(record.share)
        alpha, beta = (settings or plan.rollout).alpha, (settings or plan.rollout).beta
        promote = _e_value(verdict.log_e_promote) if verdict is not None else None
        standing = Standing(
            id=self._id,
            status=plan.ticket.status,
            component=plan.component.id,
            tier=plan.component.tier,
            at=now,
            state=state,
            rollout=plan.rollout,
            steps=canary_steps(plan.rollout),
            judged=record.judged if record is not None else Judged(),
            slis=self._slis(plan, verdict) if verdict is not None else (),
            rollback=e_value(verdict.log_e_rollback) if verdict is not None else 1.0,
            promote=promote,
            needed_rollback=round(1.0 / alpha, 3),
            needed_promote=round(1.0 / beta, 3),
            looks=max((one.looks for one in verdict.evidence), default=0) if verdict is not None else 0,
            data_at=record.data_at if record is not None else None,
            estimate=None,
            driven_by=TicketLock(self._ws, self._id, "drive").peek(),
            trouble=trouble,
            traffic=verdict.traffic if verdict is not None else "",
            observations=record.extent if record is not None else ("", 0),
            last=self._last,
            stands=plan.ticket.status == "complete" and self._stands(state),
        )
        return standing._replace(estimate=self._estimate(standing, alpha, beta))

    def _stands(self, state: CanaryState) -> bool:
        """Asked once for each state: it reads the logs of all other canaries."""
        if self._standing is None or self._standing[0] != state:
            from kaizen_tui.loop.canaries import released_at

            self._standing = state, released_at(self._ws, state.splitter) == self._id
        return self._standing[1]

    def _estimate(self, one: Standing, alpha: float, beta: float) -> Estimate | None:
        if not one.runs or one.state.pause is not None or one.judged.answer != "wait" or one.stale:
            return None
        return self._trail.estimate(-math.log(alpha), -math.log(beta), one.stays)

    def _plan_now(self) -> Plan:
        """What the files say; read again when one of them changed."""
        stamp = tuple(map(_stamp, (self._ws.ticket_path(self._id), self._ws.config_path)))
        if self._plan is not None:
            stamp = (*stamp, _stamp(self._ws.component_path(self._plan.component.id)))
        if self._plan is None or stamp != self._plan_stamp:
            self._plan = plan_of(self._ws, self._id)
            self._plan_stamp = (*stamp[:2], _stamp(self._ws.component_path(self._plan.component.id)))
        return self._plan

    def _follow(self) -> None:
        began = self._state.since if self._state is not None else None
        record = self._record
        if record is not None and record.begun and record.began == began and record.catch_up():
            return
        self._record, self._courses, self._trail = None, {}, Trail()
        if not _stamp(self._ws.observations_path(self._id))[1]:
            return
        from kaizen_tui.loop.canary_record import Record

        record = Record(self._ws, self._id, began, self._heard)
        self._record = record if record.begun else None

    def _heard(self, look: "Look", verdict: "Verdict", share: float) -> None:
        from kaizen_tui.loop.canary_course import Course

        self._trail.add(share, verdict.at, verdict.log_e_rollback, verdict.log_e_promote)
        for one in verdict.evidence:
            course = self._courses.setdefault(one.name, Course())
            course.add(look.at, share, look.baseline.get(one.name), look.canary.get(one.name), one)

    def _slis(self, plan: Plan, verdict: "Verdict") -> tuple[SliStanding, ...]:
        record = self._record
        settings = record.settings if record is not None else None
        ratios = {sli.name: sli.promote_ratio for sli in settings.slis} if settings is not None else {}
        return tuple(
            _sli(plan.component.metric(one.name), one, ratios.get(one.name), self._courses.get(one.name))
            for one in verdict.evidence
        )


def _last_decision(log: LogView) -> LogEntry | None:
    """The last entry about the canary that says why; that a share was read back says nothing new."""
    told = [one for one in log.events("rollout", "verdict") if one.text("reason") or one.text("note")]
    return told[-1] if told else None


def _sli(metric: "Metric | None", one: "Evidence", promote_ratio: float | None, course: "Course | None") -> SliStanding:
    from kaizen_tui.loop.canary_course import joined
    from kaizen_tui.loop.canary_values import bound_words, value_of

    def value(measure: Any) -> float | None:
        return value_of(metric, measure) if metric is not None else None

    moments = course.moments if course is not None else []
    lately = None
    for moment in moments:
        if moment.share == moments[-1].share and moment.at >= moments[-1].at - _LATELY:
            lately = moment if lately is None else joined(lately, moment)
    bands = tuple(Band(m.at, m.share, value(m.baseline), value(m.canary), *_ends(m.low, m.high)) for m in moments)
    counted = one.counted
    target = None
    if metric is not None:
        target = Target(metric.threshold, metric.abort_threshold, metric.direction == "higher")
    return SliStanding(
        name=one.name,
        unit=metric.shown_unit if metric is not None else "",
        target=target,
        rollback=e_value(one.log_e_rollback),
        promote=_e_value(one.log_e_promote),
        ratio=_ends(one.low, one.high),
        promote_ratio=promote_ratio,
        baseline=value(lately.baseline) if lately is not None else None,
        canary=value(lately.canary) if lately is not None else None,
        looks=one.looks,
        events=(0, 0) if counted is None else (round(counted.baseline_total), round(counted.canary_total)),
        bad=(0, 0) if counted is None else (round(counted.baseline_bad), round(counted.canary_bad)),
        bound=bound_words(metric, one.bound),
        skipped=one.skipped,
        course=bands,
    )


def _ends(low: float, high: float) -> tuple[float | None, float | None]:
    return (low, high) if math.isfinite(high) else (None, None)


def _e_value(log: float | None) -> float | None:
    return None if log is None else e_value(log)


def _stamp(path: str) -> tuple[int, int, int]:
    try:
        found = os.lstat(path)
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino

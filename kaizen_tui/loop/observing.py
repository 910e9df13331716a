"""How a canary stands, for a person: from the record; a look of one's own where nobody drives it."""

import math
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from kaizen_tui.analysis.settings import Sli
from kaizen_tui.analysis.verdict import Evidence
from kaizen_tui.core.canary_estimate import e_value
from kaizen_tui.core.canary_plan import Judged
from kaizen_tui.core.canary_state import CanaryState, parts
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.loop.canary_acts import state_of
from kaizen_tui.loop.canary_record import Record
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.govern import RefusedError
from kaizen_tui.loop.observe import look, source_of
from kaizen_tui.loop.rollouts import Plan, plan_of
from kaizen_tui.store.ticket_lock import TicketLock

_TICK = 0.25  # seconds between two looks at the file


class SliSeen(NamedTuple):
    """One SLI. rollback, promote: e-values; ratio: canary over baseline, None where nothing bounds it. dispersion,
    block: as of analysis/settings.py, None for another kind; history: where they come from, in words."""

    name: str
    rollback: float
    promote: float | None
    ratio: tuple[float | None, float | None]
    looks: int
    events: dict[str, int] | None
    skipped: str
    dispersion: float | None
    block: int | None
    history: str


class Seen(NamedTuple):
    """A canary. needed_*: the e-values that decide. driven_by: which process, "" where none does. traffic: "too little"
    or "too much" where the canary's part of it can't be what its share should bring, else ""."""

    id: str
    status: str
    state: CanaryState | None
    judged: Judged
    data_at: float | None
    slis: tuple[SliSeen, ...]
    needed_rollback: float
    needed_promote: float
    driven_by: str
    trouble: str
    traffic: str


def observe(session: Session, ticket_id: str) -> Seen:
    """How the canary stands; where nobody drives it, after one more look, which is recorded.

    Raises NotFoundError, UsageError, StoreError; RefusedError where the ticket never had a canary; where a look was
    taken, UnreachableError, OSError.
    """
    plan = plan_of(session.workspace, ticket_id)
    state = _state(session, plan)
    record = Record(session.workspace, ticket_id, state.since)
    if plan.ticket.status != "canary" or session.workspace.read_only:
        return _seen(plan, state, record, "", "")
    with TicketLock(session.workspace, ticket_id, "drive") as lease:
        if not lease.take():
            return _seen(plan, state, record, lease.holder(), "")
        record.load(state.since)
        trouble = _own_look(session, plan, state, record)
        return _seen(plan, state, record, "", trouble)


def follow(
    session: Session,
    ticket_id: str,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Seen]:
    """Every look from now on, one's own where nobody else drives the canary, until it ends. clock: monotonic."""
    record = Record(session.workspace, ticket_id)
    lease = TicketLock(session.workspace, ticket_id, "drive")
    last: tuple[float | None, str] | None = None
    due = clock()
    try:
        while True:
            plan = plan_of(session.workspace, ticket_id)
            state = _state(session, plan)
            record.follow(state.since)
            trouble, now = "", clock()
            if plan.ticket.status == "canary" and now >= due and lease.take():
                try:
                    trouble = _own_look(session, plan, state, record)
                except (KaizenError, OSError) as error:
                    trouble = str(error)
                finally:
                    lease.release()
                due = now + plan.rollout.look
            stand = (record.verdict.at if record.verdict is not None else None, plan.ticket.status)
            if stand != last or trouble:
                yield _seen(plan, state, record, "", trouble)
                last = stand
            if plan.ticket.status != "canary":
                return
            sleep(_TICK)
    finally:
        lease.release()


def _state(session: Session, plan: Plan) -> CanaryState:
    state = state_of(session, plan.ticket.id)
    if state is None:
        raise RefusedError(
            f"{plan.ticket.id} has no canary: it is {plan.ticket.status.replace('_', ' ')}",
            hint=f"`kaizen deploy {plan.ticket.id}` starts it",
        )
    return state


def _own_look(session: Session, plan: Plan, state: CanaryState, record: Record) -> str:
    if not parts(state.share) or state.ending is not None:
        return "the canary has no users yet" if state.ending is None else ""
    looked = look(record, plan, state, source_of(session.workspace), session.now().timestamp())
    return "" if looked.counted else "; ".join(f"{name}: {why}" for name, why in looked.why.items())


def _seen(plan: Plan, state: CanaryState, record: Record, driven_by: str, trouble: str) -> Seen:
    settings = record.settings
    alpha, beta = (settings.alpha, settings.beta) if settings is not None else (plan.rollout.alpha, plan.rollout.beta)
    evidence = record.verdict.evidence if record.verdict is not None else ()
    told = zip(evidence, settings.slis if settings is not None else (), strict=False)
    slis = tuple(_sli(one, sli, record.notes.get(sli.name, "")) for one, sli in told)
    return Seen(
        plan.ticket.id, plan.ticket.status, state, record.judged, record.data_at, slis,
        round(1.0 / alpha, 3), round(1.0 / beta, 3), driven_by, trouble,
        record.verdict.traffic if record.verdict is not None else "",
    )  # fmt: skip


def _sli(one: Evidence, sli: Sli, history: str) -> SliSeen:
    ends = (one.low, one.high) if math.isfinite(one.high) else (None, None)
    promote = None if one.log_e_promote is None else e_value(one.log_e_promote)
    events = None if one.counted is None else {key: round(value) for key, value in one.counted._asdict().items()}
    return SliSeen(
        one.name, e_value(one.log_e_rollback), promote, ends, one.looks, events, one.skipped,
        None if sli.kind == "gauge" else sli.dispersion, sli.block if sli.kind == "gauge" else None, history,
    )  # fmt: skip

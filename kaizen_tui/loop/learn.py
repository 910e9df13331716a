"""What a person decides about a canary: to abort, to pause, to go on; and one decision of the controller at once."""

from collections.abc import Mapping

from kaizen_tui.core.canary_state import ASKED, NOT_TAKEN, CanaryState
from kaizen_tui.core.errors import ConflictError, KaizenError, UsageError
from kaizen_tui.core.unmet import Decision
from kaizen_tui.loop import canary_acts as acts
from kaizen_tui.loop import govern
from kaizen_tui.loop.canary_acts import Hand, state_of
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.driver import Driver, Report
from kaizen_tui.loop.govern import RefusedError
from kaizen_tui.loop.observe import Baseline, baseline_now, source_of
from kaizen_tui.loop.rollouts import Plan, plan_of, splitter_of
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.ticket_lock import TicketLock
from kaizen_tui.traffic.splitter import SplitterError


def learn(session: Session, ticket_id: str, env: Mapping[str, str]) -> Report:
    """One look, and whatever follows from it; of a canary that has ended, how it ended.

    Raises RefusedError where there was none, ConflictError while a controller drives the ticket.
    """
    status = read_ticket_file(session.workspace, ticket_id).fields.status
    if status != "canary" and state_of(session, ticket_id) is None:
        raise RefusedError(
            f"{ticket_id} has no canary: it is {status.replace('_', ' ')}",
            hint=f"`kaizen deploy {ticket_id}` starts it",
        )
    with TicketLock(session.workspace, ticket_id, "drive") as lease:
        if not lease.take():
            raise ConflictError(
                f"{lease.holder()} drives {ticket_id}", hint=f"it decides by itself; `kaizen observe {ticket_id}` shows"
            )
        return Driver(session, ticket_id, env).tick()


def abort(session: Session, ticket_id: str, reason: str, env: Mapping[str, str]) -> Decision:
    """Rolls the canary back, reads that back and moves the ticket to aborted; without a canary it only moves it.

    Raises UsageError without a reason, SplitterError where nobody can say that no user has the canary any more.
    """
    if not reason.strip():
        raise UsageError("aborting needs a reason", hint='--note "…"')
    if read_ticket_file(session.workspace, ticket_id).fields.status != "canary":
        return govern.move(session, ticket_id, "aborted", reason=reason)
    plan, hand = _hand(session, ticket_id, env)
    with TicketLock(session.workspace, ticket_id, "act").wait():
        # Without a state its log lost the canary, or never had it: nobody knows what is in effect, so it is set.
        state = state_of(session, ticket_id) or CanaryState(0)
        if state.ending is None or not state.ending.verified:
            try:
                acts.roll_back(hand, state, reason, cause=ASKED, evidence={})
            except SplitterError as error:
                raise SplitterError(
                    f"the roll-back isn't confirmed: {error.what}",
                    where=error.where,
                    hint=f"`kaizen run {ticket_id}` tries again until it is",
                ) from error
            acts.rolled_back(hand, state, reason, _baseline(session, plan))
        return govern.move(session, ticket_id, "aborted", reason=reason)


def _baseline(session: Session, plan: Plan) -> tuple[Baseline, ...]:
    """How the baseline stands, where that is known: a roll-back must not fail for want of numbers."""
    try:
        return baseline_now(source_of(session.workspace), plan, session.now().timestamp())
    except KaizenError:
        return ()


def pause(session: Session, ticket_id: str, reason: str, env: Mapping[str, str]) -> None:
    """Takes the canary from everybody, for now. Raises RefusedError, SplitterError."""
    _, hand = _hand(session, ticket_id, env)
    with TicketLock(session.workspace, ticket_id, "act").wait():
        state = state_of(session, ticket_id) or CanaryState(0)
        if state.ending is not None:
            raise RefusedError(f"{ticket_id} is being rolled back")
        if state.pause is not None and state.pause.cause == ASKED:
            raise RefusedError(f"{ticket_id} is paused already", hint=f"`kaizen resume {ticket_id}` goes on")
        try:
            acts.pause(hand, state._replace(pause=None), reason, ASKED)
        except SplitterError as error:
            hint = f"the pause is logged, but users may have the canary still: `kaizen run {ticket_id}` takes it back"
            raise SplitterError(error.what, where=error.where, hint=hint) from error


def resume(session: Session, ticket_id: str, reason: str, env: Mapping[str, str]) -> float:
    """Gives the canary the share that it had before the pause; returns it. Raises RefusedError, SplitterError."""
    _, hand = _hand(session, ticket_id, env)
    with TicketLock(session.workspace, ticket_id, "act").wait():
        state = state_of(session, ticket_id)
        if state is None or state.pause is None or state.ending is not None:
            raise RefusedError(f"{ticket_id} is not paused")
        problem = acts.set_share(hand, state, state.share, reason, {}, resume=True)
        if problem:
            acts.roll_back(hand, state, problem, cause=NOT_TAKEN, evidence={})
            raise SplitterError(problem, hint=f"it is being rolled back; `kaizen run {ticket_id}` finishes that")
        return state.share


def _hand(session: Session, ticket_id: str, env: Mapping[str, str]) -> tuple[Plan, Hand]:
    plan = plan_of(session.workspace, ticket_id)
    if plan.ticket.status != "canary":
        raise RefusedError(f"{ticket_id} has no canary: it is {plan.ticket.status.replace('_', ' ')}")
    state = state_of(session, ticket_id)
    begun = state.splitter if state is not None else ""
    return plan, Hand(session, splitter_of(session.workspace, plan, env, begun), plan.draw)

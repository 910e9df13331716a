"""Starts a canary through the gates, or gives it another share by hand."""

from collections.abc import Mapping

from kaizen_tui.core import commands
from kaizen_tui.core.canary_plan import canary_steps
from kaizen_tui.core.canary_state import NOT_TAKEN, parts, percent
from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.core.unmet import Decision
from kaizen_tui.loop import canary_acts as acts
from kaizen_tui.loop import govern
from kaizen_tui.loop.canaries import others_at, released_at
from kaizen_tui.loop.canary_acts import Hand, state_of
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.govern import RefusedError
from kaizen_tui.loop.observe import counters, source_of
from kaizen_tui.loop.rollouts import Plan, judge_settings, plan_of, splitter_of
from kaizen_tui.store.ticket_lock import StartLock, TicketLock
from kaizen_tui.traffic.splitter import SplitterError


def deploy(session: Session, ticket_id: str, share: float | None, env: Mapping[str, str]) -> Decision:
    """Moves the ticket from review into canary and gives it the first share; in canary, gives it this share.

    share: None is the first step. A decision that is not allowed has changed nothing. Raises NotFoundError, UsageError,
    RefusedError, UntrustedError, YamlProblems, SplitterError, UnreachableError, StoreError.
    """
    plan = plan_of(session.workspace, ticket_id)
    first = canary_steps(plan.rollout)[0] if share is None else share
    if not 0 < parts(first) < parts(1.0):
        raise UsageError(
            "a canary's share is above 0 % and below 100 %",
            hint="all users get it when it is promoted; none with `kaizen pause` or `kaizen abort`",
        )
    if plan.ticket.status == "canary":
        if share is None:
            raise RefusedError(f"{ticket_id} is in canary already", hint=f"`kaizen run {ticket_id}` drives it")
        with TicketLock(session.workspace, ticket_id, "act").wait():
            _by_hand(session, plan, share, env)
        return Decision(True, "canary", False, ticket=ticket_id, current="canary")
    decision = govern.why(session, ticket_id).get("canary")
    if decision is None or not decision.allowed:
        return govern.move(session, ticket_id, "canary")  # refuses, in words
    _ask_baseline(session, plan, first)
    with StartLock(session.workspace).wait(), TicketLock(session.workspace, ticket_id, "act").wait():
        hand = _ready(session, plan, env)
        decision = govern.move(session, ticket_id, "canary")
        if decision.allowed:
            _give(hand, first, "the first step" if share is None else "by hand")
    return decision


def _ask_baseline(session: Session, plan: Plan, share: float) -> None:
    """What a canary is judged against is there."""
    if not plan.ticket.uid:
        raise RefusedError(f"{plan.ticket.id} has no uid to draw users by", hint="`kaizen doctor --fix` gives it one")
    names = [sli.name for sli in judge_settings(plan, share).slis]
    scrapes, errors = counters(source_of(session.workspace), plan.component.id, names, session.now().timestamp() // 1)
    missing = [name for name, (baseline, _) in scrapes.items() if baseline is None]
    if missing:
        raise StoreError(
            f"the baseline has no numbers of {missing[0]}: {errors.get(missing[0], 'no data')}",
            hint="the canary is judged against them; see docs/canary.md",
        )


def _ready(session: Session, plan: Plan, env: Mapping[str, str]) -> Hand:
    """The splitter answers, and nobody has another canary there."""
    splitter = splitter_of(session.workspace, plan, env)
    others = others_at(session, plan.ticket.id, splitter.name)
    if others:
        raise RefusedError(
            f"{others[0]} is in canary at the splitter {splitter.name}", hint="one at a time; end that one first"
        )
    given = splitter.share()
    if parts(given):
        what = f"{percent(given)} of the users get a canary already at the splitter {splitter.name}"
        released = released_at(session.workspace, splitter.name)
        if released:
            raise RefusedError(
                f"{what}, since the release of {released}",
                hint=f"once the baseline's servers run it: `{commands.to_baseline(released)}`",
            )
        raise RefusedError(what, hint="no ticket of this workspace gave it to them: who did has to take it back")
    return Hand(session, splitter, plan.draw)


def _by_hand(session: Session, plan: Plan, share: float, env: Mapping[str, str]) -> None:
    ticket_id = plan.ticket.id
    state = state_of(session, ticket_id)
    if state is None:
        raise RefusedError(
            f"the log of {ticket_id} doesn't say that it entered canary", hint=f"`kaizen abort {ticket_id}` ends it"
        )
    if state.ending is not None:
        raise RefusedError(f"{ticket_id} is being rolled back")
    if state.pause is not None:
        raise RefusedError(f"{ticket_id} is paused", hint=f"`kaizen resume {ticket_id}` goes on")
    _give(Hand(session, splitter_of(session.workspace, plan, env, state.splitter), plan.draw), share, "by hand")


def _give(hand: Hand, share: float, reason: str) -> None:
    state = state_of(hand.session, hand.id)
    if state is None:
        raise RefusedError(f"{hand.id} has no canary")
    problem = acts.set_share(hand, state, share, reason, {})
    if problem:
        acts.roll_back(hand, state, problem, cause=NOT_TAKEN, evidence={})
        raise SplitterError(problem, hint=f"it is being rolled back; `kaizen run {hand.id}` finishes that")

"""After a release all users are at the canary's servers. Once the baseline's servers run what was released, the
splitter goes back to 0, so that the next canary is judged against it."""

from collections.abc import Mapping
from typing import NamedTuple

from kaizen_tui.core.canary_state import TO_BASELINE, CanaryState, parts, percent, same_share
from kaizen_tui.core.commands import to_baseline as command
from kaizen_tui.core.errors import KaizenError, UsageError
from kaizen_tui.core.times import format_epoch
from kaizen_tui.core.unmet import title
from kaizen_tui.loop.acts import opened
from kaizen_tui.loop.canaries import others_at, released_at
from kaizen_tui.loop.canary_acts import Hand, state_of
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.govern import RefusedError
from kaizen_tui.loop.observe import counters, source_of
from kaizen_tui.loop.rollouts import Plan, deciding, plan_of, splitter_of
from kaizen_tui.store.records import NewEvent
from kaizen_tui.store.ticket_lock import StartLock, TicketLock
from kaizen_tui.traffic.splitter import SplitterError


class Standing(NamedTuple):
    """The splitter before it is taken back. given: the share that it gives. done: it gives nobody the canary, now and
    after a restart, and there is nothing to log."""

    splitter: str
    given: float
    done: bool = False


def look(session: Session, ticket_id: str, env: Mapping[str, str]) -> Standing:
    """What `to_baseline` would find; it changes nothing. Raises as `to_baseline`."""
    plan, state = _released(session, ticket_id)
    return _standing(Hand(session, splitter_of(session.workspace, plan, env, state.splitter), plan.draw), state)


def doubt(session: Session, ticket_id: str) -> str:
    """Why the baseline's servers may not run, as far as the metrics tell the versions apart; or "". A person decides:
    a server that had no request yet may have no counters either."""
    plan = plan_of(session.workspace, ticket_id)
    try:
        source, names = source_of(session.workspace), [metric.name for metric in deciding(plan)]
    except UsageError:  # nobody can tell
        return ""
    try:
        scrapes, errors = counters(source, plan.component.id, names, session.now().timestamp() // 1)
    except (KaizenError, OSError) as error:
        return f"nobody can say whether the baseline's servers run: {error}"
    if any(baseline is not None for baseline, _ in scrapes.values()):
        return ""
    why = next(iter(errors.values()), "no data")
    return f"there are no numbers of the baseline's servers, which all users would get ({why})"


def to_baseline(session: Session, ticket_id: str, env: Mapping[str, str]) -> Standing:
    """Takes the splitter back to 0 and logs it, once that was read back; tells how it stood before.

    May be ended at any moment and asked again. Raises NotFoundError, YamlProblems, RefusedError, UntrustedError,
    UsageError, SplitterError, StoreError.
    """
    with StartLock(session.workspace).wait(), TicketLock(session.workspace, ticket_id, "act").wait():
        plan, state = _released(session, ticket_id)
        hand = Hand(session, splitter_of(session.workspace, plan, env, state.splitter), plan.draw)
        found = _standing(hand, state)
        if not found.done:
            fields = {"action": TO_BASELINE, "from": found.given, "to": 0, "splitter": hand.splitter.name}
            _note(hand, {**fields, "verified": False, "reason": "they run what was released"})
            hand.splitter.set_share(0.0, hand.draw)
            hand.splitter.verify(0.0, hand.draw)
            _note(hand, {**fields, "verified": True})
        return found


def _released(session: Session, ticket_id: str) -> tuple[Plan, CanaryState]:
    plan, state = plan_of(session.workspace, ticket_id), state_of(session, ticket_id)
    _complete(ticket_id, plan.ticket.status)
    if state is None or not parts(state.share):
        raise RefusedError(f"{ticket_id} is complete, but its log doesn't say that any user had its canary")
    return plan, state


def _complete(ticket_id: str, status: str) -> None:
    if status == "complete":
        return
    hint = f"`kaizen pause {ticket_id}` takes it from everybody, `kaizen abort {ticket_id}` ends it"
    what = f"{ticket_id} is {title(status)}: the splitter goes back to 0 when a ticket is complete"
    raise RefusedError(what, hint=hint if status == "canary" else "")


def _standing(hand: Hand, state: CanaryState) -> Standing:
    """Refuses what isn't this ticket's to take back."""
    name = hand.splitter.name
    others = others_at(hand.session, hand.id, name)
    if others:
        raise RefusedError(f"{others[0]} is in canary at the splitter {name}", hint="what stands there is its share")
    given, mine = hand.splitter.share(), released_at(hand.session.workspace, name)
    if not parts(given) and mine != hand.id and _holds_zero(hand):
        return Standing(name, given, done=True)
    if mine and mine != hand.id:
        what = f"what stands at the splitter {name} is the release of {mine}, not of {hand.id}"
        raise RefusedError(what, hint=f"`{command(mine)}`")
    left = (state.share, state.intent.to if state.intent is not None else state.share)
    if parts(given) and not (mine and any(same_share(given, one) for one in left)):
        what = f"{percent(given)} of the users get a canary at the splitter {name}, and not by the release of {hand.id}"
        if state.baseline_at:
            what += f", which was taken back at {format_epoch(state.baseline_at)}"
        raise RefusedError(what, hint="who gave it to them has to take it back")
    return Standing(name, given)


def _holds_zero(hand: Hand) -> bool:
    """Nobody gets the canary, and nobody would after a restart."""
    try:
        hand.splitter.verify(0.0, hand.draw)
    except SplitterError:
        return False
    return True


def _note(hand: Hand, fields: Mapping[str, object]) -> None:
    with opened(hand.session, hand.id) as tx:
        _complete(hand.id, tx.ticket.fields.status)
        tx.commit(data=None, events=[NewEvent(hand.session.actor, "rollout", fields)], at=hand.session.now())

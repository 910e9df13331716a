"""What changes a canary: its share, a roll-back, a pause, its end. Each is written before it is done and after it was
read back; whatever takes users away from the canary is done even where nothing can be written."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from kaizen_tui.core import canary_state as words
from kaizen_tui.core.canary_state import CanaryState, canary_state
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.core.unmet import title
from kaizen_tui.loop.acts import opened
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.govern import RefusedError
from kaizen_tui.loop.observe import Baseline
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.records import NewEvent
from kaizen_tui.traffic.splitter import Draw, Splitter, SplitterError, percent


class Hand(NamedTuple):
    """What an act is done with. The caller holds the ticket's lock for acts."""

    session: Session
    splitter: Splitter
    draw: Draw

    @property
    def id(self) -> str:
        return self.draw.ticket_id


def state_of(session: Session, ticket_id: str) -> CanaryState | None:
    """The canary's state as the log has it now; None where the ticket never was in canary. Raises StoreError."""
    return canary_state(read_log(read_log_bytes(session.workspace.log_path(ticket_id))))


def note(hand: Hand, *events: tuple[str, Mapping[str, object]]) -> None:
    """Log entries of a ticket in canary, as one act. Raises RefusedError when it is in another status by now."""
    session = hand.session
    with opened(session, hand.id) as tx:
        status = tx.ticket.fields.status
        if status != "canary":
            raise RefusedError(f"{hand.id} is {title(status)}: it has no canary any more")
        made = [NewEvent(session.actor, event, fields) for event, fields in events]
        tx.commit(data=None, events=made, at=session.now())


def set_share(
    hand: Hand, state: CanaryState, share: float, reason: str, evidence: Mapping[str, Any], *, resume: bool = False
) -> str:
    """Gives the canary this share. Returns "", or why the splitter didn't take it: then the canary has to go back.

    Raises StoreError, RefusedError before anything is changed.
    """
    action = words.RESUME if resume else words.SET_SHARE
    fields = {"action": action, "from": state.wanted, "to": share}
    note(hand, ("rollout", {**fields, "verified": False, "reason": reason, **evidence}))
    try:
        hand.splitter.set_share(share, hand.draw)
        hand.splitter.verify(share, hand.draw)
    except SplitterError as error:
        return f"{percent(share)} of the users could not be given to the canary: {error}"
    note(hand, ("rollout", {**fields, "verified": True}))
    return ""


def to_nobody(hand: Hand, first: Sequence[tuple[str, Mapping[str, object]]]) -> None:
    """Share 0, read back. first: entries that say why, written before; they must not keep users at the canary.

    Raises SplitterError where it could not be confirmed, StoreError (after all is done) where the entries were not
    written.
    """
    unwritten: StoreError | None = None
    try:
        if first:
            note(hand, *first)
    except StoreError as error:
        unwritten = error
    hand.splitter.set_share(0.0, hand.draw)
    hand.splitter.verify(0.0, hand.draw)
    if unwritten is not None:
        raise unwritten


def pause(hand: Hand, state: CanaryState, reason: str, cause: str) -> None:
    """Nobody gets the canary for now. Raises as `to_nobody`."""
    fields = {"action": words.PAUSE, "from": state.wanted, "to": 0, "cause": cause, "reason": reason}
    to_nobody(hand, [] if state.pause is not None else [("rollout", {**fields, "verified": False})])
    note(hand, ("rollout", {**fields, "verified": True}))


def roll_back(
    hand: Hand,
    state: CanaryState,
    reason: str,
    *,
    verdict: str = "",
    evidence: Mapping[str, Any],
) -> None:
    """Share 0, read back; the entry that says so is `rolled_back`'s. Raises as `to_nobody`."""
    first: list[tuple[str, Mapping[str, object]]] = []
    if state.ending is None:
        if verdict:
            first.append(("verdict", {"verdict": verdict, "share": state.share, "note": reason, **evidence}))
        fields = {"action": words.ROLLBACK, "from": state.wanted, "to": 0, "verified": False, "reason": reason}
        first.append(("rollout", {**fields, **({} if verdict else evidence)}))
    to_nobody(hand, first)


def rolled_back(hand: Hand, state: CanaryState, reason: str, baseline: Sequence[Baseline]) -> None:
    """The entry that the roll-back was executed and verified, with how the baseline stands."""
    stands = {
        one.metric: "no data" if one.value is None else ("beyond its target" if one.beyond else "within its target")
        for one in baseline
    }
    fields = {"action": words.ROLLBACK, "from": state.wanted, "to": 0, "verified": True, "reason": reason}
    note(hand, ("rollout", {**fields, "baseline": stands}))

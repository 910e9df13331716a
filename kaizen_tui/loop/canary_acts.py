"""What changes a canary: its share, a roll-back, a pause, its end. Each is written before it is done and after it was
read back; whatever takes users away from the canary is done even where nothing can be written."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from kaizen_tui.core import canary_state as words
from kaizen_tui.core.canary_state import CanaryState, canary_state, percent
from kaizen_tui.core.errors import KaizenError, StoreError
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.core.unmet import title
from kaizen_tui.loop.acts import opened
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.govern import RefusedError
from kaizen_tui.loop.observe import Baseline
from kaizen_tui.store.lock import WAIT
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.records import NewEvent
from kaizen_tui.store.yaml_reader import YamlProblems
from kaizen_tui.traffic.splitter import Draw, Splitter, SplitterError

_SOON = 0.5  # seconds for which users wait for an entry in the log


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


def note(hand: Hand, *events: tuple[str, Mapping[str, object]], wait: float = WAIT) -> None:
    """Log entries of a ticket in canary, as one act. wait: for the workspace's lock, in seconds.

    Raises RefusedError when it is in another status by now.
    """
    session = hand.session
    with opened(session, hand.id, wait=wait) as tx:
        try:
            status = tx.ticket.fields.status
        except YamlProblems:
            status = "canary"  # what is logged of a file that can't be read takes users away; nothing else comes so far
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
    fields = {"action": action, "from": state.wanted, "to": share, "splitter": hand.splitter.name}
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

    Raises SplitterError where it could not be confirmed, what kept the entries from being written after all is done.
    """
    unwritten = False
    try:
        if first:
            note(hand, *first, wait=_SOON)
    except KaizenError:
        unwritten = True
    hand.splitter.set_share(0.0, hand.draw)
    hand.splitter.verify(0.0, hand.draw)
    if unwritten:
        _note_at_last(hand, first)


def _note_at_last(hand: Hand, events: Sequence[tuple[str, Mapping[str, object]]]) -> None:
    """Entries that couldn't be written before nobody had the canary any more: where they still can't, that is said."""
    try:
        note(hand, *events)
    except StoreError as error:
        what = f"nobody gets the canary any more, but the log doesn't say so: {error.what}"
        raise StoreError(what, where=error.where, hint=error.hint) from error


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
    cause: str,
    verdict: str = "",
    evidence: Mapping[str, Any],
) -> None:
    """Share 0, read back; the entry that says so is `rolled_back`'s. Raises as `to_nobody`.

    cause: as of canary_state.
    """
    first: list[tuple[str, Mapping[str, object]]] = []
    if state.ending is None:
        if verdict:
            told = {"verdict": verdict, "share": state.share, "cause": cause, "note": reason}
            first.append(("verdict", {**told, **evidence}))
        fields = {"action": words.ROLLBACK, "from": state.wanted, "to": 0, "cause": cause, "reason": reason}
        first.append(("rollout", {**fields, "verified": False, **({} if verdict else evidence)}))
    to_nobody(hand, first)


def rolled_back(hand: Hand, state: CanaryState, reason: str, baseline: Sequence[Baseline]) -> None:
    """The entry that the roll-back was executed and verified, with how the baseline stands."""
    stands = {
        one.metric: "no data" if one.value is None else ("beyond its target" if one.beyond else "within its target")
        for one in baseline
    }
    fields = {"action": words.ROLLBACK, "from": state.wanted, "to": 0, "verified": True, "reason": reason}
    note(hand, ("rollout", {**fields, "baseline": stands}))


def left(hand: Hand, state: CanaryState, status: str) -> None:
    """The entry that nobody has the canary of a ticket any more that was taken out of canary by hand."""
    reason = f"its file says {title(status)}"
    fields = {"action": words.ROLLBACK, "from": state.wanted, "to": 0, "cause": words.MOVED, "reason": reason}
    with opened(hand.session, hand.id) as tx:
        event = NewEvent(hand.session.actor, "rollout", {**fields, "verified": True})
        tx.commit(data=None, events=[event], at=hand.session.now())

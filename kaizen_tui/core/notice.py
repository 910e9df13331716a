"""What of a canary's life people want to be told at once: read from the log's entries. Pure.

The log is the only source: whatever process is killed when, the next one finds in it what happened, and gives it the
same id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from kaizen_tui.core import canary_state as words
from kaizen_tui.core.canary_state import CanaryState, canary_state, follow
from kaizen_tui.core.times import age, parse_rfc3339

if TYPE_CHECKING:
    from kaizen_tui.core.log_view import LogEntry, LogView

BEGUN, VERIFIED, FAILED, ENDED = "begun", "verified", "failed", "ended"
FLAPS, FLAP_SPAN = 3, 3600  # so often within so many seconds
_EVIDENCE = ("sli", "ratio", "evidence", "needed", "looks", "events", "baseline")


class Notice(NamedTuple):
    """One event. key: names it for ever, whoever finds it. event: one of `NotifyEvent`. phase: of what lasts, or "".

    at: RFC 3339. reason: in words (hostile). fields: what else the entry says. order: among those of one second.
    """

    key: str
    event: str
    phase: str
    at: str
    reason: str
    fields: Mapping[str, Any]
    order: int = 0

    @property
    def id(self) -> str:
        return "msg_" + sha256(self.key.encode()).hexdigest()[:32]


def notices(log: LogView) -> tuple[Notice, ...]:
    """The events of the canary that the ticket entered last, oldest first; () where it never did."""
    begun = log.latest(lambda entry: entry.event == "status" and entry.text("to") == "canary")
    if not begun:
        return ()
    found: list[Notice] = []
    first = canary_state(log)
    if first is None:
        return ()
    state, flaps = CanaryState(first.since, share_at=first.since), _Flaps()
    for entry in log.after(*begun):
        found.extend(told for one in _notices_of(entry, state) if (told := flaps.told(one)) is not None)
        state = follow(state, (entry,))
    return tuple(found)


class _Flaps:
    """What comes and goes is told a few times within a span, the last of them with words for its coming back, and its
    end no more: who hears nothing further must not take it for over."""

    def __init__(self) -> None:
        self._begun: dict[str, list[int]] = {}
        self._quiet: set[str] = set()

    def told(self, one: Notice) -> Notice | None:
        """None where nobody is told of it."""
        if one.event not in ("lost", "blind"):
            return one
        if one.phase == ENDED:
            return None if one.event in self._quiet else one
        at = parse_rfc3339(one.at)
        before = [earlier for earlier in self._begun.get(one.event, []) if at - earlier < FLAP_SPAN]
        if len(before) >= FLAPS:
            return None
        self._begun[one.event] = [*before, at]
        self._quiet.discard(one.event)
        if len(before) + 1 < FLAPS:
            return one
        self._quiet.add(one.event)
        words = f"{FLAPS} times within {age(FLAP_SPAN)}: its end and the next times are not told"
        return one._replace(reason=f"{one.reason}; {words}")


def _notices_of(entry: LogEntry, state: CanaryState) -> Iterator[Notice]:
    if entry.event == "verdict":
        yield _notice(entry, "hold" if entry.text("verdict") == "hold" else "verdict", reason=entry.text("note"))
    elif entry.event == "comment":
        advice = entry.fields.get("advice")
        verdict = advice.get("verdict") if isinstance(advice, dict) else ""
        if isinstance(verdict, str) and verdict:
            event = "hold" if verdict == "hold" else "verdict"
            yield _notice(entry, event, reason=entry.text("text"), verdict=verdict, advice=True)
    elif entry.event == "status" and entry.text("to") == "complete":
        yield _notice(entry, "complete", reason=entry.text("reason"))
    elif entry.event == "rollout":
        yield from _of_rollout(entry, state)


def _of_rollout(entry: LogEntry, state: CanaryState) -> Iterator[Notice]:
    action, verified = entry.text("action"), entry.fields.get("verified") is True
    if action == words.ROLLBACK:
        yield _notice(entry, "rollback", VERIFIED if verified else BEGUN)
    elif action == words.PAUSE and entry.text("cause") == words.BLIND and state.pause is None:
        yield _notice(entry, "blind", BEGUN)
    elif action == words.RESUME and verified and state.pause is not None and state.pause.cause == words.BLIND:
        yield _notice(entry, "blind", ENDED)
    elif action == words.LOST and not state.lost:
        yield _notice(entry, "lost", BEGUN)
    elif action == words.FOUND and state.lost:
        yield _notice(entry, "lost", ENDED)


def _notice(entry: LogEntry, event: str, phase: str = "", reason: str | None = None, **more: Any) -> Notice:
    share = entry.fields.get("share", entry.fields.get("from"))
    fields: dict[str, Any] = {"actor": entry.actor, "entry": entry.hash}
    if isinstance(share, int | float) and not isinstance(share, bool):
        fields["share"] = share
    if entry.text("verdict"):
        fields["verdict"] = entry.text("verdict")
    fields |= {name: entry.fields[name] for name in _EVIDENCE if name in entry.fields}
    said = entry.text("reason") if reason is None else reason
    return Notice(entry.hash, event, phase, entry.at, said, {**fields, **more}, _place(entry))


def _place(entry: LogEntry) -> int:
    return 2 * min(entry.seq, 400_000)  # between two entries there is room for what follows from the first


def roll_back_failed(log: LogView, why: str, at: str) -> Notice | None:
    """The roll-back that the log says was begun isn't confirmed; None where there is none. Once for each roll-back."""
    last = next((one for one in reversed(notices(log)) if one.event == "rollback"), None)
    if last is None or last.phase != BEGUN:
        return None
    return Notice(f"{last.key}:failed", "rollback", FAILED, at, why, last.fields, last.order + 1)


def approval_needed(log: LogView, missing: str, at: str) -> Notice | None:
    """The release waits for people; None where no verdict is `promote`. Once for each verdict."""
    for one in reversed(notices(log)):
        if one.event == "verdict" and one.fields.get("verdict") == "promote" and "advice" not in one.fields:
            return Notice(f"{one.key}:approval_needed", "approval_needed", "", at, missing, one.fields, one.order + 1)
    return None


def not_driven(ticket_id: str, since: int, why: str, at: str, *, over: bool) -> Notice:
    """The files can't be read, say, so that nobody drives the canary; and that this is over. since: epoch seconds."""
    phase = ENDED if over else BEGUN
    return Notice(f"{ticket_id}:not driven:{since}:{phase}", "blind", phase, at, why, {})

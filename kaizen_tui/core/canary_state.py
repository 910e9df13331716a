"""What the log says of a running canary: the share in effect, what was begun and not finished, how it was judged.

The log is the only memory of who drives a canary: kill it anywhere, and whoever comes next reads here where it was. A
change of the share is two `rollout` entries: what is going to be done (`verified` false), and that it was read back
(`verified` true). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core.times import parse_rfc3339

if TYPE_CHECKING:
    from kaizen_tui.core.log_view import LogEntry, LogView

PARTS = 10_000  # of all users; the smallest step of a splitter is one of them

SET_SHARE, PAUSE, RESUME, ROLLBACK, LOST, FOUND = "set_share", "pause", "resume", "rollback", "lost", "found"
TO_BASELINE = "to_baseline"  # after the release: the baseline's servers run it, and have all users again
ASKED, BLIND = "asked", "blind"  # causes of a pause; a person may ask for a roll-back, too
# Causes of a roll-back. Only the first is a test, whose errors `alpha` bounds; the others are promises and faults.
EVIDENCE, CRITERION, DEADLINE = "evidence", "abort_criterion", "max_duration"
UNREACHABLE, TOO_MANY, NOT_TAKEN, MOVED = "splitter_lost", "too_many_users", "not_taken", "moved"
ASTRAY = "traffic"  # what comes to the canary is not what its share should bring


def parts(share: float) -> int:
    """A share as splitters can tell it apart from another."""
    return round(share * PARTS)


def percent(share: float) -> str:
    """`1 %`, `0.25 %`: as finely as splitters tell shares apart."""
    return f"{share * 100:.4g} %"


def rollout_words(fields: Mapping[str, object], arrow: str) -> str:
    """A `rollout` entry's action, shares of the users, and whether it was only begun: `set share 1 % -> 5 %, begun`."""
    shares = [fields.get(name) for name in ("from", "to")]
    shown = [percent(one) for one in shares if isinstance(one, int | float) and not isinstance(one, bool)]
    words = [str(fields.get("action") or "").replace("_", " "), f" {arrow} ".join(shown) if len(shown) == 2 else ""]
    begun = fields.get("verified") is False and fields.get("action") not in (LOST, FOUND)  # these only say what is
    return " ".join(word for word in words if word) + (", begun" if begun else "")


def same_share(one: float, other: float) -> bool:
    return parts(one) == parts(other)


class Intent(NamedTuple):
    """A change that was begun and not read back. action: of the entry; to: the share it leads to."""

    action: str
    to: float


class Pause(NamedTuple):
    """Nobody gets the canary for now. cause: `asked` (by a person) or `blind` (no numbers)."""

    cause: str
    reason: str


class Ending(NamedTuple):
    """The roll-back. verified: nobody gets the canary any more, read back."""

    reason: str
    verified: bool


class CanaryState(NamedTuple):
    """Where a canary is.

    since: when it began, epoch seconds. share: of the users, as last read back, 0 before the first step; a pause
    leaves it. share_at: since when. lost: why the splitter can't be reached, or "". verdict: the last one, or "".
    promoted: one was "promote". held_at: of a verdict "hold", since when its reason had held, 0 where the entry
    doesn't say.
    splitter: the name of the one that it began with, which it keeps. doubt: why the log can't be believed since
    then. baseline_at: of a release, since when the splitter is back at 0 and the baseline's servers run it for
    everybody; 0 while it isn't.
    """

    since: int
    share: float = 0.0
    share_at: int = 0
    intent: Intent | None = None
    pause: Pause | None = None
    ending: Ending | None = None
    lost: str = ""
    lost_at: int = 0
    verdict: str = ""
    promoted: bool = False
    held_at: int = 0
    splitter: str = ""
    doubt: str = ""
    baseline_at: int = 0

    @property
    def wanted(self) -> float:
        """The share that should be in effect at this moment."""
        return 0.0 if self.pause is not None or self.ending is not None else self.share


def canary_state(log: LogView) -> CanaryState | None:
    """The state of the canary that the ticket entered last; None when it never did."""
    begun = log.latest(lambda entry: entry.event == "status" and entry.text("to") == "canary")
    if not begun:
        return None
    first = max(parse_rfc3339(entry.at) for entry in begun)
    return follow(CanaryState(first, share_at=first, doubt=_doubt(log, begun)), log.after(*begun))


def _doubt(log: LogView, begun: Sequence[LogEntry]) -> str:
    """A torn end is what a crash leaves, and is cut by the next entry; anything else was done by hand."""
    first = min(map(log.line_of, begun))
    found = [one for one in log.problems if one.code != "torn" and one.line > first]
    return f"line {found[0].line} of the log can't be believed: {found[0].message}; `kaizen verify`" if found else ""


def follow(state: CanaryState, entries: Iterable[LogEntry]) -> CanaryState:
    """The state after further entries, in the log's order."""
    for entry in entries:
        if entry.event == "verdict":
            verdict = entry.text("verdict")
            promoted = state.promoted or verdict == "promote"
            state = state._replace(verdict=verdict, promoted=promoted, held_at=_moment(entry.text("since")))
        elif entry.event == "rollout":
            state = _after_rollout(state, entry)
    return state


def shares_over_time(log: LogView) -> tuple[tuple[float, float], ...]:
    """Since when (epoch seconds) which share of the users had the ticket's last canary; () where it never had one."""
    begun = log.latest(lambda entry: entry.event == "status" and entry.text("to") == "canary")
    if not begun:
        return ()
    first = max(parse_rfc3339(entry.at) for entry in begun)
    state, found = CanaryState(first), [(float(first), 0.0)]
    for entry in log.after(*begun):
        state = follow(state, (entry,))
        if not same_share(state.wanted, found[-1][1]):
            found.append((float(parse_rfc3339(entry.at)), state.wanted))
    return tuple(found)


def _after_rollout(state: CanaryState, entry: LogEntry) -> CanaryState:
    action, verified = entry.text("action"), entry.fields.get("verified") is True
    to, at = _share(entry.fields.get("to")), parse_rfc3339(entry.at)
    state = state._replace(splitter=state.splitter or entry.text("splitter"))
    if action == ROLLBACK:
        reason = entry.text("reason") or (state.ending.reason if state.ending is not None else "")
        return state._replace(ending=Ending(reason, verified), intent=None)
    if action == LOST:
        return state._replace(lost=entry.text("reason") or "unknown", lost_at=at)
    if action == FOUND:
        return state._replace(lost="")
    if action == TO_BASELINE:  # everybody keeps what was released, so the share stays
        return state._replace(intent=None, baseline_at=at) if verified else state._replace(intent=Intent(action, 0.0))
    if action == PAUSE:
        asked = Pause(entry.text("cause") or ASKED, entry.text("reason"))
        return state._replace(pause=asked, intent=None if verified else Intent(PAUSE, 0.0))
    if action not in (SET_SHARE, RESUME):
        return state
    if not verified:
        return state._replace(intent=Intent(action, to))
    pause = None if action == RESUME else state.pause
    since = state.share_at if action == SET_SHARE and same_share(to, state.share) else at
    return state._replace(share=to, share_at=since, intent=None, pause=pause, lost="")


def _moment(text: str) -> int:
    try:
        return parse_rfc3339(text)
    except ValueError:
        return 0


def _share(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1 else 0.0

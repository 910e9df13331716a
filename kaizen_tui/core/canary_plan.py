"""What is to be done about a canary now: one act, from everything that is known. Pure; the controller only obeys.

The order of the rules is the order of what matters: users come first, then numbers, then progress.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from kaizen_tui.core.canary_state import (
    ASTRAY,
    BLIND,
    CRITERION,
    DEADLINE,
    EVIDENCE,
    PAUSE,
    TOO_MANY,
    UNREACHABLE,
    CanaryState,
    parts,
    percent,
    same_share,
)
from kaizen_tui.core.rollout import Rollout
from kaizen_tui.core.times import age

ASTRAY_LIMIT = 1800.0  # seconds for which the traffic may be split otherwise than it was set

Kind = Literal[
    "wait", "set_share", "pause", "resume", "lost", "found", "hold", "conclude", "rollback", "abort", "complete"
]
ABORT_LOOKS = 3  # consecutive looks at which an abort criterion holds: one look alone never decides


class Judged(NamedTuple):
    """The judge's present answer: "wait", "hold", "rollback" or "promote", and why.

    share: of the step that it is about; a promotion of another step than the one in effect counts for nothing.
    held_at: of a hold, the look at which it began, epoch seconds. astray: why the canary's part of the traffic can't be
    what its share should bring, or ""; astray_at: since which look.
    """

    answer: str = "wait"
    why: str = ""
    share: float = 0.0
    held_at: float = 0.0
    astray: str = ""
    astray_at: float = 0.0


class Traffic(NamedTuple):
    """What the splitter says. share: None where nobody can say. trouble: why not; beside a share: what is to be set
    anew, such as a file that would bring another share back at a restart."""

    share: float | None
    trouble: str = ""


class Situation(NamedTuple):
    """All that counts. now: epoch seconds; data_at: of the newest numbers of both versions, None before the first.

    gate: whether `complete` is open; shut: what keeps it shut, in words. aborts: abort criteria that held at
    ABORT_LOOKS looks in a row. blind: why the last look brought no numbers, or "".
    """

    state: CanaryState
    rollout: Rollout
    judged: Judged
    traffic: Traffic
    now: float
    data_at: float | None
    gate: bool = False
    shut: tuple[str, ...] = ()
    aborts: tuple[str, ...] = ()
    blind: str = ""


class Act(NamedTuple):
    """What to do. share: to set. reason: in words. verdict: to log with it, or "". cause: of a pause or a roll-back, as
    of canary_state. since: of a hold, when its reason began; epoch seconds, 0 where that isn't known."""

    kind: Kind
    reason: str = ""
    share: float = 0.0
    verdict: str = ""
    cause: str = ""
    since: int = 0


def canary_steps(rollout: Rollout) -> tuple[float, ...]:
    """The shares at which the canary is judged: all below 100 %, which is no canary but the release."""
    return tuple(step for step in rollout.steps if parts(step) < parts(1.0))


def next_step(rollout: Rollout, share: float) -> float | None:
    """The smallest step above a share; None after the last one before the release."""
    return next((step for step in canary_steps(rollout) if parts(step) > parts(share)), None)


def promote_ratio(share: float) -> float:
    """How much worse a canary at this share must be shown not to be, before more users get it: 2 at 1 %, then less,
    as more traffic shows more."""
    return round(1.0 + math.pow(0.01 / max(share, 0.01), 0.35), 2)


def decide(situation: Situation) -> Act:
    """The next act. `wait` ends the decisions of a look; after any other one the situation is to be taken anew."""
    for rule in (_ending, _harm, _splitter, _blind, _unfinished, _paused, _drift, _doubt, _hold, _release, _progress):
        act = rule(situation)
        if act is not None:
            return act
    return Act("wait", "the evidence decides nothing yet")


def _ending(one: Situation) -> Act | None:
    ending = one.state.ending
    if ending is None:
        return None
    return Act("abort" if ending.verified else "rollback", ending.reason)


def _harm(one: Situation) -> Act | None:
    state, limit = one.state, one.rollout.max_duration
    if one.judged.answer == "rollback":
        why = one.judged.why or "the canary is worse than the baseline"
        return Act("rollback", why, verdict="rollback", cause=EVIDENCE)
    if one.aborts:
        return Act("rollback", f"the abort criterion holds: {one.aborts[0]}", verdict="rollback", cause=CRITERION)
    if state.lost and one.now - state.lost_at > one.rollout.max_blind:
        why = f"the splitter can't be reached for {age(int(one.now - state.lost_at))}: {state.lost}"
        return Act("rollback", why, cause=UNREACHABLE)
    given = one.traffic.share
    if given is not None and parts(given) > parts(max(state.wanted, _begun(state))):
        why = f"{percent(given)} of the users get the canary, not {percent(state.wanted)}"
        return Act("rollback", why, cause=TOO_MANY)
    if limit is not None and one.now - state.since >= limit and not state.promoted:
        return Act("rollback", f"no verdict within {age(int(limit))}", verdict="inconclusive", cause=DEADLINE)
    return _astray(one)


def _astray(one: Situation) -> Act | None:
    """What is measured says nothing of a share that isn't there: people have their time to mend it, but no longer."""
    state, judged = one.state, one.judged
    if not judged.astray or not 0 < parts(state.wanted) < parts(1.0):
        return None
    if one.now - max(judged.astray_at, float(state.share_at)) < ASTRAY_LIMIT:
        return None
    return Act("rollback", f"for {age(int(ASTRAY_LIMIT))} {judged.astray}", verdict="inconclusive", cause=ASTRAY)


def _begun(state: CanaryState) -> float:
    """The share of a change that was begun: it may be in effect already. Before a pause is read back, any may be."""
    intent = state.intent
    if intent is None:
        return 0.0
    return 1.0 if intent.action == PAUSE else intent.to


def _splitter(one: Situation) -> Act | None:
    if one.traffic.share is None:
        return Act("wait", one.state.lost) if one.state.lost else Act("lost", one.traffic.trouble)
    return Act("found") if one.state.lost else None


def _unfinished(one: Situation) -> Act | None:
    state = one.state
    intent = state.intent
    if intent is None:
        return None
    if intent.action == PAUSE and state.pause is not None:
        return Act("pause", state.pause.reason, cause=state.pause.cause)
    if parts(intent.to) >= parts(1.0) and not one.gate:
        return Act("set_share", "the gate of complete is shut again", state.share)
    return Act("resume" if intent.action == "resume" else "set_share", "begun before", intent.to)


def _paused(one: Situation) -> Act | None:
    pause = one.state.pause
    if pause is None:
        return None
    if pause.cause == BLIND and _fresh(one):
        return Act("resume", "there are numbers again", one.state.share)
    if one.traffic.trouble:
        return Act("pause", pause.reason, cause=pause.cause)
    return Act("wait", f"paused: {pause.reason}" if pause.reason else "paused")


def _fresh(one: Situation) -> bool:
    # Numbers from the future are none either: the clock was turned back.
    return one.data_at is not None and abs(one.now - one.data_at) <= one.rollout.max_blind


def _blind(one: Situation) -> Act | None:
    state = one.state
    since = max(one.data_at or 0.0, float(state.share_at))
    # A pause that is there, or begun, is enough.
    if state.pause is not None or _fresh(one) or not parts(state.share):
        return None
    if abs(one.now - since) <= one.rollout.max_blind:
        return None
    words = f"no numbers of both versions for {age(int(abs(one.now - since)))}"
    return Act("pause", f"{words}: {one.blind}" if one.blind else words, cause=BLIND)


def _drift(one: Situation) -> Act | None:
    given, state = one.traffic.share, one.state
    if given is None or not parts(state.share):
        return None
    if not same_share(given, state.share):
        return Act("set_share", f"found at {percent(given)}", state.share)
    return Act("set_share", one.traffic.trouble, state.share) if one.traffic.trouble else None


def _doubt(one: Situation) -> Act | None:
    # Users may still be taken away from it, by the rules before.
    return Act("wait", one.state.doubt) if one.state.doubt else None


def _hold(one: Situation) -> Act | None:
    if one.judged.answer != "hold":
        return None
    since = int(one.judged.held_at)
    if one.state.verdict == "hold" and one.state.held_at == since:
        return Act("wait", f"a person has to look: {one.judged.why}")
    return Act("hold", one.judged.why, verdict="hold", since=since)


def _release(one: Situation) -> Act | None:
    state = one.state
    released = parts(state.share) >= parts(1.0)
    if state.verdict != "promote" and not released:
        return None
    if released:
        if one.gate:
            return Act("complete", "every gate is open")
        last = canary_steps(one.rollout)[-1:] or (0.0,)
        return Act("set_share", "the gate of complete is shut again", last[0])
    if not one.gate:
        return Act("wait", "; ".join(one.shut) or "the gate of complete is shut")
    if not _promoted(one):
        return Act("wait", "the looks that are here don't suffice for the verdict")
    return Act("set_share", "every gate of complete is open", 1.0)


def _progress(one: Situation) -> Act | None:
    state, rollout = one.state, one.rollout
    if not parts(state.share):
        steps = canary_steps(rollout)
        return Act("set_share", "the first step", steps[0]) if steps else Act("wait", "no step is below 100 %")
    if not _promoted(one):
        return None
    following = next_step(rollout, state.share)
    if following is not None:
        return Act("set_share", "each SLI has the evidence for the next step", following)
    if rollout.min_duration is not None and one.now - state.since < rollout.min_duration:
        left = age(int(rollout.min_duration - (one.now - state.since)))
        return Act("wait", f"good so far; it stays {left} longer, as `min_duration` asks")
    return Act("conclude", "each SLI has the evidence for the release", verdict="promote")


def _promoted(one: Situation) -> bool:
    """Whether the evidence for a promotion suffices at this moment, at the share in effect."""
    return one.judged.answer == "promote" and same_share(one.judged.share, one.state.share)

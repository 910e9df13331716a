"""Flow metrics: how long tickets take, how many get done, where they pile up, how often a change fails. Pure.

Terms as in Vacanti, Actionable Agile Metrics (lead and cycle time, throughput, work in progress, cumulative flow), and
DORA (change failure rate). Times are epoch seconds, spans are seconds.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from kaizen_tui.core.states import STATUSES

DAY = 86400
WEEK = 7 * DAY
# The percentile that teams promise by; half of the tickets take longer than the median.
PROMISE = 0.85
_ACTIVE = ("in_progress", "in_review", "canary")


class History(NamedTuple):
    """One ticket's way: when it entered which status, in order; the first is its creation."""

    id: str
    component: str
    moves: tuple[tuple[int, str], ...]


class Spread(NamedTuple):
    """n: number of spans, with their median and 85th percentile in seconds (0 when there are none)."""

    n: int
    median: float
    promise: float


class WeekCount(NamedTuple):
    """start: epoch seconds of the week's first instant; done, failed: tickets that ended in it."""

    start: int
    done: int
    failed: int


class Flow(NamedTuple):
    """The figures of one screen.

    lead:       creation to complete. cycle: first in_progress (or later) to complete.
    in_status:  time spent per status, over visits that ended.
    throughput: per week, oldest first.
    cumulative: (day's end, tickets per status in lifecycle order), oldest first.
    wip:        tickets per active status now. oldest: the longest-standing active tickets (age in status, id, status).
    failure_rate: of the changes that reached users, the share that was rolled back or aborted; None without any.
    """

    lead: Spread
    cycle: Spread
    in_status: tuple[tuple[str, Spread], ...]
    throughput: tuple[WeekCount, ...]
    cumulative: tuple[tuple[int, tuple[int, ...]], ...]
    wip: tuple[tuple[str, int], ...]
    oldest: tuple[tuple[int, str, str], ...]
    released: int
    failed: int

    @property
    def failure_rate(self) -> float | None:
        return self.failed / self.released if self.released else None


def percentile(ordered: Sequence[float], share: float) -> float:
    """Linear interpolation between closest ranks of sorted values; 0 for none."""
    if not ordered:
        return 0.0
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spread(spans: Sequence[float]) -> Spread:
    ordered = sorted(spans)
    return Spread(len(ordered), percentile(ordered, 0.5), percentile(ordered, PROMISE))


def status_at(history: History, at: int) -> str | None:
    """The status that a ticket had at an instant; None before it was created."""
    place = bisect_right(history.moves, at, key=lambda move: move[0])
    return history.moves[place - 1][1] if place else None


def until(histories: Sequence[History], at: int) -> list[History]:
    """The ways as far as they were known at an instant (epoch seconds); tickets that were not made yet are left out."""
    cut = [history._replace(moves=tuple(move for move in history.moves if move[0] <= at)) for history in histories]
    return [history for history in cut if history.moves]


def _ended(history: History, status: str) -> int | None:
    last = history.moves[-1]
    return last[0] if last[1] == status else None


def _first_active(history: History) -> int | None:
    return next((at for at, status in history.moves if status in _ACTIVE), None)


def _reached_users(history: History) -> bool:
    return any(status == "canary" for _, status in history.moves)


def _weeks(histories: Sequence[History], now: int, weeks: int) -> tuple[WeekCount, ...]:
    first = now - weeks * WEEK
    done, failed = [0] * weeks, [0] * weeks
    for history in histories:
        at, status = history.moves[-1]
        if status in ("complete", "aborted") and first <= at <= now:
            index = min(weeks - 1, (at - first) // WEEK)
            (done if status == "complete" else failed)[index] += 1
    return tuple(WeekCount(first + i * WEEK, done[i], failed[i]) for i in range(weeks))


def _cumulative(histories: Sequence[History], now: int, days: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """One pass: each move adds to one status and takes from another from its day on."""
    first = now - days * DAY
    place = {status: index for index, status in enumerate(STATUSES)}
    changes = [[0] * len(STATUSES) for _ in range(days + 1)]
    for history in histories:
        before: str | None = None
        for at, status in history.moves:
            if at > now:
                break
            day = max(0, -((first - at) // DAY)) if at > first else 0
            changes[min(day, days)][place[status]] += 1
            if before is not None:
                changes[min(day, days)][place[before]] -= 1
            before = status
    out: list[tuple[int, tuple[int, ...]]] = []
    counts = [0] * len(STATUSES)
    for day, change in enumerate(changes):
        counts = [count + delta for count, delta in zip(counts, change, strict=True)]
        out.append((first + day * DAY, tuple(counts)))
    return tuple(out)


def _visits(histories: Sequence[History]) -> tuple[tuple[str, Spread], ...]:
    spans: dict[str, list[float]] = {status: [] for status in STATUSES}
    for history in histories:
        for (start, status), (end, _) in zip(history.moves, history.moves[1:], strict=False):
            spans[status].append(float(end - start))
    return tuple((status, spread(found)) for status, found in spans.items() if found)


def flow(histories: Sequence[History], now: int, *, weeks: int = 12, days: int = 60, oldest: int = 8) -> Flow:
    """All figures at an instant. Histories without a move are left out; moves must be in order of time."""
    known = [history for history in histories if history.moves]
    lead: list[float] = []
    cycle: list[float] = []
    wip = dict.fromkeys(_ACTIVE, 0)
    standing: list[tuple[int, str, str]] = []
    released = failed = 0
    for history in known:
        end = _ended(history, "complete")
        if end is not None:
            lead.append(float(end - history.moves[0][0]))
            started = _first_active(history)
            if started is not None:
                cycle.append(float(end - started))
        at, status = history.moves[-1]
        if status in wip:
            wip[status] += 1
            standing.append((max(0, now - at), history.id, status))
        if _reached_users(history) and status in ("complete", "aborted"):
            released += 1
            failed += status == "aborted"
    standing.sort(reverse=True)
    return Flow(
        lead=spread(lead),
        cycle=spread(cycle),
        in_status=_visits(known),
        throughput=_weeks(known, now, weeks),
        cumulative=_cumulative(known, now, days),
        wip=tuple(wip.items()),
        oldest=tuple(standing[:oldest]),
        released=released,
        failed=failed,
    )

"""When which event is sent to a receiver again: backoff, order, limits. Pure: clocks and chance come from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

MOST = 500  # events that wait for one receiver
MAX_AGE = 3 * 86400.0  # seconds; an event that is older is no news
LONGEST = 300.0  # seconds between two attempts, unless the receiver asks for more
LONGEST_ASKED = 3600.0
_TURN = 5  # attempts of one event before the others have their turn


class Letter(NamedTuple):
    """An event that waits for a receiver. name: of its file; their order is the order of the events. created: epoch
    seconds, of the event."""

    name: str
    created: float


def backoff(failures: int, chance: float) -> float:
    """Seconds before the next attempt after so many failures in a row: doubled from one second on, between half and
    all of it by chance (0 to 1), so that not all come back at once."""
    longest = min(LONGEST, 2.0 ** min(failures - 1, 20))
    return longest * (0.5 + 0.5 * chance)


class _Waiting:
    def __init__(self, letter: Letter) -> None:
        self.letter = letter
        self.attempts = 0
        self.refusals = 0
        self.not_before = 0.0

    @property
    def order(self) -> tuple[int, str]:
        return self.attempts // _TURN, self.letter.name


class Delivery:
    """What waits for one receiver. `now` is monotonic seconds, `wall` epoch seconds. chance: 0 to 1, anew each time.

    A receiver that can't be reached is left alone for a while, whatever waits. An event that it refuses lets the others
    pass. Nothing is sent before what happened earlier, unless that failed five times.
    """

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._waiting: dict[str, _Waiting] = {}
        self._failures = 0
        self._not_before = 0.0
        self.why = ""

    def __len__(self) -> int:
        return len(self._waiting)

    def keep(self, letters: Iterable[Letter]) -> None:
        """What waits now; what is known of the attempts stays."""
        found = {letter.name: letter for letter in letters}
        self._waiting = {name: self._waiting.get(name) or _Waiting(letter) for name, letter in found.items()}

    def outdated(self, wall: float) -> list[Letter]:
        """What is to be dropped: too old, or the oldest of too many."""
        letters = sorted(one.letter for one in self._waiting.values())
        fresh = [one for one in letters if wall - one.created <= MAX_AGE]
        kept = set(fresh[-MOST:])
        return [one for one in letters if one not in kept]

    def drop(self, letter: Letter) -> None:
        self._waiting.pop(letter.name, None)

    def next(self, now: float) -> Letter | None:
        """What is to be sent now; None: wait for `pause` seconds."""
        if now < self._not_before:
            return None
        ready = [one for one in self._waiting.values() if one.not_before <= now]
        return min(ready, key=lambda one: one.order).letter if ready else None

    def pause(self, now: float) -> float | None:
        """Seconds until `next` has something; None: nothing waits."""
        if not self._waiting:
            return None
        soonest = min(one.not_before for one in self._waiting.values())
        return max(0.0, soonest - now, self._not_before - now)

    def delivered(self, letter: Letter) -> None:
        self.drop(letter)
        self._failures, self.why = 0, ""

    def unreachable(self, letter: Letter, now: float, why: str, asked: float = 0.0) -> None:
        """The receiver can't take anything just now. asked: seconds that it asked for."""
        self._failures += 1
        self.why = why
        self._not_before = now + max(backoff(self._failures, self._chance()), min(asked, LONGEST_ASKED))
        if letter.name in self._waiting:
            self._waiting[letter.name].attempts += 1

    def refused(self, letter: Letter, now: float, why: str) -> None:
        """The receiver works, and doesn't take this one."""
        self._failures, self.why = 0, why
        one = self._waiting.get(letter.name)
        if one is not None:
            one.attempts += _TURN
            one.refusals += 1
            one.not_before = now + backoff(one.refusals, self._chance())

"""How loaded and how bad a simulated metric is over time, and how much of that has added up. Pure.

Everything has an antiderivative, so that a month of events costs no more than a minute of them and adds up exactly.
"""

import math
import zlib
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate

DAY = 86400.0
# Times are counted from here (epoch seconds), so that sums of events keep their precision.
ORIGIN = 1_700_000_000.0
_SWING = 0.3  # of the load around its mean over a day


@cache
def _seed(key: str) -> int:
    return zlib.crc32(key.encode())


def noise(key: str, bucket: int) -> float:
    """A number in [-1, 1) that only depends on its arguments."""
    return zlib.crc32(bucket.to_bytes(8, "little", signed=True), _seed(key)) / 2**31 - 1.0


def wave(key: str, at: float, grid: float) -> float:
    """Noise that changes smoothly: straight lines between a value every `grid` seconds."""
    place = at / grid
    low = math.floor(place)
    blend = place - low
    return (1 - blend) * noise(key, low) + blend * noise(key, low + 1)


def rhythm(at: float) -> float:
    """The time of the day, -1 (night) to 1 (afternoon)."""
    return math.sin(2 * math.pi * (at / DAY - 0.375))


def served(at: float) -> float:
    """Seconds of mean load since ORIGIN: the load is higher in the afternoon than at night."""
    turn = 2 * math.pi / DAY
    swing = math.cos(turn * (ORIGIN - 0.375 * DAY)) - math.cos(turn * (at - 0.375 * DAY))
    return at - ORIGIN + _SWING * swing / turn


class Level:
    """A level that goes through the same pieces again and again.

    pieces: (seconds, level at its start, level at its end), straight in between. shift: seconds by which it is earlier.
    """

    def __init__(self, pieces: Sequence[tuple[float, float, float]], shift: float = 0.0) -> None:
        self._pieces = tuple(pieces)
        self._shift = shift
        self._ends = tuple(accumulate(length for length, _, _ in pieces))
        self._sums = tuple(accumulate(length * (start + end) / 2 for length, start, end in pieces))
        self.period = self._ends[-1]
        self.mean = self._sums[-1] / self.period
        self.least = min(min(start, end) for _, start, end in pieces)
        self.most = max(max(start, end) for _, start, end in pieces)

    def _place(self, at: float) -> tuple[float, int, float]:
        """Whole periods before `at`, the piece it is in, seconds into that piece."""
        rounds, within = divmod(at + self._shift, self.period)
        nth = min(bisect_right(self._ends, within), len(self._pieces) - 1)
        return rounds, nth, within - (self._ends[nth - 1] if nth else 0.0)

    def at(self, at: float) -> float:
        """The level at a time (seconds)."""
        _, nth, into = self._place(at)
        length, start, end = self._pieces[nth]
        return start + (end - start) * into / length

    def sum(self, at: float) -> float:
        """Its integral from a fixed time to `at`."""
        rounds, nth, into = self._place(at)
        length, start, end = self._pieces[nth]
        inside = into * (start + (start + (end - start) * into / length)) / 2
        return rounds * self._sums[-1] + (self._sums[nth - 1] if nth else 0.0) + inside

    def times(self, factor: float) -> "Level":
        """The same at another height."""
        pieces = [(length, start * factor, end * factor) for length, start, end in self._pieces]
        return Level(pieces, self._shift)


# Shares of the target that are used: 1 is the target itself.


def steady(level: float) -> Level:
    """Always the same."""
    return Level([(DAY, level, level)])


def drifting(phase: float) -> Level:
    """Towards the target for three hours, then as at first. phase: share of the period by which it is ahead."""
    return Level([(3 * 3600.0, 0.70, 0.97)], phase * 3 * 3600.0)


def incidents(rest: float) -> Level:
    """An incident of 25 minutes every half hour."""
    return Level([(120.0, rest, 1.25), (1380.0, 1.25, 1.25), (300.0, rest, rest)])


def bursts(phase: float) -> Level:
    """Some minutes of few bad events, then half a minute of very many, for a bit more than half of the day: the budget
    burns although the target is met nearly all the time. phase: as of `drifting`."""
    quiet, burst, short, long = 0.35, 9.5, 24.0, 216.0
    pieces = [(long, quiet, quiet), (short, burst, burst)] * 195
    used = sum(length for length, _, _ in pieces)
    return Level([*pieces, (DAY - used, quiet, quiet)], phase * DAY)

"""How far an evaluation is, and how long the rest takes about."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kaizen_tui.loop.evaluation.kept import Kept
from kaizen_tui.loop.evaluation.progress import Listener, Step


class Meter:
    """Counts the pairs of one of the things that are measured, and times them.

    place: which of them, from 0. wanted: its pairs.
    """

    def __init__(
        self,
        place: int,
        pairs: tuple[int, ...],
        kept: Kept,
        listener: Listener,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """pairs: of each of the things that are measured, in their order."""
        self.place, self.wanted, self.listener = place, pairs[place], listener
        self._pairs, self._kept, self._clock = pairs, kept, clock
        self._seconds = 0.0
        self._timed = 0

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Around one pair."""
        began = self._clock()
        yield
        self._seconds += self._clock() - began
        self._timed += 1

    def tell(self, text: str) -> None:
        """What is done now."""
        done = [self._kept.count(nth, pairs) for nth, pairs in enumerate(self._pairs)]
        here = self.wanted - done[self.place]
        left = here * self._seconds / self._timed if self._timed else None
        later = range(self.place + 1, len(done))
        more = any(done[nth] < self._pairs[nth] for nth in later)
        self.listener.step(Step(text, sum(done), sum(self._pairs), left, more))

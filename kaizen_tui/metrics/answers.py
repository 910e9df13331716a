"""Answers kept for a moment: who asks the same again meanwhile gets the same, and who asks at the same time waits."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Found = TypeVar("Found")

_SWEEP = 512  # entries from which on the old ones are thrown away


class _Flight(Generic[Found]):
    """One question under way or answered."""

    __slots__ = ("done", "error", "found", "until")

    def __init__(self) -> None:
        self.done = threading.Event()
        self.found: Found | None = None
        self.error: BaseException | None = None
        self.until = float("inf")


class Answers(Generic[Found]):
    """A single-flight cache. clock: monotonic seconds. An error is for those who waited; it isn't kept."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._flights: dict[Hashable, _Flight[Found]] = {}
        self._sweep_at = _SWEEP

    def __len__(self) -> int:
        return len(self._flights)

    def get(self, key: Hashable, keep: float, ask: Callable[[], Found]) -> Found:
        """What `ask` returned for this key at most `keep` seconds ago, or returns now. Raises what `ask` raises."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None and self._clock() < flight.until:
                mine = False
            else:
                flight = self._flights[key] = _Flight()
                mine = True
                self._throw_away()
        if mine:
            self._fly(key, flight, keep, ask)
        else:
            flight.done.wait()
        if flight.error is not None:
            raise flight.error
        return flight.found  # type: ignore[return-value]  # set whenever there is no error

    def _fly(self, key: Hashable, flight: _Flight[Found], keep: float, ask: Callable[[], Found]) -> None:
        try:
            flight.found = ask()
        except BaseException as error:
            flight.error = error
            with self._lock:
                if self._flights.get(key) is flight:
                    del self._flights[key]
            raise
        finally:
            flight.until = self._clock() + keep
            flight.done.set()

    def _throw_away(self) -> None:
        """Keeps the memory flat: called with the lock held; the threshold follows what is really in use."""
        if len(self._flights) < self._sweep_at:
            return
        now = self._clock()
        self._flights = {key: flight for key, flight in self._flights.items() if now < flight.until}
        self._sweep_at = max(_SWEEP, 2 * len(self._flights))

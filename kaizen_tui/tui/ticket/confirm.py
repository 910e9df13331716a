"""How an approval is confirmed: more is asked the more is at stake, and then it waits ten seconds. Pure: no screen."""

import math
from collections.abc import Callable
from typing import Literal

HOLD_SECONDS = 10.0
Way = Literal["key", "twice", "typed"]
Stage = Literal["reading", "asked", "holding", "writing"]


def way_of(tier: int) -> Way:
    """Tier 3: a key. Tiers 1 and 2: twice. Tier 0: the ticket's id typed."""
    return "typed" if tier <= 0 else "key" if tier >= 3 else "twice"


class Confirmation:
    """The stages from reading to writing. clock: seconds of any monotonic clock.

    reading: nothing said yet. asked: the first of two Enters. holding: said, and taken back with one key.
    writing: the hold is over.
    """

    def __init__(self, way: Way, ticket_id: str, clock: Callable[[], float]) -> None:
        self.way = way
        self.ticket_id = ticket_id
        self.stage: Stage = "reading"
        self._clock = clock
        self._until = 0.0

    def enter(self, typed: str = "") -> str:
        """Enter was pressed; returns what is still asked for, or "" when the hold begins (or goes on)."""
        if self.stage in ("holding", "writing"):
            return ""
        if self.way == "typed" and typed.strip() != self.ticket_id:
            if not typed.strip():
                return f"type {self.ticket_id} to confirm"
            return f"that is not {self.ticket_id}"
        if self.way == "twice" and self.stage == "reading":
            self.stage = "asked"
            return "Enter once more to approve"
        self._hold()
        return ""

    def yes(self) -> bool:
        """`y` was pressed: as good as Enter twice, and as Enter, but not as the ticket's id."""
        if self.way == "typed" or self.stage in ("holding", "writing"):
            return False
        self._hold()
        return True

    def _hold(self) -> None:
        self.stage, self._until = "holding", self._clock() + HOLD_SECONDS

    def cancel(self) -> bool:
        """Takes it back; False when there is nothing to take back (any more)."""
        if self.stage not in ("asked", "holding"):
            return False
        self.stage = "reading"
        return True

    @property
    def left(self) -> int:
        """Whole seconds that the hold still lasts, 0 when it is over."""
        return max(0, math.ceil(self._until - self._clock())) if self.stage == "holding" else 0

    def due(self) -> bool:
        """True once, when the hold has lasted its time: it is to be written now."""
        if self.stage != "holding" or self._clock() < self._until:
            return False
        self.stage = "writing"
        return True

    def failed(self) -> None:
        """It could not be written."""
        self.stage = "reading"

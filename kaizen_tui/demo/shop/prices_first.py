"""What an item costs; the supplier is asked once in two seconds about each."""

from collections.abc import Awaitable, Callable

KEPT = 2.0  # seconds


class Prices:
    """ask: the supplier. clock: seconds."""

    def __init__(self, ask: Callable[[str], Awaitable[int]], clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._known: dict[str, int | None] = {}
        self._until: dict[str, float] = {}

    async def of(self, item: str) -> int:
        """The price in cents."""
        if self._clock() >= self._until.get(item, 0.0):
            self._until[item] = self._clock() + KEPT
            self._known[item] = None  # being asked about
            self._known[item] = await self._ask(item)
        price = self._known[item]
        if price is None:
            raise LookupError(item)
        return price

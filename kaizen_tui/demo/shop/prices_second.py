"""What an item costs; the supplier is asked once in ten seconds about each, and an old price is better than none."""

import asyncio
from collections.abc import Awaitable, Callable

from supplier import SupplierError

KEPT = 10.0  # seconds


class Prices:
    """ask: the supplier. clock: seconds."""

    def __init__(self, ask: Callable[[str], Awaitable[int]], clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._known: dict[str, tuple[int, float]] = {}
        self._asked: dict[str, asyncio.Lock] = {}

    async def of(self, item: str) -> int:
        """The price in cents."""
        price, until = self._known.get(item, (0, 0.0))
        if self._clock() < until:
            return price
        lock = self._asked.setdefault(item, asyncio.Lock())
        if lock.locked() and price:
            return price
        async with lock:
            price, until = self._known.get(item, (0, 0.0))
            if self._clock() < until:
                return price
            try:
                price = await self._ask(item)
            except SupplierError:
                if not price:
                    raise
            self._known[item] = price, self._clock() + KEPT
            return price

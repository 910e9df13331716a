"""What an item costs."""

from collections.abc import Awaitable, Callable


class Prices:
    """ask: the supplier. clock: seconds."""

    def __init__(self, ask: Callable[[str], Awaitable[int]], clock: Callable[[], float]) -> None:
        self._ask = ask

    async def of(self, item: str) -> int:
        """The price in cents."""
        return await self._ask(item)

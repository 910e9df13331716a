"""Where prices come from: slow, and now and then it doesn't answer. Here it is made up."""

import asyncio
import random

FAILS = 0.04  # of all questions


class SupplierError(Exception):
    """The supplier didn't answer."""


class Supplier:
    """scale: of the time that an answer takes."""

    def __init__(self, dice: random.Random, scale: float = 1.0) -> None:
        self._dice = dice
        self._scale = scale

    async def ask(self, item: str) -> int:
        """The price in cents. Raises SupplierError."""
        turn = self._dice.random()
        slow = (0.250, 0.300) if turn < 0.05 else (0.100, 0.150) if turn < 0.20 else (0.010, 0.060)
        await asyncio.sleep(self._dice.uniform(*slow) * self._scale)
        if self._dice.random() < FAILS:
            raise SupplierError(item)
        return 100 + sum(item.encode())

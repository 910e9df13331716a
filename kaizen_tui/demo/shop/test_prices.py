import asyncio
import unittest

from prices import Prices


async def answer(item: str) -> int:
    await asyncio.sleep(0)
    return len(item)


class TestPrices(unittest.TestCase):
    def test_each_item_has_its_price(self) -> None:
        prices = Prices(answer, lambda: 1.0)
        self.assertEqual([asyncio.run(prices.of(item)) for item in ("pen", "paper", "pen")], [3, 5, 3])


if __name__ == "__main__":
    unittest.main()

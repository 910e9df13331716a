"""The two changes of the story do what it says of them."""

import asyncio
import runpy
from pathlib import Path
from typing import Any

import pytest

from kaizen_tui.demo.real import SHOP


@pytest.fixture(autouse=True)
def _shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its modules import each other by their bare names."""
    monkeypatch.syspath_prepend(str(SHOP))


class Supplier:
    """Answers when `release` was called; fails while `broken`."""

    def __init__(self) -> None:
        self.asked = 0
        self.broken = False
        self.answered = asyncio.Event()

    async def ask(self, item: str) -> int:
        self.asked += 1
        await self.answered.wait()
        if self.broken:
            from supplier import SupplierError

            raise SupplierError(item)
        return 100


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def prices(name: str, supplier: Supplier, clock: Clock) -> Any:
    return runpy.run_path(str(Path(SHOP) / name))["Prices"](supplier.ask, clock)


async def two_at_once(name: str) -> tuple[list[Any], Supplier]:
    supplier = Supplier()
    shop = prices(name, supplier, Clock())
    tasks = [asyncio.create_task(shop.of("pen")) for _ in range(2)]
    await asyncio.sleep(0)
    supplier.answered.set()
    return await asyncio.gather(*tasks, return_exceptions=True), supplier


async def test_as_it_was_each_customer_waits_for_the_supplier() -> None:
    found, supplier = await two_at_once("prices.py")
    assert (found, supplier.asked) == ([100, 100], 2)


async def test_with_the_first_change_who_asks_meanwhile_gets_no_price() -> None:
    found, supplier = await two_at_once("prices_first.py")
    assert found[0] == 100
    assert isinstance(found[1], LookupError)
    assert supplier.asked == 1


async def test_with_the_second_change_both_get_one() -> None:
    found, supplier = await two_at_once("prices_second.py")
    assert (found, supplier.asked) == ([100, 100], 1)


async def test_with_the_second_change_an_old_price_is_better_than_none() -> None:
    supplier, clock = Supplier(), Clock()
    supplier.answered.set()
    shop = prices("prices_second.py", supplier, clock)
    assert await shop.of("pen") == 100
    clock.at += 60
    supplier.broken = True
    assert await shop.of("pen") == 100
    assert supplier.asked == 2
    from supplier import SupplierError

    with pytest.raises(SupplierError, match="paper"):
        await shop.of("paper")


@pytest.mark.parametrize("name", ["prices.py", "prices_first.py", "prices_second.py"])
async def test_none_of_them_fails_where_one_customer_comes_after_the_other(name: str) -> None:
    supplier, clock = Supplier(), Clock()
    supplier.answered.set()
    shop = prices(name, supplier, clock)
    for _ in range(3):
        assert await shop.of("pen") == 100
        clock.at += 3

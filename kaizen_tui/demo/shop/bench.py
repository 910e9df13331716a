"""How long a price takes: 400 of them one after the other, with a supplier that is a hundred times as fast."""

import asyncio
import json
import random
import time

from prices import Prices
from supplier import Supplier, SupplierError


async def main() -> None:
    prices = Prices(Supplier(random.Random(1), 0.01).ask, time.monotonic)
    took = []
    for nth in range(400):
        began = time.perf_counter()
        try:
            await prices.of(f"item-{nth % 40}")
        except (SupplierError, LookupError):
            continue
        took.append(time.perf_counter() - began)
    print(json.dumps({"p95_latency_ms": {"value": sorted(took)[int(len(took) * 0.95)] * 1000, "unit": "ms"}}))


asyncio.run(main())

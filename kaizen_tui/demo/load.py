"""Customers: requests through the proxy at a steady pace, run as `python -m kaizen_tui.demo.load PORT PER_SECOND`.

Each customer is a cookie. Once a second a line of JSON says what was answered so far: `ok`, `failed` (the shop said
500), `lost` (no answer, or one of the proxy itself). Ends when standard input does.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter

WORKERS = 48
CUSTOMERS = 4000
ITEMS = 20


class Customers:
    """Keeps `WORKERS` connections busy with so many requests a second in all."""

    def __init__(self, port: int, rate: float, dice: random.Random) -> None:
        self.port = port
        self.pause = WORKERS / rate
        self.dice = dice
        self.counts: Counter[str] = Counter(ok=0, failed=0, lost=0)

    async def worker(self) -> None:
        """One connection after the other."""
        due = time.monotonic() + self.dice.random() * self.pause
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                self.counts["lost"] += 1
                await asyncio.sleep(self.pause)
                continue
            try:
                while True:
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                    due = max(due + self.pause, time.monotonic() - self.pause)
                    self.counts[await self.ask(reader, writer)] += 1
            except (OSError, asyncio.IncompleteReadError, ValueError):
                self.counts["lost"] += 1
            finally:
                writer.close()

    async def ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """One request; how it went."""
        item, user = self.dice.randrange(ITEMS), self.dice.randrange(CUSTOMERS)
        writer.write(f"GET /price/item-{item} HTTP/1.1\r\nHost: shop\r\nCookie: uid={user}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].split("\r\n", 1)[0])
        await reader.readexactly(length)
        return {"200": "ok", "500": "failed"}.get(head.split(" ", 2)[1], "lost")

    async def tell(self) -> None:
        """The counts, once a second."""
        while True:
            print(json.dumps(dict(self.counts)), flush=True)
            await asyncio.sleep(1.0)


async def main(port: int, rate: float) -> None:
    customers = Customers(port, rate, random.Random())
    tasks = [asyncio.create_task(customers.worker()) for _ in range(WORKERS)]
    tasks.append(asyncio.create_task(customers.tell()))
    await asyncio.to_thread(sys.stdin.buffer.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))

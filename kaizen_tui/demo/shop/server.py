"""The shop: `GET /price/ITEM` over HTTP, `GET /metrics` for Prometheus.

Run as `python server.py PORT`; it ends when its standard input does.
"""

import asyncio
import random
import sys
import time
from itertools import accumulate

from prices import Prices
from supplier import Supplier

BOUNDS_MS = (30, 80, 200)
_LONGEST = 8192  # bytes of a request's head


class Counts:
    """What Prometheus reads."""

    def __init__(self) -> None:
        self.answers = {200: 0, 404: 0, 500: 0}
        self.buckets = [0] * (len(BOUNDS_MS) + 1)
        self.milliseconds = 0.0

    def add(self, code: int, took: float) -> None:
        """took: seconds."""
        self.answers[code] += 1
        self.milliseconds += took * 1000
        self.buckets[sum(took * 1000 > bound for bound in BOUNDS_MS)] += 1

    def text(self) -> str:
        """In Prometheus's format."""
        lines = [f'shop_requests_total{{code="{code}"}} {count}' for code, count in self.answers.items()]
        for bound, count in zip((*map(str, BOUNDS_MS), "+Inf"), accumulate(self.buckets), strict=True):
            lines.append(f'shop_latency_ms_bucket{{le="{bound}"}} {count}')
        lines += [f"shop_latency_ms_sum {self.milliseconds:.3f}", f"shop_latency_ms_count {sum(self.buckets)}"]
        return "\n".join(lines) + "\n"


class Shop:
    def __init__(self) -> None:
        self.counts = Counts()
        self.prices = Prices(Supplier(random.Random()).ask, time.monotonic)

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the requests of one connection, one after the other."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode("latin-1")
                code, text = await self.answer(path)
                body = text.encode()
                writer.write(b"HTTP/1.1 %d -\r\nContent-Type: text/plain\r\n" % code)
                writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (OSError, IndexError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def answer(self, path: str) -> tuple[int, str]:
        """Status and text."""
        if path == "/metrics":
            return 200, self.counts.text()
        if path == "/":
            return 200, "open\n"
        began = time.monotonic()
        code, text = 404, "no such page\n"
        if path.startswith("/price/"):
            try:
                code, text = 200, f"{await self.prices.of(path.removeprefix('/price/'))}\n"
            except Exception as error:  # noqa: BLE001 - whatever it is: this customer gets no price
                code, text = 500, f"{type(error).__name__}\n"
        self.counts.add(code, time.monotonic() - began)
        return code, text


async def main(port: int) -> None:
    server = await asyncio.start_server(Shop().connection, "127.0.0.1", port, limit=_LONGEST)
    async with server:
        await asyncio.to_thread(sys.stdin.buffer.read)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

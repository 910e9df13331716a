"""How exactly a replay keeps the recorded pace, and what its requests cost beside a bare aiohttp loop.

    python benchmarks/replay_speed.py [--requests 5000] [--rounds 7] [--seconds 10] [--passes 3] [--json]

Prints a table; exits with 1 when a target is missed. Over a unix socket and over TCP, to a server in a process of its
own, whose time doesn't count.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import aiohttp
from report import finish, mark, this_machine

from kaizen_tui.traffic.player import Played, Server, listens, play_fast, play_paced
from kaizen_tui.traffic.recording import Request

RATIO = 0.8  # of the bare loop's requests for each second of CPU time
LATE = 20.0  # milliseconds: at most 1 of 100 requests may be sent later after its moment
AT_ONCE = 8
RATE = 200  # requests a second of the recording that is played at its pace
SERVER = """
import asyncio, sys
from aiohttp import web
BODY = '{"items": [' + ", ".join('{"id": %d, "price": %d}' % (n, n * 7) for n in range(40)) + "]}"
async def items(request):
    return web.Response(text=BODY, content_type="application/json")
async def main(path, port):
    app = web.Application()
    app.router.add_get("/items/{id}", items)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, path).start()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()
asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""
SLEEPER = """
import asyncio, json, sys
async def main(moments):
    loop, late = asyncio.get_running_loop(), []
    begin = loop.time()
    for at in moments:
        await asyncio.sleep(begin + at - loop.time())
        late.append(loop.time() - begin - at)
    print(json.dumps(late))
asyncio.run(main(json.loads(sys.argv[1])))
"""


def recording(count: int, rate: float, seed: int) -> list[Request]:
    """GETs whose distances are random, as those of users are."""
    rng, at, found = random.Random(seed), 0.0, []
    headers = (("Accept", "application/json"), ("X-Request", "1"))
    for number in range(count):
        found.append(Request(at, "GET", f"/items/{number % 1000}?page={number % 7}", headers, b"", 200))
        at += rng.expovariate(rate)
    return found


@contextmanager
def served() -> Iterator[dict[str, Server]]:
    """A server in a process of its own, by the name of how it is asked."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="kaizen-bench-") as folder:
        path = os.path.join(folder, "s")
        process = subprocess.Popen([sys.executable, "-c", SERVER, path, str(port)])
        servers = {"unix socket": Server("http://localhost", path), "TCP": Server(f"http://127.0.0.1:{port}")}
        try:
            while not asyncio.run(listens(servers["TCP"])):
                if process.poll() is not None:
                    sys.exit("replay_speed: the server ended")
                time.sleep(0.05)
            yield servers
        finally:
            process.kill()
            process.wait()


async def bare(requests: Sequence[Request], server: Server) -> float:
    """The least that asks the same with aiohttp: requests for each second of this process' CPU time."""
    connector = aiohttp.UnixConnector(server.socket) if server.socket else aiohttp.TCPConnector()
    waiting = iter(requests)
    cpu = time.process_time()
    async with aiohttp.ClientSession(connector=connector) as session:

        async def work() -> None:
            for request in waiting:
                async with session.get(server.url + request.target, headers=request.headers) as response:
                    await response.read()

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return len(requests) / (time.process_time() - cpu)


def replayed(requests: Sequence[Request], server: Server) -> float:
    """The same of a replay at full speed."""
    played = asyncio.run(play_fast(requests, server, at_once=AT_ONCE))
    refuse_failures(played)
    return len(requests) / played.cpu


def refuse_failures(played: Played) -> None:
    bad = [answer for answer in played.answers if answer.status != 200]
    if bad:
        sys.exit(f"replay_speed: {len(bad)} requests failed: {bad[0].error or bad[0].status}")


def full_speed(name: str, server: Server, count: int, rounds: int) -> dict[str, Any]:
    """Both in turn, each second round the other way round; the first doesn't count."""
    requests = recording(count, RATE, 1)
    pairs = []
    for number in range(rounds + 1):
        if number % 2:
            ours, floor = replayed(requests, server), asyncio.run(bare(requests, server))
        else:
            floor, ours = asyncio.run(bare(requests, server)), replayed(requests, server)
        pairs.append((ours, floor))
    ratio = statistics.median(ours / floor for ours, floor in pairs[1:])
    return {
        "name": f"full speed, {name}",
        "requests_per_cpu_s": round(statistics.median(ours for ours, _ in pairs[1:])),
        "bare_per_cpu_s": round(statistics.median(floor for _, floor in pairs[1:])),
        "measured": round(ratio, 3),
        "target": RATIO,
        "met": ratio >= RATIO,
    }


def pace(name: str, server: Server, seconds: float, passes: int) -> dict[str, Any]:
    """Beside it, at the same time, a process that only sleeps until these moments: the machine's own noise."""
    requests = recording(max(100, int(seconds * RATE)), RATE, 2)
    late: list[float] = []
    floor: list[float] = []
    longest = 0.0
    for _ in range(passes):
        moments = json.dumps([request.at for request in requests])
        with subprocess.Popen([sys.executable, "-c", SLEEPER, moments], stdout=subprocess.PIPE) as sleeper:
            played = asyncio.run(play_paced(requests, server))
            said = json.loads(sleeper.communicate()[0])
        refuse_failures(played)
        late.append(percentile(played.late, 99) * 1000)
        floor.append(percentile(said, 99) * 1000)
        longest = max(longest, *played.late)
    return {
        "name": f"recorded pace, {name}",
        "passes_p99_ms": [round(one, 2) for one in late],
        "longest_ms": round(longest * 1000, 2),
        "sleep_p99_ms": round(statistics.median(floor), 2),
        "measured": round(statistics.median(late), 2),
        "target": LATE,
        "met": statistics.median(late) <= LATE,
    }


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def measure(count: int, rounds: int, seconds: float, passes: int) -> dict[str, Any]:
    with served() as servers:
        speeds = [full_speed(name, server, count, rounds) for name, server in servers.items()]
        paces = [pace(name, server, seconds, passes) for name, server in servers.items()]
    return {
        "schema": "kaizen.bench.replay/1",
        "requests": count,
        "rounds": rounds,
        "seconds": seconds,
        "passes": passes,
        **this_machine(),
        "aiohttp": aiohttp.__version__,
        "full_speed": speeds,
        "pace": paces,
    }


def print_table(report: dict[str, Any]) -> None:
    print(
        f"{report['requests']:,} requests, {report['rounds']} rounds, aiohttp {report['aiohttp']}, "
        f"Python {report['python']}, {report['machine']}\n"
    )
    print(f"{'requests per second of CPU time':34}{'replay':>9}{'bare loop':>11}{'ratio':>9}{'target':>9}")
    for line in report["full_speed"]:
        figures = f"{line['requests_per_cpu_s']:9,}{line['bare_per_cpu_s']:11,}{line['measured']:9.2f}"
        print(f"{line['name']:34}{figures}{line['target']:9.2f}  {mark(line['met'])}")
    print(f"\n{'sent late, p99 in ms':34}{'replay':>9}{'sleeping':>11}{'longest':>9}{'target':>9}")
    for line in report["pace"]:
        figures = f"{line['measured']:9.2f}{line['sleep_p99_ms']:11.2f}{line['longest_ms']:9.2f}"
        print(f"{line['name']:34}{figures}{line['target']:9.0f}  {mark(line['met'])}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the pace and the cost of a replay.")
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long the recording is that is played at pace")
    parser.add_argument("--passes", type=int, default=3, help="how often it is played; the median counts")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    report = measure(options.requests, options.rounds, options.seconds, options.passes)
    met = all(line["met"] for line in (*report["full_speed"], *report["pace"]))
    finish(report, print_table, as_json=options.json, met=met)


if __name__ == "__main__":
    main()

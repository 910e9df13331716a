"""How fast the numbers of a real Prometheus come to the board, beside plain threads that ask the same.

    python benchmarks/metrics_speed.py [--components 100] [--rounds 7] [--seconds 15] [--refreshes 2000] [--json]

Needs `prometheus` (Debian's package). Exit 1 when a target is missed, 2 without the program. Each component has four
SLIs, two of them with an error budget; a small service of this script exports their series.
"""

import argparse
import asyncio
import gc
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import requests  # noqa: E402

from kaizen_tui.core.component import Component  # noqa: E402
from kaizen_tui.loop.context import Session, random_token, utc_now  # noqa: E402
from kaizen_tui.metrics.platform import PlatformReader  # noqa: E402
from kaizen_tui.metrics.prometheus import PrometheusSource  # noqa: E402
from kaizen_tui.metrics.server import WIDTH, Answer, Server, ServerSettings  # noqa: E402
from kaizen_tui.store.reading import list_components  # noqa: E402
from kaizen_tui.store.workspace import Workspace  # noqa: E402
from kaizen_tui.tui.app import SWITCH_INTERVAL, KaizenApp, Options  # noqa: E402
from tests.e2e.servers import Prometheus  # noqa: E402
from tests.e2e.service import Service  # noqa: E402

REFRESH_RATIO, BLOCKED_MS, GROWTH_MB = 1.2, 16.0, 2.0
COMPONENT = """\
id: {name}
tier: 2
owner: backend-team
selector: {{job: {name}}}
slo:
  metrics:
    - {{name: errors, threshold: "1", abort_threshold: "5", unit: "%", objective: 99, window: 30d,
       sli: {{type: ratio, bad: 'requests_total{{code=~"5.."}}', total: requests_total}}}}
    - {{name: slow, threshold: "5", abort_threshold: "20", unit: "%", objective: 95, window: 7d,
       sli: {{type: latency, histogram: duration_seconds, threshold: 0.5}}}}
    - {{name: p95_ms, threshold: "400", abort_threshold: "800",
       sli: {{type: latency, histogram: duration_seconds, quantile: 0.95}}}}
    - {{name: memory_mb, threshold: "200", abort_threshold: "300", sli: {{type: gauge, metric: resident_bytes}}}}
rollback_plan: "restart"
"""
# A request as it went to the server: path, parameters.
Request = tuple[str, dict[str, str]]


class Result(NamedTuple):
    """One line of the table: a figure, what it is measured against, and whether it is good enough."""

    name: str
    figure: str
    beside: str
    target: str
    ok: bool


class Jumping:
    """A clock for kept answers that can be set forward, so that each refresh asks everything."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


class Noting(Server):
    """Notes what it asks."""

    def __init__(self, url: str) -> None:
        super().__init__(ServerSettings(url, {}, None, "", 60.0))
        self.noted: list[Request] = []

    def query(self, promql: str, at: float) -> Answer:
        self.noted.append(("query", {"query": promql, "time": f"{at:.3f}"}))
        return super().query(promql, at)

    def query_range(self, promql: str, start: int, end: int, step: int) -> Answer:
        span = {"query": promql, "start": f"{start}", "end": f"{end}", "step": f"{step}s"}
        self.noted.append(("query_range", span))
        return super().query_range(promql, start, end, step)


def main(words: Sequence[str]) -> int:
    """Measures, prints, returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--components", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=15.0, help="of the heartbeat, with and without refreshes")
    parser.add_argument("--refreshes", type=int, default=2000, help="of the memory's figure")
    parser.add_argument("--only", choices=("speed", "heartbeat", "memory"))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(words)
    program = shutil.which("prometheus")
    if program is None:
        print("prometheus is not installed (apt-get install prometheus)", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch, Service() as service:
        names = [f"service-{number:03d}" for number in range(arguments.components)]
        for name in names:
            service.pod(name, job=name)
        with Prometheus(program, Path(scratch) / "server", service.scrape_config("5s")) as server:
            workspace = make_workspace(Path(scratch) / "workspace", names, server.url)
            wait_for_history(server, service, names)
            results = measure(workspace, server.url, arguments)
    if arguments.json:
        print(json.dumps({"results": [result._asdict() for result in results]}, indent=2))
    else:
        print(f"{len(names)} components x 4 SLIs, Prometheus on loopback, Python {sys.version.split()[0]}")
        for result in results:
            mark = "OK" if result.ok else "MISS"
            print(f"{result.name:<34} {result.figure:>10}  {result.beside:<52} target {result.target:<12} {mark}")
    return 0 if all(result.ok for result in results) else 1


def make_workspace(root: Path, names: Sequence[str], url: str) -> Workspace:
    """Components of these names, each selected by its job; read every second."""
    folder = root / "registry/kaizen/components"
    folder.mkdir(parents=True)
    (root / "tickets").mkdir()
    for name in names:
        (folder / f"{name}.yml").write_text(COMPONENT.format(name=name))
    config = f"metrics: {{source: prometheus, url: '{url}', timeout: 60s, refresh: 1s}}\n"
    (root / "registry/kaizen/config.yml").write_text(config)
    return Workspace(str(root))


def wait_for_history(server: Prometheus, service: Service, names: Sequence[str]) -> None:
    """Until requests of every component lie between two scrapes."""
    query = "/api/v1/query?query=count(increase(requests_total%7Bcode=%22200%22%7D%5B5m%5D)%20%3E%200)"

    def counted() -> int:
        for pod in service.pods.values():
            pod.serve(100)
            pod.serve(1, code="500", seconds=0.7)
        found = server.request("GET", query)["data"]["result"]
        return int(found[0]["value"][1]) if found else 0

    service.until(lambda: counted() == len(names), "requests of every component")


def measure(workspace: Workspace, url: str, arguments: argparse.Namespace) -> list[Result]:
    """The figures asked for."""
    results = []
    if arguments.only in (None, "speed"):
        results.append(refresh(workspace, url, arguments.rounds))
    if arguments.only in (None, "heartbeat"):
        results.append(asyncio.run(heartbeat(workspace, arguments.seconds)))
    if arguments.only in (None, "memory"):
        results.append(memory(workspace, url, arguments.refreshes))
    return results


def reader_of(workspace: Workspace, url: str, count: int | None = None) -> tuple[PlatformReader, Noting, Jumping]:
    """A reader of the first `count` components."""
    files = list_components(workspace)[0][:count]
    components = [Component.from_fields(file.fields, file.raw) for file in files]
    server, clock = Noting(url), Jumping()
    reader = PlatformReader(lambda config, definitions: PrometheusSource(components, lambda: server, clock=clock))
    reader.configure({}, files)
    return reader, server, clock


def timed(act: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def refresh(workspace: Workspace, url: str, rounds: int) -> Result:
    """Every metric of every component, nothing kept, and the same requests by plain threads right after or before."""
    reader, server, clock = reader_of(workspace, url)
    sessions = [requests.Session() for _ in range(WIDTH)]
    for session in sessions:
        session.trust_env = False

    def ours() -> None:
        clock.ahead += 3600
        server.noted.clear()
        platform = reader.read(time.time())
        assert platform.connection == "connected", platform.trouble

    ours()
    plain(url, sessions, server.noted)
    pairs = []
    for number in range(rounds):
        if number % 2:
            theirs = timed(lambda: plain(url, sessions, server.noted))
            mine = timed(ours)
        else:
            mine = timed(ours)
            theirs = timed(lambda: plain(url, sessions, server.noted))
        pairs.append((mine, theirs))
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    beside = f"{len(server.noted)} requests by {WIDTH} threads with requests {theirs:.2f} s"
    return Result("refresh of everything", f"{mine:.2f} s", f"{beside}, ratio {ratio:.2f}", f"<= {REFRESH_RATIO} x",
                  ratio <= REFRESH_RATIO)  # fmt: skip


def plain(url: str, sessions: Sequence[requests.Session], noted: Sequence[Request]) -> None:
    """The requests as somebody writes them in an afternoon: a session a thread, kept alive, the answer's JSON read."""
    waiting = deque(noted)

    def work(session: requests.Session) -> None:
        while True:
            try:
                path, params = waiting.popleft()
            except IndexError:
                return
            answer = session.get(f"{url}/api/v1/{path}", params=params, timeout=60)
            answer.raise_for_status()
            for series in answer.json()["data"]["result"]:
                for _, value in series.get("values") or [series["value"]]:
                    float(value)

    threads = [threading.Thread(target=work, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Beats(NamedTuple):
    """How late a task of the event loop came that wanted to come at once, in milliseconds."""

    p50: float
    p99: float
    worst: float


async def heartbeat(workspace: Workspace, seconds: float) -> Result:
    """The board, 160x48, reading every second what is on the screen; and the same board when it reads nothing."""
    sys.setswitchinterval(SWITCH_INTERVAL)  # as the program itself

    def session() -> Session:
        return Session(workspace, "bench", utc_now, random_token)

    app = KaizenApp(workspace, Options(watch=False), session)
    async with app.run_test(size=(160, 48)) as pilot:
        while app.main.slo.platform is None or app.main.slo.platform.connection != "connected":
            await pilot.pause(0.1)
        await pilot.pause(2.0)
        gc.collect()
        before = app.main.slo._generation
        reading = await beats(seconds)
        read = app.main.slo._generation - before
        app.main.slo._suspended = True  # as while the person is in an editor
        await pilot.pause(3.0)
        still = await beats(seconds)
    beside = f"p99 {reading.p99:.1f}, {read} refreshes; without: p99 {still.p99:.1f}, longest {still.worst:.1f} ms"
    assert read > 0, "nothing was read"
    limit = max(BLOCKED_MS, still.worst)
    return Result("event loop held up, longest", f"{reading.worst:.1f} ms", beside, f"<= {BLOCKED_MS:.0f} ms",
                  reading.worst <= limit)  # fmt: skip


async def beats(seconds: float) -> Beats:
    """Wakes every millisecond."""
    late = []
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        await asyncio.sleep(0.001)
        late.append((time.perf_counter() - begun - 0.001) * 1000)
    late.sort()
    return Beats(late[len(late) // 2], late[int(len(late) * 0.99)], late[-1])


def memory(workspace: Workspace, url: str, refreshes: int) -> Result:
    """One component read again and again, each time anew; the growth from a tenth of the readings on to the end."""
    reader, server, clock = reader_of(workspace, url, 1)
    early = 0.0
    for number in range(refreshes):
        clock.ahead += 3600
        reader.read(time.time() + number)  # another instant each time, so that nothing is ever asked twice
        server.noted.clear()
        if number == refreshes // 10:
            early = resident()
    grown = resident() - early
    beside = f"after {refreshes // 10:,} refreshes {early:.1f} MB, after {refreshes:,} {early + grown:.1f} MB"
    return Result("memory's growth", f"{grown:.1f} MB", beside, f"<= {GROWTH_MB:.0f} MB", grown <= GROWTH_MB)


def resident() -> float:
    """Megabytes of this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

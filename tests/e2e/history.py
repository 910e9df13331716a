"""What pods did over the month before a test, as samples in a server; and how many events that were, by the test's own
count."""

import http.client
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.e2e.servers import Server
from tests.e2e.service import Pod, Service

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class Emitted(NamedTuple):
    """Events that a test made. at: epoch seconds. bad: with code 500. slow: longer than half a second."""

    at: float
    total: int
    bad: int
    slow: int


class Journal:
    """The test's own count of what it made happen."""

    def __init__(self) -> None:
        self._emitted: list[Emitted] = []

    def serve(self, pod: Pod, at: float, good: int, bad: int = 0, slow: int = 0) -> None:
        """So many requests that end well and fast, with code 500 (fast), or well but after 0.7 s."""
        pod.serve(good, code="200", seconds=0.2)
        pod.serve(bad, code="500", seconds=0.05)
        pod.serve(slow, code="200", seconds=0.7)
        self._emitted.append(Emitted(at, good + bad + slow, bad, slow))

    def since(self, start: float) -> Emitted:
        """The sums of all later events; at: start."""
        later = [one for one in self._emitted if one.at > start]
        return Emitted(start, sum(o.total for o in later), sum(o.bad for o in later), sum(o.slow for o in later))


def moments(end: float) -> Iterator[tuple[float, float]]:
    """(epoch seconds, seconds since the former) from 31 days before `end`: the later, the closer together."""
    at = end - 31 * DAY
    for until, step in ((DAY, 15 * MINUTE), (2 * HOUR, MINUTE), (0.0, 15.0)):
        while at + step <= end - until:
            at += step
            yield at, step


def recorded(service: Service, end: float, act: Callable[[float, float], None]) -> list[tuple[float, str]]:
    """Lets `act(at, step)` make the pods' events and notes each series after it: (epoch seconds, "name{…} value")."""
    found = []
    for at, step in moments(end):
        act(at, step)
        for pod in service.pods.values():
            target = service.labels(pod)
            for name, labels, number in pod.values():
                found.append((at, f"{name}{{{target}{',' if labels else ''}{labels}}} {number}"))
    return found


def backfill_prometheus(promtool: str, folder: Path, samples: list[tuple[float, str]]) -> None:
    """Writes them as blocks into the data folder of a Prometheus that is not started yet. folder: the server's."""
    path = folder / "history.txt"
    path.write_text("".join(f"{line} {at:.3f}\n" for at, line in samples) + "# EOF\n")
    words = ["tsdb", "create-blocks-from", "--max-block-duration=960h", "openmetrics", path, folder / "data"]
    done = subprocess.run([promtool, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def import_victoria(server: Server, samples: list[tuple[float, str]]) -> None:
    """Sends them to a VictoriaMetrics that runs."""
    body = "".join(f"{line} {round(at * 1000)}\n" for at, line in samples).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request("POST", "/api/v1/import/prometheus", body=body)
        answer = connection.getresponse()
        assert answer.status == 204, answer.read()
    finally:
        connection.close()

"""A server of either kind that scrapes a service of one pod, of whose requests one in fifty failed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from tests.e2e.servers import Prometheus, Server, VictoriaMetrics
from tests.e2e.service import Service

# By the name of its program.
KINDS: dict[str, type[Server]] = {"prometheus": Prometheus, "victoria-metrics": VictoriaMetrics}


class Scraped(NamedTuple):
    """kind: of KINDS. service: its pod is "a"; 98 requests ended well, 2 with 500, the memory is 100 MB."""

    kind: str
    server: Server
    service: Service

    def ask(self, query: str) -> list[float]:
        """The values of a query now, of each series."""
        found = self.server.request("GET", f"/api/v1/query?query={quote(query, safe='')}")["data"]["result"]
        return [float(series["value"][1]) for series in found]

    def counted(self) -> bool:
        """Whether the requests are in what the server answers: all of them, also for a second or two ago."""
        bad = self.ask('sum(increase(requests_total{code="500"}[5m] offset 3s)) > 0')
        return bool(bad) and bool(self.ask('sum(increase(requests_total{code="200"}[5m] offset 3s)) > 0'))


@contextmanager
def scraped(kind: str, folder: Path, require: Callable[[str], str]) -> Iterator[Scraped]:
    """It runs, and what happened is stored."""
    with Service() as service:
        pod = service.pod("a")
        with KINDS[kind](require(kind), folder, service.scrape_config()) as server:
            found = Scraped(kind, server, service)
            service.until(lambda: bool(found.ask("sent_total")), "the first scrape")
            pod.serve(98)
            pod.serve(2, code="500")
            service.until(found.counted, "the requests")
            yield found

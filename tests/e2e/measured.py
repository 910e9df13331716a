"""A workspace whose components are measured for real: a service, a server that scrapes it, a month of history."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from kaizen_tui.metrics.panels import MetricPanel
from kaizen_tui.metrics.platform import Looked, Platform
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.platform_reading import WorkspacePlatform
from tests.cli.world import World
from tests.e2e.history import HOUR, MINUTE, Journal, backfill_prometheus, import_victoria, recorded
from tests.e2e.servers import Prometheus, Server, VictoriaMetrics
from tests.e2e.service import Service

Require = Callable[[str], str]

INCIDENT = 65 * MINUTE  # before the test: a fifth of the requests fail, a tenth is slow


class Second(NamedTuple):
    """What a pod serves in a second."""

    good: int
    bad: int
    slow: int


class Measured(NamedTuple):
    """kind: "prometheus" or "victoria-metrics". journal: what the pods of the job `web` served."""

    kind: str
    server: Server
    service: Service
    journal: Journal
    world: World

    def ask(self, query: str, at: float) -> list[tuple[dict[str, str], float]]:
        """What the API itself says: (labels, value) of each series."""
        words = urlencode({"query": query, "time": f"{at:.3f}"})
        found = self.server.request("GET", f"/api/v1/query?{words}")["data"]["result"]
        return [(series["metric"], float(series["value"][1])) for series in found]

    def number(self, query: str, at: float) -> float:
        """The one value of a query."""
        ((_, value),) = self.ask(query, at)
        return value

    def range(self, query: str, start: float, end: float, step: float) -> dict[float, float]:
        """Value by epoch seconds, of the one series of a query."""
        words = urlencode({"query": query, "start": start, "end": end, "step": step, "nocache": 1})
        (series,) = self.server.request("GET", f"/api/v1/query_range?{words}")["data"]["result"]
        return {float(at): float(value) for at, value in series["values"]}

    def component(self, name: str, *metrics: str, more: str = "", job: str = "") -> None:
        """Writes a component; each metric is the text between its braces. job: of its selector; else its name."""
        lines = [f"id: {name}", "tier: 1", "owner: backend-team", f"selector: {{job: {job or name}}}", more]
        lines += ["slo:", "  metrics:", *(f"    - {{{metric}}}" for metric in metrics), 'rollback_plan: "restart"', ""]
        (Path(self.world.ws.components) / f"{name}.yml").write_text("\n".join(lines), encoding="utf-8")

    def platform(self, now: float, focus: str = "") -> Platform:
        """All components as the board reads them, from the files on."""
        return WorkspacePlatform(Workspace(self.world.ws.root)).read(now, None, Looked(None, focus))

    def panel(self, component: str, metric: str, now: float) -> MetricPanel:
        """One metric as the board shows it."""
        return metric_of(self.platform(now, component), component, metric)


def metric_of(platform: Platform, component: str, metric: str) -> MetricPanel:
    """One metric of what was read."""
    (found,) = (one for panel in platform.components if panel.id == component for one in panel.metrics
                if one.name == metric)  # fmt: skip
    return found


@contextmanager
def measured(kind: str, folder: Path, require: Require, service: Service) -> Iterator[Measured]:
    """The service's pods scraped by a server that already has a month of the pods of the job `web`."""
    journal, end = Journal(), float(int(time.time()))

    def act(at: float, step: float) -> None:
        failing = end - at < INCIDENT
        for pod in service.pods.values():
            if pod.job == "web":
                second = Second(70, 20, 10) if failing else Second(100, 0, 0)
                once = 0 if failing else 1  # a single error now and then
                count = round(step)
                journal.serve(pod, at, second.good * count, second.bad * count + once, second.slow * count)
                pod.send(round(2 * step))

    samples = [one for one in recorded(service, end, act) if 'job="web"' in one[1]]
    world = World(folder / "platform")
    config = service.scrape_config()
    server: Server
    if kind == "prometheus":
        server = Prometheus(require("prometheus"), folder / "server", config, "--storage.tsdb.retention.time=90d")
        backfill_prometheus(require("promtool"), server.folder, samples)
    else:
        server = VictoriaMetrics(require(kind), folder / "server", config)
    with server:
        if kind != "prometheus":
            import_victoria(server, samples)
        world.config(f"metrics: {{source: prometheus, url: '{server.url}', timeout: 30s}}\n")
        Path(world.ws.component_path("pcc-main")).unlink()
        found = Measured(kind, server, service, journal, world)
        jobs = {pod.name for pod in service.pods.values()}
        service.until(
            lambda: {labels["pod"] for labels, _ in found.ask("sent_total", time.time())} == jobs, "the first samples"
        )
        service.until(lambda: bool(found.ask('sent_total{job="web"} offset 25d', end - HOUR)), "the history")
        yield found

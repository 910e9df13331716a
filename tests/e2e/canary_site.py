"""A component in two versions behind a real HAProxy, scraped by a real Prometheus; a ticket on its way to canary."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kaizen_tui.core.promotion_log import read_log
from tests.cli.world import BOB, SPEC, World
from tests.e2e.proxy import Proxy
from tests.e2e.servers import Prometheus
from tests.e2e.service import Pod, Service

WEB = """\
id: web
tier: 2
owner: backend-team
selector: {job: web}
versions: {label: version, baseline: one, canary: two}
slo:
  metrics:
    - {name: errors_pct, threshold: "5", abort_threshold: "50", unit: "%",
       sli: {type: ratio, bad: 'requests_total{code="500"}', total: requests_total}}
rollout: {splitter: edge, steps: [1%, 10%, 100%], look: 1s, max_duration: 1h}
rollback_plan: systemctl restart web
"""

REQUESTS = 12_000  # a twentieth of a second: so many that evidence comes within a few looks
_LOOKS, _WAIT = 1_200, 0.1


class Load:
    """Requests to both versions, split as `share` says at that moment: HAProxy's map, unless a test knows better.

    bad: share of bad requests, by version. slowness: how many times as long as usual a request takes, by version.
    """

    def __init__(self, service: Service, proxy: Proxy) -> None:
        self.service, self.proxy = service, proxy
        self.baseline, self.canary = service.pod("a", "one"), service.pod("b", "two")
        self.bad = {"one": 0.005, "two": 0.005}
        self.slowness = {"one": 1.0, "two": 1.0}
        self.share = self._of_haproxy
        self._owed: dict[tuple[str, str, float], float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        while not self._over.wait(0.05):
            share = self.share()
            for pod, part in ((self.baseline, 1 - share), (self.canary, share)):
                self._serve(pod, REQUESTS * part)

    def _serve(self, pod: Pod, count: float) -> None:
        bad, slowness = self.bad[pod.version], self.slowness[pod.version]
        for code, seconds, part in (
            ("500", 0.08, bad),
            ("200", 0.08, 0.9 - bad),
            ("200", 0.2, 0.09),
            ("200", 0.4, 0.01),
        ):
            owed = self._owed.get((pod.name, code, seconds), 0.0) + count * part
            pod.serve(int(owed), code=code, seconds=seconds * slowness)
            self._owed[pod.name, code, seconds] = owed - int(owed)

    def _of_haproxy(self) -> float:
        for line in Path(self.proxy.site.limit_map).read_text().splitlines():
            if line.startswith("limit "):
                return int(line.split()[1]) / 10_000
        return 0.0

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def until(condition: Callable[[], bool], what: str) -> None:
    """Returns when the condition holds; for what no scrape accompanies (see Service.until)."""
    for _ in range(_LOOKS):
        if condition():
            return
        threading.Event().wait(_WAIT)
    raise AssertionError(f"never: {what}")


class Site:
    def __init__(self, world: World, proxy: Proxy, load: Load, service: Service, prometheus: Prometheus) -> None:
        self.world, self.proxy, self.load, self.service = world, proxy, load, service
        self.prometheus = prometheus
        self.id = ""

    def status(self) -> str:
        return str(self.world.ok("show", self.id, "--json").data["status"])

    def log(self, *events: str) -> list[dict[str, object]]:
        found = read_log(Path(self.world.ws.log_path(self.id)).read_bytes())
        assert found.problems == ()
        return [dict(entry.fields) for entry in found.events(*events)]

    def count(self, series: str) -> int:
        """How many of them Prometheus has now."""
        found = self.prometheus.request("GET", f"/api/v1/query?query=count({series})")["data"]["result"]
        return int(found[0]["value"][1]) if found else 0

    def component(self, old: str, new: str) -> None:
        """Changes the component's file."""
        path = Path(self.world.ws.component_path("web"))
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def review(self, abort: str = "errors_pct > 50 %") -> None:
        """A ticket that has all that the gate of canary asks for."""
        world = self.world
        self.id = world.ok("new", "Cap the memory", "--component", "web", "--owner", "Ada Lovelace").out.strip()
        world.ok("update", self.id, "--objective", "less memory", "--success-criteria", "errors_pct <= 5 %",
                 "--abort-criteria", abort)  # fmt: skip
        Path(world.ws.spec_path(self.id)).write_text(SPEC)
        world.ok("update", self.id, "--status", "planned")
        world.ok("approve", self.id, actor=BOB)
        world.ok("update", self.id, "--status", "in_progress")
        world.ok("update", self.id, "--status", "in_review")
        world.score_card(self.id, world.candidate(self.id))
        world.ok("approve", self.id, actor=BOB)


@contextmanager
def running_site(programs: Mapping[str, str], folder: Path) -> Iterator[Site]:
    """programs: paths of `haproxy` and `prometheus`. folder: what all of them write is in it."""
    with Proxy(programs["haproxy"], folder / "haproxy") as proxy, Service() as service:
        load = Load(service, proxy)
        with load, Prometheus(programs["prometheus"], folder / "prometheus", service.scrape_config()) as prometheus:
            world = World(folder / "platform")
            Path(world.ws.component_path("web")).write_text(WEB)
            site = proxy.site
            world.config(
                f"metrics: {{source: prometheus, url: '{prometheus.url}'}}\n"
                f"splitters:\n  edge: {{type: haproxy, socket: {site.socket}, limit_map: {site.limit_map}, "
                f"salt_map: {site.salt_map}}}\n"
            )
            world.git("init", "-q")
            world.git("commit", "-q", "--allow-empty", "-m", "first")
            world.ok("trust")

            def counted() -> bool:
                query = "/api/v1/query?query=min(count_over_time(requests_total[1m]))>8"
                return bool(prometheus.request("GET", query)["data"]["result"])

            service.until(counted, "requests")
            yield Site(world, proxy, load, service, prometheus)


def controller(site: Site, *more: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "kaizen_tui.cli.entry", "run", site.id, *more]
    env = site.world.environment(actor="controller")
    with (site.world.root.parent / "run.log").open("ab") as log:
        return subprocess.Popen(command, cwd=site.world.root, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

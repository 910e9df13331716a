"""A canary from review to its end: real HAProxy, real Prometheus, the commands as people type them."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kaizen_tui.core.canary_state import canary_state
from kaizen_tui.core.promotion_log import read_log
from tests.cli.world import ADA, BOB, CARLA, SPEC, World
from tests.e2e.proxy import Proxy
from tests.e2e.servers import Prometheus
from tests.e2e.service import Pod, Service

pytestmark = pytest.mark.e2e

KILLS = min(100, int(os.environ.get("KAIZEN_KILLS", "10")))
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


class Load:
    """Requests to both versions, split as HAProxy's map says at that moment; share of bad ones by version."""

    def __init__(self, service: Service, proxy: Proxy) -> None:
        self.service, self.proxy = service, proxy
        self.baseline, self.canary = service.pod("a", "one"), service.pod("b", "two")
        self.bad = {"one": 0.005, "two": 0.005}
        self._owed: dict[tuple[str, str], float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        while not self._over.wait(0.05):
            share = self._share()
            for pod, part in ((self.baseline, 1 - share), (self.canary, share)):
                self._serve(pod, 3000 * part)

    def _serve(self, pod: Pod, count: float) -> None:
        bad = self.bad[pod.version]
        for code, part in (("500", bad), ("200", 1 - bad)):
            owed = self._owed.get((pod.name, code), 0.0) + count * part
            pod.serve(int(owed), code=code)
            self._owed[pod.name, code] = owed - int(owed)

    def _share(self) -> float:
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


class Site:
    def __init__(self, world: World, proxy: Proxy, load: Load, service: Service) -> None:
        self.world, self.proxy, self.load, self.service = world, proxy, load, service
        self.id = ""

    def status(self) -> str:
        return str(self.world.ok("show", self.id, "--json").data["status"])

    def log(self, *events: str) -> list[dict[str, object]]:
        found = read_log(Path(self.world.ws.log_path(self.id)).read_bytes())
        assert found.problems == ()
        return [dict(entry.fields) for entry in found.events(*events)]

    def review(self) -> None:
        """A ticket that has all that the gate of canary asks for."""
        world = self.world
        self.id = world.ok("new", "Cap the memory", "--component", "web", "--owner", "Ada Lovelace").out.strip()
        world.ok("update", self.id, "--objective", "less memory", "--success-criteria", "errors_pct <= 5 %",
                 "--abort-criteria", "errors_pct > 50 %")  # fmt: skip
        Path(world.ws.spec_path(self.id)).write_text(SPEC)
        world.ok("update", self.id, "--status", "planned")
        world.ok("approve", self.id, actor=BOB)
        world.ok("update", self.id, "--status", "in_progress")
        world.ok("update", self.id, "--status", "in_review")
        world.score_card(self.id, world.candidate(self.id))
        world.ok("approve", self.id, actor=BOB)


@pytest.fixture
def site(tmp_path: Path, require_program: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    haproxy, program = require_program("haproxy"), require_program("prometheus")
    with Proxy(haproxy, tmp_path / "haproxy") as proxy, Service() as service:
        load = Load(service, proxy)
        with load, Prometheus(program, tmp_path / "prometheus", service.scrape_config()) as prometheus:
            world = World(tmp_path / "platform")
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
                query = "/api/v1/query?query=min(count_over_time(requests_total[1m]))>16"
                return bool(prometheus.request("GET", query)["data"]["result"])

            service.until(counted, "requests")
            yield Site(world, proxy, load, service)


def controller(site: Site, *more: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "kaizen_tui.cli.entry", "run", site.id, *more]
    env = site.world.environment(actor="controller")
    with (site.world.root.parent / "run.log").open("ab") as log:
        return subprocess.Popen(command, cwd=site.world.root, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def test_a_bad_canary_is_back_at_nobody_and_the_ticket_is_aborted(site: Site) -> None:
    site.load.bad["two"] = 0.05
    site.review()
    site.world.ok("deploy", site.id)
    assert site.proxy.splitter.share() == 0.01
    running = controller(site)
    assert running.wait(timeout=120) == 1
    assert site.proxy.splitter.share() == 0
    assert site.proxy.canary_users(range(300)) == set()
    assert site.status() == "aborted"
    verdict = site.log("verdict")[-1]
    assert (verdict["verdict"], verdict["sli"]) == ("rollback", "errors_pct")
    assert site.log("rollout")[-1]["verified"] is True
    site.world.ok("verify", site.id)


def test_a_good_canary_is_released_only_after_the_approvals(site: Site) -> None:
    site.review()
    site.world.ok("deploy", site.id)
    running = controller(site)
    try:
        site.service.until(lambda: bool(site.log("verdict")), "a verdict")
        assert [one["to"] for one in site.log("rollout") if one["verified"]] == [0.01, 0.1]
        assert site.log("verdict")[-1]["verdict"] == "promote"
        site.service.scraped(20)
        assert (site.proxy.splitter.share(), site.status()) == (0.1, "canary")
        site.world.ok("approve", site.id, actor=CARLA)
        assert running.wait(timeout=120) == 0
    finally:
        running.kill()
        running.wait()
    assert site.proxy.splitter.share() == 1
    assert site.status() == "complete"
    assert [one["to"] for one in site.log("rollout") if one["verified"]] == [0.01, 0.1, 1]


def test_killed_at_random_moments_it_goes_on_and_takes_no_step_twice(site: Site) -> None:
    site.review()
    site.world.ok("deploy", site.id)
    dice = random.Random(7)
    for kill in range(KILLS):
        if kill == KILLS // 2:
            site.load.bad["two"] = 0.2
        running = controller(site)
        try:
            running.wait(timeout=dice.uniform(0.3, 2.5))
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            running.wait()
        if site.status() != "canary":
            break
    running = controller(site)
    assert running.wait(timeout=180) == 1
    assert site.status() == "aborted"
    assert site.proxy.splitter.share() == 0
    ups = [one["to"] for one in site.log("rollout") if one["action"] == "set_share" and one["verified"]]
    assert ups == sorted(set(ups))
    state = canary_state(read_log(Path(site.world.ws.log_path(site.id)).read_bytes()))
    assert state is not None
    assert state.ending is not None
    site.world.ok("verify", site.id)


def test_by_hand_and_refused(site: Site) -> None:
    assert "limit_map" not in site.world.cli("deploy", "KAIZ-001", "--print-config").out
    site.review()
    config = site.world.ok("deploy", site.id, "--print-config").out
    assert f"map_str_int({site.proxy.site.limit_map},0)" in config
    assert site.world.cli("deploy", site.id, "--share", "100%").code == 2
    assert site.world.cli("observe", site.id).code == 4
    site.world.ok("deploy", site.id, "--share", "2%")
    assert site.proxy.splitter.share() == 0.02
    assert site.world.cli("deploy", site.id).code == 4
    site.world.ok("deploy", site.id, "--share", "3%")
    site.service.scraped(4)
    assert site.world.cli("observe", site.id, "--json").data["step"] == 0.03
    assert site.world.cli("learn", site.id).code in (7, 0)
    site.world.ok("pause", site.id, "--note", "lunch")
    assert site.proxy.splitter.share() == 0
    site.world.ok("resume", site.id)
    assert site.proxy.splitter.share() == 0.03
    assert site.world.cli("abort", site.id).code == 2
    site.world.ok("abort", site.id, "--note", "enough", actor=ADA)
    assert (site.proxy.splitter.share(), site.status()) == (0, "aborted")


def test_without_trust_nothing_is_touched(site: Site) -> None:
    site.review()
    site.world.ok("trust", "--revoke")
    said = site.world.cli("deploy", site.id)
    assert said.code == 4
    assert "kaizen trust" in said.text
    assert (site.proxy.splitter.share(), site.status()) == (0, "in_review")

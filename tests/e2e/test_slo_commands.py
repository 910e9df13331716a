"""From nothing to an answer on a real Prometheus: proposed, picked, checked, judged; then the server goes away."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.world import World
from tests.e2e.servers import Prometheus
from tests.e2e.service import Service

pytestmark = pytest.mark.e2e

WEB = "id: web\ntier: 2\nowner: web-team\nselector: {job: web}\n"


def test_a_component_gets_its_metrics_from_the_server(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    world = World(tmp_path / "platform")
    Path(world.ws.component_path("pcc-main")).unlink()
    Path(world.ws.component_path("web")).write_text(WEB, encoding="utf-8")
    with Service() as service:
        pod = service.pod("a", "one")
        config = service.scrape_config()
        with Prometheus(require_program("prometheus"), tmp_path / "prometheus", config) as prometheus:
            world.config(f"metrics: {{source: prometheus, url: '{prometheus.url}', timeout: 20s}}\n")

            wanted = ["requests_error_pct", "duration_p95_ms", "resident_mb"]

            def proposed() -> bool:
                pod.serve(20, seconds=0.2)
                rows = world.ok("component", "web", "--from-prometheus", "--json").data["proposals"]
                return set(wanted) <= {row["name"] for row in rows if row["value"] is not None and not row["problem"]}

            service.until(proposed)
            world.ok("component", "web", "--from-prometheus", "--pick", ",".join(wanted))
            doctor = world.ok("doctor", "--json").data["findings"]
            assert [one for one in doctor if one["code"].startswith("metrics_")] == []
            result = world.ok("slo", "web", "--json")
            values = {one["name"]: one["value"] for one in result.data["components"][0]["metrics"]}
            assert values["requests_error_pct"] == 0
            assert values["resident_mb"] == pytest.approx(100)
            assert 100 <= values["duration_p95_ms"] <= 250
            pod.set("resident_bytes", 500e6)
            service.until(lambda: world.cli("slo", "web").code == 1)
            assert "beyond abort" in world.cli("slo", "web").out
            prometheus.stop()
            down = world.cli("slo", "web")
            assert (down.code, down.out) == (6, "")
            assert "connection refused" in down.err

"""From nothing to an answer on a real server: proposed, picked, checked, judged; then the server goes away."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.world import World
from tests.e2e.scraped import KINDS
from tests.e2e.service import Service

pytestmark = pytest.mark.e2e

WEB = "id: web\ntier: 2\nowner: web-team\nselector: {job: web}\n"


@pytest.mark.parametrize("kind", KINDS)
def test_a_component_gets_its_metrics_from_the_server(
    kind: str, tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    world = World(tmp_path / "platform")
    Path(world.ws.component_path("pcc-main")).unlink()
    Path(world.ws.component_path("web")).write_text(WEB, encoding="utf-8")
    with Service() as service:
        pod = service.pod("a", "one")
        config = service.scrape_config()
        with KINDS[kind](require_program(kind), tmp_path / "server", config) as server:
            world.config(f"metrics: {{source: prometheus, url: '{server.url}', timeout: 20s}}\n")

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
            server.stop()
            down = world.cli("slo", "web")
            assert (down.code, down.out) == (6, "")
            assert "connection refused" in down.err


WRONG = """\
slo:
  metrics:
  - {name: a, threshold: 1, abort_threshold: 2, query: "sum(requests_total{$selector}"}
  - {name: b, threshold: 1, abort_threshold: 2, query: "requests_total{$selector}"}
  - {name: c, threshold: 1, abort_threshold: 2, sli: {type: latency, histogram: duration_seconds, threshold: 0.3}}
  - {name: d, threshold: 1, abort_threshold: 2, sli: {type: gauge, metric: nowhere}}
"""
# In the server's own words.
REFUSALS = {
    "prometheus": ("400 Bad Request", "unclosed left parenthesis"),
    "victoria-metrics": ("422 Unprocessable Entity", 'want ",", ")"'),
}


@pytest.mark.parametrize("kind", KINDS)
def test_doctor_says_what_the_server_says(kind: str, tmp_path: Path, require_program: Callable[[str], str]) -> None:
    world = World(tmp_path / "platform")
    Path(world.ws.component_path("pcc-main")).unlink()
    Path(world.ws.component_path("web")).write_text(WEB + WRONG, encoding="utf-8")
    with Service() as service:
        service.pod("a", "one")
        config = service.scrape_config()
        with KINDS[kind](require_program(kind), tmp_path / "server", config) as server:
            world.config(f"metrics: {{source: prometheus, url: '{server.url}', timeout: 20s}}\n")

            def found() -> dict[str, str]:
                rows = world.cli("doctor", "--json").data["findings"]
                return {
                    row["where"].rpartition(":")[2]: f"{row['level']}: {row['message']}; {row['fix']}" for row in rows
                }

            service.until(lambda: "bucket" in found().get("9", "") and "3 series" in found().get("8", ""))
            said = found()
            status, words = REFUSALS[kind]
            assert said["7"].startswith(f"error: a: the server refuses the query ({status}): ")
            assert words in said["7"]
            assert said["9"].endswith("set its threshold to one of 0.1, 0.25, 0.5, 1")
            assert said["10"].startswith("warning: d: the query returned no series")
            assert world.cli("doctor").code == 1
            world.config(f"metrics: {{source: prometheus, url: '{server.url}/graph'}}\n")
            assert "there is no Prometheus API (404 Not Found)" in world.cli("doctor").out

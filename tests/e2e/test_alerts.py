"""From a real Prometheus and a real Alertmanager to a ticket: exactly one, with its end noted."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kaizen_tui.core.alert import fingerprint_of
from kaizen_tui.core.times import format_epoch, parse_rfc3339
from tests.cli.listener import Listener
from tests.cli.world import World
from tests.e2e.servers import Alertmanager, Prometheus

pytestmark = pytest.mark.e2e

LABELS = {"alertname": "Slow", "component": "pcc-main", "slo": "p95_latency_ms", "severity": "page", "region": "größer"}
RULES = """\
groups:
  - name: always
    rules:
      - alert: KaizenThreshold
        expr: vector(1) > BOUND
        labels: {component: pcc-main, slo: p95_latency_ms, tier: "0", severity: page}
        annotations: {summary: "p95 is {{ $value }}", dashboard: "https://grafana.example/d/x"}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "platform")


@pytest.fixture
def listener(world: World) -> Iterator[Listener]:
    with Listener(world, "--json") as found:
        yield found


@pytest.fixture
def alertmanager(listener: Listener, tmp_path: Path, require_program: Callable[[str], str]) -> Iterator[Alertmanager]:
    """Tells the listener of every change, and again each second."""
    config = f"""\
route: {{receiver: kaizen, group_by: [component, slo], group_wait: 0s, group_interval: 1s, repeat_interval: 1s}}
receivers:
  - name: kaizen
    webhook_configs: [{{url: "http://127.0.0.1:{listener.port}/alerts"}}]
"""
    with Alertmanager(require_program("prometheus-alertmanager"), tmp_path / "alertmanager", config) as server:
        yield server


def until(listener: Listener, act: str) -> dict[str, Any]:
    """Reads what is told until it is this."""
    told = []
    for _ in range(500):  # a second or so each, where nothing new happens
        told.append(listener.event())
        if told[-1]["act"] == act:
            return told[-1]
    raise AssertionError(f"never {act}: {told[-3:]}")


def fire(server: Alertmanager, starts: str = "2026-05-18T08:30:00Z", ends: str | None = None) -> None:
    told = {"labels": LABELS, "annotations": {"summary": "p95 is slow"}, "startsAt": starts}
    server.request("POST", "/api/v2/alerts", [{**told, **({"endsAt": ends} if ends else {})}])


def comments(world: World, ticket_id: str) -> list[str]:
    rows = world.ok("log", ticket_id, "--json").data["entries"]
    return [row["entry"]["text"] for row in rows if row["entry"]["event"] == "comment"]


def test_an_alert_of_the_api(world: World, listener: Listener, alertmanager: Alertmanager) -> None:
    fire(alertmanager)
    made = until(listener, "created")
    assert (made["ticket"], made["fingerprint"]) == ("KAIZ-001", fingerprint_of(LABELS))
    for _ in range(3):  # it is told again and again
        until(listener, "known")
    fire(alertmanager, ends="2026-05-18T09:30:00Z")
    assert until(listener, "noted")["state"] == "resolved"
    assert [row["id"] for row in world.ok("list", "--json").data] == ["KAIZ-001"]
    assert comments(world, "KAIZ-001") == [
        "Alert resolved: Slow, firing from 2026-05-18T08:30:00Z to 2026-05-18T09:30:00Z"
    ]
    world.ok("update", "KAIZ-001", "--status", "aborted", "--note", "mended by hand")
    since = parse_rfc3339(world.ok("show", "KAIZ-001", "--json").data["status_since"])
    fire(alertmanager, starts=format_epoch(since + 1))
    assert until(listener, "created")["ticket"] == "KAIZ-002"
    assert world.ok("show", "KAIZ-002", "--json").data["alert"]["former"] == "KAIZ-001"
    assert len(world.ok("list", "--json").data) == 2


def test_what_failed_is_sent_again_by_itself(world: World, listener: Listener, alertmanager: Alertmanager) -> None:
    path = Path(world.ws.component_path("pcc-main"))
    good = path.read_text()
    path.write_text("id: pcc-main\ntier: 9\n")
    fire(alertmanager)
    assert until(listener, "failed")["why"].startswith("registry/kaizen/components/pcc-main.yml:2")
    path.write_text(good)
    assert until(listener, "created")["ticket"] == "KAIZ-001"
    assert "attempt" in alertmanager.log or "retry" in alertmanager.log.lower()


def test_prometheus_fires_and_recovers(
    world: World,
    listener: Listener,
    alertmanager: Alertmanager,
    tmp_path: Path,
    require_program: Callable[[str], str],
) -> None:
    config = f"""\
global: {{evaluation_interval: 1s, scrape_interval: 1s}}
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["{alertmanager.address}"]}}]}}]}}
"""
    folder = tmp_path / "prometheus"
    folder.mkdir()
    rules = folder / "rules.yml"
    rules.write_text(RULES.replace("BOUND", "0"))
    # It takes some seconds to find its Alertmanager, and would tell it again only after a minute.
    more = ("--web.enable-lifecycle", "--rules.alert.resend-delay=1s")
    with Prometheus(require_program("prometheus"), folder, config, *more) as prometheus:
        made = until(listener, "created")
        until(listener, "known")
        until(listener, "known")
        rules.write_text(RULES.replace("BOUND", "2"))
        prometheus.request("POST", "/-/reload")
        assert until(listener, "noted")["state"] == "resolved"
    ticket = world.ok("show", made["ticket"], "--json").data
    assert [row["id"] for row in world.ok("list", "--json").data] == [made["ticket"]]
    assert ticket["severity"] == "critical"
    assert ticket["objective"] == "p95 is 1; the target is at most 10 ms."
    assert [one["text"] for one in ticket["success_criteria"]] == ["p95_latency_ms <= 10 ms"]
    assert ticket["links"]["dashboard"] == "https://grafana.example/d/x"
    assert "/graph?g0.expr=vector" in ticket["links"]["alert"]
    assert len(comments(world, made["ticket"])) == 1


def test_what_amtool_lists_goes_in_through_a_pipe(
    world: World, alertmanager: Alertmanager, listener: Listener, require_program: Callable[[str], str]
) -> None:
    amtool = require_program("amtool")
    fire(alertmanager)
    until(listener, "created")
    words = [amtool, "--alertmanager.url", alertmanager.url, "alert", "query", "-o", "json"]
    listed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert json.loads(listed)[0]["fingerprint"] == fingerprint_of(LABELS)
    assert world.process("plan", "--from-alerts", "-", stdin=listed).out == "KAIZ-001  known  Slow\n"


def test_the_configuration_in_the_docs_is_one(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/alerts.md").read_text()
    first, second = (block.split("```")[0] for block in page.split("```yaml\n")[1:3])
    token = first.replace("      - url: http://127.0.0.1:9099/alerts\n", second)
    for number, text in enumerate((first, token)):
        path = tmp_path / f"{number}.yml"
        path.write_text(text)
        done = subprocess.run(
            [require_program("amtool"), "check-config", path], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert " - 1 receivers" in done.stdout

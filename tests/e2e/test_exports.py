"""Exported files on real servers: every query of a dashboard has data; the rules are loaded, record and fire."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from kaizen_tui.export.dashboard import dashboard_file
from kaizen_tui.export.dashboard_queries import queries_of
from kaizen_tui.export.rules import component_rules, rules_file
from tests.e2e.servers import Prometheus, Server, VictoriaMetrics
from tests.e2e.service import Service
from tests.metrics.sli_world import ALL, component_of

pytestmark = pytest.mark.e2e

WEB = component_of(*ALL, more='selector: {job: web}\nversions: {label: version, baseline: "one", canary: "two"}')


def ask(server: Server, query: str) -> list[float]:
    """The values of a query now, NaN left in."""
    found = server.request("GET", f"/api/v1/query?query={quote(query, safe='')}")["data"]["result"]
    return [float(series["value"][1]) for series in found]


def traffic(service: Service) -> None:
    """One request in ten is bad, on every pod, and slow ones are among them."""
    for pod in service.pods.values():
        pod.serve(8, seconds=0.2)
        pod.serve(1, seconds=0.8)
        pod.serve(1, code="500", seconds=0.2)
        pod.send(5)


@pytest.mark.parametrize(("program", "kind"), [("prometheus", Prometheus), ("victoria-metrics", VictoriaMetrics)])
def test_every_query_of_a_dashboard_has_data(
    program: str, kind: type[Server], tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    queries = [found for found in queries_of(json.loads(dashboard_file(WEB))) if found.kind != "annotation"]
    with Service() as service:
        service.pod("a", "one")
        service.pod("b", "two")
        with kind(require_program(program), tmp_path / "server", service.scrape_config()) as server:
            waiting = {found.query for found in queries}

            def answered() -> bool:
                traffic(service)
                waiting.difference_update([query for query in waiting if any(one == one for one in ask(server, query))])
                return not waiting

            service.until(answered, f"{len(waiting)} queries")
            assert len(queries) > 20


def test_a_server_loads_the_rules_and_records_the_ratio(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    with Service() as service:
        service.pod("a")
        config = service.scrape_config().replace("global: {", "global: {evaluation_interval: 250ms, ")
        server = Prometheus(require_program("prometheus"), tmp_path / "server", f"rule_files: [r.yml]\n{config}")
        (server.folder / "r.yml").write_bytes(rules_file([component_rules(WEB)], []))
        with server:

            def recorded() -> bool:
                traffic(service)
                found = ask(server, 'component_slo:error_ratio:rate1h{component="web",slo="errors"}')
                return bool(found) and found[0] == pytest.approx(0.1, rel=0.05)

            service.until(recorded, "the recorded error ratio")
            # A tenth of all events is a hundred times what 99.9 % allows.
            firing = 'count(ALERTS{alertname="KaizenErrorBudgetBurn",slo="errors",alertstate="firing"})'
            service.until(lambda: ask(server, firing) == [2], "both burn alerts")
            rules = server.request("GET", "/api/v1/rules")["data"]["groups"][0]["rules"]
            assert {rule["health"] for rule in rules} == {"ok"}

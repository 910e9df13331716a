"""The instrumented service itself, scraped by a real Prometheus: what a test makes happen is what the server stores."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.servers import Prometheus
from tests.e2e.service import Service

pytestmark = pytest.mark.e2e


def test_what_happens_is_what_is_stored(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    with Service() as service:
        a, b = service.pod("a", "one"), service.pod("b", "two")
        with Prometheus(require_program("prometheus"), tmp_path / "server", service.scrape_config()) as server:

            def asked(query: str) -> dict[str, str]:
                found = server.request("GET", f"/api/v1/query?query={quote(query)}")["data"]["result"]
                return {series["metric"].get("pod", ""): series["value"][1] for series in found}

            service.until(lambda: asked("sent_total") == {"a": "0", "b": "0"})
            a.serve(30, seconds=0.3)
            b.serve(5, code="500", seconds=2.0)
            b.send(7)
            a.set("resident_bytes", float("nan"))
            service.scraped()
            assert asked("sum by (pod) (requests_total)") == {"a": "30", "b": "5"}
            assert asked('sum by (pod) (requests_total{code="500",version="two"})') == {"b": "5"}
            assert asked('duration_seconds_bucket{le="0.5"}') == {"a": "30", "b": "0"}
            assert asked("duration_seconds_count") == {"a": "30", "b": "5"}
            assert asked("sent_total") == {"a": "0", "b": "7"}
            assert asked("resident_bytes") == {"a": "NaN", "b": "100000000"}

            b.restart()
            a.silent = True
            service.until(lambda: asked("sum by (pod) (requests_total)") == {"b": "0"})

"""show --now and why: what the automatic criteria measure at the moment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_startup import imported
from tests.cli.world import World
from tests.metrics.double import Double, Found, now_or

SHOP = """\
id: shop
tier: 3
owner: web-team
selector: {job: shop}
versions: {label: version, baseline: stable, canary: canary}
rollback_plan: git revert HEAD
slo:
  metrics:
  - name: p95_latency_ms
    threshold: "100"
    abort_threshold: "200"
    sli: {type: latency, histogram: latency_seconds, quantile: 0.95}
  - name: memory_mb
    threshold: "200"
    abort_threshold: "300"
    sli: {type: gauge, metric: memory_bytes}
"""


def answer(query: str) -> Found:
    if "memory" in query:
        return []
    return now_or(query, 40.0 if 'version="stable"' in query else 42.0)


@pytest.fixture
def server() -> Iterator[Double]:
    with Double(answer) as double:
        yield double


@pytest.fixture
def ticket(world: World, server: Double) -> str:
    world.config(f"metrics: {{source: prometheus, url: '{server.url}', timeout: 5s}}\n")
    Path(world.ws.component_path("shop")).write_text(SHOP, encoding="utf-8")
    criteria = "p95_latency_ms < 50; p95_latency_ms <= 1.01 * baseline; memory_mb < 200; People like it"
    words = ("new", "Faster", "-c", "shop", "--success-criteria", criteria, "--abort-criteria", "p95_latency_ms > 41")
    return world.ok(*words).out.strip()


WORDS = (
    "p95_latency_ms < 50   now 42 ms ✔",
    "p95_latency_ms <= 1.01 * baseline   now 42 ms, baseline 40 ms ✖",
    "memory_mb < 200   no data: the query returned no series ○",
    "p95_latency_ms > 41   now 42 ms: it holds ✖",
)


def test_show_asks_only_when_told_to(world: World, server: Double, ticket: str) -> None:
    before = list(server.asked)
    assert "now 42 ms" not in world.ok("show", ticket).out
    assert server.asked == before
    out = world.ok("show", ticket, "--now").out
    assert all(words in out for words in WORDS)
    assert "People like it\n" in out


def test_show_json_has_the_numbers(world: World, ticket: str) -> None:
    assert "now" not in world.ok("show", ticket, "--json").data["success_criteria"][0]
    data = world.ok("show", ticket, "--now", "--json").data
    assert data["metrics_source"] == "prometheus"
    first, second, third, manual = (one["now"] for one in data["success_criteria"])
    assert {**first, "at": ""} == {
        "value": 42.0, "baseline": None, "unit": "ms", "at": "", "verdict": "met", "text": "now 42 ms ✔",
    }  # fmt: skip
    assert (second["baseline"], second["verdict"]) == (40.0, "missed")
    assert (third["value"], third["at"], third["verdict"]) == (None, None, "unknown")
    assert manual is None
    assert data["abort_criteria"][0]["now"]["verdict"] == "missed"
    assert "now 42 ms ✔" in world.ok("show", ticket, "--now", "--plain").out


def test_why_shows_them_beside_the_gates(world: World, ticket: str) -> None:
    out = world.ok("why", ticket).out
    assert "Criteria now:" in out
    assert all(words in out for words in WORDS[:3])
    assert "abort: " + WORDS[3] in out
    data = world.ok("why", ticket, "--json").data
    assert data["metrics_source"] == "prometheus"
    assert [(one["abort"], one["now"]["verdict"]) for one in data["criteria"]] == [
        (False, "met"),
        (False, "missed"),
        (False, "unknown"),
        (True, "missed"),
    ]


def test_a_server_that_is_away_is_said_and_nothing_fails(world: World, ticket: str) -> None:
    world.config("metrics: {source: prometheus, url: 'http://127.0.0.1:9', timeout: 2s}\n")
    for words in (("why", ticket), ("show", ticket, "--now")):
        assert "no data: connection refused" in world.ok(*words).out


def test_no_server_and_the_simulated_one_are_said(world: World, ticket: str) -> None:
    world.config("theme: kaizen-dark\n")
    assert "Criteria now" not in world.ok("why", ticket).out
    result = world.ok("show", ticket, "--now")
    assert "no metrics server configured" in result.err
    assert "now " not in result.out.split("Success criteria")[1].split("People")[0]
    world.config("metrics: {source: simulated}\n")
    assert "Criteria now (simulated):" in world.ok("why", ticket).out
    assert "simulated" in world.ok("show", ticket, "--now").err
    assert world.ok("show", ticket, "--now", "--json").data["metrics_source"] == "simulated"


def test_show_without_now_stays_light(world: World, ticket: str) -> None:
    assert not {name for name in imported(world, "show", ticket) if name.startswith("kaizen_tui.metrics.")}

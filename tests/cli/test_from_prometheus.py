"""component --from-prometheus: what a server has becomes metrics, where somebody picks them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kaizen_tui.store.reading import read_component_file
from tests.cli.world import World
from tests.metrics.double import Double, Found, now_or, refusal

SHOP = """\
# The shop.
id: shop
tier: 2
owner: web-team    # by rota
selector: {job: "shop"}
slo:
  metrics:
  - name: requests_error_pct
    threshold: 1
    abort_threshold: 2
"""
NAMES = (
    "requests_total", "request_duration_seconds_bucket", "request_duration_seconds_count",
    "request_duration_seconds_sum", "process_resident_memory_bytes", "queue_length", "up",
)  # fmt: skip


def answer(query: str) -> Found:
    if query == 'count by (__name__) ({job="shop"})':
        return [({"__name__": name}, 1.0) for name in NAMES]
    if query.startswith("count by (__name__, le)"):
        return [({"__name__": "request_duration_seconds_bucket", "le": le}, 1.0) for le in ("0.1", "0.5", "+Inf")]
    if query.startswith("count by (__name__"):
        return [({"__name__": "requests_total", "code": code}, 1.0) for code in ("200", "500")]
    if query == "count by (job) (up)":
        return [({"job": "shop"}, 1.0), ({"job": "node"}, 2.0)]
    if "queue_length" in query:
        return now_or(query, 0.0)
    return now_or(
        query, 0.04 if "code" in query else 150.0 if "memory" in query else 20.0 if "quantile" in query else 2.0
    )


@pytest.fixture
def server() -> Iterator[Double]:
    with Double(answer) as double:
        yield double


@pytest.fixture
def shop(world: World, server: Double) -> World:
    world.config(f"metrics: {{source: prometheus, url: '{server.url}'}}\n")
    Path(world.ws.component_path("shop")).write_text(SHOP, encoding="utf-8")
    return world


def file_of(world: World) -> str:
    return Path(world.ws.component_path("shop")).read_text(encoding="utf-8")


def test_proposals_are_listed_and_nothing_is_written(shop: World) -> None:
    result = shop.ok("component", "shop", "--from-prometheus")
    lines = result.out.splitlines()
    assert lines[0].split() == ["metric", "now", "target", "abort", "objective", "measures"]
    assert lines[1].split()[:3] == ["1", "requests_error_pct", "0.04"]
    assert "in the file" in lines[1]
    assert "--pick 1,2" in result.err
    assert file_of(shop) == SHOP


def test_what_is_picked_by_number_or_name_is_added_and_read_back(shop: World) -> None:
    result = shop.ok("component", "shop", "--from-prometheus", "--pick", "2, process_resident_memory_mb")
    assert result.out.splitlines()[1:] == ["added request_duration_slow_pct", "added process_resident_memory_mb"]
    assert file_of(shop).startswith(SHOP)
    metrics = read_component_file(shop.ws, "shop").fields.metrics
    assert [(m.name, m.threshold, m.abort_threshold, m.objective) for m in metrics[1:]] == [
        ("request_duration_slow_pct", 5.0, 25.0, 95.0),
        ("process_resident_memory_mb", 190.0, 290.0, None),
    ]
    assert not [line for line in shop.cli("lint").out.splitlines() if "shop.yml" in line and ": error:" in line]
    again = shop.cli("component", "shop", "--from-prometheus", "--pick", "2")
    assert again.code == 2
    assert "already" in again.err


def test_a_number_means_the_same_after_something_was_picked(shop: World) -> None:
    before = [row["name"] for row in shop.ok("component", "shop", "--from-prometheus", "--json").data["proposals"]]
    shop.ok("component", "shop", "--from-prometheus", "--pick", "2,3")
    after = shop.ok("component", "shop", "--from-prometheus", "--json").data["proposals"]
    assert [row["name"] for row in after] == before
    assert [row["taken"] for row in after[:3]] == before[:3]


def test_json_has_numbers_and_the_sli_as_it_would_be_written(shop: World) -> None:
    data = shop.ok("component", "shop", "--from-prometheus", "--json").data
    assert (data["component"], data["source"]) == ("shop", "prometheus")
    row = next(row for row in data["proposals"] if row["kind"] == "latency")
    assert row["sli"] == {"type": "latency", "histogram": "request_duration_seconds", "quantile": "0.95"}
    assert (row["unit"], row["value"], row["threshold"], row["abort_threshold"]) == ("ms", 20.0, 25.0, 38.0)
    added = shop.ok("component", "shop", "--from-prometheus", "--pick", row["name"], "--json").data
    assert added["added"] == [row["name"]]
    assert added["changed"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--pick", "99"), "numbered from 1 to"),
        (("--pick", "request_duration_p95"), "did you mean `request_duration_p95_ms`?"),
        (("--pick", ","), "names nothing"),
        (("--pick", "queue_length"), "says nothing of a target"),
        (("--pick", "1", "-o", "me"), "change the fields on their own"),
        (("--from-openslo", "-"), "exclude each other"),
    ],
)
def test_picks_that_mean_nothing_write_nothing(shop: World, words: tuple[str, ...], said: str) -> None:
    result = shop.cli("component", "shop", "--from-prometheus", *words)
    assert result.code == 2
    assert said in result.err
    assert file_of(shop) == SHOP


def test_a_component_without_a_selector_is_told_which_jobs_there_are(shop: World) -> None:
    result = shop.cli("component", "pcc-main", "--from-prometheus")
    assert result.code == 2
    assert "pcc-main has no selector" in result.err
    assert "`node`, `shop`" in result.err


def test_no_server_an_unknown_component_a_server_that_is_down_or_refuses(shop: World, server: Double) -> None:
    near = shop.cli("component", "shp", "--from-prometheus")
    assert near.code == 3
    server.answer = lambda _: refusal(400, "bad_data", "parse error: what?")
    refused = shop.cli("component", "shop", "--from-prometheus")
    assert refused.code == 6
    assert "parse error: what?" in refused.err
    assert "see the component's selector" in refused.err
    server.answer = lambda _: refusal(503, "timeout", "query timed out")
    late = shop.cli("component", "shop", "--from-prometheus")
    assert late.code == 6
    assert "`kaizen doctor` looks into it" in late.err
    assert "selector" not in late.err
    shop.config("metrics: {source: prometheus, url: 'http://127.0.0.1:9', timeout: 2s}\n")
    down = shop.cli("component", "shop", "--from-prometheus")
    assert down.code == 6
    assert "connection refused" in down.err
    for config in ("metrics: {source: simulated}\n", "theme: kaizen-dark\n"):
        shop.config(config)
        none = shop.cli("component", "shop", "--from-prometheus")
        assert none.code == 2
        assert "metrics.url" in none.err

"""doctor: what is wrong with the metrics server and the components' queries, in the server's own words."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.world import World
from tests.metrics.double import Double, Found, now_or, refusal

SHOP = """\
id: shop
tier: 2
selector: {job: shop}
versions: {label: version, baseline: one, canary: two}
slo:
  metrics:
  - name: fine
    threshold: 1
    abort_threshold: 2
    query: sum(fine{$selector})
  - name: refused
    threshold: 1
    abort_threshold: 2
    query: sum(refused
  - name: several
    threshold: 1
    abort_threshold: 2
    query: several{$selector}
  - name: absent
    threshold: 1
    abort_threshold: 2
    sli: {type: gauge, metric: absent}
  - name: slow_pct
    threshold: 1
    abort_threshold: 2
    sli: {type: latency, histogram: latency_seconds, threshold: 0.3}
  - name: memory_ms
    threshold: 1
    abort_threshold: 2
    sli: {type: gauge, metric: memory_bytes}
  - name: old
    threshold: 1
    abort_threshold: 2
    sli: {type: gauge, metric: old}
"""


def answer(query: str) -> Found:
    if "refused" in query:
        return refusal(400, "bad_data", "parse error: unclosed left parenthesis")
    if "several" in query:
        return [({"a": "1"}, 1.0), ({"a": "2"}, 2.0)]
    if "absent" in query:
        return []
    if "count by (le)" in query:
        return [({"le": le}, 1.0) for le in ("0.25", "0.5", "+Inf")]
    if 'version="one"' in query and "fine" in query:
        return []
    if "old" in query and "timestamp(" in query:
        return time.time() - 700
    return now_or(query, 0.5)


@pytest.fixture
def server() -> Iterator[Double]:
    with Double(answer) as double:
        yield double


@pytest.fixture
def shop(world: World, server: Double) -> World:
    world.config(f"metrics:\n  source: prometheus\n  url: '{server.url}'\n  timeout: 5s\n")
    Path(world.ws.component_path("shop")).write_text(SHOP, encoding="utf-8")
    Path(world.ws.component_path("pcc-main")).unlink()
    return world


def findings(world: World, *words: str) -> list[dict[str, str]]:
    result = world.cli("doctor", "--json", *words)
    found: list[dict[str, str]] = result.data["findings"]
    assert result.code == (1 if any(one["level"] == "error" for one in found) else 0)
    return [one for one in found if one["code"].startswith("metrics_")]


def test_each_query_is_asked_and_what_the_server_says_has_file_and_line(shop: World) -> None:
    where = "registry/kaizen/components/shop.yml"
    found = {(one["code"], one["level"], one["where"]): one for one in findings(shop)}
    assert list(found) == [
        ("metrics_version", "warning", f"{where}:10"),
        ("metrics_query", "error", f"{where}:14"),
        ("metrics_query", "error", f"{where}:18"),
        ("metrics_series", "warning", f"{where}:22"),
        ("metrics_bucket", "error", f"{where}:26"),
        ("metrics_unit", "error", f"{where}:30"),
        ("metrics_stale", "warning", f"{where}:34"),
    ]
    assert "parse error: unclosed left parenthesis" in found["metrics_query", "error", f"{where}:14"]["message"]
    assert "2 series" in found["metrics_query", "error", f"{where}:18"]["message"]
    assert "0.25, 0.5" in found["metrics_bucket", "error", f"{where}:26"]["fix"]
    assert "11 min old" in found["metrics_stale", "warning", f"{where}:34"]["message"]


def test_offline_asks_nothing_and_simulated_or_no_server_is_healthy(shop: World, server: Double) -> None:
    assert findings(shop, "--offline") == []
    assert server.asked == []
    for config in ("metrics: {source: simulated}\n", "theme: kaizen-dark\n"):
        shop.config(config)
        assert findings(shop) == []


@pytest.mark.parametrize(
    ("found", "words", "advice"),
    [
        (refusal(401, "unauthorized", "who are you"), "401 Unauthorized", "bearer_token_env"),
        (refusal(404, "", ""), "there is no Prometheus API", "before /api/v1"),
        (refusal(503, "unavailable", "starting up"), "starting up", "does the server run?"),
    ],
)
def test_a_server_that_does_not_answer_as_one(
    shop: World, server: Double, found: Found, words: str, advice: str
) -> None:
    server.answer = lambda _: found
    (one,) = findings(shop)
    assert (one["code"], one["level"], one["where"]) == ("metrics_server", "error", "registry/kaizen/config.yml:3")
    assert words in one["message"]
    assert advice in one["fix"]


def test_nobody_listens_a_token_or_a_ca_that_is_missing_and_tls_without_tls(shop: World, server: Double) -> None:
    base = "metrics:\n  source: prometheus\n  url: 'http://127.0.0.1:9'\n"
    for config, words in (
        (base, "connection refused"),
        (base + "  bearer_token_env: NOT_SET_HERE\n", "$NOT_SET_HERE is not set"),
        (base + "  ca: nowhere.pem\n", "there is no CA file"),
        (base.replace("http://127.0.0.1:9", server.url.replace("http", "https")), "no TLS with the server"),
    ):
        shop.config(config)
        (one,) = findings(shop)
        assert words in one["message"]


def test_a_server_that_never_answers_ends_after_the_timeout(shop: World) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        shop.config(
            f"metrics: {{source: prometheus, url: 'http://127.0.0.1:{silent.getsockname()[1]}', timeout: 200ms}}\n"
        )
        (one,) = findings(shop)
        assert "no answer within 0.2 s" in one["message"]


def test_lint_knows_a_share_of_good_events_without_a_direction(shop: World) -> None:
    metric = "  - name: ok_pct\n    threshold: 99.9\n    sli: {type: ratio, good: a, total: b}\n"
    text = f"id: shop\ntier: 2\nslo:\n  metrics:\n{metric}"
    Path(shop.ws.component_path("shop")).write_text(text, encoding="utf-8")
    result = shop.cli("lint")
    assert result.code == 1
    assert "shop.yml:7: error: metric `ok_pct` counts good events" in result.out
    assert "set abort_threshold below 99.9" in result.out
    assert result.out.count("ok_pct") == 1

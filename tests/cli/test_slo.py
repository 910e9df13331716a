"""slo: how the metrics stand, for people, for programs, and as an exit code."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.world import World
from tests.metrics.double import Double, Found, refusal

SHOP = """\
id: shop
name: Web shop
tier: 2
owner: web-team
selector: {job: shop}
slo:
  metrics:
  - name: error_pct
    threshold: "1"
    abort_threshold: "5"
    sli: {type: ratio, bad: 'requests_total{code=~"5.."}', total: requests_total}
    objective: 99
    window: 30d
  - name: p95_latency_ms
    threshold: "100"
    abort_threshold: "200"
    sli: {type: latency, histogram: latency_seconds, quantile: 0.95}
"""


class Server:
    """What the double says: the present latency in ms, bad events of a hundred."""

    def __init__(self) -> None:
        self.latency: Found = 42.0
        self.bad = 0.5
        self.age = 1.0

    def answer(self, query: str) -> Found:
        if "timestamp(" in query:
            return time.time() - self.age
        if "latency" in query:
            return 0.0 if self.latency == [] and "_bucket" not in query else self.latency
        if "increase" in query:
            return self.bad if "5.." in query else 100.0
        return self.bad


@pytest.fixture
def said() -> Server:
    return Server()


@pytest.fixture
def server(said: Server) -> Iterator[Double]:
    with Double(said.answer) as double:
        yield double


@pytest.fixture
def shop(world: World, server: Double) -> World:
    world.config(f"metrics: {{source: prometheus, url: '{server.url}', refresh: 1s, timeout: 5s}}\n")
    Path(world.ws.component_path("shop")).write_text(SHOP, encoding="utf-8")
    return world


def test_a_table_with_values_in_their_units_budget_and_burn_rate(shop: World) -> None:
    result = shop.ok("slo", "shop")
    head, columns, component, errors, latency = result.out.splitlines()
    assert head.startswith("prometheus · ")
    assert columns.split()[:4] == ["state", "metric", "now", "target"]
    assert component == "✔ shop  tier 2 · Web shop · web-team"
    assert errors.split()[:7] == ["✔", "ok", "error_pct", "0.5", "%", "≤", "1"]
    assert "50 %" in errors
    assert "0.5×" in errors
    assert latency.split()[:7] == ["✔", "ok", "p95_latency_ms", "42", "ms", "≤", "100"]
    assert "▂▂▂▂" in latency


@pytest.mark.parametrize(
    ("latency", "bad", "age", "code", "words"),
    [
        (42.0, 0.5, 1.0, 0, "✔ ok"),
        (99.0, 0.5, 1.0, 0, "near target"),
        (120.0, 0.5, 1.0, 1, "off target"),
        (320.0, 0.5, 1.0, 1, "beyond abort"),
        (42.0, 60.0, 1.0, 1, "page 1h/5m"),
        (42.0, 0.5, 400.0, 7, "◌ stale"),
        ([], 0.5, 1.0, 7, "nothing happened in the last 5m"),
        (float("nan"), 0.5, 1.0, 7, "the query returned NaN"),
        ([({"a": "1"}, 1.0), ({"a": "2"}, 2.0)], 0.5, 1.0, 7, "the query returned 2 series"),
        (refusal(422, "execution", "too many samples"), 0.5, 1.0, 7, "too many samples"),
        ([], 60.0, 1.0, 1, "✖ breached"),
    ],
)
def test_the_exit_code_is_the_answer(
    shop: World, said: Server, latency: Found, bad: float, age: float, code: int, words: str
) -> None:
    said.latency, said.bad, said.age = latency, bad, age
    result = shop.cli("slo", "shop")
    assert (result.code, words in result.out) == (code, True), result


def test_json_has_everything_that_was_asked(shop: World, said: Server) -> None:
    said.bad = 60.0
    result = shop.cli("slo", "shop", "--json")
    assert result.code == 1
    assert {key: result.data[key] for key in ("source", "connection", "trouble", "state")} == {
        "source": "prometheus",
        "connection": "connected",
        "trouble": None,
        "state": "breached",
    }
    (component,) = result.data["components"]
    assert (component["id"], component["tier"], component["state"]) == ("shop", 2, "breached")
    errors, latency = component["metrics"]
    assert set(errors) == set(latency) == {
        "name", "unit", "state", "value", "target", "abort", "better", "age_seconds", "budget_left", "burn_rate",
        "limit_in_seconds", "error", "at", "window_seconds", "exhausts_in_seconds", "alert", "burn_rates", "series",
        "warning", "query",
    }  # fmt: skip
    assert (errors["budget_left"], errors["burn_rate"], errors["alert"]) == (-59.0, 60.0, "page")
    assert (errors["window_seconds"], errors["exhausts_in_seconds"]) == (30 * 86400.0, 0.0)
    assert errors["burn_rates"][0] == {
        "severity": "page", "long_seconds": 3600.0, "short_seconds": 300.0, "factor": 14.4, "long": 60.0, "short": 60.0,
        "firing": True,
    }  # fmt: skip
    assert (latency["value"], latency["unit"], latency["alert"], latency["burn_rates"]) == (42.0, "ms", None, [])
    assert len(latency["series"]["values"]) > 50
    assert 'job="shop"' in latency["query"]


def test_plain_is_one_metric_a_line_with_bare_numbers(shop: World) -> None:
    lines = [line.split("\t") for line in shop.ok("slo", "shop", "--plain").out.splitlines()]
    assert [line[:9] for line in lines] == [
        ["shop", "error_pct", "ok", "0.5", "%", "1", "0.5", "0.5", "2.592e+06"],
        ["shop", "p95_latency_ms", "ok", "42", "ms", "100", "-", "-", "-"],
    ]
    assert all(len(line) == 12 for line in lines)


def test_all_components_worst_first_and_a_broken_file_is_said(shop: World, said: Server) -> None:
    said.latency, said.bad = 8.0, 60.0
    Path(shop.ws.component_path("odd")).write_text("id: odd\ntier: x\n", encoding="utf-8")
    result = shop.cli("slo")
    assert result.out.index("✖ shop") < result.out.index("○ pcc-main")
    assert "registry/kaizen/components/odd.yml:2: error" in result.err
    assert result.code == 1
    assert shop.cli("slo", "odd").code == 6


def test_an_unknown_component_names_the_nearest(shop: World) -> None:
    result = shop.cli("slo", "shopp")
    assert (result.code, result.out) == (3, "")
    assert "did you mean shop?" in result.err


def test_without_a_server_it_says_what_to_set(shop: World) -> None:
    shop.config("theme: kaizen-dark\n")
    result = shop.cli("slo")
    assert result.code == 2
    assert "no metrics server configured" in result.err
    assert "metrics.url" in result.err


def test_wrong_settings_are_named_with_their_line(shop: World) -> None:
    shop.config("metrics:\n  source: prometheus\n  url: 'http://x'\n  timeot: 3s\n")
    result = shop.cli("slo")
    assert result.code == 6
    assert "config.yml:4" in result.err


def test_a_server_that_is_down_refuses_or_is_none_is_exit_6(shop: World, server: Double) -> None:
    for answer, words in (
        (refusal(401, "unauthorized", "no token"), "refuses the access"),
        (refusal(500, "internal", "sorry"), "500"),
    ):
        server.answer = lambda _, found=answer: found
        result = shop.cli("slo", "--json")
        assert (result.code, result.out) == (6, "")
        assert words in result.err
    shop.config("metrics: {source: prometheus, url: 'http://127.0.0.1:9'}\n")
    down = shop.cli("slo")
    assert (down.code, down.out) == (6, "")
    assert "can't be asked: connection refused" in down.err
    assert "kaizen doctor" in down.err
    shop.config("metrics: {source: prometheus, url: 'http://127.0.0.1:9', bearer_token_env: NOT_SET_HERE}\n")
    assert "$NOT_SET_HERE is not set" in shop.cli("slo").err


def test_simulated_numbers_are_said_to_be_so(shop: World) -> None:
    shop.config("metrics: {source: simulated}\n")
    result = shop.cli("slo")
    assert result.out.startswith("simulated · ")
    assert shop.cli("slo", "--json").data["source"] == "simulated"


def test_what_files_and_servers_say_is_escaped(shop: World, said: Server) -> None:
    said.latency = refusal(400, "bad_data", "evil \x1b[31m words")
    path = Path(shop.ws.component_path("shop"))
    path.write_text(SHOP.replace("Web shop", '"Web \\e[2J shop"'), encoding="utf-8")
    result = shop.cli("slo", "shop")
    assert "evil" in result.out
    assert "\x1b" not in result.text


def watching(shop: World, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "kaizen_tui.cli.entry", "slo", "--watch", *words],
        cwd=shop.root,
        env=shop.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def block(watch: "subprocess.Popen[str]") -> list[str]:
    """The lines up to an empty one."""
    assert watch.stdout is not None
    lines: list[str] = []
    while (line := watch.stdout.readline().rstrip("\n")) or not lines:
        assert watch.poll() is None
        lines.append(line)
    return lines


def test_watch_on_a_pipe_prints_a_block_per_reading_and_follows_the_files(shop: World, said: Server) -> None:
    with watching(shop, "shop") as watch:
        first = block(watch)
        assert first[1].startswith("prometheus · ")
        assert "42 ms" in first[-1]
        said.latency = 43.0
        path = Path(shop.ws.component_path("shop"))
        path.write_text(SHOP.replace('"100"', '"90"'), encoding="utf-8")
        while not any("43 ms" in line and "≤ 90" in line for line in block(watch)):
            pass
        watch.send_signal(signal.SIGINT)
        assert watch.wait() == 130


def test_watch_goes_on_when_the_server_is_away_with_the_age_of_what_it_knows(shop: World, server: Double) -> None:
    import json

    with watching(shop, "shop", "--json") as watch:
        assert watch.stdout is not None
        assert json.loads(watch.stdout.readline())["connection"] == "connected"
        usual, server.answer = server.answer, lambda _: refusal(503, "unavailable", "starting")
        while (data := json.loads(watch.stdout.readline()))["connection"] != "unreachable":
            pass
        assert "503" in data["trouble"]
        assert data["components"][0]["metrics"][1]["value"] == 42.0
        server.answer = usual
        while json.loads(watch.stdout.readline())["connection"] != "connected":
            pass
        watch.send_signal(signal.SIGTERM)
        assert watch.wait() == 143
        assert watch.stderr is not None
        assert "the server answers again" in watch.stderr.read()


def test_watch_begins_without_a_server_and_says_once_why(shop: World) -> None:
    shop.config("metrics: {source: prometheus, url: 'http://127.0.0.1:9', refresh: 1s}\n")
    with watching(shop, "shop") as watch:
        lines = block(watch)
        assert lines[1] == "prometheus unreachable, no data yet"
        assert sum("connection refused" in line for line in lines) == 1
        assert sum("○ no data" in line for line in lines) == 2
        watch.send_signal(signal.SIGINT)
        assert watch.wait() == 130


def test_watch_ends_when_nobody_reads_any_more(shop: World) -> None:
    with watching(shop, "--plain") as watch:
        block(watch)
        assert watch.stdout is not None
        watch.stdout.close()
        assert watch.wait() == 141


def test_watch_refuses_at_once_what_can_not_work(shop: World) -> None:
    assert shop.cli("slo", "--watch", "nobody").code == 3
    shop.config("theme: kaizen-dark\n")
    assert shop.cli("slo", "--watch").code == 2

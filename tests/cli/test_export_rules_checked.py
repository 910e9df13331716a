"""`kaizen export rules` says which of the queries that people wrote the configured server refuses."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.world import World
from tests.e2e.scraped import KINDS
from tests.metrics.double import Double, Found, refusal

SHOP = """\
id: shop
tier: 2
selector: {job: shop}
slo:
  metrics:
  - {name: fine, threshold: 1, abort_threshold: 2, query: "sum(up{$selector})"}
  - {name: wrong, threshold: 1, abort_threshold: 2, query: "sum(up{$selector}"}
  - {name: typed, threshold: 1, abort_threshold: 2, sli: {type: gauge, metric: up}}
"""


@pytest.fixture
def shop(world: World) -> World:
    Path(world.ws.component_path("shop")).write_text(SHOP, encoding="utf-8")
    return world


def answer(query: str) -> Found:
    if query.count("(") != query.count(")"):
        return refusal(400, "bad_data", "parse error: \x1b[1munclosed")
    return refusal(503, "timeout", "query timed out")


def test_each_query_of_a_person_is_asked_and_named_where_it_is_refused(shop: World) -> None:
    with Double(answer) as server:
        shop.config(f"metrics: {{source: prometheus, url: '{server.url}', timeout: 20s}}\n")
        said = shop.cli("export", "rules", "shop", "-o", "rules.yml")
        assert set(server.asked) == {'sum(up{job="shop"}', 'sum(up{job="shop"})'}  # not the typed one
        folder = shop.cli("export", "rules", "shop", "-o", ".")
    assert said.code == folder.code == 1
    assert said.out == ""
    late, line = said.err.splitlines()
    assert late.startswith(
        "kaizen: registry/kaizen/components/shop.yml:6: warning: fine: the server refuses the query (503"
    )
    assert late.endswith("timeout: query timed out; whether the server takes the query is not known")
    assert line.startswith(
        "kaizen: registry/kaizen/components/shop.yml:7: error: wrong: the server refuses the query (400"
    )
    assert "unclosed" in line
    assert "\x1b" not in line
    assert "KaizenNoData" in (shop.root / "rules.yml").read_text(encoding="utf-8")
    assert (shop.root / "kaizen-shop.rules.yml").is_file()


def test_a_server_that_is_away_and_settings_that_are_wrong_change_nothing(shop: World) -> None:
    with Double(answer) as server:
        url = server.url
    plain = shop.ok("export", "rules", "shop")
    assert plain.err == ""
    shop.config(f"metrics: {{source: prometheus, url: '{url}', timeout: 20s}}\n")
    away = shop.ok("export", "rules", "shop")
    assert away.out == plain.out
    assert "is not known: connection refused" in away.err
    shop.config("metrics: {source: nowhere}\n")
    wrong = shop.ok("export", "rules", "shop")
    assert wrong.out == plain.out
    assert "is not known: metrics.source can't be `nowhere`; registry/kaizen/config.yml:1" in wrong.err


@pytest.mark.e2e
@pytest.mark.parametrize("kind", KINDS)
def test_a_real_server_refuses(kind: str, shop: World, tmp_path: Path, require_program: Callable[[str], str]) -> None:
    with KINDS[kind](require_program(kind), tmp_path / "server", "scrape_configs: []\n") as server:
        shop.config(f"metrics: {{source: prometheus, url: '{server.url}', timeout: 20s}}\n")
        said = shop.cli("export", "rules", "shop")
        assert said.code == 1
        assert said.err.count("shop.yml:7: error: wrong: the server refuses the query") == 1
        assert "shop.yml:6" not in said.err
        Path(shop.ws.component_path("shop")).write_text(SHOP.replace('selector}"}', 'selector})"}'), encoding="utf-8")
        assert shop.ok("export", "rules", "shop").err == ""

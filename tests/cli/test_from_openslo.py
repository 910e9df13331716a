"""`kaizen export openslo` and `kaizen component --from-openslo`."""

import os
from pathlib import Path

import pytest
import yaml

from kaizen_tui.store.reading import read_component_file
from tests.cli.test_export_commands import WEB
from tests.cli.world import PCC_MAIN, World
from tests.export.test_openslo import SERVICE_SLO

SHOP = SERVICE_SLO.replace("GOOD", "'sum(orders_total{code=\"200\"})'")


@pytest.fixture
def shop(world: World) -> World:
    (world.root / "shop.yml").write_text(SHOP, encoding="utf-8")
    return world


def test_there_and_back(world: World, tmp_path: Path) -> None:
    path = world.root / "registry/kaizen/components/web.yml"
    path.write_text(WEB, encoding="utf-8")
    before = read_component_file(world.ws, "web").fields
    assert world.ok("export", "openslo", "web", "-o", "web.openslo.yml").text == ""
    path.unlink()
    result = world.ok("component", "--from-openslo", "web.openslo.yml")
    assert result.text == "made registry/kaizen/components/web.yml\n"
    assert read_component_file(world.ws, "web").fields == before
    again = world.ok("component", "--from-openslo", "web.openslo.yml")
    assert (again.out, again.err) == ("", "registry/kaizen/components/web.yml: nothing to change\n")
    assert world.ok("lint").code == 0


def test_export_names_what_is_left_out(world: World) -> None:
    result = world.process("export", "openslo")
    assert [one["kind"] for one in yaml.safe_load_all(result.out)] == ["Service", "SLI"]
    assert "warning: left out: pcc-main/drop_rate_pct: its file says no sli and no query" in result.err
    world.ok("export", "openslo", "-o", "out/")
    assert os.listdir(world.root / "out") == ["kaizen-pcc-main.openslo.yml"]


def test_a_new_component_needs_a_tier_and_takes_the_options(shop: World) -> None:
    result = shop.cli("component", "--from-openslo", "shop.yml")
    assert (result.code, result.out) == (2, "")
    assert "needs a tier" in result.err
    assert shop.ok("component", "--from-openslo", "shop.yml", "-t", "2", "-o", "shop-team").out == (
        "made registry/kaizen/components/shop.yml\n"
    )
    fields = read_component_file(shop.ws, "shop").fields
    assert (fields.tier, fields.owner, fields.metrics[0].objective) == (2, "shop-team", 99.5)


def test_stdin_and_json(shop: World) -> None:
    result = shop.process("component", "--from-openslo", "-", "-t", "2", "--json", stdin=SHOP)
    (one,) = result.data
    assert (one["id"], one["created"], one["metrics"][0]["name"]) == ("shop", True, "availability")


def test_metrics_join_a_component_that_is_there(shop: World) -> None:
    (shop.root / "pcc.yml").write_text(SHOP.replace("service: shop", "service: pcc-main"), encoding="utf-8")
    assert shop.ok("component", "--from-openslo", "pcc.yml").out == "changed registry/kaizen/components/pcc-main.yml\n"
    text = Path(shop.ws.component_path("pcc-main")).read_text(encoding="utf-8")
    head, _, tail = PCC_MAIN.partition('rollback_plan: "')
    assert text.startswith(head)
    assert text.endswith('rollback_plan: "' + tail)
    assert [metric.name for metric in read_component_file(shop.ws, "pcc-main").fields.metrics][-1] == "availability"


def test_another_metric_of_that_name_stays_without_force(shop: World) -> None:
    shop.ok("component", "--from-openslo", "shop.yml", "-t", "2", "--metric", "last 1 2")
    path = Path(shop.ws.component_path("shop"))
    text = path.read_text(encoding="utf-8")
    (shop.root / "shop.yml").write_text(SHOP.replace("0.995", "0.99"), encoding="utf-8")
    refused = shop.cli("component", "--from-openslo", "shop.yml")
    assert (refused.code, refused.out) == (2, "")
    assert "shop.yml:6" in refused.err
    assert "--force" in refused.err
    assert path.read_text(encoding="utf-8") == text
    assert shop.ok("component", "--from-openslo", "shop.yml", "--force").out == (
        "changed registry/kaizen/components/shop.yml\n"
    )
    wanted = text.replace('threshold: "0.5"', 'threshold: "1"').replace('objective: "99.5"', 'objective: "99"')
    assert path.read_text(encoding="utf-8") == wanted


def test_nothing_is_written_where_one_of_several_cannot_be(shop: World) -> None:
    other = SHOP.replace("service: shop", "service: pcc-main").replace("name: availability", "name: p95_latency_ms")
    (shop.root / "both.yml").write_text(f"{SHOP}---\n{other}", encoding="utf-8")
    refused = shop.cli("component", "--from-openslo", "both.yml", "-t", "1")
    assert refused.code == 2
    assert not Path(shop.ws.component_path("shop")).exists()
    assert Path(shop.ws.component_path("pcc-main")).read_text(encoding="utf-8") == PCC_MAIN
    # One of them alone can be named.
    shop.ok("component", "shop", "--from-openslo", "both.yml", "-t", "1")
    wrong = shop.cli("component", "shopp", "--from-openslo", "both.yml", "-t", "1")
    assert (wrong.code, "did you mean `shop`?" in wrong.err) == (3, True)


def test_what_stays_as_it_is_is_named(world: World) -> None:
    world.ok("export", "openslo", "pcc-main", "-o", "pcc.yml")
    world.ok("component", "pcc-main", "-o", "other-team", "-t", "1")
    result = world.ok("component", "--from-openslo", "pcc.yml")
    assert "kaizen: pcc-main was there before; its tier, owner stay as they are" in result.err


def test_what_cannot_be_taken_ends_with_one(shop: World) -> None:
    bad = SHOP.replace("name: availability", "name: slow").replace("type: Prometheus", "type: Datadog")
    (shop.root / "both.yml").write_text(f"{SHOP}---\n{bad}", encoding="utf-8")
    result = shop.cli("component", "--from-openslo", "both.yml", "-t", "1")
    assert (result.code, result.out) == (1, "made registry/kaizen/components/shop.yml\n")
    assert "both.yml:33: error: `slow`: its data are in `Datadog`, not in Prometheus" in result.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [\n", "x.yml:1"),
        ("apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: x}\nspec: {}\n", "no component"),
        ("kind: x\n", "only openslo/v1 is read"),
        ("a: \x1b[31m\n", "x.yml:1"),
    ],
)
def test_a_broken_file(world: World, text: str, words: str) -> None:
    (world.root / "x.yml").write_text(text, encoding="utf-8")
    result = world.cli("component", "--from-openslo", "x.yml")
    assert (result.code, result.out) == (6, "")
    assert words in result.err
    assert "\x1b" not in result.err


def test_wrong_words(world: World) -> None:
    for words, code, said in (
        (("component",), 2, "missing argument ID"),
        (("component", "pcc-main", "--force"), 2, "--from-openslo"),
        (("component", "--from-openslo", "gone.yml"), 6, "gone.yml; name an OpenSLO file"),
        (("component", "--from-openslo", "."), 6, "folder"),
    ):
        result = world.cli(*words)
        assert (result.code, said in result.err, result.err.count("\n")) == (code, True, 1), result

"""component, components: the registry by command."""

from pathlib import Path

import pytest

from kaizen_tui.store.reading import read_component_file
from tests.cli.world import PCC_MAIN, World


def test_a_new_component(world: World) -> None:
    result = world.ok(
        "component", "web", "-n", "Web shop", "-t", "2", "-o", "web-team", "-r", "git revert HEAD",
        "--metric", "p99_ms 300 500", "--metric", "hits 5",
    )  # fmt: skip
    assert result.out == "made registry/kaizen/components/web.yml\n"
    fields = read_component_file(world.ws, "web").fields
    assert (fields.name, fields.tier, fields.owner, fields.rollback_plan) == (
        "Web shop",
        2,
        "web-team",
        "git revert HEAD",
    )
    assert [(m.name, m.threshold, m.abort_threshold) for m in fields.metrics] == [
        ("p99_ms", 300, 500),
        ("hits", 5, None),
    ]
    assert world.ok("new", "T", "-c", "web").out == "KAIZ-001\n"


def test_a_new_component_needs_a_tier(world: World) -> None:
    result = world.cli("component", "web", "-n", "Web")
    assert result.code == 2
    assert "needs a tier" in result.err
    assert not Path(world.ws.component_path("web")).exists()


def test_changes_touch_nothing_else(world: World) -> None:
    path = Path(world.ws.component_path("pcc-main"))
    assert (
        world.ok("component", "pcc-main", "-o", "new-team").out == "changed registry/kaizen/components/pcc-main.yml\n"
    )
    assert path.read_text(encoding="utf-8") == PCC_MAIN.replace("backend-team", "new-team")
    assert "nothing to change" in world.ok("component", "pcc-main", "-o", "new-team").err


def test_a_metric_is_changed_or_added_in_place(world: World) -> None:
    path = Path(world.ws.component_path("pcc-main"))
    world.ok("component", "pcc-main", "--metric", "p95_latency_ms 8 12", "--metric", "memory_mb 200 250")
    last = '      abort_threshold: "0.5"\n'
    added = '    - name: memory_mb\n      threshold: "200"\n      abort_threshold: "250"\n'
    wanted = PCC_MAIN.replace('"10"', '"8"').replace('"15"', '"12"').replace(last, last + added)
    assert path.read_text(encoding="utf-8") == wanted


@pytest.mark.parametrize(
    "body",
    [
        "",
        "slo:\n",
        "slo: {}\n",
        "slo:\n  metrics: []\n",
        "slo:\n  metrics:\n",
        "slo:\n  metrics:\n  - name: a\n    threshold: 1",
    ],
)
def test_a_first_metric_whatever_stands_there(world: World, body: str) -> None:
    path = Path(world.ws.component_path("web"))
    path.write_text("id: web   # ours\ntier: 1\n" + body, encoding="utf-8")
    world.ok("component", "web", "--metric", "b 2 3")
    assert read_component_file(world.ws, "web").fields.metrics[-1].name == "b"
    assert path.read_text(encoding="utf-8").startswith("id: web   # ours\ntier: 1\n")


@pytest.mark.parametrize("body", ["slo: {metrics: [{name: a, threshold: 1}]}\n", "slo:\n  notes: x\n"])
def test_what_lines_cannot_be_put_into_is_refused(world: World, body: str) -> None:
    path = Path(world.ws.component_path("web"))
    path.write_text("id: web\ntier: 1\n" + body, encoding="utf-8")
    result = world.cli("component", "web", "--metric", "b 2 3")
    assert result.code == 6
    assert "registry/kaizen/components/web.yml:3" in result.err
    assert path.read_text(encoding="utf-8") == "id: web\ntier: 1\n" + body


@pytest.mark.parametrize("metric", ["a", "a b", "a 1 2 3", "a 1_000 2", "a nan 2", "a b 1 2", "x! 1 2", "a inf"])
def test_metrics_that_can_not_be_read(world: World, metric: str) -> None:
    assert world.cli("component", "pcc-main", "--metric", metric).code == 2


@pytest.mark.parametrize("name", ["../evil", "UPPER", ".hidden", "a..b", ""])
def test_ids_that_are_none(world: World, name: str) -> None:
    result = world.cli("component", name, "-t", "1")
    assert result.code == 2
    assert "is no component id" in result.err


def test_tier_out_of_range(world: World) -> None:
    assert world.cli("component", "web", "-t", "4").code == 2


def test_components_lists_with_counts(world: World) -> None:
    world.new()
    ticket = world.new()
    world.ok("update", ticket, "-s", "aborted", "--note", "no")
    line = world.ok("components").out
    assert line == "pcc-main  tier 0  backend-team  2 metrics  2 tickets (1 open)  PCC State Broadcaster\n"
    assert world.ok("components", "--plain").out.split("\t")[0] == "pcc-main"
    data = world.ok("components", "--json").data[0]
    assert (data["id"], data["tier"], data["tickets"], data["open_tickets"]) == ("pcc-main", 0, 2, 1)
    assert data["metrics"][0]["direction"] == "lower"


def test_a_broken_component_is_named_and_the_rest_listed(world: World) -> None:
    Path(world.ws.component_path("web")).write_text("id: web\ntier: x\n", encoding="utf-8")
    result = world.ok("components")
    assert "pcc-main" in result.out
    assert "registry/kaizen/components/web.yml:2: error: " in result.err


def test_component_json(world: World) -> None:
    data = world.ok("component", "web", "-t", "3", "--json").data
    assert (data["id"], data["name"], data["created"], data["changed"]) == ("web", "web", True, True)


def test_a_metric_that_is_no_number_is_said_once(world: World) -> None:
    result = world.cli("component", "web", "-t", "1", "--metric", "p95_latency_ms ten 15")
    assert result.code == 2
    assert result.err == 'kaizen: error: `ten` in the metric: not a number; write "p95_latency_ms 10 15"\n'

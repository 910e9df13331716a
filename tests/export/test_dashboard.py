"""Grafana dashboards: what Grafana's own model reads back, queries that Prometheus reads, texts that stay texts."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from kaizen_tui.core.component import Component
from kaizen_tui.export.dashboard import dashboard_file, dashboard_uid
from kaizen_tui.export.dashboard_panels import markdown_text, title_text, unit_of
from kaizen_tui.export.dashboard_queries import budget_query, burn_query, exhaustion_query, promotions_query, queries_of
from tests.export.test_rules import HOSTILE, sample
from tests.metrics.promtool import check, check_parses, none, one
from tests.metrics.sli_world import ALL, ERRORS, MEMORY, RATE, component_of, metric_of

register_default_plugins()
VERSIONS = 'versions: {label: version, baseline: "1", canary: "2"}'
COMPONENTS = [*sample(), component_of(*ALL), component_of(*ALL, more=VERSIONS), component_of(MEMORY)]


def made(component: Component) -> dict[str, Any]:
    return json.loads(dashboard_file(component))  # type: ignore[no-any-return]


def titles(dashboard: dict[str, Any], kind: str) -> list[str]:
    return [panel["title"] for panel in dashboard["panels"] if panel["type"] == kind]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.id)
def test_grafanas_model_reads_back_what_was_written(component: Component) -> None:
    text = dashboard_file(component).decode()
    again = Dashboard.from_json(json.loads(text))
    assert JSONEncoder(indent=2, sort_keys=True).encode(again) + "\n" == text


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.id)
def test_prometheus_reads_every_query(
    component: Component, tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    queries = list(queries_of(made(component)))
    measured = [metric for metric in component.metrics if metric.has_source]
    assert len(queries) > 2 * len(measured)
    assert not any("$" in found.query for found in queries)
    check_parses(require_program("promtool"), tmp_path, [found.query for found in queries])


def test_the_same_component_gives_the_same_bytes() -> None:
    assert dashboard_file(component_of(*ALL)) == dashboard_file(component_of(*ALL))


def test_what_a_dashboard_shows() -> None:
    dashboard = made(component_of(ERRORS, MEMORY, RATE, more=VERSIONS + "\nlinks: {runbook: 'https://example.org/r'}"))
    assert titles(dashboard, "row") == [
        "Now",
        "Error budget of errors: 99.9 % over 30d",
        "Over time",
        "Baseline and canary",
    ]
    assert titles(dashboard, "stat")[:3] == ["errors", "memory_mb", "sent_rate"]
    lines = {found.query for found in queries_of(dashboard) if found.panel == "sent_rate: baseline and canary"}
    assert lines == {f'sum(rate(sent_total{{version="{version}"}}[5m]))' for version in "12"}
    assert dashboard["links"][0]["url"] == "https://example.org/r"
    assert dashboard["templating"]["list"][0]["type"] == "datasource"
    assert dashboard["annotations"]["list"][0]["name"] == "Promotions"
    assert titles(made(component_of(MEMORY)), "row") == ["Now", "Over time"]


def test_thresholds_follow_the_direction() -> None:
    steps = {
        panel["title"]: [
            (step["value"], step["color"]) for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        ]
        for panel in made(component_of(MEMORY, RATE))["panels"]
        if panel["type"] == "stat"
    }
    assert steps["memory_mb"] == [(None, "green"), (200, "orange"), (300, "red")]
    assert steps["sent_rate"] == [(None, "red"), (5, "orange"), (10, "green")]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.id)
def test_panels_do_not_overlap_and_have_numbers_of_their_own(component: Component) -> None:
    panels = made(component)["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_the_uid_is_stable_and_fits() -> None:
    assert dashboard_uid("checkout-api") == "kaizen-checkout-api"
    long = "a" * 63
    assert len(dashboard_uid(long)) <= 40
    assert dashboard_uid(long) == dashboard_uid(long) != dashboard_uid("a" * 62)
    assert "." not in dashboard_uid("a.b")


def test_budget_burn_rate_and_exhaustion_are_what_prometheus_counts(
    tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    component, metric = metric_of(ERRORS)
    queries = [
        budget_query(component, metric),
        burn_query(component, metric, 3600),
        exhaustion_query(component, metric),
    ]
    promtool = require_program("promtool")
    # Half of what is allowed is bad: half of the budget is left, and lasts as long again.
    half = {'requests_total{code="200"}': "0+1999x240", 'requests_total{code="500"}': "0+1x240"}
    wanted = [one(query, "4h", value) for query, value in zip(queries, (0.5, 0.5, 30 * 86400.0), strict=True)]
    check(promtool, tmp_path, half, wanted, "1m")
    idle = {'requests_total{code="200"}': "7x240"}
    check(promtool, tmp_path, idle, [none(query, "4h") for query in queries], "1m")
    # Nothing is spent: the budget is whole, and has no end.
    clean = {'requests_total{code="200"}': "0+2000x240"}
    whole = [one(queries[0], "4h", 1.0), one(queries[1], "4h", 0.0), none(queries[2], "4h")]
    check(promtool, tmp_path, clean, whole, "1m")


def test_a_promotion_is_marked_also_the_first_one(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    query = promotions_query(component_of(MEMORY))
    series = {'kaizen_component_promoted_timestamp_seconds{component="web"}': "0x30 1790000000x30 1790009999x30"}
    wanted = [
        none(query, "20m"),
        one(f"sum({query})", "33m", 1.0),
        none(query, "50m"),
        one(f"sum({query})", "63m", 1.0),
    ]
    check(require_program("promtool"), tmp_path, series, wanted, "1m")


@pytest.mark.parametrize("text", [*HOSTILE, "${datasource}", "$__from", "[[datasource]]", "[x](javascript:alert(1))"])
def test_a_hostile_text_stays_text(text: str) -> None:
    component = component_of(MEMORY).model_copy(
        update={"name": text, "description": text, "links": ((text, "https://example.org"), ("b", "javascript:x"))}
    )
    dashboard = made(component)
    assert len(dashboard["links"]) == 1
    for title in (dashboard["title"], dashboard["links"][0]["title"]):
        assert "\x1b" not in title
        assert "${" not in title
        assert "$_" not in title
        assert "[[" not in title
    assert len(list(queries_of(dashboard))) == 3


def test_texts_and_units_in_grafanas_terms() -> None:
    assert title_text("costs 5 $ a day") == "costs 5 $ a day"
    assert markdown_text("a*b <i>") == "a\\*b \\<i\\>"
    assert [unit_of(unit) for unit in ("ms", "%", "", "widgets")] == ["ms", "percent", "short", "suffix: widgets"]


def test_queries_are_listed_with_variables_filled_in() -> None:
    target = {"expr": "rate(x[$__rate_interval]) + on(${by}) y + $1", "instant": True}
    dashboard = {"panels": [{"title": "P", "targets": [target]}, {"type": "row"}], "annotations": {"list": [{}]}}
    (found,) = queries_of(dashboard, {"by": "job"})
    assert found == ("P", "instant", "rate(x[5m]) + on(job) y + $1")


def test_without_the_sdk_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['grafana_foundation_sdk'] = None\n"
        "from kaizen_tui.cli.app import run; sys.exit(run(['export', 'dashboard', 'checkout-api']))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (6, "")
    assert 'pip install "kaizen-tui[dashboard]"' in done.stderr
    assert done.stderr.count("\n") == 1

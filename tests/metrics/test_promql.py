"""What is asked of Prometheus, as text: scopes, units, versions, hostile labels."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.component import Component
from kaizen_tui.metrics import promql
from kaizen_tui.metrics.promql import Scope, duration, fill, quoted_label, series_of
from kaizen_tui.metrics.source import Version
from tests.metrics.promtool import check_parses
from tests.metrics.sli_world import ALL, ERRORS, RATE, component_of, metric_of

VERSIONED = 'selector: {job: web, zone: "eu\\"1"}\nversions: {label: version, baseline: "1", canary: "2"}'


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(300, "5m"), (90, "90s"), (3600, "1h"), (86400, "1d"), (30 * 86400, "30d"), (1.5, "1500ms"), (0, "1ms")],
)
def test_a_duration_is_written_in_the_largest_unit_that_keeps_it_whole(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_components_selector_joins_the_matchers_of_the_series() -> None:
    scope = Scope({"job": "web", "code": "200"})
    assert series_of("requests_total", scope) == 'requests_total{job="web",code="200"}'
    # The series' own matcher wins, also where it stands with another operator, a blank or a comma at the end.
    assert series_of('requests_total{code=~"5..", }', scope) == 'requests_total{code=~"5..",job="web"}'
    assert series_of("requests_total", Scope({})) == "requests_total"
    assert series_of('x{a="code=job"}', scope) == 'x{a="code=job",job="web",code="200"}'


def test_a_version_always_holds_even_where_the_series_names_the_label() -> None:
    component, metric = metric_of(RATE.replace("sent_total", "'sent_total{version=~\".+\"}'"), more=VERSIONED)
    assert 'version=~".+",job="web",zone="eu\\"1",version="2"' in promql.value_query(component, metric, 300, "canary")


def test_without_versions_there_is_no_query_for_one() -> None:
    component, metric = metric_of(ERRORS)
    assert promql.value_query(component, metric, 300, "canary") == ""
    assert promql.event_queries(component, metric, 300, "baseline") is None
    assert promql.counter_queries(component, metric, "canary") == ()


@pytest.mark.parametrize(
    ("query", "selector", "filled"),
    [
        ("sum(rate(x{$selector}[$window]))", {"job": "web"}, 'sum(rate(x{job="web"}[5m]))'),
        ("sum(rate(x{$selector}[$window]))", {}, "sum(rate(x{}[5m]))"),
        ('x{$selector, code="5"}', {}, 'x{ code="5"}'),
        ('x{code="5",$selector}', {}, 'x{code="5"}'),
        ('x{code="5",$selector}', {"a": "b"}, 'x{code="5",a="b"}'),
    ],
)
def test_a_raw_query_is_filled_in(query: str, selector: dict[str, str], filled: str) -> None:
    assert fill(query, Scope(selector), 300) == filled


@pytest.mark.parametrize(
    ("metric", "unit", "scale"),
    [
        ("name: x_ms, threshold: 1, sli: {type: latency, histogram: d_seconds, quantile: 0.5}", "s", 1000),
        ("name: x, threshold: 1, unit: ms, sli: {type: latency, histogram: d_ms_bucket, quantile: 0.5}", "ms", 1),
        ("name: x, threshold: 1, unit: ms, sli: {type: latency, histogram: d, quantile: 0.5}", "s", 1000),
        ("name: x_mb, threshold: 1, sli: {type: gauge, metric: resident_bytes}", "B", 1e-6),
        ("name: x, threshold: 1, sli: {type: gauge, metric: queue_length}", "", 1),
        ("name: x_pct, threshold: 1, sli: {type: ratio, bad: a, total: b}", "ratio", 100),
        ("name: x_ratio, threshold: 0.1, sli: {type: ratio, bad: a, total: b}", "ratio", 1),
        # Nobody means 9990 %: a share without a unit whose thresholds lie above 1 is a percentage.
        ("name: x, threshold: 99.9, abort_threshold: 99, sli: {type: ratio, good: a, total: b}", "ratio", 100),
        ("name: x, threshold: 0.01, sli: {type: ratio, bad: a, total: b}", "ratio", 1),
        ("name: x_rpm, threshold: 1, sli: {type: rate, counter: requests_total}", "/s", 60),
        ("name: x, threshold: 1, unit: Hz, sli: {type: rate, counter: requests_total}", "/s", 1),
        ("name: cpu_pct, threshold: 1, sli: {type: rate, counter: process_cpu_seconds_total}", "ratio", 100),
        ("name: x, threshold: 1, unit: MB/s, sli: {type: rate, counter: sent_bytes_total}", "B/s", 1e-6),
        ("name: x, threshold: 1, unit: ms, query: up", "", 1),
    ],
)
def test_numbers_come_in_the_metrics_own_unit(metric: str, unit: str, scale: float) -> None:
    _, read = metric_of(metric)
    assert promql.native_unit(read) == unit
    assert promql.scale_of(read) == pytest.approx(scale)
    assert promql.unit_problem(read) == ""


def test_units_that_do_not_convert_are_named() -> None:
    _, metric = metric_of("name: x, threshold: 1, unit: MB, sli: {type: latency, histogram: d_seconds, quantile: 0.5}")
    assert promql.unit_problem(metric) == "x is in MB, but what its sli measures is in s"
    assert promql.scale_of(metric) == 1


def queries_of(component: Component) -> list[str]:
    """Every query that is ever asked about the component."""
    found = []
    versions: tuple[Version, ...] = ("", "baseline", "canary")
    for metric in component.metrics:
        for version in versions:
            for window in (300.0, 6 * 3600.0, 30 * 86400.0):
                found.append(promql.value_query(component, metric, window, version))
                found.append(promql.error_ratio_query(component, metric, window, version))
                found += promql.event_queries(component, metric, window, version) or ()
            found += [counter.query for counter in promql.counter_queries(component, metric, version)]
            found.append(promql.measured_series(component, metric, version))
    return [query for query in found if query]


def test_prometheus_reads_every_query(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    promtool = require_program("promtool")
    queries = queries_of(component_of(*ALL, more=VERSIONED)) + queries_of(component_of(*ALL))
    assert len(queries) > 150
    check_parses(promtool, tmp_path, queries)


@given(st.text(max_size=30))
def test_a_label_value_never_leaves_its_quotes(value: str) -> None:
    text = quoted_label(value)
    assert "\n" not in text
    # Read as PromQL reads it: the only unescaped quote is the last character.
    inside, place = [], 1
    while text[place] != '"':
        if text[place] == "\\":
            place += 1
            inside.append({"n": "\n"}.get(text[place], text[place]))
        else:
            inside.append(text[place])
        place += 1
    assert place == len(text) - 1
    assert "".join(inside) == value


def test_prometheus_takes_hostile_labels_as_text(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    values = ['"} or vector(1) #', "\\", '\\"', "a\nb", "{[$window]}", "ü☃"]
    queries = [series_of("up", Scope({"job": value})) for value in values]
    check_parses(require_program("promtool"), tmp_path, queries)

"""Metrics that would be measured and mean another thing than was written."""

import pytest

from kaizen_tui.loop.lint_metrics import lint_metrics
from tests.metrics.sli_world import ALL, component_of


def said(*metrics: str, more: str = "") -> list[tuple[str, str]]:
    """Level and words of what is found."""
    return [(p.level, p.message) for p in lint_metrics(component_of(*metrics, more=more), "web.yml", lambda *_: 7)]


GOOD = "name: ok_pct, threshold: 99.9, {more}sli: {{type: ratio, good: ok_total, total: all_total}}"
BUDGET = "name: e, threshold: 1, abort_threshold: 5, {}, sli: {{type: ratio, bad: b, total: t}}"


def test_usual_metrics_are_fine() -> None:
    assert said(*ALL) == []
    assert said(GOOD.format(more="abort_threshold: 99, ")) == []
    assert said(GOOD.format(more="abort_threshold: 100, ")) == []


@pytest.mark.parametrize("more", ["", "abort_threshold: 99.9, "])
def test_good_events_need_a_word_on_which_way_is_better(more: str) -> None:
    ((level, words),) = said(GOOD.format(more=more))
    assert level == "error"
    assert "more of them is better" in words


def test_a_unit_that_can_not_be_made_of_what_is_measured() -> None:
    ((level, words),) = said("name: memory_ms, threshold: 1, abort_threshold: 2, sli: {type: gauge, metric: rss_bytes}")
    assert (level, words) == ("error", "memory_ms is in ms, but what its sli measures is in B")


def test_a_query_that_does_not_tell_versions_apart() -> None:
    query = "name: q, threshold: 1, abort_threshold: 2, query: 'sum(x{braces})'"
    versions = "versions: {label: version, baseline: a, canary: b}\n"
    ((level, words),) = said(query.replace("{braces}", ""), more=versions)
    assert (level, "$selector" in words) == ("warning", True)
    assert said(query.replace("{braces}", "{$selector}"), more=versions) == []
    assert said(query.replace("{braces}", "")) == []


@pytest.mark.parametrize(
    ("objective", "window", "words"),
    [
        (99.9, "30d", ""),
        (90, "30d", ""),
        (80, "30d", "a page alert"),
        (20, "90d", "a page nor a ticket alert"),
        (99.9, "6h", "shorter than"),
    ],
)
def test_budgets_that_no_alert_can_watch(objective: float, window: str, words: str) -> None:
    found = said(BUDGET.format(f"objective: {objective}, window: {window}"))
    assert [level for level, _ in found] == (["warning"] if words else [])
    assert all(words in message for _, message in found)

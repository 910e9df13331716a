"""The checks of single fields: every wrong one is named with its path, nothing else stops the file from loading."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.fields import FieldErrors, Path, check_component, check_ticket, direction_of
from kaizen_tui.core.values import Value

# The platform's own ticket, as the strict reader gives it.
EXAMPLE: dict[str, Value] = {
    "id": "KAIZ-001",
    "title": "Optimize MCP server for 200Hz throughput",
    "component": "pcc-main",
    "owner": "backend-team",
    "severity": "high",
    "objective": "Achieve p95 latency below 10ms at 200Hz message rate",
    "success_criteria": [
        "p95_latency_ms < 10",
        "memory_usage_mb <= 1.05 * baseline",
        "Zero message drops during 5-minute stability test",
    ],
    "abort_criteria": ["drop_rate_pct > 0.5"],
    "rollback_plan": "systemctl restart mcp-server@stable",
    "links": {"repository": "https://…", "dashboard": "https://…", "documentation": "https://…"},
    "status": "draft",
    "created_at": "2025-05-18T08:30:00Z",
    "updated_at": "2025-05-19T09:15:00Z",
}
MINIMAL: dict[str, Value] = {"id": "KAIZ-001", "title": "x", "component": "pcc-main", "status": "draft"}
COMPONENT: dict[str, Value] = {
    "id": "pcc-main",
    "name": "PCC State Broadcaster",
    "tier": "0",
    "owner": "backend-team",
    "slo": {
        "metrics": [
            {"name": "p95_latency_ms", "threshold": "10", "abort_threshold": "15"},
            {"name": "message_broadcast_rate", "threshold": "200", "abort_threshold": "150"},
        ]
    },
    "rollback_plan": "systemctl restart mcp-server@stable",
}


def ticket_errors(**changes: Any) -> dict[Path, str]:
    with pytest.raises(FieldErrors) as caught:
        check_ticket({**MINIMAL, **changes}, "KAIZ-001")
    return {error.path: str(error) for error in caught.value.errors}


def component_errors(**changes: Any) -> dict[Path, str]:
    with pytest.raises(FieldErrors) as caught:
        check_component({**COMPONENT, **changes}, "pcc-main")
    return {error.path: str(error) for error in caught.value.errors}


def metric_errors(**metric: Any) -> dict[Path, str]:
    return component_errors(slo={"metrics": [{"name": "a", "threshold": "1", **metric}]})


def test_the_platforms_ticket_loads_as_it_is() -> None:
    fields = check_ticket(EXAMPLE, "KAIZ-001")
    assert fields.title == "Optimize MCP server for 200Hz throughput"
    assert fields.success_criteria == tuple(EXAMPLE["success_criteria"] or ())
    assert fields.links[0] == ("repository", "https://…")
    assert fields.uid == ""
    assert fields.unknown == ()


def test_what_a_ticket_may_leave_out() -> None:
    fields = check_ticket(MINIMAL, "KAIZ-001")
    assert (fields.severity, fields.owner, fields.success_criteria, fields.links) == ("medium", "", (), ())


def test_an_empty_optional_key_counts_as_absent() -> None:
    empty = dict.fromkeys(("owner", "severity", "success_criteria", "links", "labels", "created_at", "evaluation"))
    assert check_ticket({**MINIMAL, **empty}, "KAIZ-001") == check_ticket(MINIMAL, "KAIZ-001")


def test_unknown_keys_are_kept_and_named() -> None:
    raw: dict[str, Value] = {**MINIMAL, "team": "x", "priority": None}
    assert check_ticket(raw, "KAIZ-001").unknown == ("team", "priority")


def test_hostile_text_is_text() -> None:
    title = "[/] \x1b[2J \u202e no on 0755 2025-05-18"
    assert check_ticket({**MINIMAL, "title": title, "owner": "no"}, "KAIZ-001")[1] == title


def test_every_wrong_field_is_named_at_once() -> None:
    assert ticket_errors(id="KAIZ-002", title=None, status="cnary", owner=["a"], labels=["x", None]) == {
        ("id",): "id is `KAIZ-002` but the folder is `KAIZ-001`; make them agree",
        ("title",): "title is empty",
        ("status",): "`cnary` is no status; did you mean `canary`?",
        ("owner",): "owner must be text, not a list; put it in quotes",
        ("labels", 1): "item 2 of labels is empty",
    }


@pytest.mark.parametrize(
    ("changes", "path", "part"),
    [
        ({"severity": "hihg"}, ("severity",), "did you mean `high`?"),
        ({"severity": "High"}, ("severity",), "did you mean `high`?"),
        ({"component": "../etc"}, ("component",), "no component id"),
        ({"title": "  "}, ("title",), "title is empty"),
        ({"success_criteria": "a;b"}, ("success_criteria",), "must be a list, not text"),
        ({"success_criteria": [{"Zero drops": "yes"}]}, ("success_criteria", 0), "put the whole line in quotes"),
        ({"links": ["a"]}, ("links",), "must be a mapping"),
        ({"links": {"a": ["b"]}}, ("links", "a"), "must be text"),
        ({"created_at": "2025-05-18"}, ("created_at",), "RFC 3339"),
        ({"updated_at": "2025-02-30T00:00:00Z"}, ("updated_at",), "no such date"),
        ({"uid": "a b"}, ("uid",), "uid"),
        ({"evaluation": "fast"}, ("evaluation",), "must be a mapping"),
        ({"rollout": []}, ("rollout",), "must be a mapping"),
        ({"id": None}, ("id",), "id is empty"),
        ({"status": {"a": "b"}}, ("status",), "not a mapping"),
    ],
)
def test_wrong_ticket_field(changes: dict[str, Any], path: Path, part: str) -> None:
    errors = ticket_errors(**changes)
    assert list(errors) == [path]
    assert part in errors[path]


def test_missing_fields_are_about_the_file() -> None:
    with pytest.raises(FieldErrors) as caught:
        check_ticket({}, "KAIZ-001")
    assert [error.message for error in caught.value.errors] == [
        "id is missing",
        "title is missing",
        "component is missing",
        "status is missing",
    ]
    assert {error.path for error in caught.value.errors} == {()}


def test_a_folder_that_is_no_id() -> None:
    with pytest.raises(FieldErrors, match="no ticket id"):
        check_ticket({**MINIMAL, "id": "notes"}, "notes")


def test_the_platforms_component_loads_as_it_is() -> None:
    fields = check_component(COMPONENT, "pcc-main")
    assert [(m.name, m.threshold, m.abort_threshold, m.direction) for m in fields.metrics] == [
        ("p95_latency_ms", 10, 15, "lower"),
        ("message_broadcast_rate", 200, 150, "higher"),
    ]
    assert fields.tier == 0
    assert not fields.metrics[0].has_source


def test_what_a_component_may_leave_out() -> None:
    fields = check_component({"id": "a", "tier": "3"}, "a")
    assert (fields.name, fields.owner, fields.metrics) == ("a", "", ())
    assert check_component({"id": "a", "tier": "3", "slo": {"metrics": None}}, "a").metrics == ()


def test_a_metric_in_full() -> None:
    metric: Value = {"name": "errors", "threshold": "0.1", "unit": "%", "sli": {"type": "ratio"}, "objective": "99.9"}
    (found,) = check_component({**COMPONENT, "slo": {"metrics": [metric]}}, "pcc-main").metrics
    assert (found.has_source, found.objective, found.window, found.shown_unit) == (True, 99.9, "30d", "%")


@pytest.mark.parametrize(
    ("changes", "key", "part"),
    [
        ({"name": "two words"}, "name", "no metric name"),
        ({"threshold": "10ms"}, "threshold", "its unit goes to `unit:`"),
        ({"threshold": "nan"}, "threshold", "not a number"),
        ({"threshold": "1_000"}, "threshold", "not a number"),
        ({"threshold": "1e999"}, "threshold", "too large"),
        ({"abort_threshold": ["1"]}, "abort_threshold", "must be text"),
        ({"objective": "100"}, "objective", "between 0 and 100"),
        ({"objective": "0"}, "objective", "between 0 and 100"),
        ({"window": "30"}, "window", "not a duration"),
        ({"window": "0s"}, "window", "longer than nothing"),
        ({"query": "up", "sli": {"type": "rate"}}, "sli", "both a query and an sli"),
        ({"sli": "ratio"}, "sli", "must be a mapping"),
    ],
)
def test_wrong_metric_field(changes: dict[str, Any], key: str, part: str) -> None:
    errors = metric_errors(**changes)
    assert list(errors) == [("slo", "metrics", 0, key)]
    assert part in errors["slo", "metrics", 0, key]


@pytest.mark.parametrize("tier", ["4", "-1", "00", "0.0", "zero", "٣"])
def test_no_tier(tier: str) -> None:
    assert list(component_errors(tier=tier)) == [("tier",)]


def test_wrong_shapes_of_the_slo() -> None:
    assert list(component_errors(slo=["a"])) == [("slo",)]
    assert list(component_errors(slo={"metrics": {"a": "1"}})) == [("slo", "metrics")]
    assert list(component_errors(slo={"metrics": ["a"]})) == [("slo", "metrics", 0)]
    twice = [{"name": "a", "threshold": "1"}] * 2
    assert list(component_errors(slo={"metrics": twice})) == [("slo", "metrics", 1, "name")]


@pytest.mark.parametrize(
    ("target", "abort", "direction"), [(10, 15, "lower"), (200, 150, "higher"), (10, 10, "lower"), (10, None, "lower")]
)
def test_direction(target: float, abort: float | None, direction: str) -> None:
    assert direction_of(target, abort) == direction


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.text(max_size=12) | st.sampled_from(["draft", "high", "pcc-main", "KAIZ-001", "1", "30d"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
TICKET_RAW = st.dictionaries(st.sampled_from([*EXAMPLE, "uid", "labels", "evaluation", "rollout", "other"]), VALUES)
METRIC_RAW = st.dictionaries(
    st.sampled_from(["name", "threshold", "abort_threshold", "unit", "query", "sli", "objective", "window"]), VALUES
)


def paths_of_errors(check: Callable[[dict[str, Value], str], object], raw: dict[str, Value], name: str) -> list[Path]:
    try:
        check(raw, name)
    except FieldErrors as errors:
        return [error.path for error in errors.errors]
    return []


@given(TICKET_RAW)
def test_any_ticket_is_read_or_refused_by_field(raw: dict[str, Value]) -> None:
    assert all(path == () or path[0] in raw for path in paths_of_errors(check_ticket, raw, "KAIZ-001"))


@given(st.dictionaries(st.sampled_from([*COMPONENT, "links", "selector"]), VALUES), st.lists(VALUES | METRIC_RAW))
def test_any_component_is_read_or_refused_by_field(raw: dict[str, Value], metrics: list[Value]) -> None:
    raw = {"id": "a", "tier": "1", **raw, "slo": {"metrics": metrics}}
    assert all(path == () or path[0] in raw for path in paths_of_errors(check_component, raw, "a"))

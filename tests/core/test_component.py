"""Components, tickets and their typed blocks."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.component import Component, Metric
from kaizen_tui.core.criterion import Criterion
from kaizen_tui.core.evaluation import BENCHMARK_FORMATS, Benchmark
from kaizen_tui.core.fields import FieldErrors, Path, check_component, check_ticket
from kaizen_tui.core.sli import LatencySli, RatioSli, counts_events
from kaizen_tui.core.ticket import Ticket

COMPONENT = """
id: pcc-main
name: PCC State Broadcaster
tier: 0
owner: backend-team
description: Sends the state.
links: {runbook: "https://example.org/runbook"}
selector: {job: pcc}
versions: {label: version, baseline: "1.4", canary: "1.5"}
slo:
  metrics:
    - {name: error_ratio, threshold: "0.1", unit: "%", sli: {type: ratio, bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}, objective: 99.9, window: 7d}
    - {name: p95_latency_ms, threshold: "10", abort_threshold: "15", sli: {type: latency, histogram: http_request_duration_seconds, quantile: 0.95}}
    - {name: slow_ratio, threshold: "1", sli: {type: latency, histogram: http_request_duration_seconds, threshold: 0.3}, objective: 99}
    - {name: memory_usage_mb, threshold: "200", abort_threshold: "250", sli: {type: gauge, metric: process_resident_memory_bytes, aggregate: max}}
    - {name: message_broadcast_rate, threshold: "200", abort_threshold: "150", sli: {type: rate, counter: messages_broadcast_total}}
    - {name: drop_rate_pct, threshold: "0.1", query: 'sum(rate(dropped_total[$window]))'}
evaluation:
  setup: ["pip", "install", "-e", "."]
  tests: {command: [pytest, -q, --junitxml=junit.xml], junit: junit.xml}
  benchmarks:
    - {command: [python, bench.py], format: json, pairs: 20}
  replay: {har: traffic/checkout.har, serve: [python, server.py, --uds, "$SOCKET"], routes: {POST: [/search]}}
  tolerance: 5%
  sandbox: {memory: 512MiB, pids: 128, time: 10min, network: none}
rollout: {splitter: haproxy, steps: [1%, 5%, 25%, 100%], min_duration: 30min, look: 15s, slis: [error_ratio], alpha: 0.05, auto: true}
"""  # noqa: E501


def raw_component() -> dict[str, Any]:
    raw = yaml.load(COMPONENT, yaml.BaseLoader)  # every scalar is text, as the strict reader gives it
    assert isinstance(raw, dict)
    return raw


def load(raw: dict[str, Any]) -> Component:
    return Component.from_fields(check_component(raw, raw["id"]), raw)


def errors_of(raw: dict[str, Any]) -> dict[Path, str]:
    with pytest.raises(FieldErrors) as caught:
        load(raw)
    return {error.path: str(error) for error in caught.value.errors}


def paths_of_errors(raw: dict[str, Any]) -> list[Path]:
    try:
        load(raw)
    except FieldErrors as errors:
        return [error.path for error in errors.errors]
    return []


def test_a_component_in_full() -> None:
    component = load(raw_component())
    assert component.versions is not None
    assert component.versions.canary == "1.5"
    assert component.selector == {"job": "pcc"}
    assert component.links == (("runbook", "https://example.org/runbook"),)
    assert component.evaluation is not None
    assert component.evaluation.tolerance == 0.05
    assert component.evaluation.sandbox.memory == 512 * 2**20
    assert component.evaluation.sandbox.time == 600
    assert component.evaluation.replay is not None
    assert component.evaluation.replay.routes == {"POST": ("/search",)}
    assert component.rollout is not None
    assert component.rollout.steps == (0.01, 0.05, 0.25, 1.0)
    assert component.rollout.auto is True
    assert component.rollout.min_duration == 1800
    assert component.unknown == ()


def test_metrics_know_their_source_direction_and_budget() -> None:
    component = load(raw_component())
    errors = component.metric("error_ratio")
    assert errors is not None
    assert isinstance(errors.sli, RatioSli)
    assert errors.window == 7 * 86400
    slow = component.metric("slow_ratio")
    assert slow is not None
    assert isinstance(slow.sli, LatencySli)
    assert counts_events(slow.sli)
    assert slow.window == 30 * 86400
    rate = component.metric("message_broadcast_rate")
    assert rate is not None
    assert (rate.direction, rate.has_source, rate.window) == ("higher", True, None)
    assert component.metric("nothing") is None
    assert component.metric_fields[1].shown_unit == "ms"


def test_a_bare_component() -> None:
    component = load({"id": "a", "tier": "2", "slo": {"metrics": [{"name": "q", "threshold": "1"}]}})
    assert (component.name, component.metrics[0].direction, component.metrics[0].has_source) == ("a", "lower", False)
    assert component.evaluation is None


def test_unknown_keys_are_kept_and_named_with_the_nearest() -> None:
    raw = raw_component()
    raw["team"] = {"x": "y"}
    raw["evaluation"]["tolerence"] = "3%"
    raw["slo"]["metrics"][0]["objectve"] = "99"
    component = load(raw)
    assert component.extra == {"team": {"x": "y"}}
    assert component.unknown == (
        (("team",), ""),
        (("slo", "metrics", 0, "objectve"), "did you mean `objective`?"),
        (("evaluation", "tolerence"), "did you mean `tolerance`?"),
    )


@pytest.mark.parametrize(
    ("sli", "path", "part"),
    [
        ({"type": "ratio", "total": "a"}, (), "needs `bad` or `good`"),
        ({"type": "ratio", "bad": "a", "good": "b", "total": "c"}, (), "needs `bad` or `good`"),
        ({"type": "ratio", "bad": "a"}, (), "sli.total is missing"),
        ({"type": "ratio", "bad": "a b", "total": "c"}, ("bad",), "no series"),
        ({"type": "ratio", "bad": "a", "total": "c", "totl": "d"}, ("totl",), "did you mean `total`?"),
        ({"type": "latency", "histogram": "h"}, (), "needs `quantile` or `threshold`"),
        ({"type": "latency", "histogram": "h", "quantile": "0.9", "threshold": "1"}, (), "one of them"),
        ({"type": "latency", "histogram": "h", "quantile": "95"}, ("quantile",), "must be below 1, not `95`"),
        ({"type": "latency", "histogram": "h", "threshold": "inf"}, ("threshold",), "not a number"),
        ({"type": "gauge", "metric": "m", "aggregate": "median"}, ("aggregate",), "did you mean `min`?"),
        ({"type": "gauge"}, (), "sli.metric is missing"),
        ({"type": "rate", "counter": ""}, ("counter",), "must not be empty"),
        ({"type": "latncy"}, ("type",), "did you mean `latency`?"),
        ({"metric": "m"}, (), "needs a `type`"),
    ],
)
def test_wrong_sli(sli: dict[str, str], path: Path, part: str) -> None:
    raw = {"id": "a", "tier": "2", "slo": {"metrics": [{"name": "q", "threshold": "1", "sli": sli}]}}
    errors = errors_of(raw)
    assert list(errors) == [("slo", "metrics", 0, "sli", *path)]
    assert part in "".join(errors.values())


@pytest.mark.parametrize("source", [{"query": "up"}, {"sli": {"type": "rate", "counter": "c"}}])
def test_an_objective_needs_events(source: dict[str, Any]) -> None:
    raw = {"id": "a", "tier": "2", "slo": {"metrics": [{"name": "q", "threshold": "1", "objective": "99", **source}]}}
    assert "needs events" in errors_of(raw)["slo", "metrics", 0]


def test_a_series_with_quotes_and_braces() -> None:
    for series in ('a{b="}"}', "a{b='\"'}", 'a{b="\\""}', "a:b", "a{}"):
        assert RatioSli.read({"type": "ratio", "good": series, "total": "t"}).good == series


def change(block: str, key: str, value: Any) -> dict[str, Any]:
    raw = raw_component()
    raw[block][key] = value
    return raw


@pytest.mark.parametrize(
    ("block", "key", "value", "path", "part"),
    [
        ("evaluation", "tolerance", "5", (), "write percents with the sign"),
        ("evaluation", "tolerance", "100%", (), "must be below 1"),
        ("evaluation", "sandbox", {"pids": 10**8}, ("pids",), "must be at most 100000"),
        ("evaluation", "setup", "make", (), "a command is a list of words"),
        ("evaluation", "setup", [], (), "must not be empty"),
        ("evaluation", "tests", ["pytest"], (), "must be a mapping"),
        ("evaluation", "tests", {"command": ["x"], "junit": "/etc/x"}, ("junit",), "leaves the work tree"),
        ("evaluation", "tests", {"command": ["x"], "junit": "a/../../x"}, ("junit",), "leaves the work tree"),
        ("evaluation", "benchmarks", [{"command": ["x"], "format": "jsn"}], (0, "format"), "did you mean `json`?"),
        ("evaluation", "benchmarks", [{"command": ["x"], "pairs": "1"}], (0, "pairs"), "must be at least 2"),
        ("evaluation", "benchmarks", [{"command": ["x"], "pairs": "020"}], (0, "pairs"), "leading zero"),
        ("evaluation", "replay", {"har": "a", "serve": ["s"], "routes": {"post": ["/"]}}, ("routes", "post"), "method"),
        (
            "evaluation",
            "replay",
            {"har": "a", "serve": ["s"], "routes": {"POST": ["x"]}},
            ("routes", "POST", 0),
            "route",
        ),
        ("evaluation", "sandbox", {"memory": "512"}, ("memory",), "not a size"),
        ("evaluation", "sandbox", {"network": "some"}, ("network",), "one of none, host"),
        ("rollout", "steps", ["5%", "1%"], None, "larger than the one before"),
        ("rollout", "steps", ["0%"], (0,), "must be above 0"),
        ("rollout", "steps", [], (), "must not be empty"),
        ("rollout", "max_duration", "1min", None, "longer than"),
        ("rollout", "look", "0s", (), "must be above 0"),
        ("rollout", "auto", "yes", (), "neither true nor false"),
        ("rollout", "alpha", "1", (), "must be below 1"),
        ("rollout", "beta", "1e-13", (), "must be at least 1e-12"),
        ("rollout", "slis", ["latency", "latency"], None, "names a metric twice"),
        ("rollout", "slis", "error_ratio", (), "must be a list"),
    ],
)
def test_wrong_block(block: str, key: str, value: Any, path: Path | None, part: str) -> None:
    errors = errors_of(change(block, key, value))
    assert list(errors) == [(block,) if path is None else (block, key, *path)]
    assert part in "".join(errors.values())


def test_wrong_versions() -> None:
    raw = raw_component()
    raw["versions"] = {"label": "version", "canray": "x"}
    errors = errors_of(raw)
    assert "versions.canary is missing" in errors["versions",]
    assert errors["versions", "canray"] == "unknown key `versions.canray`; did you mean `canary`?"


def test_every_benchmark_format_is_known() -> None:
    for name in BENCHMARK_FORMATS:
        assert Benchmark.read({"command": ["x"], "format": name}).format == name


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.text(max_size=8) | st.sampled_from(["ratio", "latency", "1", "5%", "3s", "true", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "bad", "total", "command", "steps", "har", "x", "sandbox"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["setup", "tests", "benchmarks", "replay", "tolerance", "sandbox", "steps", "look", "auto", "slis"]
)


@given(
    st.dictionaries(KEYS, VALUES),
    st.dictionaries(KEYS, VALUES),
    st.dictionaries(st.text(max_size=6), VALUES, min_size=1),
)
def test_any_block_is_read_or_refused_by_field(evaluation: Any, rollout: Any, sli: Any) -> None:
    raw = {
        "id": "a",
        "tier": "1",
        "evaluation": evaluation,
        "rollout": rollout,
        "slo": {"metrics": [{"name": "q", "threshold": "1", "sli": sli}]},
    }
    assert {path[0] for path in paths_of_errors(raw)} <= {"evaluation", "rollout", "slo"}


def test_criteria_are_read_against_the_component() -> None:
    component = load(raw_component())
    criterion = Criterion.read("p95_latency_ms < 0.01 s", component)
    assert (criterion.automatic, criterion.value, criterion.unit) == (True, 10, "ms")
    assert criterion.holds(9.0) is True
    assert criterion.explanation == "automatic: p95_latency_ms below 10 ms"
    assert not Criterion.read("p95_latency_ms < 10", None).automatic


def raw_ticket(**changes: Any) -> dict[str, Any]:
    return {"id": "KAIZ-001", "title": "x", "component": "pcc-main", "status": "draft", **changes}


def ticket(**changes: Any) -> Ticket:
    raw = raw_ticket(**changes)
    return Ticket.from_fields(check_ticket(raw, "KAIZ-001"), raw)


def test_a_ticket_with_its_own_blocks_and_unknown_keys() -> None:
    found = ticket(
        rollout={"steps": ["50%"], "stps": "1"}, evaluation={"tolerance": "1%"}, labls=["a"], links={"a": "b"}
    )
    assert found.rollout is not None
    assert found.rollout.steps == (0.5,)
    assert found.links == (("a", "b"),)
    assert found.extra == {"labls": ["a"]}
    assert found.unknown == ((("labls",), "did you mean `labels`?"), (("rollout", "stps"), "did you mean `steps`?"))


def test_a_tickets_wrong_blocks() -> None:
    with pytest.raises(FieldErrors) as caught:
        ticket(rollout={"auto": "on"}, evaluation={"tolerance": "x"})
    assert {error.path for error in caught.value.errors} == {("rollout", "auto"), ("evaluation", "tolerance")}


def test_a_tickets_criteria() -> None:
    found = ticket(success_criteria=["p95_latency_ms < 10", "by hand"], abort_criteria=["error_ratio > 1"])
    component = load(raw_component())
    assert [criterion.kind for criterion in found.success(component)] == ["automatic", "manual"]
    assert [criterion.kind for criterion in found.abort(component)] == ["automatic"]


GOVERNED = {
    "component": "other",
    "objective": "o",
    "success_criteria": ["a"],
    "abort_criteria": ["a"],
    "rollback_plan": "r",
}


@pytest.mark.parametrize("key", GOVERNED)
def test_changing_what_was_approved_changes_the_hash(key: str) -> None:
    assert ticket(**{key: GOVERNED[key]}).governed_hash() != ticket().governed_hash()


def test_what_an_approval_does_not_cover() -> None:
    other = ticket(title="y", owner="z", severity="low", status="planned", labels=["l"], links={"a": "b"}, uid="u")
    assert other.governed_hash() == ticket().governed_hash()


def test_the_governed_hash_is_stable() -> None:
    # Written into logs: it may never change for the same content.
    assert ticket(objective='q"\n\u2028ä').governed_hash() == (
        "0a4bb2a75bb06e764237570a38530bb98979a4500b374aab508d3d3e9b28e831"
    )


def test_a_model_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(ticket(), "title", "y")  # noqa: B010 - mypy knows that it is frozen
    with pytest.raises(ValueError):
        Metric(name="a", threshold=float("nan"))


@pytest.mark.parametrize("label", ["a b", "v-1", "1st", 'x="1",y', "\u00fc"])
def test_what_is_no_label_never_comes_into_a_query(label: str) -> None:
    raw = raw_component()
    raw["selector"] = {label: "x"}
    raw["versions"] = {"label": label, "baseline": "1", "canary": "2"}
    errors = errors_of(raw)
    assert "is no label of Prometheus" in errors["selector", label]
    assert "is no label of Prometheus" in errors["versions", "label"]

"""Which SLIs are proposed for which series, and with which targets."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.component import Component, Metric
from kaizen_tui.core.fields import is_metric_name
from kaizen_tui.metrics import promql
from kaizen_tui.metrics.propose import ENDING_LABELS, Draft, Offered, Proposal, drafts, with_target


def offered(*names: str, labels: dict[str, dict[str, set[str]]] | None = None, **bounds: set[str]) -> Offered:
    of = {name: {label: frozenset(v) for label, v in found.items()} for name, found in (labels or {}).items()}
    return Offered(names, of, {name: frozenset(found) for name, found in bounds.items()})


def found(*names: str, labels: dict[str, dict[str, set[str]]] | None = None, **bounds: set[str]) -> dict[str, Draft]:
    return {draft.name: draft for draft in drafts(offered(*names, labels=labels, **bounds))}


@pytest.mark.parametrize(
    ("label", "values", "matcher"),
    [
        ("code", {"200", "404", "500"}, 'code=~"5.."'),
        ("status", {"2xx", "5xx"}, 'status=~"5.."'),
        ("code", {"200"}, 'code=~"5.."'),
        (
            "grpc_code",
            {"OK", "NotFound"},
            'grpc_code=~"DataLoss|DeadlineExceeded|Internal|Unavailable|Unimplemented|Unknown"',
        ),
        ("result", {"ok", "failed", "error"}, 'result=~"error|failed"'),
        ("outcome", {"SUCCESS", "rejected"}, 'outcome!~"SUCCESS"'),
        ("success", {"true", "false"}, 'success=~"(?i:false)"'),
        ("error", {"True", "False"}, 'error=~"(?i:true)"'),
    ],
)
def test_a_label_says_how_an_event_ended(label: str, values: set[str], matcher: str) -> None:
    draft = found("requests_total", labels={"requests_total": {label: values}})["requests_error_pct"]
    assert draft.sli == {"type": "ratio", "bad": f"requests_total{{{matcher}}}", "total": "requests_total"}


@pytest.mark.parametrize("values", [{"GET", "POST"}, {""}, set(), {"200", "teapot"}])
def test_labels_that_say_nothing_of_the_end_make_no_ratio(values: set[str]) -> None:
    assert "requests_error_pct" not in found("requests_total", labels={"requests_total": {"code": values}})


def test_a_counter_of_failures_beside_one_of_everything() -> None:
    draft = found("payment_failed_total", "payment_attempts_total")["payment_error_pct"]
    assert draft.sli == {"type": "ratio", "bad": "payment_failed_total", "total": "payment_attempts_total"}
    assert not found("payment_failed_total")


def test_a_histogram_is_a_quantile_and_a_share_above_a_bound_that_it_has() -> None:
    all_of_it = ("request_duration_seconds_bucket", "request_duration_seconds_count", "request_duration_seconds_sum")
    drafted = found(*all_of_it, request_duration_seconds_bucket={"0.1", "0.50", "1", "+Inf"})
    assert list(drafted) == ["request_duration_slow_pct", "request_duration_p95_ms"]
    assert drafted["request_duration_slow_pct"].sli["threshold"] == "0.5"
    assert drafted["request_duration_p95_ms"].unit == "ms"
    # A part of a histogram is none.
    assert not found("request_duration_seconds_bucket")


def test_gauges_and_rates_and_what_is_neither() -> None:
    drafted = found(
        "process_resident_memory_bytes", "process_start_time_seconds", "build_info", "go_goroutines", "queue_length",
        "sent_total", "sent_created", "egress_bytes_total", "up", "rpc_duration_seconds", "rpc_duration_seconds_sum",
        "rpc_duration_seconds_count",
    )  # fmt: skip
    assert list(drafted) == ["process_resident_memory_mb", "queue_length", "egress_bytes_per_second", "sent_per_second"]
    assert drafted["process_resident_memory_mb"].unit == "MB"


def test_the_runtime_is_left_out_unless_everything_is_asked_for() -> None:
    one = offered("go_goroutines")
    assert drafts(one) == ()
    assert [draft.name for draft in drafts(one, everything=True)] == ["go_goroutines"]


def target(kind: str, value: float | None, unit: str = "") -> Proposal:
    return with_target(Draft("m", kind, unit, {}, ""), value, "no series")  # type: ignore[arg-type]


def test_targets_leave_room_on_the_side_that_is_worse() -> None:
    assert target("latency", 7.31, "ms")[6:8] == ("9.2", "14")
    assert target("gauge", 152_000_000.0)[6:8] == ("190000000", "290000000")
    assert target("rate", 212.0, "/s")[6:8] == ("160", "100")
    assert target("rate", 12.0, "%")[6:8] == ("15", "23")


@pytest.mark.parametrize(
    ("share", "objective"), [(0.0, "99.9"), (None, "99.9"), (0.05, "99.9"), (0.06, "99.5"), (12.0, "75")]
)
def test_a_share_gets_the_strictest_objective_that_leaves_half_its_budget(share: float | None, objective: str) -> None:
    proposal = target("errors", share, "%")
    assert (proposal.objective, proposal.window) == (objective, "30d")
    assert float(proposal.threshold) == pytest.approx(100 - float(objective))


@pytest.mark.parametrize(
    ("kind", "value"), [("errors", 60.0), ("gauge", 0.0), ("gauge", -3.0), ("rate", None), ("latency", math.nan)]
)
def test_what_says_nothing_of_a_target_gets_none(kind: str, value: float | None) -> None:
    proposal = target(kind, value)
    assert proposal.problem
    assert not proposal.threshold


names = st.one_of(
    st.text(max_size=30),
    st.from_regex(r"[a-z:_]{1,12}(_seconds|_bytes|_ms)?(_total|_bucket|_count|_sum|_created)?", fullmatch=True),
)
values = st.one_of(st.text(max_size=8), st.sampled_from(["200", "5xx", "OK", "error", "ſuccess", 'a"}', "true"]))


@given(
    st.lists(names, max_size=12),
    st.dictionaries(st.sampled_from(ENDING_LABELS), st.frozensets(values, max_size=4), max_size=3),
    st.frozensets(st.text(max_size=5) | st.floats().map(str), max_size=5),
    st.none() | st.floats(allow_nan=True, allow_infinity=True),
)
def test_whatever_the_server_calls_its_series_each_proposal_is_a_metric_that_compiles(
    series: list[str], labels: dict[str, frozenset[str]], bounds: frozenset[str], value: float | None
) -> None:
    series += [name.removesuffix("_bucket") + "_count" for name in series if name.endswith("_bucket")]
    everything = Offered(series, dict.fromkeys(series, labels), dict.fromkeys(series, bounds))
    drafted = drafts(everything, everything=True)
    assert len({draft.name for draft in drafted}) == len(drafted)
    component = Component(id="web", tier=1, selector={"job": 'a"b\\'})
    for draft in drafted:
        assert is_metric_name(draft.name)
        proposal = with_target(draft, value, "none")
        assert bool(proposal.problem) != bool(proposal.threshold)
        if proposal.problem:
            continue
        fields = {"threshold": proposal.threshold, "abort_threshold": proposal.abort_threshold, "unit": draft.unit}
        more = {"objective": proposal.objective} if proposal.objective else {}
        metric = Metric.model_validate({"name": draft.name, "sli": dict(draft.sli), **fields, **more})
        assert metric.direction == ("higher" if draft.higher_is_better else "lower")
        assert not promql.unit_problem(metric)
        assert promql.value_query(component, metric)


@given(st.floats(min_value=1e-12, max_value=1e15))
def test_a_target_is_met_by_the_value_that_it_was_made_of(value: float) -> None:
    lower, higher = target("gauge", value), target("rate", value, "/s")
    assert value < float(lower.threshold) < float(lower.abort_threshold)
    assert float(higher.abort_threshold) < float(higher.threshold) < value
    assert "e" not in lower.threshold + higher.abort_threshold

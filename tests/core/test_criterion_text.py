"""Criteria: what a machine decides, what a person decides, and what only looks like the first."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.criterion_text import OPERATORS, Reading, bound_of, explain, holds, read_criterion
from kaizen_tui.core.fields import MetricFields

METRICS = (
    MetricFields("p95_latency_ms", 10, 15),
    MetricFields("memory_usage_mb", 200, 250),
    MetricFields("drop_rate_pct", 0.1, 0.5),
    MetricFields("message_broadcast_rate", 200, 150),
    MetricFields("error_ratio", 0.01),
    MetricFields("queue", 10, unit="messages"),
    MetricFields("lag_ms", 10, unit="s"),
)


def read(text: str) -> Reading:
    return read_criterion(text, METRICS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("p95_latency_ms < 10", "p95_latency_ms below 10 ms"),
        ("p95_latency_ms<10ms", "p95_latency_ms below 10 ms"),
        ("  p95_latency_ms   <=  0.01 s ", "p95_latency_ms at most 10 ms"),
        ("memory_usage_mb <= 1.05 * baseline", "memory_usage_mb at most 1.05 × the baseline"),
        ("memory_usage_mb<=1.05*baseline", "memory_usage_mb at most 1.05 × the baseline"),
        ("memory_usage_mb <= baseline * 1.05", "memory_usage_mb at most 1.05 × the baseline"),
        ("memory_usage_mb <= 200MB", "memory_usage_mb at most 200 MB"),
        ("memory_usage_mb <= 1GB", "memory_usage_mb at most 1000 MB"),
        ("memory_usage_mb <= 1GiB", "memory_usage_mb at most 1073.741824 MB"),
        ("drop_rate_pct > 0.5", "drop_rate_pct above 0.5 %"),
        ("drop_rate_pct > 0.5%", "drop_rate_pct above 0.5 %"),
        ("error_ratio < 1%", "error_ratio below 0.01 ratio"),
        ("message_broadcast_rate >= 200Hz", "message_broadcast_rate at least 200 Hz"),
        ("message_broadcast_rate >= 200", "message_broadcast_rate at least 200"),
        ("queue == 0 messages", "queue equal to 0 messages"),
        ("lag_ms < 1500 ms", "lag_ms below 1.5 s"),
        ("p95_latency_ms == baseline ± 5", "p95_latency_ms within 5 ms of the baseline"),
        ("p95_latency_ms <= baseline +/- 5ms", "p95_latency_ms at most 5 ms above the baseline"),
        ("p95_latency_ms >= baseline ± 5", "p95_latency_ms at most 5 ms below the baseline"),
        ("p95_latency_ms < baseline ± 5", "p95_latency_ms less than 5 ms above the baseline"),
        ("p95_latency_ms < 1e1", "p95_latency_ms below 10 ms"),
        ("p95_latency_ms > -5", "p95_latency_ms above -5 ms"),
    ],
)
def test_automatic(text: str, words: str) -> None:
    reading = read(text)
    assert reading.kind == "automatic"
    assert explain(reading) == f"automatic: {words}"
    assert reading.problem == ""
    assert not reading.looks_automatic


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Zero message drops during 5-minute stability test",
        "Support team is happier than before",
        "a < b",
        "Latency stays < SLO",
        "< 5",
        "dashboards show no gaps > 5 minutes during the weekend",
        "p95_latency_ms",
    ],
)
def test_manual(text: str) -> None:
    reading = read(text)
    assert reading == Reading(text, "manual")
    assert explain(reading) == "manual: needs sign-off"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("p95_latncy_ms < 10", "did you mean `p95_latency_ms`?"),
        ("P95_LATENCY_MS < 10", "did you mean `p95_latency_ms`?"),
        ("p95 latency ms < 10", "did you mean `p95_latency_ms`?"),
        ("throughput >= 5", "the component has no metric `throughput`; it has p95_latency_ms, memory_usage_mb"),
        ("throughput >= baseline", "no metric `throughput`"),
        ("p95_latency_ms <= baseline ± 5%", "for a share of the baseline write 1.05 * baseline"),
        ("p95_latency_ms <= baseline", "write 1 * baseline"),
        ("p95_latency_ms < 10MB", "`MB` doesn't fit p95_latency_ms, which is in ms"),
        ("p95_latency_ms < 10 users", "unknown unit `users`; p95_latency_ms is in ms"),
        ("memory_usage_mb < 200Mb", "may be bits or bytes; write MB or Mbit"),
        ("p95_latency_ms < 10 during peak", "can't read `10 during peak`"),
        ("p95_latency_ms ≤ 10", "write <="),
        ("p95_latency_ms = 10", "write =="),
        ("p95_latency_ms != 10", "write one of < <= > >= =="),
        ("p95_latency_ms < 1_000", "can't read `1_000`"),
        ("p95_latency_ms < 1e999", "too large"),
        ("p95_latency_ms < 1,000", "can't read `1,000`"),
        ("p95_latency_ms < 0 * baseline", "must be above 0"),
        ("p95_latency_ms < -1 * baseline", "must be above 0"),
        ("p95_latency_ms < baseline ± -5", "can't read"),
        ("p95_latency_ms < 10 < 20", "can't read"),
    ],
)
def test_looks_automatic_but_is_not(text: str, why: str) -> None:
    reading = read(text)
    assert reading.kind == "manual"
    assert reading.looks_automatic
    assert why in reading.problem
    assert explain(reading) == f"manual: needs sign-off ({reading.problem})"
    assert holds(reading, 1.0, 1.0) is None


def test_a_component_without_metrics() -> None:
    reading = read_criterion("p95_latency_ms < 10", ())
    assert reading.problem == "the component has no metric `p95_latency_ms`; it has none"


@pytest.mark.parametrize(
    ("text", "measured", "baseline", "expected"),
    [
        ("p95_latency_ms < 10", 9.99, None, True),
        ("p95_latency_ms < 10", 10.0, None, False),
        ("p95_latency_ms < 10", 10 * (1 - 1e-12), None, False),
        ("p95_latency_ms <= 10", 10 * (1 + 1e-12), None, True),
        ("p95_latency_ms <= 10", 10.001, None, False),
        ("p95_latency_ms > 10", 10.0, None, False),
        ("p95_latency_ms >= 10", 10.0, None, True),
        ("p95_latency_ms == 0.3", 0.1 + 0.2, None, True),
        ("p95_latency_ms == 0", 0.0, None, True),
        ("p95_latency_ms == 0", 0.001, None, False),
        ("memory_usage_mb >= 1.1 * baseline", 3.3, 3.0, True),  # 1.1 * 3 is a little more than 3.3
        ("memory_usage_mb <= 1.05 * baseline", 105.0, 100.0, True),
        ("memory_usage_mb <= 1.05 * baseline", 105.1, 100.0, False),
        ("memory_usage_mb <= 1.05 * baseline", 105.0, None, None),
        ("memory_usage_mb <= 1.05 * baseline", 105.0, math.nan, None),
        ("memory_usage_mb == baseline ± 5", 104.9, 100.0, True),
        ("memory_usage_mb == baseline ± 5", 94.9, 100.0, False),
        ("memory_usage_mb <= baseline ± 5", 105.0, 100.0, True),
        ("memory_usage_mb < baseline ± 5", 105.0, 100.0, False),
        ("memory_usage_mb >= baseline ± 5", 95.0, 100.0, True),
        ("memory_usage_mb > baseline ± 5", 94.0, 100.0, False),
        ("p95_latency_ms < 10", math.nan, None, None),
        ("p95_latency_ms < 10", math.inf, None, None),
        ("a person looks at it", 1.0, 1.0, None),
    ],
)
def test_holds(text: str, measured: float, baseline: float | None, expected: bool | None) -> None:
    assert holds(read(text), measured, baseline) is expected


def test_the_bound_that_is_shown_is_the_bound_that_decides() -> None:
    assert bound_of(read("p95_latency_ms < 0.02 s"), None) == 20
    assert bound_of(read("memory_usage_mb <= 1.5 * baseline"), 100) == 150
    assert bound_of(read("memory_usage_mb <= baseline ± 5"), 100) == 105
    assert bound_of(read("memory_usage_mb > baseline ± 5"), 100) == 95
    assert bound_of(read("memory_usage_mb == baseline ± 5"), 100) == 100
    assert bound_of(read("memory_usage_mb <= 1.5 * baseline"), None) is None
    assert bound_of(read("by hand"), 1) is None


@given(st.sampled_from(OPERATORS), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_strict_and_loose_comparisons_are_each_others_complement(op: str, value: float, measured: float) -> None:
    opposite = {"<": ">=", ">=": "<", ">": "<=", "<=": ">"}
    text = f"p95_latency_ms {op} {value!r}"
    assert read(text).kind == "automatic"
    if op in opposite:
        assert holds(read(text), measured, None) is not holds(
            read(f"p95_latency_ms {opposite[op]} {value!r}"), measured, None
        )


@given(
    st.text()
    | st.builds("{} {} {}".format, st.sampled_from([m.name for m in METRICS]), st.sampled_from(OPERATORS), st.text())
)
def test_reading_never_fails_and_keeps_the_text(text: str) -> None:
    reading = read(text)
    assert reading.text == text
    assert explain(reading)
    if reading.kind == "automatic":
        assert [reading.value, reading.factor, reading.tolerance].count(None) == 2
    assert holds(reading, 1.0, 1.0) in (True, False, None)

"""Automatic criteria beside their present values: met, missed, stale, unknown, and each said in words."""

import pytest

from kaizen_tui.core.criterion_text import read_criterion
from kaizen_tui.core.fields import ComponentFields, MetricFields
from kaizen_tui.metrics.live import NO_VERSIONS, Live, judge, read_live
from kaizen_tui.metrics.simulated import SimulatedSource
from kaizen_tui.metrics.source import Instant, UnreachableError, Version

NOW = 1_790_000_000.0
METRICS = (MetricFields("p95_latency_ms", 10.0, 15.0), MetricFields("memory_usage_mb", 200.0, 260.0))
COMPONENT = ComponentFields("pcc-main", "PCC", 0, "team", METRICS, "", "", (), versioned=True)


def live(value: float | None, *, age: float = 4.0, baseline: Instant | None = None, error: str = "") -> dict[str, Live]:
    at = None if value is None else NOW - age
    return {name: Live(Instant(value, at, error), baseline, NOW) for name in ("p95_latency_ms", "memory_usage_mb")}


@pytest.mark.parametrize(
    ("text", "known", "abort", "words", "mark"),
    [
        ("p95_latency_ms < 10", live(7.4), False, "now 7.4 ms ✔", "met"),
        ("p95_latency_ms < 10", live(12.0), False, "now 12 ms ✖", "missed"),
        ("p95_latency_ms > 15", live(12.0), True, "now 12 ms ✔", "met"),
        ("p95_latency_ms > 15", live(16.0), True, "now 16 ms: it holds ✖", "missed"),
        ("p95_latency_ms < 10", live(7.4, age=900), False, "now 7.4 ms, 15 min old ◌", "stale"),
        ("p95_latency_ms < 10", live(None, error="no series"), False, "no data: no series ○", "unknown"),
        ("p95_latency_ms < 10", live(None), False, "no data ○", "unknown"),
        ("memory_usage_mb <= 1.05 * baseline", live(196.0), False, f"now 196 MB; {NO_VERSIONS} ○", "unknown"),
        (
            "memory_usage_mb <= 1.05 * baseline",
            live(196.0, baseline=Instant(190.0, NOW)),
            False,
            "now 196 MB, baseline 190 MB ✔",
            "met",
        ),
        (
            "memory_usage_mb <= baseline ± 5MB",
            live(196.0, baseline=Instant(190.0, NOW)),
            False,
            "now 196 MB, baseline 190 MB ✖",
            "missed",
        ),
        (
            "memory_usage_mb <= 1.05 * baseline",
            live(196.0, baseline=Instant(None, None, "no series")),
            False,
            "now 196 MB, baseline without data: no series ○",
            "unknown",
        ),
    ],
)
def test_words(text: str, known: dict[str, Live], abort: bool, words: str, mark: str) -> None:
    assert judge(read_criterion(text, METRICS), known, abort=abort) == (words, mark)


def test_what_a_person_signs_off_and_what_nobody_asked_about_has_no_value() -> None:
    assert judge(read_criterion("Nothing is lost", METRICS), live(1.0)) is None
    assert judge(read_criterion("p95_latency_ms < 10", METRICS), {}) is None


class Asked(SimulatedSource):
    """Remembers what it was asked. down: why it can't be."""

    def __init__(self) -> None:
        super().__init__([COMPONENT])
        self.questions: list[tuple[str, str]] = []
        self.down: Exception | None = None

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
        self.questions.append((metric, version))
        if self.down is not None:
            raise self.down
        return super().instant(component, metric, at, version)


def test_only_what_the_criteria_need_is_asked() -> None:
    texts = ("p95_latency_ms < 10", "p95_latency_ms > 15", "memory_usage_mb <= 1.05 * baseline", "a person looks")
    readings = [read_criterion(text, METRICS) for text in texts]
    source = Asked()
    found = read_live(source, COMPONENT, readings, NOW)
    assert source.questions == [("p95_latency_ms", ""), ("memory_usage_mb", ""), ("memory_usage_mb", "baseline")]
    assert found["p95_latency_ms"].baseline is None
    assert found["memory_usage_mb"].baseline is not None
    source.questions.clear()
    found = read_live(source, COMPONENT._replace(versioned=False), readings, NOW)
    assert ("memory_usage_mb", "baseline") not in source.questions
    judged = judge(readings[2], found)
    assert judged is not None
    assert NO_VERSIONS in judged.words


def test_of_a_ticket_in_canary_it_is_the_canary_that_is_measured() -> None:
    texts = ("p95_latency_ms < 10", "memory_usage_mb <= 1.05 * baseline")
    readings = [read_criterion(text, METRICS) for text in texts]
    source = Asked()
    found = read_live(source, COMPONENT, readings, NOW, status="canary")
    assert source.questions == [
        ("p95_latency_ms", "canary"), ("memory_usage_mb", "canary"), ("memory_usage_mb", "baseline"),
    ]  # fmt: skip
    judged = judge(readings[1], found)
    assert judged is not None
    assert "in the canary, baseline" in judged.words
    source.questions.clear()
    found = read_live(source, COMPONENT._replace(versioned=False), readings, NOW, status="canary")
    assert source.questions == [("p95_latency_ms", ""), ("memory_usage_mb", "")]
    missing = {"p95_latency_ms": found["p95_latency_ms"]._replace(now=Instant(None, None, "none"), version="canary")}
    assert judge(readings[0], missing) == ("no data in the canary: none ○", "unknown")


@pytest.mark.parametrize(
    ("text", "abort", "mark"),
    [
        ("served_per_s < 100", True, "unknown"),  # whatever 1 % of the users bring is less
        ("served_per_s >= 100", False, "unknown"),
        ("served_per_s < 0.9 * baseline", True, "unknown"),
        ("served_per_s > 100", True, "met"),  # too much of it is too much, whoever brings it
        ("served_per_s <= 100", False, "met"),
    ],
)
def test_a_rate_of_the_canary_that_is_low_proves_nothing(text: str, abort: bool, mark: str) -> None:
    metrics = (MetricFields("served_per_s", 100.0, 50.0, kind="rate"),)
    reading = read_criterion(text, metrics)
    for version, found in (("canary", mark), ("", "unknown" if "baseline" in text else None)):
        known = Live(Instant(3.0, NOW), None, NOW, version, "rate")  # type: ignore[arg-type]
        judged = judge(reading, {"served_per_s": known}, abort=abort)
        assert judged is not None
        assert judged.mark == (found or ("met" if mark == "met" else "missed"))
    component = COMPONENT._replace(metrics=metrics)
    assert read_live(Asked(), component, [reading], NOW, status="canary")["served_per_s"].kind == "rate"


@pytest.mark.parametrize("error", [UnreachableError("connection refused"), TimeoutError("connection refused")])
def test_a_server_that_is_away_is_said_and_not_asked_again_while_someone_waits(error: Exception) -> None:
    readings = [read_criterion("p95_latency_ms < 10", METRICS)]
    source = Asked()
    source.down = error
    judged = judge(readings[0], read_live(source, COMPONENT, readings, NOW))
    assert judged == ("no data: connection refused ○", "unknown")
    source.questions.clear()
    judged = judge(readings[0], read_live(source, COMPONENT, readings, NOW, "gone"))
    assert judged == ("no data: gone ○", "unknown")
    assert source.questions == []

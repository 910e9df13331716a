"""The score-card's verdict: what fails it, what leaves it open, what it takes to pass."""

import random
import re
from statistics import NormalDist
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.analysis.criteria import median_interval
from kaizen_tui.analysis.formats.measurement import Measurement
from kaizen_tui.analysis.scoring import Evidence, Promise, Setting, score
from kaizen_tui.analysis.series import Series, placed
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.fields import MetricFields
from kaizen_tui.core.scorecard import Commits, Machine, SandboxRecord, ScoreCard, TestResults

LATENCY = MetricFields("p95_latency_ms", 10.0, 15.0, has_source=True)
MEMORY = MetricFields("memory_mb", 200.0, 300.0)
RATE = MetricFields("message_rate", 200.0, 150.0)
KNOWN = (LATENCY, MEMORY, RATE)
SETTING = Setting(
    "2026-11-24T16:00:00Z",
    Commits(baseline="a" * 40, candidate="b" * 40),
    Machine(system="Linux", arch="x86_64"),
    SandboxRecord(kind="bubblewrap"),
    seed=7,
)
GOOD_TESTS = TestResults(passed=12, failed=0, errors=0, skipped=1, duration_s=3.5)


def noisy(level: float, pairs: int = 20, seed: int = 1) -> tuple[float, ...]:
    """Samples about `level`, 2 % apart."""
    rng = random.Random(seed)
    return tuple(level * (1 + 0.02 * NormalDist().inv_cdf(rng.uniform(0.001, 0.999))) for _ in range(pairs))


def series(name: str, old: float, new: float, pairs: int = 20, direction: Any = "lower") -> Series:
    return Series(name, "", direction, noisy(old, pairs), noisy(new, pairs, seed=2))


def card(*measured: Series, success: tuple[str, ...] = (), abort: tuple[str, ...] = (), **found: Any) -> ScoreCard:
    made = score(Promise("KAIZ-001", success, abort, KNOWN), Evidence(measured, **found), SETTING)
    assert ScoreCard.parse(made.to_json()) == made  # whatever the builder makes is a score-card
    return made


def test_nothing_found_is_no_pass() -> None:
    made = card()
    assert made.verdict == "inconclusive"
    assert made.reasons == ("nothing was tested and nothing was measured",)


def test_tests_alone_can_pass() -> None:
    assert card(tests=GOOD_TESTS).verdict == "pass"


@pytest.mark.parametrize("broken", [{"failed": 1}, {"errors": 2}])
def test_a_failed_test_fails_it(broken: dict[str, int]) -> None:
    made = card(series("wall_s", 1.0, 0.5), tests=GOOD_TESTS.model_copy(update=broken))
    assert made.verdict == "fail"


def test_no_test_ran_is_undecided() -> None:
    made = card(tests=TestResults(passed=0, failed=0, errors=0, skipped=3, duration_s=0.1))
    assert (made.verdict, made.reasons) == ("inconclusive", ("no test ran: 3 skipped",))


def test_a_regressed_metric_fails_it_and_an_improved_one_does_not_make_up_for_it() -> None:
    made = card(series("wall_s", 1.0, 1.3), series("cpu_s", 1.0, 0.5), tests=GOOD_TESTS)
    assert made.verdict == "fail"
    assert [metric.verdict for metric in made.metrics] == ["regressed", "improved"]
    assert made.reasons[0].startswith("wall_s regressed: 1.3")


def test_more_of_a_rate_is_better() -> None:
    assert card(series("message_rate", 200, 260, direction="higher")).metrics[0].verdict == "improved"


def test_too_few_pairs_are_undecided_and_say_how_many_more() -> None:
    made = card(series("wall_s", 1.0, 1.05, pairs=6))
    assert made.verdict == "inconclusive"
    assert made.metrics[0].more_pairs
    assert f"about {made.metrics[0].more_pairs} more pair" in made.reasons[0]


def test_an_undecided_factor_of_the_baseline_says_how_many_more_pairs() -> None:
    bound = ("memory_mb <= 1.145 * baseline",)
    said = card(series("memory_mb", 100, 112), success=bound).reasons[0]
    found = re.search(r"; about (\d+) more pairs? would tell$", said)
    assert found, said
    enough = card(series("memory_mb", 100, 112, pairs=20 + int(found[1])), success=bound)
    assert enough.criteria[0].verdict == "pass"


def test_a_ratio_upon_its_bound_is_said_to_need_more_pairs_than_can_be_run() -> None:
    measured = series("memory_mb", 100, 112)
    ratio = card(measured).metrics[0].ratio
    assert ratio is not None
    made = card(measured, success=(f"memory_mb <= {ratio.point:.9f} * baseline",))
    assert made.reasons[0].endswith("; not even 10000 pairs would tell")


@pytest.mark.parametrize(
    ("measured", "verdict", "overall"),
    [(8.0, "pass", "pass"), (12.0, "fail", "fail"), (10.0, "inconclusive", "inconclusive")],
)
def test_an_absolute_criterion(measured: float, verdict: str, overall: str) -> None:
    made = card(series("p95_latency_ms", measured, measured), success=("p95_latency_ms < 10ms",))
    assert made.criteria[0].verdict == verdict
    assert made.verdict == overall


def test_a_metric_may_lose_what_its_criterion_allows() -> None:
    slower = series("memory_mb", 100, 112)
    assert card(slower).verdict == "fail"
    allowed = card(slower, success=("memory_mb <= 1.2 * baseline",))
    assert (allowed.verdict, allowed.metrics[0].verdict) == ("pass", "regressed")
    assert allowed.criteria[0].baseline == pytest.approx(100, rel=0.02)
    assert card(slower, success=("memory_mb <= 1.05 * baseline",)).verdict == "fail"
    assert card(slower, success=("memory_mb <= 1.12 * baseline",)).verdict == "inconclusive"
    assert card(slower, success=("memory_mb <= 300",)).verdict == "fail"  # says nothing of the baseline


def test_a_difference_from_the_baseline() -> None:
    slower = series("memory_mb", 100, 112)
    assert card(slower, success=("memory_mb <= baseline ± 20MB",)).verdict == "pass"
    assert card(slower, success=("memory_mb <= baseline ± 5MB",)).verdict == "fail"
    assert card(slower, success=("memory_mb == baseline ± 12MB",)).criteria[0].verdict == "inconclusive"


def test_an_abort_criterion_that_holds_fails_it() -> None:
    made = card(series("p95_latency_ms", 20, 20), abort=("p95_latency_ms > 15",))
    assert (made.verdict, made.criteria[0].kind, made.criteria[0].verdict) == ("fail", "abort", "fail")
    assert card(series("p95_latency_ms", 8, 8), abort=("p95_latency_ms > 15",)).criteria[0].verdict == "pass"


def test_what_only_live_metrics_measure_is_left_to_the_canary() -> None:
    made = card(tests=GOOD_TESTS, success=("p95_latency_ms < 10", "Zero drops"), abort=("p95_latency_ms > 15",))
    assert [one.verdict for one in made.criteria] == ["canary", "canary"]  # "Zero drops" is for people
    assert made.verdict == "pass"
    assert "left to the canary" in made.reasons[-1]


def test_what_nothing_measures_at_all_is_undecided() -> None:
    made = card(tests=GOOD_TESTS, success=("memory_mb < 200",))
    assert made.verdict == "inconclusive"
    assert "no benchmark measures memory_mb, and it has no live source" in made.reasons[0]


def test_a_criterion_left_to_the_canary_alone_is_no_pass() -> None:
    assert card(success=("p95_latency_ms < 10",)).verdict == "inconclusive"


def test_only_the_candidate_measured() -> None:
    alone = Series("p95_latency_ms", "ms", "lower", (), (8.0,))
    made = card(alone, success=("p95_latency_ms < 10",))
    assert made.verdict == "pass"
    assert made.metrics[0].verdict == "inconclusive"
    assert made.reasons[-1] == "not compared, for only the candidate was measured: p95_latency_ms"
    undecided = card(alone, success=("p95_latency_ms <= 1 * baseline",))
    assert undecided.verdict == "inconclusive"
    assert "the baseline was not measured" in undecided.reasons[0]
    assert card(alone).verdict == "inconclusive"


def test_a_metric_that_the_candidate_lost_is_undecided() -> None:
    made = card(Series("wall_s", "s", "lower", (1.0, 1.1), ()), tests=GOOD_TESTS)
    assert (made.verdict, made.reasons) == ("inconclusive", ("wall_s was measured of the baseline only",))


def test_failures_and_doubts_count() -> None:
    assert card(tests=GOOD_TESTS, failures=("bench.py ended with exit code 1",)).verdict == "fail"
    assert card(tests=GOOD_TESTS, doubts=("stopped after 3 pairs",)).verdict == "inconclusive"


def test_no_failures_before_and_after() -> None:
    zero = Series("failures_pct", "%", "lower", (0.0,) * 8, (0.0,) * 8)
    assert card(zero).metrics[0].verdict == "unchanged"


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_the_interval_of_a_median(samples: list[float]) -> None:
    low, high = median_interval(samples)
    ordered = sorted(samples)
    assert low <= ordered[len(ordered) // 2] <= high
    if len(samples) < 6:
        assert (low, high) == (ordered[0], ordered[-1])


def test_the_interval_of_a_median_is_that_of_the_tables() -> None:
    # Ranks from Conover, Practical Nonparametric Statistics: 20 samples 6 and 15, 10 samples 2 and 9.
    assert median_interval(range(1, 21)) == (6, 15)
    assert median_interval(range(1, 11)) == (2, 9)
    assert median_interval(range(1, 10_001)) == (4902, 5099)


@given(st.data())
def test_any_samples_make_a_card(data: st.DataObject) -> None:
    numbers = st.floats(-1e9, 1e9)
    size = data.draw(st.integers(1, 12))
    some = st.lists(numbers, min_size=size, max_size=size).map(tuple)
    measured = [
        Series(name, "", "lower", data.draw(some | st.just(())), data.draw(some | st.just(())))
        for name in ("p95_latency_ms", "memory_mb", "x")
    ]
    lines = ("p95_latency_ms < 10", "memory_mb <= 1.05 * baseline", "memory_mb == baseline ± 3MB", "memory_mb == 7")
    made = card(*measured, success=data.draw(st.lists(st.sampled_from(lines), unique=True).map(tuple)))
    assert made.verdict in ("pass", "fail", "inconclusive")


FOUND = (Measurement("http_req_duration_p95_ms", 9.0, "ms"), Measurement("noise", 1.0, by_default=False))


def test_measurements_in_the_components_terms() -> None:
    seconds = Measurement("p95_latency_ms", 0.009, "s", "higher", (0.008, 0.01))
    assert placed([seconds], {}, KNOWN, "out") == (Measurement("p95_latency_ms", 9.0, "ms", "lower", (8.0, 10.0)),)
    assert [item.name for item in placed(FOUND, {}, KNOWN, "out")] == ["http_req_duration_p95_ms"]
    picked = placed(FOUND, {"http_req_duration_p95_ms": "p95_latency_ms", "noise": "noise"}, KNOWN, "out")
    assert [item.name for item in picked] == ["p95_latency_ms", "noise"]


def test_a_name_that_was_not_measured_and_a_unit_that_does_not_fit() -> None:
    with pytest.raises(StoreError, match="no `http_req_duration_p59_ms`") as error:
        placed(FOUND, {"http_req_duration_p59_ms": "p95_latency_ms"}, KNOWN, "out")
    assert "did you mean http_req_duration_p95_ms" in error.value.hint
    with pytest.raises(StoreError, match="measured in ms, but memory_mb is in MB"):
        placed(FOUND, {"http_req_duration_p95_ms": "memory_mb"}, KNOWN, "out")

"""The simulated platform is deterministic, shows every state and never pretends to know what it doesn't."""

import math
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.fields import ComponentFields, MetricFields
from kaizen_tui.core.slo import STATE_ORDER
from kaizen_tui.metrics.panels import read_component
from kaizen_tui.metrics.simulated import SimulatedSource
from kaizen_tui.metrics.simulated_counters import EVENTS_PER_SECOND, Shares
from kaizen_tui.metrics.source import Version
from kaizen_tui.store.reading import list_components
from kaizen_tui.store.workspace import Workspace

NOW = 1_790_000_000.0
VERSIONS: tuple[Version, ...] = ("", "baseline", "canary")
Counted: TypeAlias = dict[tuple[str, str, float | None], float]


def metric(name: str, threshold: float, abort: float | None, objective: float | None = None) -> MetricFields:
    return MetricFields(
        name=name,
        threshold=threshold,
        abort_threshold=abort,
        unit="ms",
        description="",
        has_source=True,
        objective=objective,
        window="30d",
    )


def component(name: str, *metrics: MetricFields) -> ComponentFields:
    return ComponentFields(
        id=name, name=name, tier=1, owner="team", metrics=metrics, rollback_plan="", description="", unknown=()
    )


def platform() -> list[ComponentFields]:
    return [
        component(f"c{index}", metric("p95_ms", 10, 15), metric("rate", 200, 150), metric("errors_pct", 0.1, 0.5, 99.9))
        for index in range(8)
    ]


def test_the_same_question_has_the_same_answer() -> None:
    first, second = SimulatedSource(platform()), SimulatedSource(platform())
    for at in (NOW, NOW + 3333.0):
        assert first.instant("c1", "p95_ms", at) == second.instant("c1", "p95_ms", at)
        assert first.series("c2", "rate", at - 3600, at, 60) == second.series("c2", "rate", at - 3600, at, 60)
        assert first.events("c3", "errors_pct", at - 3600, at) == second.events("c3", "errors_pct", at - 3600, at)


def test_another_seed_is_another_platform() -> None:
    assert SimulatedSource(platform(), 1).instant("c0", "p95_ms", NOW) != SimulatedSource(platform(), 2).instant(
        "c0", "p95_ms", NOW
    )


def test_every_state_of_a_panel_is_seen_within_half_an_hour() -> None:
    source = SimulatedSource(platform())
    seen = {
        panel.state
        for minute in range(0, 30, 5)
        for one in platform()
        for panel in read_component(source, one, NOW + minute * 60).metrics
    }
    assert seen == set(STATE_ORDER)


def test_an_unknown_metric_is_an_error_in_words_not_a_zero() -> None:
    answer = SimulatedSource(platform()).instant("c0", "nothing", NOW)
    assert answer.value is None
    assert answer.error == "c0 has no metric nothing"


def test_an_absent_exporter_is_no_data_with_gaps_in_the_sparkline() -> None:
    source = SimulatedSource(platform())
    panels = [panel for one in platform() for panel in read_component(source, one, NOW).metrics]
    absent = [panel for panel in panels if panel.state == "no_data"]
    assert absent
    for panel in absent:
        assert panel.value is None
        assert set(panel.series.values) == {None}
        assert panel.error


def test_a_late_metric_is_stale_and_its_sparkline_ends_in_a_gap() -> None:
    source = SimulatedSource(platform())
    panels = [panel for one in platform() for panel in read_component(source, one, NOW).metrics]
    stale = [panel for panel in panels if panel.state == "stale"]
    assert stale
    for panel in stale:
        assert panel.age is not None
        assert panel.age > 300
        assert panel.series.values[-1] is None
        assert panel.series.values[0] is not None


def test_budgets_are_weighted_by_events() -> None:
    source = SimulatedSource(platform())
    whole = source.events("c0", "errors_pct", NOW - 7200, NOW)
    halves = [
        source.events("c0", "errors_pct", NOW - 7200, NOW - 3600),
        source.events("c0", "errors_pct", NOW - 3600, NOW),
    ]
    assert abs(whole.total - sum(half.total for half in halves)) < whole.total * 0.01
    assert whole.bad > 0


REPOSITORY = Path(__file__).resolve().parents[2]


def sample() -> list[ComponentFields]:
    return [file.fields for file in list_components(Workspace(str(REPOSITORY)))[0]]


@pytest.mark.parametrize("hour", [0.0, 3.7, 9.2, 13.1, 17.9, 22.4])
def test_the_sample_shows_every_state_and_its_reason_within_a_minute(hour: float) -> None:
    components = sample()
    source = SimulatedSource(components)
    begin = NOW - NOW % 86400 + hour * 3600
    seen: set[str] = set()
    for at in (begin, begin + 15, begin + 30, begin + 45, begin + 60):
        for panel in (panel for one in components for panel in read_component(source, one, at).metrics):
            seen.add(panel.state)
            if panel.state == "at_risk" and panel.limit_in is not None:
                seen.add("by trend")
            if panel.state == "at_risk" and panel.burn is not None and panel.burn > 1 and (panel.budget or 0) > 0:
                seen.add("by burn")
            if panel.budget is not None and panel.budget < 0:
                seen.add("overspent")
    assert seen == {*STATE_ORDER, "by trend", "by burn", "overspent"}


def versioned(*, names: tuple[str, ...] = ("a", "b", "c")) -> list[ComponentFields]:
    metrics = (
        MetricFields("errors_pct", 0.1, 0.5, objective=99.9, window="30d", kind="ratio"),
        MetricFields("p99_ms", 10.0, 15.0, kind="latency", quantile=0.99),
        MetricFields("throughput", 200.0, 150.0, unit="/s", kind="rate"),
        MetricFields("memory_mb", 200.0, 260.0, kind="gauge"),
    )
    return [ComponentFields(name, name, 1, "team", metrics, "", "", (), versioned=True) for name in names]


def test_one_canary_is_worse_one_is_better() -> None:
    source = SimulatedSource(versioned())
    for metric in ("errors_pct", "p99_ms", "memory_mb"):
        ratios = []
        for name in ("a", "b", "c"):
            canary = [source.instant(name, metric, NOW + 600 * nth, "canary").value or 0.0 for nth in range(24)]
            base = [source.instant(name, metric, NOW + 600 * nth, "baseline").value or 1.0 for nth in range(24)]
            ratios.append(sum(canary) / sum(base))
        assert ratios[0] > 1.3
        assert ratios[1] < 0.85
        assert 0.9 < ratios[2] < 1.1


@pytest.mark.parametrize("metric", ["errors_pct", "p99_ms", "throughput", "memory_mb"])
def test_without_versions_a_version_has_no_numbers_and_says_why(metric: str) -> None:
    plain = [one._replace(versioned=False) for one in versioned()]
    source = SimulatedSource(plain)
    assert source.instant("a", metric, NOW).value is not None
    for answer in (
        source.instant("a", metric, NOW, "canary"),
        source.series("a", metric, NOW - 60, NOW, 15, "baseline"),
        source.events("a", metric, NOW - 60, NOW, "canary"),
        source.counters("a", metric, NOW, "canary"),
    ):
        assert answer.error == "a has no `versions`: nothing tells baseline and canary apart"


def test_both_versions_add_up_to_the_whole() -> None:
    source = SimulatedSource(versioned())
    for start, end in ((NOW - 300, NOW), (NOW - 30 * 86400, NOW)):
        whole, *parts = (source.events("a", "errors_pct", start, end, version) for version in VERSIONS)
        assert whole.total == pytest.approx(sum(part.total for part in parts))
        assert whole.bad == pytest.approx(sum(part.bad for part in parts))


@given(st.integers(0, 30 * 86400), st.integers(60, 7 * 86400), st.sampled_from(["errors_pct", "error_pct"]))
def test_a_share_of_bad_events_is_the_mean_of_its_values(begin: int, length: int, metric: str) -> None:
    metrics = (
        MetricFields("errors_pct", 0.1, 0.5, objective=99.9, kind="ratio"),
        MetricFields("error_pct", 0.2, 0.5, kind="slower"),
    )
    source = SimulatedSource([ComponentFields("a", "a", 1, "team", metrics, "", "", ())])
    start = NOW - NOW % 15 + begin * 15
    end = start + min(length, 6000) // 15 * 15
    events = source.events("a", metric, start, end)
    # The value of a scrape is that of the events since the scrape before.
    scrapes = [(source.instant("a", metric, at), source.events("a", metric, at - 15, at)) for at in steps(start, end)]
    bad = sum((instant.value or 0.0) / 100 * one.total for instant, one in scrapes)
    assert events.bad == pytest.approx(bad, rel=1e-3, abs=1e-2)
    assert events.total == pytest.approx(sum(one.total for _, one in scrapes), rel=1e-6)


def steps(start: float, end: float) -> list[float]:
    return [start + 15 * nth for nth in range(1, round((end - start) / 15) + 1)]


def counted(source: SimulatedSource, component: str, metric: str, at: float, version: Version = "") -> Counted:
    answer = source.counters(component, metric, at, version)
    assert answer.at <= at
    return {(one.instance, one.part, one.le): one.value for one in answer.counters}


@given(st.integers(0, 400_000), st.sampled_from(VERSIONS), st.sampled_from(["errors_pct", "p99_ms", "throughput"]))
def test_counters_only_grow_but_for_a_restart(begin: int, version: Version, metric: str) -> None:
    source = SimulatedSource(versioned())
    at = NOW + begin
    before, after = (counted(source, "b", metric, when, version) for when in (at, at + 45))
    assert before.keys() == after.keys()
    for key, value in after.items():
        if value < before[key]:
            # A restart: the whole process is new, so the value is no more than its events since then.
            assert all(after[other] <= before[other] for other in after if other[0] == key[0])
            assert value <= 45 * 3 * EVENTS_PER_SECOND


def test_every_instance_restarts_now_and_then() -> None:
    source = SimulatedSource(versioned())
    fallen: dict[str, int] = {}
    before = counted(source, "a", "errors_pct", NOW)
    for nth in range(1, 24 * 4):
        after = counted(source, "a", "errors_pct", NOW + 900 * nth)
        for key, value in after.items():
            if key[1] == "total" and value < before[key]:
                fallen[key[0]] = fallen.get(key[0], 0) + 1
        before = after
    assert set(fallen) == {"a-0", "a-1", "a-2", "a-canary-0"}
    assert set(fallen.values()) <= {3, 4}


def test_counters_agree_with_events() -> None:
    source = SimulatedSource(versioned())
    compared = 0
    for version in VERSIONS:
        start, end = NOW - NOW % 15, NOW - NOW % 15 + 300
        first, last = (counted(source, "c", "errors_pct", at, version) for at in (start, end))
        if any(last[key] < first[key] for key in last):
            continue
        events = source.events("c", "errors_pct", start, end, version)
        for part, wanted in (("bad", events.bad), ("total", events.total)):
            grown = sum(last[key] - first[key] for key in last if key[1] == part)
            assert grown == pytest.approx(wanted, abs=4)
            compared += 1
    assert compared


def test_a_histogram_has_the_quantile_that_the_panel_shows() -> None:
    source = SimulatedSource(versioned())
    first, last = (counted(source, "a", "p99_ms", at, "canary") for at in (NOW, NOW + 120))
    grown = {le: last[key] - first[key] for key in last for le in [key[2]] if le is not None}
    assert list(grown.values()) == sorted(grown.values())
    shown = source.instant("a", "p99_ms", NOW + 60, "canary").value
    assert shown is not None
    slower = [le for le, count in grown.items() if count >= 0.99 * grown[float("inf")]]
    faster = [le for le, count in grown.items() if count < 0.99 * grown[float("inf")]]
    assert max(faster) <= shown * 1.1
    assert min(slower) >= shown * 0.9


def test_a_gauge_has_a_value_for_each_instance() -> None:
    source = SimulatedSource(versioned())
    answer = source.counters("c", "memory_mb", NOW, "baseline")
    shown = source.instant("c", "memory_mb", NOW, "baseline").value
    assert shown is not None
    assert [one.part for one in answer.counters] == ["value"] * 3
    assert all(abs(one.value / shown - 1) < 0.03 for one in answer.counters)
    assert len(source.counters("c", "memory_mb", NOW).counters) == 4


def test_what_is_late_is_late_in_counters_too() -> None:
    components = platform()
    source = SimulatedSource(components)
    late = next(
        (one.id, metric.name)
        for one in components
        for metric in one.metrics
        if (at := source.instant(one.id, metric.name, NOW).at) is not None and at < NOW - 300
    )
    assert source.counters(*late, NOW).at < NOW - 300
    assert source.counters("c0", "nothing", NOW).error


def risen(source: SimulatedSource, metric: str, part: str, version: Version) -> float:
    """How much a part of a metric's counters rose in a minute, over all processes of a version."""
    before, after = (counted(source, "b", metric, at, version) for at in (QUIET, QUIET + 60))
    return sum(after[key] - before[key] for key in after if key[1] == part and key[2] in (None, math.inf))


QUIET = NOW + 3600.0  # no process of b restarts for some minutes


@pytest.mark.parametrize("share", [0.0, 0.01, 0.25, 1.0])
@pytest.mark.parametrize(("metric", "part"), [("errors_pct", "total"), ("p99_ms", "bucket")])
def test_traffic_follows_the_share_that_a_canary_has(share: float, metric: str, part: str) -> None:
    shares: Shares = ((QUIET - 500, 0.5), (QUIET, share))
    source = SimulatedSource(versioned(), shares={"b": shares}.get)
    canary, baseline = (risen(source, metric, part, "canary"), risen(source, metric, part, "baseline"))
    assert canary == pytest.approx(share * (canary + baseline), abs=10)
    assert canary + baseline == pytest.approx(60 * EVENTS_PER_SECOND, rel=0.35)


def test_a_change_of_the_share_takes_nothing_back() -> None:
    before: Shares = ((QUIET - 500, 0.05),)
    now = [before, (*before, (QUIET, 0.0)), (*before, (QUIET, 0.0), (QUIET + 30, 0.25))]
    answers = [SimulatedSource(versioned(), shares={"b": one}.get) for one in now]
    for version in VERSIONS:
        assert len({tuple(counted(one, "b", "errors_pct", QUIET, version).items()) for one in answers}) == 1
    stopped = [counted(answers[1], "b", "errors_pct", QUIET + extra, "canary") for extra in (0, 60)]
    assert stopped[0] == stopped[1]


def test_before_the_first_share_there_is_no_canary_and_without_any_there_is_the_usual_one() -> None:
    source = SimulatedSource(versioned(), shares={"b": ((QUIET, 0.5),)}.get)
    assert not any(counted(source, "b", "errors_pct", QUIET, "canary").values())
    same, usual = SimulatedSource(versioned(), shares=lambda _: ()), SimulatedSource(versioned())
    assert counted(same, "b", "errors_pct", QUIET) == counted(usual, "b", "errors_pct", QUIET)

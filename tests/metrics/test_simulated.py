"""The simulated platform is deterministic, shows every state and never pretends to know what it doesn't."""

from kaizen_tui.core.fields import ComponentFields, MetricFields
from kaizen_tui.core.slo import STATE_ORDER
from kaizen_tui.metrics.panels import read_component
from kaizen_tui.metrics.simulated import SimulatedSource

NOW = 1_790_000_000.0


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

"""What a panel makes of the answers of a source."""

from kaizen_tui.core.fields import MetricFields
from kaizen_tui.metrics.panels import MetricPanel, read_metric
from kaizen_tui.metrics.source import NO_SERIES, Counters, Events, Instant, Past, Series, Version

NOW = 1_790_000_000.0
METRIC = MetricFields("p95_ms", 10.0, 15.0, objective=99.0, window="30d")


class Told:
    """A source that says what it was told to."""

    name = "prometheus"
    width = 4

    def __init__(self, instant: Instant, values: tuple[float | None, ...], bad: float = 0.0) -> None:
        self._instant, self._values, self._bad = instant, values, bad

    def query(self, component: str, metric: str) -> str:
        return "the query"

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
        return self._instant

    def series(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Series:
        return Series(end - 60.0 * (len(self._values) - 1), 60.0, self._values)

    def events(self, component: str, metric: str, start: float, end: float, version: Version = "") -> Events:
        return Events(self._bad, 1000.0)

    def counters(self, component: str, metric: str, at: float, version: Version = "") -> Counters:
        return Counters(at, ())

    def past_counters(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Past:
        return Past(())


def panel(instant: Instant, *values: float | None, bad: float = 0.0) -> MetricPanel:
    return read_metric(Told(instant, values, bad), "web", METRIC, NOW)


def test_a_metric_that_is_gone_keeps_its_last_value_and_ages() -> None:
    found = panel(Instant(None, None, NO_SERIES), 5.0, 6.0, None, None)
    assert (found.value, found.age, found.state, found.error) == (6.0, 120.0, "ok", NO_SERIES)
    assert panel(Instant(None, None, NO_SERIES), 6.0, *[None] * 10).state == "stale"
    assert panel(Instant(None, None, NO_SERIES), None, None).state == "no_data"


def test_an_idle_service_or_a_wrong_query_has_no_value_at_all() -> None:
    assert panel(Instant(None, NOW - 3, "nothing happened in the last 5m"), 5.0, None).value is None
    refused = panel(Instant(None, None, "the server refuses the query"), 5.0, 5.0)
    assert (refused.value, refused.state, refused.error) == (None, "no_data", "the server refuses the query")


def test_a_warning_stands_beside_the_value() -> None:
    found = panel(Instant(5.0, NOW - 3, "", "a part is missing"), 5.0)
    assert (found.value, found.warning, found.query) == (5.0, "a part is missing", "the query")


def test_a_budget_that_is_overspent_is_breached_however_good_the_present_is() -> None:
    good, spent = Instant(5.0, NOW), panel(Instant(5.0, NOW), 5.0, bad=20.0)
    assert panel(good, 5.0, bad=5.0).state == "ok"
    assert (spent.state, spent.exhausts_in) == ("breached", 0.0)

"""What is asked of a server how often, and at which instant."""

from kaizen_tui.metrics.prometheus import PrometheusSource
from kaizen_tui.metrics.server import Server, ServerSettings
from tests.metrics.double import Double
from tests.metrics.sli_world import ERRORS, component_of

NOW = 1_790_000_003.0
HOUR, MONTH = 3600.0, 30 * 86400.0


def standing() -> float:
    """A clock by which nothing that is kept grows old."""
    return 0.0


def source(double: Double) -> PrometheusSource:
    settings = ServerSettings(double.url, {}, None, "", 20.0)
    more = "versions: {label: version, baseline: one, canary: two}"
    return PrometheusSource([component_of(ERRORS, more=more)], lambda: Server(settings), clock=standing)


def test_a_budget_is_asked_once_a_while_and_a_value_every_second() -> None:
    with Double(lambda query: 7.0) as double:
        ours = source(double)
        for seconds in (0.0, 4.0, 9.0):
            assert ours.events("web", "errors", NOW + seconds - MONTH, NOW + seconds).total == 7.0
        assert len(double.asked) == 2  # bad and all, once
        double.asked.clear()
        for seconds in (0.0, 1.0, 1.0):
            assert ours.instant("web", "errors", NOW + seconds).value == 7.0
        assert len(set(double.asked)) == 2  # the value and how old it is
        assert len(double.asked) == 4


def test_a_young_server_has_a_budget_at_once() -> None:
    # Asked about the present, not about the last full minute, in which there was nothing yet.
    with Double(lambda query: 7.0) as double:
        ours = source(double)
        ours.events("web", "errors", NOW - MONTH, NOW)
        assert double.instants == [NOW, NOW]


def test_both_versions_are_counted_at_the_same_instant() -> None:
    with Double(lambda query: [({"pod": "a"}, 5.0)]) as double:
        ours = source(double)
        for seconds in (0.0, 1.0):
            ours.counters("web", "errors", NOW + seconds, "baseline")
            ours.counters("web", "errors", NOW + seconds, "canary")
        assert double.instants == [NOW] * 6 + [NOW + 1] * 6  # bad, total, and when the newest was measured


def test_counters_are_as_old_as_the_newest_sample_though_the_server_answers_on() -> None:
    newest: list[float] = [NOW - 40.0]
    with Double(lambda query: newest[0] if "timestamp" in query else [({"pod": "a"}, 5.0)]) as double:
        ours = source(double)
        assert ours.counters("web", "errors", NOW, "canary").at == NOW - 40.0
        newest[0] = NOW + 90.0  # what comes from the future was measured by now at the latest
        assert ours.counters("web", "errors", NOW + 1, "canary").at == NOW + 1

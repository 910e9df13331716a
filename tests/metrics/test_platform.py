"""All components in one reading: what a source said survives its silence, with its age; the header says which it is."""

from kaizen_tui.core.fields import MetricFields
from kaizen_tui.metrics.platform import Looked, PlatformReader, refresh_of, source_words
from kaizen_tui.metrics.simulated import SimulatedSource
from kaizen_tui.metrics.source import Counters, Events, Instant, Past, Series, UnreachableError, Version
from tests.metrics.defined import component

NOW = 1_790_000_000.0


class Wire:
    """A source whose line can be cut, or whose server refuses."""

    name = "prometheus"
    width = 1

    def __init__(self) -> None:
        self.down: Exception | None = None
        self.error = ""

    def query(self, component: str, metric: str) -> str:
        return f"query of {metric}"

    def counters(self, component: str, metric: str, at: float, version: Version = "") -> Counters:
        return Counters(at, ())

    def past_counters(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Past:
        return Past(())

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
        if self.down is not None:
            raise self.down
        return Instant(None, None, self.error) if self.error else Instant(5.0, at - 4)

    def series(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Series:
        return Series(start, step, (5.0,) * 10)

    def events(self, component: str, metric: str, start: float, end: float, version: Version = "") -> Events:
        return Events(0, 1)


def reader(source: Wire) -> PlatformReader:
    found = PlatformReader(lambda config, components: source)
    found.configure({}, [component("a", MetricFields("p95_ms", 10.0)), component("b")])
    return found


def test_a_connected_source() -> None:
    platform = reader(Wire()).read(NOW)
    assert (platform.connection, platform.source, platform.data_at) == ("connected", "prometheus", NOW - 4)
    assert source_words(platform, NOW) == ("prometheus · 4 s ago", False)
    # A component without metrics says nothing: it stands last.
    assert [one.id for one in platform.components] == ["a", "b"]


def test_the_last_good_data_stay_with_their_age_until_they_are_stale() -> None:
    source = Wire()
    ours = reader(source)
    ours.read(NOW)
    for error in (UnreachableError("connection refused"), TimeoutError("timed out")):
        source.down = error
        platform = ours.read(NOW + 176)
        assert platform.connection == "unreachable"
        assert str(error) in platform.trouble
        assert source_words(platform, NOW + 176) == ("prometheus unreachable, data 3 min old", True)
        metric = platform.components[0].metrics[0]
        assert (metric.value, metric.age, metric.state) == (5.0, 180.0, "ok")
    assert ours.read(NOW + 1000).components[0].state == "stale"
    source.down = None
    assert ours.read(NOW + 1001).connection == "connected"


def test_a_source_that_never_answered_has_no_data_yet() -> None:
    source = Wire()
    source.down = UnreachableError("no route to host")
    platform = reader(source).read(NOW)
    assert source_words(platform, NOW) == ("prometheus unreachable, no data yet", True)
    assert platform.components[-1].metrics == () or platform.components[0].metrics[0].error == "no route to host"


def test_a_query_without_an_answer_leaves_its_last_value_with_its_age() -> None:
    source = Wire()
    ours = reader(source)
    ours.read(NOW)
    source.error = "no answer within 3 s"
    platform = ours.read(NOW + 60)
    assert platform.connection == "connected"
    metric = platform.components[0].metrics[0]
    assert (metric.value, metric.age, metric.state, metric.error) == (5.0, 64.0, "ok", "no answer within 3 s")
    assert ours.read(NOW + 1000).components[0].metrics[0].state == "stale"


def test_settings_that_can_not_work_are_said_like_a_server_that_does_not_answer() -> None:
    ours = PlatformReader()
    ours.configure({"metrics": {"source": "prometheus"}}, [component("a", MetricFields("p95_ms", 10.0))])
    platform = ours.read(NOW)
    assert (platform.connection, platform.source) == ("unreachable", "prometheus")
    assert "needs a `url`" in platform.trouble


def test_a_server_that_is_away_is_asked_less_and_less_and_at_once_again_when_it_is_back() -> None:
    source = Wire()
    ours = PlatformReader(lambda config, components: source, chance=lambda: 0.5)
    ours.configure({}, [component("a", MetricFields("p95_ms", 10.0))])
    source.down = UnreachableError("connection refused")
    pauses = []
    for nth in range(6):
        ours.read(NOW + nth)
        pauses.append(ours.pause(15.0))
    assert pauses == [30.0, 60.0, 120.0, 120.0, 120.0, 120.0]
    assert ours.trouble == "connection refused"
    source.down = None
    ours.read(NOW + 9)
    assert (ours.pause(15.0), ours.trouble) == (15.0, "")


class Counting(Wire):
    """Remembers which components were asked about, and which of them for a series."""

    def __init__(self) -> None:
        super().__init__()
        self.instants: list[str] = []
        self.charts: list[str] = []

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
        self.instants.append(component)
        return super().instant(component, metric, at)

    def series(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Series:
        self.charts.append(component)
        return super().series(component, metric, start, end, step)


def test_what_nobody_sees_is_asked_once_a_minute_and_without_its_chart() -> None:
    source = Counting()
    ours = PlatformReader(lambda config, components: source)
    ours.configure({}, [component(name, MetricFields("p95_ms", 10.0)) for name in "abc"])
    ours.read(NOW)
    assert source.charts == ["a", "b", "c"]
    source.instants.clear()
    source.charts.clear()
    looked = Looked(frozenset("b"))
    for seconds in (15, 30, 45):
        platform = ours.read(NOW + seconds, looked=looked)
    assert source.instants == ["b"] * 3
    assert [one.metrics[0].age for one in sorted(platform.components)] == [49.0, 4.0, 49.0]
    assert ours.knows(looked, NOW + 45)
    assert not ours.knows(Looked(frozenset("a")), NOW + 45)
    ours.read(NOW + 60, looked=looked)
    assert sorted(source.instants[3:]) == ["a", "b", "c"]
    assert source.charts == ["b"] * 4
    # The chart that was drawn before stays.
    assert all(one.metrics[0].series.values for one in ours.read(NOW + 61, looked=looked).components)


def test_without_a_server_the_components_are_still_there() -> None:
    ours = PlatformReader()
    ours.configure({}, [component("a", MetricFields("p95_ms", 10.0))])
    platform = ours.read(NOW)
    assert platform.connection == "no_server"
    assert source_words(platform, NOW) == ("no metrics server configured", False)
    assert platform.components[0].metrics[0].state == "no_data"


def test_another_instant_is_never_mixed_with_the_present() -> None:
    source = Wire()
    ours = reader(source)
    ours.read(NOW)
    past = ours.read(NOW, NOW - 86400)
    assert past.as_of == NOW - 86400
    assert source_words(past, NOW) == ("prometheus", False)
    source.down = UnreachableError("gone")
    assert ours.read(NOW, NOW - 86400).components[0].metrics[0].value is None
    assert ours.read(NOW).components[0].metrics[0].value == 5.0


def test_worst_first_then_the_critical_tier() -> None:
    ours = PlatformReader(lambda config, components: SimulatedSource([one.fields for one in components]))
    metric = MetricFields("p95_ms", 10.0, 15.0)
    ours.configure({}, [component(f"c{nth}", metric, metric, metric, tier=nth % 3) for nth in range(6)])
    order = ("breached", "at_risk", "stale", "no_data", "ok")
    places = [(order.index(one.state), one.tier) for one in ours.read(NOW).components]
    assert places == sorted(places)


def test_a_share_is_never_over_a_hundred_percent() -> None:
    metric = MetricFields("hit_ratio_pct", 95.0, 90.0)
    source = SimulatedSource([component("a", metric).fields])
    values = [source.instant("a", "hit_ratio_pct", NOW + 977 * nth).value for nth in range(400)]
    assert all(value is not None and value <= 100 for value in values)


def test_the_refresh() -> None:
    assert refresh_of({}) == 15
    assert refresh_of({"metrics": {"refresh": "1min"}}) == 60
    assert refresh_of({"metrics": {"refresh": "soon"}}) == 15
    assert refresh_of({"metrics": {"refresh": "1ms"}}) == 1

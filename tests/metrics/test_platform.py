"""All components in one reading: what a source said survives its silence, with its age; the header says which it is."""

from kaizen_tui.core.fields import ComponentFields, MetricFields
from kaizen_tui.metrics.platform import PlatformReader, refresh_of, source_words
from kaizen_tui.metrics.simulated import SimulatedSource
from kaizen_tui.metrics.source import Counters, Events, Instant, Series, UnreachableError, Version

NOW = 1_790_000_000.0


def component(name: str, *metrics: MetricFields, tier: int = 1) -> ComponentFields:
    return ComponentFields(name, name, tier, "team", metrics, "", "", ())


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


def test_an_error_for_every_metric_is_an_unreachable_server() -> None:
    source = Wire()
    ours = reader(source)
    ours.read(NOW)
    source.error = "502 Bad Gateway"
    platform = ours.read(NOW + 60)
    assert (platform.connection, platform.trouble) == ("unreachable", "502 Bad Gateway")
    assert platform.components[0].metrics[0].value == 5.0


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
    ours = PlatformReader(lambda config, components: SimulatedSource(components))
    metric = MetricFields("p95_ms", 10.0, 15.0)
    ours.configure({}, [component(f"c{nth}", metric, metric, metric, tier=nth % 3) for nth in range(6)])
    order = ("breached", "at_risk", "stale", "no_data", "ok")
    places = [(order.index(one.state), one.tier) for one in ours.read(NOW).components]
    assert places == sorted(places)


def test_a_share_is_never_over_a_hundred_percent() -> None:
    metric = MetricFields("hit_ratio_pct", 95.0, 90.0)
    source = SimulatedSource([component("a", metric)])
    values = [source.instant("a", "hit_ratio_pct", NOW + 977 * nth).value for nth in range(400)]
    assert all(value is not None and value <= 100 for value in values)


def test_the_refresh() -> None:
    assert refresh_of({}) == 15
    assert refresh_of({"metrics": {"refresh": "1min"}}) == 60
    assert refresh_of({"metrics": {"refresh": "soon"}}) == 15
    assert refresh_of({"metrics": {"refresh": "1ms"}}) == 1

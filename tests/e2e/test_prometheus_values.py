"""Real servers scrape a real service: what a panel says, what the API says, and what the test made happen are one."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from kaizen_tui.core.burn import burn_windows
from kaizen_tui.core.slo import budget_left, burn_rate
from kaizen_tui.metrics.configured import configured_source
from kaizen_tui.metrics.prometheus import PrometheusSource
from kaizen_tui.metrics.source import Version
from kaizen_tui.store.reading import list_components
from tests.e2e.history import DAY, HOUR
from tests.e2e.measured import Measured, measured, metric_of
from tests.e2e.service import Service

pytestmark = pytest.mark.e2e

WEB = {
    "errors": """name: errors, threshold: "0.1", abort_threshold: "30", unit: "%", objective: 99, window: 30d,
       sli: {type: ratio, bad: 'requests_total{code=~"5.."}', total: requests_total}""",
    "success": """name: success, threshold: "99.9", abort_threshold: "50", unit: "%", objective: 99, window: 7d,
       sli: {type: ratio, good: 'requests_total{code="200"}', total: requests_total}""",
    "slow": """name: slow, threshold: "0.05", abort_threshold: "0.2", objective: 95, window: 7d,
       sli: {type: latency, histogram: duration_seconds, threshold: 0.5}""",
    "p90_ms": """name: p90_ms, threshold: "400", abort_threshold: "800",
       sli: {type: latency, histogram: duration_seconds, quantile: 0.9}""",
    **{
        f"memory_{kind}": f"""name: memory_{kind}, unit: MB, threshold: "900", abort_threshold: "990",
       sli: {{type: gauge, metric: resident_bytes, aggregate: {kind}}}"""
        for kind in ("avg", "max", "min", "sum")
    },
    "sent": """name: sent, threshold: "1", abort_threshold: "0.1", unit: /s, sli: {type: rate, counter: sent_total}""",
    "raw": """name: raw, threshold: "9", query: 'sum(increase(sent_total{$selector}[$window])) / 7'""",
}
# Written by hand, as somebody types them into the server's own page; SCOPE is the component's, or of one version.
DIRECT = {
    "errors": '100 * sum(increase(requests_total{code=~"5..",SCOPE}[5m])) / sum(increase(requests_total{SCOPE}[5m]))',
    "success": '100 * sum(increase(requests_total{code="200",SCOPE}[5m])) / sum(increase(requests_total{SCOPE}[5m]))',
    "slow": '1 - sum(increase(duration_seconds_bucket{le="0.5",SCOPE}[5m]))'
    " / sum(increase(duration_seconds_count{SCOPE}[5m]))",
    "p90_ms": "1000 * histogram_quantile(0.9, sum by (le) (increase(duration_seconds_bucket{SCOPE}[5m])))",
    "memory_avg": "avg(resident_bytes{SCOPE}) / 1e6",
    "memory_max": "max(resident_bytes{SCOPE}) / 1e6",
    "memory_min": "min(resident_bytes{SCOPE}) / 1e6",
    "memory_sum": "sum(resident_bytes{SCOPE}) / 1e6",
    "sent": "sum(rate(sent_total{SCOPE}[5m]))",
    "raw": "sum(increase(sent_total{SCOPE}[5m])) / 7",
}
ERRORS, SLOW, P90, MEMORY = WEB["errors"], WEB["slow"], WEB["p90_ms"], WEB["memory_max"]
RATE = WEB["sent"]


@pytest.fixture(scope="module", params=["prometheus", "victoria-metrics"])
def at_work(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, require_program: Callable[[str], str]
) -> Iterator[Measured]:
    """Everything has happened and is stored: pods that serve, fail, restart, idle, are gone, export NaN and +Inf."""
    folder = tmp_path_factory.mktemp("measured")
    with Service() as service:
        one, two = service.pod("a", "one"), service.pod("c", "two")
        service.pod("b", "one")
        service.pod("idle", job="idle")
        restarted = service.pod("restarted", job="restarted")
        gone = service.pod("gone", job="gone")
        service.pod("nan", job="odd").set("resident_bytes", float("nan"))
        service.pod("inf", job="endless").set("resident_bytes", float("inf"))
        with measured(request.param, folder, require_program, service) as found:
            one.set("resident_bytes", 150e6)
            two.set("resident_bytes", 410e6)
            found.journal.serve(two, time.time(), good=9000, bad=3000, slow=6000)
            restarted.serve(1000)
            gone.serve(10, code="500")
            stored = 'sum(requests_total{job="restarted"})'
            service.until(lambda: found.number(stored, time.time()) == 1000, "requests before the restart")
            service.until(lambda: found.number('sum(requests_total{job="gone"})', time.time()) == 10, "the last ones")
            service.scraped(10)  # the age of a pod that is gone is looked for second by second: it lives for some
            restarted.restart()
            gone.silent = True
            service.until(lambda: found.number(stored, time.time()) == 0, "the restart")
            restarted.serve(450)
            restarted.serve(50, code="500")
            service.until(lambda: found.number(stored, time.time()) == 500, "requests after the restart")
            service.until(lambda: not found.ask('sent_total{job="gone"}', time.time()), "the end of a pod")
            memory = 'max(resident_bytes{job="web"})'
            service.until(lambda: found.number(memory, time.time()) == 410e6, "the memory")
            yield found


@pytest.fixture(scope="module")
def web(at_work: Measured) -> Measured:
    at_work.component("web", *WEB.values(), more="versions: {label: version, baseline: one, canary: two}")
    return at_work


def direct(metric: str, *more: str) -> str:
    return DIRECT[metric].replace("SCOPE", ",".join(['job="web"', *more]))


def settled(web: Measured) -> float:
    """A present instant up to which everything is stored: VictoriaMetrics shows a sample some seconds late."""
    at = float(int(time.time()))
    oldest = 'min(timestamp(sent_total{job="web"}))'
    web.service.until(lambda: web.number(oldest, time.time()) > at + 2, "later samples")
    return at


def soon() -> float:
    """The next full minute: there the windows of budgets end, which needn't follow every second."""
    return (time.time() // 60 + 1) * 60


def test_counters_are_as_old_as_their_newest_sample_however_long_the_server_answers_on(web: Measured) -> None:
    now = settled(web)
    settings = {"metrics": {"source": "prometheus", "url": web.server.url}}
    source = configured_source(settings, list_components(web.world.ws)[0])
    for metric in ("errors", "slow", "memory_max", "sent"):
        assert now - 2 <= source.counters("web", metric, now).at <= now
        # A minute on nobody has measured anything yet, and the last sample is answered with all the same.
        later = source.counters("web", metric, now + 60)
        assert later.counters
        assert later.at <= time.time()


def test_every_kind_agrees_with_the_api(web: Measured) -> None:
    at = settled(web)
    platform = web.platform(at, "web")
    assert (platform.connection, platform.source, platform.trouble) == ("connected", "prometheus", "")
    for name in WEB:
        panel = metric_of(platform, "web", name)
        assert panel.value == pytest.approx(web.number(direct(name), at), rel=1e-9), name
        assert panel.error == panel.warning == "", name
        assert panel.age is not None, name
        assert panel.age <= 30, name


def test_each_version_agrees_with_the_api(web: Measured) -> None:
    at = settled(web)
    source = source_of(web)
    versions: tuple[tuple[Version, str], ...] = (("baseline", "one"), ("canary", "two"))
    for name in WEB:
        values = []
        for version, label in versions:
            answer = source.instant("web", name, at, version)
            assert answer.value == pytest.approx(web.number(direct(name, f'version="{label}"'), at), rel=1e-9), name
            values.append(answer.value)
        assert values[0] != values[1], name


def source_of(web: Measured) -> PrometheusSource:
    files, _ = list_components(web.world.ws)
    config = {"metrics": {"source": "prometheus", "url": web.server.url, "timeout": "30s"}}
    source = configured_source(config, files)
    assert isinstance(source, PrometheusSource)
    return source


def test_the_chart_agrees_with_the_api(web: Measured) -> None:
    at = settled(web)
    platform = web.platform(at)
    for name in WEB:
        series = metric_of(platform, "web", name).series
        last = series.start + (len(series.values) - 1) * series.step
        expected = web.range(direct(name), series.start, last, series.step)
        got = {series.start + place * series.step: value for place, value in enumerate(series.values)}
        known = {moment: value for moment, value in got.items() if value is not None}
        assert len(known) > 100, name
        assert known == pytest.approx(expected, rel=1e-9), name


def test_kaizen_slo_agrees_with_the_api(web: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    at = settled(web)
    monkeypatch.setattr("kaizen_tui.loop.context.utc_now", lambda: datetime.fromtimestamp(at, UTC))
    said = web.world.cli("slo", "web", "--json")
    assert said.code == 1, said  # an incident is under way
    (component,) = said.data["components"]
    metrics = {metric["name"]: metric for metric in component["metrics"]}
    assert set(metrics) == set(WEB)
    for name, metric in metrics.items():
        assert metric["value"] == pytest.approx(web.number(direct(name), at), rel=1e-5), name
    panel = web.panel("web", "errors", at)
    assert metrics["errors"]["budget_left"] == pytest.approx(panel.budget, rel=1e-5)
    assert [burn["long"] for burn in metrics["errors"]["burn_rates"]] == pytest.approx(
        [burn.long for burn in panel.burns], rel=1e-5
    )


def test_budgets_agree_with_the_events_that_happened(web: Measured) -> None:
    at = soon()
    platform = web.platform(at, "web")
    for name, window, objective in (("errors", 30 * DAY, 99), ("slow", 7 * DAY, 95), ("success", 7 * DAY, 99)):
        happened = web.journal.since(at - window)
        bad = happened.slow if name == "slow" else happened.bad
        panel = metric_of(platform, "web", name)
        assert panel.window == window
        assert panel.budget is not None
        assert 1 - panel.budget == pytest.approx(1 - (budget_left(bad, happened.total, objective) or 9), rel=0.01), name
        events = source_of(web).events("web", name, at - window, at)
        assert (events.bad, events.total) == pytest.approx((bad, happened.total), rel=0.01), name
        hour = web.journal.since(at - HOUR)
        burned = burn_rate(hour.slow if name == "slow" else hour.bad, hour.total, objective)
        assert panel.burn == pytest.approx(burned, rel=0.01), name


def test_burn_rates_agree_with_the_events_that_happened(web: Measured) -> None:
    at = soon()
    panel = web.panel("web", "errors", at)
    rates = {pair.long: long for pair, _, long, _ in panel.burns} | {
        pair.short: short for pair, _, _, short in panel.burns
    }
    assert tuple(sorted(rates)) == burn_windows()
    for window, rate in rates.items():
        happened = web.journal.since(at - window)
        # Prometheus guesses what lies between the window's edge and its first sample: up to 15 s of the shortest.
        assert rate == pytest.approx(burn_rate(happened.bad, happened.total, 99), rel=0.03), window
    assert [burn.factor for burn in panel.burns] == pytest.approx([14.4, 6, 3, 1])
    assert [burn.firing for burn in panel.burns] == [True, False, False, False]
    assert panel.exhausts_in is not None


def test_an_idle_service_is_no_data_and_says_so(at_work: Measured) -> None:
    at_work.component("idle", ERRORS, SLOW, P90, RATE)
    at = float(int(time.time()))
    platform = at_work.platform(at, "idle")
    for name in ("errors", "slow", "p90_ms"):
        panel = metric_of(platform, "idle", name)
        assert (panel.state, panel.value, panel.budget, panel.burn) == ("no_data", None, None, None), name
        assert panel.error == "nothing happened in the last 5m", name
        assert panel.age is not None, name
    assert metric_of(platform, "idle", "sent").value == 0


def test_a_restart_is_neither_a_burst_nor_a_hole(at_work: Measured) -> None:
    at_work.component("restarted", ERRORS, RATE)
    panel = at_work.panel("restarted", "errors", soon())
    # 1000 good ones, then from 0 again 450 good and 50 bad.
    assert panel.value == pytest.approx(100 * 50 / 1500, rel=0.01)
    assert 1 - (panel.budget or 0) == pytest.approx(50 / 1500 / 0.01, rel=0.01)


def test_nan_and_infinity_are_no_number_and_never_zero(at_work: Measured) -> None:
    at_work.component("odd", MEMORY)
    at_work.component("endless", MEMORY)
    at = float(int(time.time()))
    platform = at_work.platform(at)
    odd, endless = metric_of(platform, "odd", "memory_max"), metric_of(platform, "endless", "memory_max")
    assert (odd.value, odd.state) == (endless.value, endless.state) == (None, "no_data")
    # VictoriaMetrics doesn't store a NaN: there is no series then.
    none = "the query returned no series"
    assert odd.error == ("the query returned NaN, which is no number" if at_work.kind == "prometheus" else none)
    assert endless.error == "the query returned +Inf, which is no number"
    assert all(value is None for value in (*odd.series.values, *endless.series.values))


def test_a_pod_that_is_gone_ages(at_work: Measured) -> None:
    at_work.component("gone", ERRORS, MEMORY)
    at = float(int(time.time()))
    source = source_of(at_work)
    memory = source.instant("gone", "memory_max", at)
    assert (memory.value, memory.error) == (None, "the query returned no series")
    errors = source.instant("gone", "errors", at)
    assert errors.value == pytest.approx(100)  # what it did is still in the window, and is as old as its last sample
    last = at_work.number('max(max_over_time(timestamp(sent_total{job="gone"})[5m:1s]))', at)
    assert errors.at == pytest.approx(last, abs=1.5)
    assert errors.at < at


def test_a_bound_without_a_bucket_is_not_taken_for_idle(at_work: Measured) -> None:
    at_work.component("bound", SLOW.replace("threshold: 0.5}", "threshold: 0.4}"), job="web")
    panel = at_work.panel("bound", "slow", float(int(time.time())))
    assert (panel.value, panel.error) == (None, 'the histogram has no bucket le="0.4"')
    assert panel.budget is None


def test_several_series_none_and_a_wrong_query_are_said(at_work: Measured) -> None:
    at_work.component(
        "wrong",
        "name: several, threshold: 1, query: 'sum by (pod) (resident_bytes{$selector})'",
        "name: none, threshold: 1, query: 'nothing_of_the_kind{$selector}'",
        "name: broken, threshold: 1, query: 'sum(resident_bytes{$selector}'",
        "name: fine, threshold: 1, query: 'count(resident_bytes{$selector})'",
        job="web",
    )
    platform = at_work.platform(float(int(time.time())))
    several, none, broken, fine = (metric_of(platform, "wrong", name) for name in ("several", "none", "broken", "fine"))
    assert several.error == "the query returned 3 series; aggregate them to one, with sum(), max() or avg()"
    assert none.error == "the query returned no series"
    assert broken.error.startswith("the server refuses the query (4")
    assert "sum(resident_bytes" in broken.error or "unclosed" in broken.error
    assert (several.value, none.value, broken.value, fine.value) == (None, None, None, 3)
    assert platform.connection == "connected"

"""What the queries mean, asked of Prometheus' own engine: values, idle services, absent series, restarts, NaN."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.metrics import promql
from tests.metrics.promtool import Expected, check, none, one
from tests.metrics.sli_world import ERRORS, MEMORY, P90, RATE, SLOW, SUCCESS, metric_of

Ask = Callable[..., None]


@pytest.fixture
def ask(tmp_path: Path, require_program: Callable[[str], str]) -> Ask:
    promtool = require_program("promtool")

    def asked(series: dict[str, str], *expected: Expected) -> None:
        check(promtool, tmp_path, series, expected, "15s")

    return asked


TRAFFIC = {
    'requests_total{code="200",pod="a"}': "0+90x80",
    'requests_total{code="500",pod="a"}': "0+6x80",
    'requests_total{code="404",pod="b"}': "0+24x80",
}


def value(text: str) -> str:
    return promql.value_query(*metric_of(text))


def events(text: str, window: float) -> promql.EventQueries:
    found = promql.event_queries(*metric_of(text), window)
    assert found is not None
    return found


def test_ratio(ask: Ask) -> None:
    counted = events(ERRORS, 600)
    good = events(SUCCESS, 600)
    ask(
        TRAFFIC,
        one(value(ERRORS), "10m", 5.0),  # 6 of 120, in percent
        one(value(SUCCESS), "10m", 75.0),  # higher is better: the share of good ones
        one(promql.error_ratio_query(*metric_of(ERRORS), 600), "10m", 0.05),
        one(promql.error_ratio_query(*metric_of(SUCCESS), 600), "10m", 0.25),
        one(counted.bad, "10m", 240.0),
        one(counted.total, "10m", 4800.0),
        one(good.bad, "10m", 1200.0),
    )


def test_no_bad_event_yet_is_zero_and_no_service_is_nothing(ask: Ask) -> None:
    healthy = {'requests_total{code="200"}': "0+90x80"}
    ask(
        healthy,
        one(value(ERRORS), "10m", 0.0),
        one(events(ERRORS, 600).bad, "10m", 0.0),
        one(value(SUCCESS), "10m", 100.0),
    )
    ask({"other_total": "0+1x80"}, none(value(ERRORS), "10m"), none(events(ERRORS, 600).bad, "10m"))


def test_an_idle_service_is_no_data_and_no_nan(ask: Ask) -> None:
    idle = {
        'requests_total{code="200"}': "5x80",
        'duration_seconds_bucket{le="0.5"}': "7x80",
        'duration_seconds_bucket{le="+Inf"}': "9x80",
        "duration_seconds_count": "9x80",
        "sent_total": "3x80",
    }
    ask(
        idle,
        none(value(ERRORS), "10m"),
        none(value(SUCCESS), "10m"),
        none(value(SLOW), "10m"),
        none(value(P90), "10m"),
        one(value(RATE), "10m", 0.0),  # a rate of nothing is 0: that is what it says
        one(events(ERRORS, 600).total, "10m", 0.0),
    )


def test_latency_by_quantile_and_by_threshold(ask: Ask) -> None:
    series = {
        'duration_seconds_bucket{le="0.25",pod="a"}': "0+50x80",
        'duration_seconds_bucket{le="0.5",pod="a"}': "0+80x80",
        'duration_seconds_bucket{le="1.0",pod="a"}': "0+100x80",
        'duration_seconds_bucket{le="+Inf",pod="a"}': "0+100x80",
        'duration_seconds_count{pod="a"}': "0+100x80",
    }
    wrong = SLOW.replace("threshold: 0.5}", "threshold: 0.4}")
    written_otherwise = SLOW.replace("threshold: 0.5}", "threshold: 1}")
    ask(
        series,
        one(value(P90), "10m", 750.0),  # half way from 0.5 s to 1 s, in ms
        one(value(SLOW), "10m", 0.2),
        one(events(SLOW, 600).bad, "10m", 800.0),
        one(value(written_otherwise), "10m", 0.0),
        none(value(wrong), "10m"),  # no such bucket: not "everything was slow"
    )


def test_gauge_and_rate_in_their_units(ask: Ask) -> None:
    series = {'resident_bytes{pod="a"}': "150000000x80", 'resident_bytes{pod="b"}': "180000000x80"}
    ask(
        series | {"sent_total": "0+300x80"},
        one(value(MEMORY), "10m", 180.0),
        one(value(MEMORY.replace("max", "avg")), "10m", 165.0),
        one(value(MEMORY.replace("max", "min")), "10m", 150.0),
        one(value(MEMORY.replace("max", "sum")), "10m", 330.0),
        one(value(RATE), "10m", 20.0),
    )


def test_a_point_of_a_long_chart_keeps_the_peak(ask: Ask) -> None:
    wide = promql.value_query(*metric_of(MEMORY), 3600)
    ask({"resident_bytes": "100000000x40 290000000x4 100000000x120"}, one(wide, "40m", 290.0))


def test_a_restart_is_no_negative_and_no_burst(ask: Ask) -> None:
    # 30 a sample; after 20 samples the process begins at 0 again.
    restarted = {"sent_total": "0+30x20 0+30x60"}
    ask(restarted, one(value(RATE), "5m", 2.0), one(value(RATE), "15m", 2.0))


def test_a_stale_series_is_no_data(ask: Ask) -> None:
    ask(
        {"resident_bytes": "100000000x20 stale _x60", 'requests_total{code="200"}': "0+9x20 stale _x60"},
        none(value(MEMORY), "6m"),
        none(value(ERRORS), "12m"),
    )


def test_nan_of_the_service_itself_stays_nan(ask: Ask) -> None:
    # The source says "no data" of it; to make a 0 of it would be a lie.
    query = value(MEMORY)
    ask(
        {"resident_bytes": "100000000x20" + " NaN" * 60},
        one(f"count({query} != {query})", "10m", 1.0),
    )


def test_versions_are_told_apart(ask: Ask) -> None:
    more = "versions: {label: version, baseline: one, canary: two}"
    series = {
        'requests_total{version="one",code="200"}': "0+99x80",
        'requests_total{version="one",code="500"}': "0+1x80",
        'requests_total{version="two",code="200"}': "0+9x80",
        'requests_total{version="two",code="500"}': "0+1x80",
    }
    component, metric = metric_of(ERRORS, more=more)
    ask(
        series,
        one(promql.value_query(component, metric, 300, "baseline"), "10m", 1.0),
        one(promql.value_query(component, metric, 300, "canary"), "10m", 10.0),
        Expected(
            promql.counter_queries(component, metric, "canary")[0].query,
            "10m",
            [('requests_total{version="two",code="500"}', 40.0)],
        ),
    )

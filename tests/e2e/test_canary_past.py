"""The baseline's past out of a real server: what the counters were, and what the judge is told because of it."""

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from kaizen_tui.analysis.settings import Settings, Sli
from kaizen_tui.loop.canary_past import prepared
from kaizen_tui.metrics.configured import configured_source
from kaizen_tui.metrics.source import Counter, MetricSource
from kaizen_tui.store.reading import list_components
from tests.cli.world import World
from tests.e2e.history import backfill_prometheus, import_victoria
from tests.e2e.servers import Prometheus, VictoriaMetrics

pytestmark = pytest.mark.e2e

LOOK = 15
LOOKS = 1700  # seven hours
RESTART = 800  # the look at which pod b begins anew
WEB = """\
id: web
tier: 2
owner: backend-team
selector: {job: web}
versions: {label: version, baseline: one, canary: two}
slo:
  metrics:
    - {name: errors_pct, threshold: "5", unit: "%",
       sli: {type: ratio, bad: 'requests_total{code=~"5.."}', total: requests_total}}
    - {name: p95_ms, threshold: "300", unit: ms, sli: {type: latency, histogram: duration_seconds, quantile: 0.95}}
    - {name: memory_mb, threshold: "900", unit: MB, sli: {type: gauge, metric: resident_bytes, aggregate: max}}
"""


class Made(NamedTuple):
    """What pods a and b of the baseline exported, [pod, look]; and pod c of the canary, which fails always."""

    end: int
    good: "np.ndarray[tuple[int, int], np.dtype[np.int64]]"
    bad: "np.ndarray[tuple[int, int], np.dtype[np.int64]]"
    memory: "np.ndarray[tuple[int, int], np.dtype[np.float64]]"


def made() -> Made:
    """Failures come four at a time, and so do slow answers; memory remembers five looks."""
    numbers = np.random.default_rng(5)
    good, bad = numbers.poisson(3000, (2, LOOKS)), 4 * numbers.poisson(5, (2, LOOKS))
    counts = []
    for each in (good, bad):
        whole = np.cumsum(each, axis=1)
        whole[1, RESTART:] -= whole[1, RESTART - 1]
        counts.append(whole)
    memory = np.zeros((2, LOOKS))
    for look in range(1, LOOKS):
        memory[:, look] = math.exp(-1 / 5) * memory[:, look - 1] + numbers.normal(0, 0.05, 2)
    end = (int(time.time()) - 60) // LOOK * LOOK
    return Made(end, counts[0], counts[1], np.exp(memory) * 2e8)


def samples(history: Made) -> Iterator[tuple[float, str]]:
    for look in range(LOOKS):
        at = float(history.end - (LOOKS - 1 - look) * LOOK)
        for nth, pod in enumerate("ab"):
            labels = f'job="web",pod="{pod}",version="one"'
            good, bad = history.good[nth, look], history.bad[nth, look]
            yield at, f'requests_total{{{labels},code="200"}} {good}'
            yield at, f'requests_total{{{labels},code="500"}} {bad}'
            for le, below in (("0.1", good), ("0.5", good + bad), ("+Inf", good + bad)):
                yield at, f'duration_seconds_bucket{{{labels},le="{le}"}} {below}'
            yield at, f"resident_bytes{{{labels}}} {float(history.memory[nth, look])!r}"
        yield at, f'requests_total{{job="web",pod="c",version="two",code="500"}} {look * 100}'


@pytest.fixture(scope="module", params=["prometheus", "victoria-metrics"])
def past(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, require_program: Callable[[str], str]
) -> Iterator[tuple[Made, MetricSource]]:
    folder, history = tmp_path_factory.mktemp("past"), made()
    world = World(folder / "platform")
    Path(world.ws.component_path("web")).write_text(WEB)
    program = require_program(request.param)
    kind = Prometheus if request.param == "prometheus" else VictoriaMetrics
    server = kind(program, folder / "server", "scrape_configs: []\n")
    if isinstance(server, Prometheus):
        backfill_prometheus(require_program("promtool"), server.folder, list(samples(history)))
    with server:
        if isinstance(server, VictoriaMetrics):
            import_victoria(server, list(samples(history)))
            server.request("GET", "/internal/force_flush")
        settings = {"metrics": {"source": "prometheus", "url": server.url, "timeout": "30s"}}
        yield history, configured_source(settings, list_components(world.ws)[0])


def test_the_counters_of_every_look_are_those_that_were_exported(past: tuple[Made, MetricSource]) -> None:
    history, source = past
    found = source.past_counters("web", "errors_pct", history.end - 899 * LOOK, history.end, LOOK, "baseline")
    assert (found.error, len(found.looks)) == ("", 900)
    for nth, one in enumerate(found.looks):
        look = LOOKS - 900 + nth
        assert one.at == history.end - (LOOKS - 1 - look) * LOOK
        expected = []
        for pod, name in enumerate("ab"):
            process = f'{{"job":"web","pod":"{name}","version":"one"}}'
            good, bad = int(history.good[pod, look]), int(history.bad[pod, look])
            expected += [Counter("total", process, good + bad), Counter("bad", process, bad)]
        assert sorted(one.counters) == sorted(expected)
    before = source.past_counters("web", "errors_pct", history.end - 9e4, history.end - 8e4, LOOK, "baseline")
    assert before.error == ""
    assert not any(one.counters for one in before.looks)


def test_a_look_of_the_past_is_the_look_that_would_have_been_taken(past: tuple[Made, MetricSource]) -> None:
    history, source = past
    for metric in ("errors_pct", "p95_ms", "memory_mb"):
        at = float(history.end - 7 * LOOK)
        now = source.counters("web", metric, at, "baseline")
        (then,) = source.past_counters("web", metric, at, at, LOOK, "baseline").looks
        assert then.at == at
        assert sorted(then.counters, key=str) == sorted(now.counters, key=str)
        assert now.counters


def test_the_judge_is_told_of_clusters_and_of_memory(past: tuple[Made, MetricSource]) -> None:
    history, source = past
    slis = (Sli("errors_pct"), Sli("p95_ms", "histogram"), Sli("memory_mb", "gauge"))
    found = prepared(Settings(slis), source, "web", history.end + 3.0, LOOK)
    errors, latency, memory = found.settings.slis
    assert found.thin == ()
    assert errors.dispersion == pytest.approx(4 * 1.2, rel=0.2)
    assert latency.dispersion == pytest.approx(errors.dispersion, rel=0.05)  # the same events
    assert 10 <= memory.block <= 35  # two times 10
    assert "looks in 2 processes" in found.notes["errors_pct"]
    assert "events above 0.1 vary" in found.notes["p95_ms"]


def test_a_baseline_without_a_past_is_said(past: tuple[Made, MetricSource]) -> None:
    history, source = past
    found = prepared(Settings((Sli("errors_pct"),)), source, "web", history.end - (LOOKS + 99) * LOOK, LOOK)
    assert (found.thin, found.settings.slis[0].dispersion) == (("errors_pct",), 1.0)

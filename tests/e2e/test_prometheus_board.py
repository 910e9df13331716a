"""The board on a real server that is stopped, slow, wrong and back again: usable all the time, and it says so."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from kaizen_tui.loop.context import Session, random_token, utc_now
from kaizen_tui.metrics.platform import Platform, source_words
from kaizen_tui.tui.app import KaizenApp, Options
from kaizen_tui.tui.platform_reading import WorkspacePlatform
from tests.e2e.faulty import CUT, HANG, PASS, Dribble, Faulty, Mode, answer, api_error
from tests.e2e.scraped import Scraped
from tests.tui.boards import GRACE, Place, press, screen_text

pytestmark = pytest.mark.e2e

METRICS = """
id: web
name: Web
tier: 0
owner: backend-team
selector: {job: web}
slo:
  metrics:
    - {name: memory, unit: MB, threshold: "200", abort_threshold: "300", sli: {type: gauge, metric: resident_bytes}}
    - {name: errors, unit: "%", threshold: "5", abort_threshold: "50", objective: 95, window: 7d,
       sli: {type: ratio, bad: 'requests_total{code="500"}', total: requests_total}}
rollback_plan: "restart"
"""


def place(tmp_path: Path, url: str, timeout: str = "30s") -> Place:
    made = Place(tmp_path / "platform", components=False)
    (made.root / "registry/kaizen/components/web.yml").write_text(METRICS)
    (made.root / "registry/kaizen/config.yml").write_text(
        f"metrics: {{source: prometheus, url: '{url}', timeout: {timeout}, refresh: 1s}}\n"
    )
    made.ticket(1, component="web", criterion="memory <= 200 MB")
    return made


def values(platform: Platform) -> dict[str, float | None]:
    return {metric.name: metric.value for panel in platform.components for metric in panel.metrics}


DOWN: list[tuple[Mode, str]] = [
    (answer("401 Unauthorized", "no"), "the server refuses the access (401 Unauthorized)"),
    (answer("404 Not Found", "page not found"), "there is no Prometheus API"),
    (answer("302 Found", "", "Location: https://login.example/"), "the server sends elsewhere"),
    (answer("503 Service Unavailable", "<html>busy</html>"), "the server answers 503 Service Unavailable"),
    (answer("200 OK", "<html>login</html>"), "none of Prometheus' API"),
    (answer("200 OK", '{"status": "success", "data": {"resul'), "none of Prometheus' API"),
    (CUT, "the server closed the connection"),
]


def test_what_the_server_does_wrong_is_said_and_the_last_data_stay(tmp_path: Path, faulty: Faulty) -> None:
    ours = WorkspacePlatform(place(tmp_path, faulty.url).workspace)
    now = time.time()
    good = ours.read(now, None)
    assert good.connection == "connected"
    assert values(good)["memory"] == 100
    assert values(good)["errors"] == pytest.approx(2, rel=0.05)
    for nth, (mode, words) in enumerate(DOWN, start=1):
        faulty.mode = mode
        platform = ours.read(now + 10 * nth, None)
        assert platform.connection == "unreachable", words
        assert words in platform.trouble
        assert values(platform) == values(good)
        ages = [metric.age for panel in platform.components for metric in panel.metrics]
        assert all(age is not None and age >= 10 * nth - 1 for age in ages), words
        assert "prometheus unreachable, data" in source_words(platform, now + 10 * nth).text
        assert ours.pause > ours.refresh
    faulty.mode = PASS
    again = ours.read(time.time(), None)
    assert (again.connection, again.trouble) == ("connected", "")
    assert ours.pause == ours.refresh


def test_a_server_that_is_slow_is_not_waited_for(tmp_path: Path, faulty: Faulty) -> None:
    ours = WorkspacePlatform(place(tmp_path, faulty.url, "300ms").workspace)
    for mode in (HANG, Dribble(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"s"), Dribble(b"HTTP/1.1 200 OK\r\n\r\n", b" ")):
        faulty.mode = mode
        trouble = [ours.read(time.time(), None).trouble for _ in range(3)]
        assert "no answer within 0.3 s" in trouble[-1]


def test_a_query_that_is_refused_is_a_matter_of_its_metric(tmp_path: Path, faulty: Faulty) -> None:
    ours = WorkspacePlatform(place(tmp_path, faulty.url).workspace)
    faulty.mode = api_error("422 Unprocessable Entity", "execution", "query processing would load too many samples")
    platform = ours.read(time.time(), None)
    assert platform.connection == "connected"
    (panel,) = platform.components
    assert {metric.state for metric in panel.metrics} == {"no_data"}
    assert all("would load too many samples" in metric.error for metric in panel.metrics)


def test_a_server_that_ends_and_comes_again(tmp_path: Path, metered: Scraped) -> None:
    ours = WorkspacePlatform(place(tmp_path, metered.server.url).workspace)
    now = time.time()
    good = ours.read(now, None)
    assert good.connection == "connected"
    metered.server.stop()
    down = ours.read(now + 5, None)
    assert (down.connection, values(down)) == ("unreachable", values(good))
    assert "connection refused" in down.trouble
    metered.server.start()
    metered.service.until(lambda: bool(metered.ask("sent_total")), "the first scrape after the start")
    back = ours.read(max(time.time(), now + 10), None)
    assert back.connection == "connected"
    assert values(back)["memory"] == 100


async def until(pilot: Pilot[int], holds: Callable[[], bool]) -> None:
    """Lets the app go on until it holds: for minutes if need be."""
    for _ in range(60_000):
        if holds():
            return
        await pilot.pause(0.01)
    raise AssertionError("it never came about")


async def test_the_board_stays_usable_says_so_and_recovers_by_itself(tmp_path: Path, faulty: Faulty) -> None:
    made = place(tmp_path, faulty.url, "2s")

    def session() -> Session:
        return Session(made.workspace, GRACE, utc_now, random_token)

    app = KaizenApp(made.workspace, Options(watch=False), session)
    async with app.run_test(size=(160, 48)) as pilot:
        await until(pilot, lambda: "prometheus · " in screen_text(app) and "✔ memory" in screen_text(app))
        assert "100 MB" in screen_text(app)
        for mode in (CUT, HANG):
            faulty.mode = mode
            await until(pilot, lambda: "prometheus unreachable, data" in screen_text(app))
            assert "100 MB" in screen_text(app)  # the last one, with its age
            await press(pilot, app, "enter")
            assert "KAIZ-001" in screen_text(app)
            await press(pilot, app, "escape")
            faulty.mode = PASS
            await until(pilot, lambda: "prometheus · " in screen_text(app))
        assert "unreachable" not in screen_text(app)

"""Metrics proposed from a server's series: shown, picked, written into the component's file; refusals in words."""

from pathlib import Path

import pytest

from kaizen_tui.core.errors import StoreError
from kaizen_tui.metrics.propose import Proposal
from kaizen_tui.tui.screens import propose
from kaizen_tui.tui.screens.components import ComponentScreen
from kaizen_tui.tui.screens.propose import ProposeScreen
from tests.tui.boards import SIZES, press, screen_text
from tests.tui.platform_world import Named, ready, with_source, world

SIZE = (120, 36)
FOUND = (
    Proposal("requests_error_pct", "ratio", "%", {"type": "ratio", "bad": 'r_total{code=~"5.."}', "total": "r_total"},
             "bad of all requests", 0.2, "1", "5", "99", "30d"),
    Proposal("memory_mb", "gauge", "MB", {"type": "gauge", "metric": "rss_bytes"}, "memory [/]", 120.0, "150", "200"),
    Proposal("fine_again", "gauge", "ms", {"type": "gauge", "metric": "x"}, "x", 1.0, "2", "3", taken="fine"),
    Proposal("idle_s", "gauge", "s", {"type": "gauge", "metric": "y"}, "y", None, problem="it has no value [/] now"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(propose, "read_proposals", lambda app, component: FOUND)


def screen_of(app: object) -> ProposeScreen:
    screen = getattr(app, "screen", None)
    assert isinstance(screen, ProposeScreen)
    return screen


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_picked_is_written(tmp_path: Path, size: tuple[int, int]) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "p")
        screen = screen_of(app)
        text = screen_text(app)
        assert "requests_error_pct" in text
        assert "0.2 %" in text
        assert "bad of all requests" in text
        await press(pilot, app, "enter")
        assert screen.key_bar.word == "Space picks a metric first"
        await press(pilot, app, "space", "j", "space", "space", "down", "space")
        assert "can't be picked" in screen.key_bar.word
        assert "measures this already, as fine" in screen_text(app)
        await press(pilot, app, "j", "j", "space")
        assert "it has no value [/] now" in screen_text(app)
        assert screen.picked == {0}
        await press(pilot, app, "enter")
        below = app.screen
        assert isinstance(below, ComponentScreen)
        assert below.key_bar.word == "written to calm: requests_error_pct"
    text = (tmp_path / "registry" / "kaizen" / "components" / "calm.yml").read_text(encoding="utf-8")
    assert "requests_error_pct" in text
    assert "memory_mb" not in text
    assert "objective" in text


async def test_what_cannot_be_written_stays_picked(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "p", "space")
        screen = screen_of(app)
        (tmp_path / "registry" / "kaizen" / "components" / "calm.yml").write_text("id: [", encoding="utf-8")
        await press(pilot, app, "enter")
        assert screen.key_bar.word
        assert screen.picked == {0}
        assert app.screen is screen


async def test_why_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(app: object, component: str) -> tuple[Proposal, ...]:
        raise StoreError("the server [/] refuses", where="http://localhost", hint="word " * 30 + "at the end")

    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        monkeypatch.setattr(propose, "read_proposals", refuse)
        await press(pilot, app, "c", "p", "space", "enter", "j")
        assert "the server [/] refuses" in screen_text(app)
        assert "at the end" in screen_text(app)
        monkeypatch.setattr(propose, "read_proposals", lambda app, component: ())
        await press(pilot, app, "escape", "p", "j", "space")
        assert "no series that could be measured" in screen_text(app)
        await press(pilot, app, "q")
        assert isinstance(app.screen, ComponentScreen)


async def test_the_simulated_platform_has_no_series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    app = world(tmp_path).app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "p")
        assert "the simulated platform has no series" in screen_text(app)


async def test_read_only_shows_and_writes_nothing(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(read_only=True), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "p", "space", "enter")
        assert screen_of(app).key_bar.word.startswith("this board is read-only")

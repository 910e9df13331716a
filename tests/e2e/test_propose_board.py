"""The board's screen of proposals on a real server: what it has is offered, what is picked is measured."""

from functools import partial
from pathlib import Path

import pytest

from kaizen_tui.core.component import Component
from kaizen_tui.loop.models import find_component
from kaizen_tui.tui.widgets.cards import BAR
from tests.e2e.conftest import Open
from tests.e2e.scraped import Scraped
from tests.tui.boards import Place

pytestmark = pytest.mark.e2e

WEB = "id: web\nname: Web\ntier: 2\nowner: web-team\nselector: {job: web}\n"


def config(place: Place, url: str) -> None:
    (place.root / "registry/kaizen/config.yml").write_text(
        f"metrics: {{source: prometheus, url: '{url}', timeout: 20s, refresh: 1s}}\n"
    )


@pytest.fixture
def place(tmp_path: Path, metered: Scraped) -> Place:
    made = Place(tmp_path / "platform", components=False)
    (made.root / "registry/kaizen/components/web.yml").write_text(WEB)
    config(made, metered.server.url)
    made.ticket(1, component="web")
    return made


def web(place: Place) -> Component:
    found = find_component(place.workspace, "web")
    assert found is not None
    return found


def chosen(screen: str) -> str:
    """The line of the list on which the cursor is."""
    return next(line for line in screen.splitlines() if line.startswith(BAR))


def another(line: str, screen: str) -> bool:
    return chosen(screen) != line


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
def test_what_the_server_has_is_offered_and_what_is_picked_is_measured(
    place: Place, metered: Scraped, open_board: Open, size: tuple[int, int]
) -> None:
    board = open_board(size=size)
    board.press("c")
    board.see("This component has no metrics yet.")
    board.press("p")
    seen = board.see("Metrics from the server", "requests_error_pct", "resident_mb", "duration_p95_ms", "100 MB")
    assert "0 of " in seen
    while "resident_mb" not in (line := chosen(seen)):
        board.press("j")
        seen = board.until(partial(another, line), "the next one")
    board.press("Space")
    board.see("☑  resident_mb", "1 of ")
    board.press("Enter")
    board.see("written to web: resident_mb")
    (metric,) = web(place).metrics
    assert (metric.name, metric.unit, metric.threshold) == ("resident_mb", "MB", 130.0)
    board.press("Escape")
    board.see("resident_mb", "100 MB")


def test_a_server_that_is_gone_and_a_component_without_a_selector(
    place: Place, metered: Scraped, open_board: Open
) -> None:
    file = place.root / "registry/kaizen/components/web.yml"
    file.write_text(WEB.replace("selector: {job: web}\n", ""))
    board = open_board()
    board.press("c")
    board.see("This component has no metrics yet.")
    board.press("p")
    board.see("web has no selector", "`web`")
    board.press("Escape")
    board.see("Components")
    file.write_text(WEB)
    metered.server.stop()
    try:
        board.press("p")
        board.see("connection refused")
    finally:
        metered.server.start()
    board.press("Escape")
    board.see("Components")
    board.press("p")
    board.see("resident_mb")

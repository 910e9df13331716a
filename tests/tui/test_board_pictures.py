"""The main screen as a picture, at the smallest and the largest of the three sizes, on a clock that stands still."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.boards import Place, calm


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A few tickets in every column, with what a card can show."""
    place = Place(tmp_path / "platform-sample")
    place.ticket(31, "draft", title="Trim checkout payloads", severity="high", updated="2025-05-30T12:00:00Z")
    place.ticket(32, "draft", title="検索インデックスを小さくする [/]", severity="low", owner="検索")
    place.ticket(27, "planned", title="Batch index writes", updated="2025-05-27T12:00:00Z")
    place.ticket(22, "in_progress", title="Cap MCP server memory with a ring buffer", severity="critical")
    place.ticket(18, "in_review", title="Retry budget for gateway", updated="2025-06-01T09:00:00Z")
    place.ticket(14, "canary", title="Delta encoding for broadcaster", severity="high")
    place.ticket(11, "complete", title="Pool sockets", updated="2025-05-01T12:00:00Z")
    place.ticket(9, "aborted", title="HTTP/2 to edge")
    return place


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
def test_the_main_screen(place: Place, size: tuple[int, int], snap_compare) -> None:  # type: ignore[no-untyped-def]
    app = place.app()

    async def ready(pilot: Pilot[int]) -> None:
        await calm(pilot, app)

    assert snap_compare(app, terminal_size=size, run_before=ready)

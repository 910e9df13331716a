"""Canaries as pictures: on their cards, on the ticket's page, where the promotion is approved, and the question before
a roll-back."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.boards import NOW, Place, press
from tests.tui.canary.canary_boards import Canary
from tests.tui.platform_world import ready
from tests.tui.ticket.ticket_world import write_config

WAYS = {
    "cards": ("5",),
    "page": ("5", "enter", "enter", "6"),
    "approval": ("5", "a"),
    "roll-back": ("5", "B"),
}
SIZES = ((80, 24), (160, 48))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Three canaries: a good one that waits for its approvals, one on its way back, one that is paused."""
    place = Place(tmp_path / "platform-sample")
    write_config(place.root, "metrics: {source: simulated}\n")
    good = Canary(place, 14, begin=15 * 50, tier=0)
    good.give(0.01)
    good.looks(20)
    good.give(0.05, "each SLI has the evidence for the next step")
    good.looks(14)
    good.give(0.25, "each SLI has the evidence for the next step")
    good.looks(16, bad=0.004)
    good.log("verdict", verdict="promote", share=0.25, note="each SLI has the evidence", **good.evidence())
    bad = Canary(place, 15, begin=15 * 14, tier=0, title="Retry budget for gateway")
    bad.give(0.01)
    bad.looks(14, bad=0.008, slow=0.02)
    paused = Canary(place, 16, begin=15 * 9, tier=0, title="Pool sockets")
    paused.give(0.01)
    paused.looks(6)
    paused.log("rollout", action="pause", to=0, cause="asked", reason="lunch", verified=True)
    assert abs(good.at - NOW.timestamp()) < 1
    return place


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "160x48"])
@pytest.mark.parametrize("name", WAYS)
def test_in_colour(place: Place, name: str, size: tuple[int, int], snap_compare) -> None:  # type: ignore[no-untyped-def]
    app = place.app()

    async def there(pilot: Pilot[int]) -> None:
        await ready(pilot, app)
        keys = list(WAYS[name])
        if name == "page" and size[0] < 100:
            keys.remove("enter")
        await press(pilot, app, *keys)
        for entry in app.screen.query(Input):
            entry.cursor_blink = False
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=there)


@pytest.mark.parametrize("name", ["cards", "page"])
def test_without_colour(  # type: ignore[no-untyped-def]
    place: Place, name: str, snap_compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = place.app()

    async def there(pilot: Pilot[int]) -> None:
        await ready(pilot, app)
        await press(pilot, app, *WAYS[name])

    assert snap_compare(app, terminal_size=(120, 36), run_before=there)

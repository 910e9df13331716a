"""The main screens as pictures, at the three sizes and without colour, on a clock that stands still.

Whoever runs them, in whatever order, gets the same bytes: time, actor, folder name and metrics are given, nothing
blinks, and the plugin takes the random ids out. `pytest --snapshot-update` draws them anew; look at what changed.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from kaizen_tui.core.times import format_rfc3339
from kaizen_tui.store.records import NewEvent, transaction
from kaizen_tui.tui.app import KaizenApp
from tests.tui.boards import NOW, SIZES, Place, press, write
from tests.tui.platform_world import component, ready
from tests.tui.ticket import ticket_world

ADA = "Ada Lovelace <ada@example.org>"
SPEC = """\
## Summary

Keeps the last 4,096 messages in a *ring buffer* instead of an unbounded list.

## How

1. `RingBuffer` in `mcp/buffer.py`, sized by `MCP_BUFFER`.
2. The broadcaster reads from it; slow readers are told what they missed.

| Buffer | Memory | Lost |
|-------:|-------:|-----:|
|  1,024 |  38 MB |  0.2 % |
|  4,096 |  61 MB |  0 % |

## Rollback Procedure

Set `MCP_BUFFER=0` and restart the broadcaster.
"""
ERRORS = {
    "name": "error_rate", "unit": "%", "direction": "lower", "samples": 24, "baseline": 0.21, "candidate": 0.22,
    "ratio": {"point": 1.04, "low": 0.93, "high": 1.15}, "verdict": "unchanged",
}  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A few tickets in every column, with what a card can show; one in review with everything an approval looks at."""
    place = Place(tmp_path / "platform-sample")
    components = place.root / "registry" / "kaizen" / "components"
    (components / "checkout-api.yml").write_text(component("checkout-api", "burning", "p99_ms", tier=0), "utf-8")
    (components / "search.yml").write_text(component("search", "index_lag_s", tier=3), "utf-8")
    ticket_world.write_config(place.root, "metrics: {source: simulated}\nwip: {in_progress: 3}\n")
    place.ticket(31, "draft", title="Trim checkout payloads", severity="high", updated="2025-05-30T12:00:00Z",
                 component="checkout-api")  # fmt: skip
    place.ticket(
        32, "draft", title="検索インデックスを小さくする [/]", severity="low", owner="検索", component="search"
    )
    place.ticket(27, "planned", title="Batch index writes", updated="2025-05-27T12:00:00Z", component="search")
    place.ticket(22, "in_progress", title="Cap MCP server memory with a ring buffer", severity="critical")
    place.ticket(18, "in_review", title="Retry budget for gateway", updated="2025-06-01T09:00:00Z", severity="high",
                 objective="A gateway that retries less, so that an outage downstream stays one outage.")  # fmt: skip
    place.ticket(14, "canary", title="Delta encoding for broadcaster", severity="high")
    place.ticket(11, "complete", title="Pool sockets", updated="2025-05-01T12:00:00Z")
    place.ticket(9, "aborted", title="HTTP/2 to edge")
    ticket_world.write_card(place.root, "KAIZ-018", metrics=[ticket_world.METRIC, ERRORS])
    ticket_world.write_spec(place.root, "KAIZ-018", SPEC)
    card = Path(place.workspace.score_card_path("KAIZ-018")).read_bytes()
    with transaction(place.workspace, "KAIZ-018") as tx:
        tx.commit(data=None, at=NOW, events=[
            NewEvent(ADA, "evaluate", {"verdict": "pass", "score_card": sha256(card).hexdigest()}),
            NewEvent(ADA, "comment", {"note": "Two readers can hold the buffer; see the spec."}),
        ])  # fmt: skip
    return place


def still(app: KaizenApp) -> None:
    """No cursor blinks."""
    for entry in app.screen.query(Input):
        entry.cursor_blink = False
    for area in app.screen.query(TextArea):
        area.cursor_blink = False


Way = Callable[[Pilot[int], KaizenApp], Awaitable[None]]


async def _board(pilot: Pilot[int], app: KaizenApp) -> None:
    await press(pilot, app, "3")


async def _page(pilot: Pilot[int], app: KaizenApp) -> None:
    await press(pilot, app, "4", "enter")
    if app.main.context == "detail":
        await press(pilot, app, "enter")


async def _score_card(pilot: Pilot[int], app: KaizenApp) -> None:
    await _page(pilot, app)
    await press(pilot, app, "3")


async def _approval(pilot: Pilot[int], app: KaizenApp) -> None:
    await press(pilot, app, "4", "a")


async def _form(pilot: Pilot[int], app: KaizenApp) -> None:
    await press(pilot, app, "3", "n")
    await write(pilot, "Warm the cache before a deploy")
    await press(pilot, app, "tab")


async def _components(pilot: Pilot[int], app: KaizenApp) -> None:
    await press(pilot, app, "3", "c")


async def _flow(pilot: Pilot[int], app: KaizenApp) -> None:
    await press(pilot, app, "f")


WAYS: dict[str, Way] = {
    "board": _board, "page": _page, "score-card": _score_card, "approval": _approval, "form": _form,
    "components": _components, "flow": _flow,
}  # fmt: skip
PICTURES = [(name, size) for name in WAYS for size in SIZES]
NAMES = [f"{name}-{width}x{height}" for name, (width, height) in PICTURES]


def lived(place: Place) -> None:
    """Twelve weeks of work, as flow is counted from: changes that went through, some rolled back, some under way."""
    for nth in range(28):
        ticket_id, begun = place.ticket(100 + nth, title=f"Change {nth}"), timedelta(days=84 - 3 * nth)
        whole = ("planned", "in_progress", "in_review", "canary", "aborted" if nth % 7 == 3 else "complete")
        way = whole[: 5 if nth < 23 else 27 - nth]
        at = NOW - begun
        with transaction(place.workspace, ticket_id) as tx:
            tx.commit(data=None, at=at, events=[NewEvent(ADA, "created", {"title": f"Change {nth}"})])
        before = "draft"
        for step, status in enumerate(way):
            at += timedelta(hours=7 + 11 * ((nth * 5 + step * 3) % 7))
            with transaction(place.workspace, ticket_id) as tx:
                tx.commit(data=None, at=at, events=[NewEvent(ADA, "status", {"from": before, "to": status})])
            before = status
        place.ticket(100 + nth, before, title=f"Change {nth}", updated=format_rfc3339(at))


def taken(place: Place, name: str, size: tuple[int, int], snap_compare) -> bool:  # type: ignore[no-untyped-def]
    if name == "flow":
        lived(place)
    app = place.app()

    async def there(pilot: Pilot[int]) -> None:
        await ready(pilot, app)
        await WAYS[name](pilot, app)
        still(app)
        await pilot.pause()

    return bool(snap_compare(app, terminal_size=size, run_before=there))


@pytest.mark.parametrize(("name", "size"), PICTURES, ids=NAMES)
def test_in_colour(place: Place, name: str, size: tuple[int, int], snap_compare) -> None:  # type: ignore[no-untyped-def]
    assert taken(place, name, size, snap_compare)


@pytest.mark.parametrize(("name", "size"), PICTURES, ids=NAMES)
def test_without_colour(  # type: ignore[no-untyped-def]
    place: Place, name: str, size: tuple[int, int], snap_compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert taken(place, name, size, snap_compare)

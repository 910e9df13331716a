"""The chart of a metric: promotions as marks, baseline and canary as two curves that differ without colour."""

import json
from pathlib import Path

from kaizen_tui.core.row import TicketRow
from kaizen_tui.metrics.source import Series, Version
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.plot import MARK_LINE, SECOND, with_marks
from kaizen_tui.tui.promotion_marks import MOST_TICKETS, Mark, read_marks, tickets_to_read
from tests.tui.boards import Place, calm, press, screen_text
from tests.tui.platform_world import EPOCH, Named, ready, with_source, world
from tests.tui.test_platform_screens import chart_of

SIZE = (160, 48)


def log(root: Path, ticket_id: str, *moves: tuple[str, str, str], junk: str = "") -> None:
    """Writes status entries, as the log has them: (at, from, to)."""
    entries = [{"event": "status", "at": at, "from": before, "to": after} for at, before, after in moves]
    text = "".join(json.dumps(entry) + "\n" for entry in entries) + junk
    (root / "tickets" / ticket_id / "Promotion-Log").write_text(text, encoding="utf-8")


def test_marks_are_what_the_logs_say_of_the_span(tmp_path: Path) -> None:
    place = Place(tmp_path)
    for number, status in ((1, "complete"), (2, "aborted"), (3, "canary"), (4, "complete")):
        place.ticket(number, status)
    log(
        tmp_path,
        "KAIZ-001",
        ("2025-06-01T10:00:00Z", "in_review", "canary"),
        ("2025-06-01T11:00:00Z", "canary", "complete"),
        junk='{"event": "status", "to": "canary", "at": "[/]"}\nnot json\n2025-05-19T09:15:00Z - old\n',
    )
    log(tmp_path, "KAIZ-002", ("2025-06-01T11:30:00Z", "canary", "aborted"), ("2025-05-01T11:30:00Z", "x", "canary"))
    log(tmp_path, "KAIZ-003", ("2025-06-01T09:00:00Z", "draft", "planned"), ("2025-06-01T09:30:00Z", "x", "aborted"))
    ids = ("KAIZ-001", "KAIZ-002", "KAIZ-003", "KAIZ-004", "KAIZ-999")
    found = read_marks(Workspace(str(tmp_path)), ids, EPOCH - 86400, EPOCH)
    assert found == (
        Mark(EPOCH - 7200, "canary", "KAIZ-001"),
        Mark(EPOCH - 3600, "promoted", "KAIZ-001"),
        Mark(EPOCH - 1800, "rolled_back", "KAIZ-002"),
    )


def test_only_so_many_logs_are_read() -> None:
    statuses = ("canary", "complete", "draft", "aborted")
    rows = [
        TicketRow(f"KAIZ-{nth:03d}", nth, "t", "a" if nth % 5 else "b", "", "low", statuses[nth % 4], since=nth)
        for nth in range(1, 1000)
    ]
    found = tickets_to_read(rows, "a")
    assert len(found) == MOST_TICKETS
    assert found[0] == "KAIZ-999"
    assert "KAIZ-002" not in tickets_to_read(rows[:10], "a")


def test_marks_stand_where_nothing_else_is_drawn() -> None:
    lines = ("   │", "10 ┼┈┈┈┈┈┈", "   │⣀⣀⣀⣀⣀⣀", "   └┬────┬", "    a    b")
    marked = with_marks(lines, 10, [(0.0, "C"), (1.0, "R"), (7.0, "P")])
    assert marked[0] == "   │C    P"
    assert marked[1] == f"10 ┼{MARK_LINE}┈┈┈┈{MARK_LINE}"
    assert marked[2:] == lines[2:]
    assert with_marks((), 10, [(0.5, "C")]) == ()


class Two(Named):
    """Has two versions of everything but `fine`, whose component has none."""

    def series(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Series:
        if version and metric == "fine":
            return Series(start, step, (), "mixed has no `versions`")
        found = super().series(component, metric, start, end, step)
        return found._replace(values=(8.0,) * len(found.values)) if version == "canary" else found


async def test_two_curves_and_a_legend(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(), Two())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "home", "enter")
        screen = chart_of(app)
        assert SECOND not in "".join(screen.chart)
        await press(pilot, app, "v")
        assert screen.versions
        assert SECOND * 20 in "".join(screen.chart)
        text = screen_text(app)
        assert "⠤⠤ baseline" in text
        assert "•• canary" in text
        await press(pilot, app, "v")
        assert SECOND not in screen_text(app)
        screen._metric = "fine"
        await press(pilot, app, "v")
        assert "mixed has no `versions`" in screen_text(app)


async def test_promotions_are_marked_and_named(tmp_path: Path) -> None:
    place = world(tmp_path)
    place.ticket(6, "complete", component="mixed")
    log(
        tmp_path,
        "KAIZ-006",
        ("2025-06-01T11:30:00Z", "in_review", "canary"),
        ("2025-06-01T11:45:00Z", "canary", "complete"),
    )
    app = with_source(place.app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "home", "enter")
        await calm(pilot, app)
        screen = chart_of(app)
        assert [mark.kind for mark in screen.marks] == ["canary", "promoted"]
        text = screen_text(app)
        assert "P KAIZ-006 promoted 15 min ago  C KAIZ-006 into canary 30 min ago" in text
        assert any(line.split("│", 1)[-1].split() == ["C", "P"] for line in screen.chart)
        assert MARK_LINE in text

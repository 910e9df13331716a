"""Histories come from the log, fall back on the row, and survive damage."""

import json
from pathlib import Path

from kaizen_tui.core.log_tail import last_status
from kaizen_tui.core.row import TicketRow
from kaizen_tui.store.history import history_of, moves_of
from kaizen_tui.store.workspace import Workspace


def line(event: str, at: str, **fields: object) -> bytes:
    return json.dumps({"event": event, "at": at, **fields}).encode() + b"\n"


CREATED = line("created", "2026-01-01T00:00:00Z")
DAY = 86400
START = 1767225600


def test_moves_in_file_order() -> None:
    data = (
        CREATED
        + line("comment", "2026-01-02T00:00:00Z", text='"status" is a word in it')
        + line("status", "2026-01-03T00:00:00Z", to="planned")
        + line("status", "2026-01-04T00:00:00Z", to="aborted")
    )
    assert moves_of(data) == [(START, "draft"), (START + 2 * DAY, "planned"), (START + 3 * DAY, "aborted")]


def test_damage_is_passed_over() -> None:
    data = CREATED + b'{"event": "status", "to": 5}\n\xff\xfe"status"\n' + b"[" * 5000 + b'"status"\n'
    assert moves_of(data + line("status", "yesterday", to="planned")) == [(START, "draft")]


def test_a_clock_that_went_back_does_not_turn_the_order() -> None:
    data = CREATED + line("status", "2025-06-01T00:00:00Z", to="planned")
    assert moves_of(data) == [(START, "draft"), (START, "planned")]


def row(status: str, **times: int) -> TicketRow:
    return TicketRow("KAIZ-001", 1, "t", "c", "o", "low", status, **times)


def test_without_a_log_the_row_stands_in(tmp_path: Path) -> None:
    ws = Workspace(str(tmp_path))
    assert history_of(ws, row("complete", created=5, since=9)).moves == ((5, "draft"), (9, "complete"))
    assert history_of(ws, row("draft", created=5, since=5)).moves == ((5, "draft"),)


def test_a_status_set_by_hand_is_the_last_move(tmp_path: Path) -> None:
    ws = Workspace(str(tmp_path))
    Path(ws.ticket_dir("KAIZ-001")).mkdir(parents=True)
    Path(ws.log_path("KAIZ-001")).write_bytes(CREATED)
    moves = history_of(ws, row("planned", created=5, since=START + DAY)).moves
    assert moves == ((START, "draft"), (START + DAY, "planned"))


def test_a_move_that_was_taken_back_never_was() -> None:
    data = (
        CREATED
        + line("status", "2026-01-03T00:00:00Z", to="planned", hash="a")
        + line("status", "2026-01-09T00:00:00Z", to="in_progress", hash="b")
        + line("status", "2026-01-09T00:00:05Z", to="planned", hash="c", undoes="b")
    )
    assert moves_of(data) == [(START, "draft"), (START + 2 * DAY, "planned")]
    assert last_status(data).at_epoch == START + 2 * DAY
    assert last_status(data).status == "planned"
    again = data + line("status", "2026-01-10T00:00:00Z", to="in_progress", hash="d")
    assert moves_of(again)[-1] == (START + 9 * DAY, "in_progress")
    assert last_status(again).at_epoch == START + 9 * DAY

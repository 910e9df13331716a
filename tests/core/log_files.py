"""Logs as bytes, for the tests: made, extended and judged as the store does it."""

from typing import Any

from kaizen_tui.core.promotion_log import entry_line, make_entry, read_log

AT = "2025-05-19T09:15:00Z"
OLD = b"2025-05-19T09:15:00Z - Status changed to: complete by CLI\n"


def extend(data: bytes, event: str = "comment", actor: str = "Ana <ana@x.io>", **fields: Any) -> bytes:
    """The file after one more entry, as the store appends it."""
    view = read_log(data)
    return data[: view.keep] + view.joint + entry_line(make_entry(view, at=AT, actor=actor, event=event, fields=fields))


def build(*notes: str) -> bytes:
    data = b""
    for number, note in enumerate(notes):
        data = extend(data, "created" if number == 0 else "comment", note=note)
    return data


FIVE = build("one", "two", "three", "four", "five")
LINES = FIVE.splitlines(keepends=True)


def found(data: bytes) -> list[tuple[int, int | None, str]]:
    return [(problem.line, problem.seq, problem.code) for problem in read_log(data).problems]

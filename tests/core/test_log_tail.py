"""The cheap look at a log, for lists: the last move, without proof."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from kaizen_tui.core.log_tail import StatusTail, last_status
from kaizen_tui.core.promotion_log import entry_line, make_entry, read_log

OLD = b"2025-05-19T09:15:00Z - Status changed to: complete by CLI\n"


def extend(data: bytes, event: str, **fields: Any) -> bytes:
    return data + entry_line(
        make_entry(read_log(data), at="2025-05-19T09:15:00Z", actor="a", event=event, fields=fields)
    )


NEW = extend(extend(b"", "created", to="draft"), "comment", note="x")


@pytest.mark.parametrize(
    ("make", "tail"),
    [
        (lambda: b"", StatusTail("", 0, 0, False)),
        (lambda: NEW, StatusTail("draft", 1747646100, 0, False)),
        (lambda: OLD, StatusTail("complete", 1747646100, 0, False)),
        (
            lambda: extend(extend(NEW, "status", to="planned", unmet=["a", "b"]), "approve", status="planned"),
            StatusTail("planned", 1747646100, 2, False),
        ),
        (
            lambda: extend(extend(NEW, "status", to="canary", unmet=["a"], override="x"), "status", to="complete"),
            StatusTail("complete", 1747646100, 0, True),
        ),
        (lambda: extend(OLD, "status", to="planned"), StatusTail("planned", 1747646100, 0, False)),
        (lambda: extend(NEW, "comment", note='"event":"status"'), StatusTail("draft", 1747646100, 0, False)),
        (lambda: b'{"event": "status", "to": 7, "at": "then", "unmet": 3}\n', StatusTail("", 0, 0, False)),
        (
            lambda: NEW + b'{"event":"status",' + b"[" * 100_000 + b"\n\xff\n",
            StatusTail("draft", 1747646100, 0, False),
        ),
    ],
)
def test_the_last_status_without_proof(make: Callable[[], bytes], tail: StatusTail) -> None:
    assert last_status(make()) == tail


def test_the_cheap_look_imports_nothing_heavy() -> None:
    code = (
        "import sys, kaizen_tui.core.log_tail; print(*{'pydantic', 'json', 'rfc8785', 'datetime'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"

"""Reads and verifies a Promotion-Log. Whatever the bytes are, the answer is a LogView, never an exception.

What is found: an edited, missing, moved, doubled or made-up entry, a second beginning, old lines that were added or
changed, a torn end. What can't be found without signatures: entries missing at the very end (git's history shows
those), and a new entry that was properly linked.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from kaizen_tui.core.canonical import MAX_INT, canonical
from kaizen_tui.core.log_view import MAX_LINE, LegacyEntry, LogEntry, LogProblem, LogRow, LogView, parse_entry

# Old lines begin with a date; the same tools wrote `# …` headings and indented or dashed continuation lines.
# Each form is more than one byte away from the `{"` that begins an entry, so a damaged entry never passes for one.
_LEGACY_START = re.compile(r"\[?[0-9]{4}-[0-9]{2}-[0-9]{2}(?=[T \]:,-]|$)|#+(?:\s|$)")
_LEGACY_NEXT = re.compile(r"[ \t]{2,}\S|[ \t]*[-*] ")
_LEGACY_PARTS = re.compile(
    r"\[?([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?)\]?\s*(?:[-–|:]\s*)?(.*)", re.DOTALL
)

_MOST_DIGITS = 22  # RFC 8785 writes no more without an exponent


def read_log(data: bytes) -> LogView:
    """Reads and verifies a log.

    A last line without a newline is an entry if it is a whole one, else it is torn: reported, and cut by whoever
    appends next (`keep`, `joint`).
    """
    reader = _Reader()
    lines = [line.removesuffix(b"\r") for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    for number, line in enumerate(lines[:-1], start=1):
        reader.line(number, line)
    tail, keep = lines[-1], len(data)
    torn = not reader.line(len(lines), tail)
    if torn:
        reader.problems.pop()
        reader.problem(len(lines), None, "the last line is torn off (a crash while it was written)", "torn")
        keep = data.rfind(b"\n") + 1
    reader.finish()
    return LogView(
        rows=tuple(reader.rows),
        problems=tuple(reader.problems),
        torn=torn,
        keep=keep,
        joint=b"\n" if tail and not torn else b"",
        legacy_lines=len(reader.legacy),
        legacy_sha256=_legacy_digest(reader.legacy) if reader.legacy else "",
    )


def _legacy_digest(lines: Iterable[bytes]) -> str:
    """SHA-256 (hex) over the old lines without their endings, joined by newlines."""
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:80]!r} stands twice in it")
    return found


def _integer(text: str) -> int | float:
    """An integer; beyond 2^53 the double that RFC 8785 writes so, if it is one."""
    if len(text) <= _MOST_DIGITS:
        if abs(int(text)) <= MAX_INT:
            return int(text)
        double = float(text)
        if canonical(double) == text.encode():
            return double
    raise ValueError(f"{text[:_MOST_DIGITS]} has more digits than a JSON number keeps")


_decode = json.JSONDecoder(parse_int=_integer, parse_constant=_no_constant, object_pairs_hook=_unique_keys).decode


def _parse(line: bytes) -> tuple[LogEntry, str]:
    """One line as (entry, the hash that it should have). ValueError in words when it is no entry."""
    if len(line) > MAX_LINE:
        raise ValueError(f"the line is {len(line)} bytes long; at most {MAX_LINE} are read")
    try:
        raw = _decode(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"the line is not UTF-8 (byte {error.start + 1})") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"the line is not a JSON object ({error.msg.lower()}, column {error.colno})") from None
    except RecursionError:
        raise ValueError("the line is nested too deeply") from None
    except ValueError as error:  # the hooks above, and integers of thousands of digits
        raise ValueError(f"the line is not a valid JSON object ({error})") from None
    return parse_entry(raw)


class _Reader:
    """Walks the lines once, top down, collecting entries and findings."""

    def __init__(self) -> None:
        self.rows: list[LogRow] = []
        self.problems: list[LogProblem] = []
        self.known: dict[str, LogEntry] = {}  # every entry with a right hash, by it
        self.lines: dict[str, int] = {}
        self.proven: set[str] = set()
        self.root: LogEntry | None = None  # the first proven entry that follows nothing
        self.legacy: list[bytes] = []  # the old lines before the first entry
        self.dangling: list[tuple[int, LogEntry]] = []  # entries that follow something not seen yet
        self.was_legacy = False
        self.began = False  # a line that is or was an entry was seen

    def problem(self, line: int, seq: int | None, message: str, code: str) -> None:
        self.problems.append(LogProblem(line, seq, message, code))

    def line(self, number: int, raw: bytes) -> bool:
        """Takes one line without its ending. False when it is neither an entry nor an old line."""
        if not raw.strip():
            return True
        if raw[:1] != b"{" and self._legacy_line(number, raw):
            return True
        self.was_legacy = False
        if raw.lstrip()[:1] != b"{":
            self.problem(number, None, "the line is neither an entry nor a dated line of the old form", "unreadable")
            return False
        self.began = True
        try:
            entry, expected = _parse(raw)
        except ValueError as error:
            self.problem(number, None, str(error), "unreadable")
            return False
        proven = self._entry(number, entry, expected)
        if proven is not None:
            self.rows.append(LogRow(number, entry, proven))
        return True

    def _legacy_line(self, number: int, raw: bytes) -> bool:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            return False
        if len(raw) > MAX_LINE or not (_LEGACY_START.match(text) or (self.was_legacy and _LEGACY_NEXT.match(text))):
            return False
        parts = _LEGACY_PARTS.match(text)
        at, message = (parts[1], parts[2].strip()) if parts else ("", text.strip())
        self.rows.append(LogRow(number, LegacyEntry(text, at, message), False))
        self.was_legacy = True
        if self.began:
            self.problem(
                number, None, "a line of the old form stands behind hashed entries; it proves nothing", "legacy"
            )
        else:
            self.legacy.append(raw)
        return True

    def _entry(self, number: int, entry: LogEntry, expected: str) -> bool | None:
        """Whether the entry is proven; None for the second copy of one."""
        if entry.hash != expected:
            self.problem(number, entry.seq, "the entry was changed after it was written: its hash is wrong", "hash")
            return False
        if entry.hash in self.known:
            first = self.lines[entry.hash]
            self.problem(number, entry.seq, f"the entry of line {first} stands here a second time", "duplicate")
            return None
        self.known[entry.hash] = entry
        self.lines[entry.hash] = number
        if not all(prev in self.known for prev in entry.prev):
            self.dangling.append((number, entry))
            return False
        if not self._linked(number, entry):
            return False
        self.proven.add(entry.hash)
        return True

    def _linked(self, number: int, entry: LogEntry) -> bool:
        """Whether an entry all of whose predecessors stand above it is proven."""
        right = 1 + max((self.known[prev].seq for prev in entry.prev), default=0)
        if entry.seq != right:
            self.problem(number, entry.seq, f"the entry says it is number {entry.seq}; it should be {right}", "seq")
            return False
        if len(set(entry.prev)) != len(entry.prev):
            self.problem(number, entry.seq, "the entry names one predecessor twice", "prev")
            return False
        if entry.prev:
            # The finding stands at the cause, not at each entry behind it.
            return all(prev in self.proven for prev in entry.prev)
        return self._begins(number, entry)

    def _begins(self, number: int, entry: LogEntry) -> bool:
        # Two branches may both begin the log of a ticket that had none; a ticket made with its log has one beginning.
        if self.root is not None and "created" in (entry.event, self.root.event):
            first = self.lines[self.root.hash]
            self.problem(number, entry.seq, f"the entry begins a second log (the first begins at line {first})", "root")
            return False
        named = entry.fields.get("legacy")
        expected = {"lines": len(self.legacy), "sha256": _legacy_digest(self.legacy)} if self.legacy else None
        if named != expected:
            self.problem(number, entry.seq, "the old lines above the first entry are not those that it names", "legacy")
            return False
        self.root = self.root or entry
        return True

    def finish(self) -> None:
        """Says of each entry that follows something not above it whether that is missing or stands below."""
        for number, entry in self.dangling:
            missing = [prev for prev in entry.prev if prev not in self.known]
            if missing:
                message = f"the entry before this one is missing or was changed (it follows {missing[0][:12]}…)"
                self.problem(number, entry.seq, message, "prev")
            else:
                last = max(self.lines[prev] for prev in entry.prev)
                self.problem(number, entry.seq, f"the entry stands above line {last}, which it follows", "order")
        self.problems.sort(key=lambda found: found.line)

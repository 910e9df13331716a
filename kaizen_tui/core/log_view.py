"""What a Promotion-Log is once read: entries, findings, and the questions that gates ask of the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, pairwise
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from kaizen_tui.core.canonical import MAX_DEPTH, MAX_INT, sha256_hex

EVENTS: tuple[str, ...] = (
    "created",
    "status",
    "edit",
    "approve",
    "reject",
    "signoff",
    "withdraw",
    "evaluate",
    "rollout",
    "verdict",
    "comment",
)
MAX_LINE = 1 << 20  # bytes; an entry with the frozen numbers of a canary is a few kilobytes
_HASH = r"^[0-9a-f]{64}$"
_AT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$"


class LogEntry(BaseModel):
    """One entry as read: the fixed fields, and the event's own in `fields`. All text is hostile: escape on output."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    seq: StrictInt = Field(ge=1, le=MAX_INT)
    at: StrictStr = Field(pattern=_AT)
    actor: StrictStr = Field(min_length=1)
    event: StrictStr = Field(min_length=1)
    prev: tuple[str, ...] = Field(strict=False)
    hash: StrictStr = Field(pattern=_HASH)

    @property
    def fields(self) -> Mapping[str, Any]:
        """The event's own fields."""
        return self.__pydantic_extra__ or {}

    def text(self, name: str) -> str:
        """The event's own field as text, "" when it is absent or not a text."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else ""

    def as_dict(self) -> dict[str, Any]:
        """The entry as it stands in the file, ready for `entry_line`, `entry_hash` or `--json`."""
        fixed = {"seq": self.seq, "at": self.at, "actor": self.actor, "event": self.event}
        return {**fixed, **self.fields, "prev": list(self.prev), "hash": self.hash}


class LegacyEntry(NamedTuple):
    """A line of the platform's old log: shown, marked unverified, and never counted.

    text: the whole line; at: its time as written or ""; message: what follows the time.
    """

    text: str
    at: str = ""
    message: str = ""


class LogProblem(NamedTuple):
    """A finding of verification.

    line: 1-based. seq: of the entry, None where it can't be read. message: in words, without line or path.
    code: torn | unreadable | hash | prev | order | seq | duplicate | root | legacy; time is a warning (log_times).
    """

    line: int
    seq: int | None
    message: str
    code: str = ""


class LogRow(NamedTuple):
    """One line for a listing: 1-based line (0 when not yet written), the entry, whether it is proven."""

    line: int
    entry: LogEntry | LegacyEntry
    proven: bool


@dataclass(frozen=True)
class LogView:
    """A log as read, never changed.

    rows:      the entries in file order, without the second copies of doubled ones.
    problems:  in line order; empty means that the log verifies.
    torn:      the file ends in a piece of a line (a crash while appending); that piece is no entry.
    keep:      how many bytes of the file stay when the torn end is cut.
    joint:     what to write before the next line: a newline where the last one lacks it, else nothing.
    signed_by: hash -> who signed it, for entries whose signature the store has verified.
    legacy_lines, legacy_sha256: of the old lines before the first entry.
    """

    rows: tuple[LogRow, ...] = ()
    problems: tuple[LogProblem, ...] = ()
    torn: bool = False
    keep: int = 0
    joint: bytes = b""
    signed_by: Mapping[str, str] = field(default_factory=dict)
    legacy_lines: int = 0
    legacy_sha256: str = ""

    @property
    def entries(self) -> tuple[LogEntry | LegacyEntry, ...]:
        """Everything that could be read, in file order, proven or not."""
        return tuple(row.entry for row in self.rows)

    @cached_property
    def proven(self) -> tuple[LogEntry, ...]:
        """The proven entries, in file order: whatever an entry follows comes before it."""
        return tuple(row.entry for row in self.rows if row.proven and isinstance(row.entry, LogEntry))

    @cached_property
    def heads(self) -> tuple[LogEntry, ...]:
        """The proven entries that no proven entry follows, in file order; several after a merge."""
        followed = {hash_ for entry in self.proven for hash_ in entry.prev}
        return tuple(entry for entry in self.proven if entry.hash not in followed)

    def events(self, *names: str) -> tuple[LogEntry, ...]:
        """The proven entries of these events (of all, when none is named), in file order."""
        return tuple(entry for entry in self.proven if not names or entry.event in names)

    @cached_property
    def withdrawals(self) -> Mapping[str, tuple[LogEntry, ...]]:
        """Hash of a vote or sign-off -> the proven `withdraw` entries that name it, whoever wrote them."""
        found: dict[str, tuple[LogEntry, ...]] = {}
        for entry in self.events("withdraw"):
            found[entry.text("undoes")] = (*found.get(entry.text("undoes"), ()), entry)
        return found

    def line_of(self, entry: LogEntry) -> int:
        """The 1-based line of a proven entry, 0 when it is not one of this log's."""
        return next((row.line for row in self.rows if row.entry is entry), 0)

    @cached_property
    def is_linear(self) -> bool:
        """No branches: every proven entry but the first follows just the one before it. So it nearly always is."""
        return all(later.prev == (earlier.hash,) for earlier, later in pairwise(self.proven))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {entry.hash: place for place, entry in enumerate(self.proven)}

    def after(self, *anchors: LogEntry) -> tuple[LogEntry, ...]:
        """The proven entries that come after every one of `anchors` in the chain; all of them without anchors."""
        if not anchors:
            return self.proven
        if self.is_linear:
            return self.proven[max(self._places[anchor.hash] for anchor in anchors) + 1 :]
        found = set.intersection(*(self._descendants(anchor.hash) for anchor in anchors))
        return tuple(entry for entry in self.proven if entry.hash in found)

    def not_before(self, *anchors: LogEntry) -> tuple[LogEntry, ...]:
        """The proven entries that are not surely earlier: neither an anchor nor followed by all of `anchors`."""
        if not anchors:
            return self.proven
        before = set.intersection(*(self._ancestors(anchor.hash) for anchor in anchors))
        before.update(anchor.hash for anchor in anchors)
        return tuple(entry for entry in self.proven if entry.hash not in before)

    def latest(self, wanted: Callable[[LogEntry], bool]) -> tuple[LogEntry, ...]:
        """The wanted proven entries that no other wanted one follows: one, or several after a merge."""
        if self.is_linear:
            return tuple(islice(filter(wanted, reversed(self.proven)), 1))
        overtaken: set[str] = set()
        found: list[LogEntry] = []
        for entry in reversed(self.proven):
            behind = entry.hash in overtaken
            if wanted(entry):
                if not behind:
                    found.append(entry)
                behind = True
            if behind:
                overtaken.update(entry.prev)
        return tuple(reversed(found))

    @cached_property
    def last_statuses(self) -> frozenset[str]:
        """Where the last move led, as far as proven; several where branches that both moved the ticket were merged."""
        moves = self.latest(lambda entry: entry.event in ("created", "status"))
        return frozenset(entry.text("to") or "draft" for entry in moves)

    def signed(self, by: Mapping[str, str]) -> LogView:
        """This view with the signers that the store has verified: hash of the entry -> who signed it."""
        return replace(self, signed_by=dict(by))

    def plus(self, *entries: Mapping[str, Any]) -> LogView:
        """This view as it will be once the entries, made by `make_entry`, are appended in this order."""
        rows = tuple(LogRow(0, LogEntry.model_validate(dict(entry)), True) for entry in entries)
        return replace(self, rows=self.rows + rows)

    def __iter__(self) -> Iterator[LogEntry | LegacyEntry]:
        return iter(self.entries)

    def _descendants(self, hash_: str) -> set[str]:
        found: set[str] = set()
        for entry in self.proven:
            if any(prev == hash_ or prev in found for prev in entry.prev):
                found.add(entry.hash)
        return found

    def _ancestors(self, hash_: str) -> set[str]:
        found = {hash_}
        for entry in reversed(self.proven):
            if entry.hash in found:
                found.update(entry.prev)
        return found - {hash_}


EMPTY_LOG = LogView()


def entry_hash(entry: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over the canonical JSON of the entry without `hash`. ValueError as `canonical`."""
    return sha256_hex({key: value for key, value in entry.items() if key != "hash"})


def parse_entry(raw: Mapping[str, Any]) -> tuple[LogEntry, str]:
    """A decoded entry and the hash that it should have. ValueError in words when it is no entry."""
    if nested_deeper(raw, MAX_DEPTH):
        raise ValueError("the line is nested too deeply")
    try:
        entry = LogEntry.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"]))
        raise ValueError(f"the entry's `{name}` is wrong ({first['msg'].lower()})") from None
    try:
        return entry, entry_hash(raw)
    except ValueError as error:
        raise ValueError(f"the entry has no canonical form ({error})") from None


def nested_deeper(obj: object, depth: int) -> bool:
    """True when lists and objects are nested more than `depth` levels."""
    if isinstance(obj, dict):
        return depth == 0 or any(nested_deeper(value, depth - 1) for value in obj.values())
    if isinstance(obj, list | tuple):
        return depth == 0 or any(nested_deeper(value, depth - 1) for value in obj)
    return False

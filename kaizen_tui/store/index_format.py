"""The bytes of `.kaizen/index`: one header line, then columns. Light: no imports but zlib, for `kaizen list`.

A row-wise format costs a list 100 ms to parse at 10,000 tickets, this one 5: numbers are arrays of the machine's own
integers, texts are joined by one separator, few-valued texts are numbered. Nothing in it can run: no pickle, no
marshal. Everything is checked before any of it is used; whatever is odd makes `decode` return None, and the index is
built anew.

    kaizen-index VERSION BYTEORDER FOLDER GOOD BROKEN LAGGING CRC_STAMPS CRC_CONTENT LENGTH...\\n
    section section ...

FOLDER is the stamp of tickets/ itself, with colons; LENGTH... the sections' sizes in bytes. Entries are the GOOD
tickets, then the BROKEN ones, each sorted by number and id.
"""

import sys
from zlib import crc32

from kaizen_tui import __version__
from kaizen_tui.core.states import SEVERITIES, STATUSES

TYPE_CHECKING = False  # importing typing costs a list 3 ms; mypy takes the name for what it says
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from kaizen_tui.core.problem import Problem
    from kaizen_tui.core.row import TicketRow

# What tells that a file changed: mtime_ns, ctime_ns, size, inode.
Stamp = tuple[int, int, int, int]

MAGIC = "kaizen-index"
VERSION = f"2/{__version__}"  # another release may check a ticket's fields in another way
VERDICTS = ("", "pass", "fail", "inconclusive")
MOST_WARNINGS = 255  # as many as the index can hold

_SEPARATOR = "\x1f"
_ESCAPE = "\\"
# Sections of numbers: kind as in the struct module, bytes an entry, True for those that broken tickets have as well.
_NUMBERS = {
    "stamps": ("q", 24, True), "inodes": ("Q", 8, True), "sides": ("q", 8, True),
    "numbers": ("q", 8, True), "times": ("q", 24, False), "statuses": ("B", 1, False), "severities": ("B", 1, False),
    "flags": ("B", 1, False), "warnings": ("B", 1, False), "components_codes": ("I", 4, False),
    "owners_codes": ("I", 4, False), "label_counts": ("I", 4, False),
}  # fmt: skip
_STAMPS = 3  # so many sections are about the files, the others about their content
# Few-valued texts and, where they are the vocabulary's, its words; in the order of a row's fields.
_CODES: "dict[str, tuple[str, ...] | None]" = {
    "components": None,
    "owners": None,
    "severities": SEVERITIES,
    "statuses": STATUSES,
}
_TEXTS = ("ids", "titles", "uids", "alerts", "components", "owners", "labels", "problems")
_SECTIONS = (*_NUMBERS, *_TEXTS)
_OVERRIDDEN, _LAGGING, _VERDICT_SHIFT = 1, 2, 2
_PROBLEM_WIDTH = 6
_CONTROLS = bytes(range(32)) + b"\x7f"
# Where `Index.column` finds what it is asked for.
_STAMP_PARTS = ("mtime", "ctime", "size")
_TIME_PARTS = ("created", "updated", "since")
_CODED = {"component": "components", "owner": "owners", "severity": "severities", "status": "statuses"}
_FLAG_PARTS: "dict[str, Callable[[int], Any]]" = {
    "overridden": lambda flag: bool(flag & _OVERRIDDEN),
    "lagging": lambda flag: bool(flag & _LAGGING),
    "verdict": lambda flag: VERDICTS[flag >> _VERDICT_SHIFT & 3],
}
_PLAIN = {
    "number": "numbers", "side": "sides", "inode": "inodes", "warnings": "warnings", "title": "titles", "uid": "uids",
    "alert": "alerts",
}  # fmt: skip


class Index:
    """One decoded index, whose content is known to be sound. Item i of a column belongs to entry i.

    folder:     stamp of tickets/ when it was written; times and size 0 where they were too young to be trusted.
    good:       how many entries, from the first on, are tickets that load; total: with the broken ones.
    lagging:    how many tickets' logs didn't know of their status yet.
    generation: a checksum of everything but the stamps: equal for equal content.
    data:       the bytes.
    ids:        of all entries.
    problems:   what is wrong with tickets, each with the position of its entry, sorted by that.
    """

    __slots__ = ("_sections", "data", "folder", "generation", "good", "ids", "lagging", "problems", "total")

    def __init__(self, data: bytes) -> None:
        """Raises ValueError (its UnicodeDecodeError as well) for anything but a whole, sound index."""
        end = data.index(b"\n", 0, 2048)
        words = data[:end].decode("ascii").split(" ")
        if words[:3] != [MAGIC, VERSION, sys.byteorder]:
            raise ValueError("another format")
        mtime, ctime, size, inode = map(int, words[3].split(":"))
        self.folder: Stamp = (mtime, ctime, size, inode)
        self.good, broken, self.lagging, crc_stamps, self.generation, *lengths = map(int, words[4:])
        self.data = data
        self.total = self.good + broken
        if min(self.good, broken) < 0:
            raise ValueError("negative counts")
        self._cut(end + 1, lengths, crc_stamps)
        for name in _TEXTS:
            self._text(name)
        self._check()
        self.ids = self._texts("ids")
        self.problems: list[tuple[int, Problem]] = self._problems() if self._sections["problems"] else []

    def _cut(self, start: int, lengths: "list[int]", crc_stamps: int) -> None:
        view = memoryview(self.data)
        if len(lengths) != len(_SECTIONS) or min(lengths) < 0 or start + sum(lengths) != len(view):
            raise ValueError("another length")
        content = start + sum(lengths[:_STAMPS])
        if crc32(view[start:content]) != crc_stamps or crc32(view[content:]) != self.generation:
            raise ValueError("another checksum")
        self._sections = {}
        for name, length in zip(_SECTIONS, lengths, strict=True):
            self._sections[name] = view[start : start + length]
            start += length

    def _check(self) -> None:
        for name, (_, width, of_all) in _NUMBERS.items():
            if len(self._sections[name]) != width * (self.total if of_all else self.good):
                raise ValueError(f"{name}: another length")
        for name in _CODES:
            names, codes = self.coded(name)
            if max(codes, default=-1) >= len(names):
                raise ValueError(f"{name}: unknown")
        labels = sum(self._numbers("label_counts"))
        for name, count in (
            ("ids", self.total),
            *((name, self.good) for name in ("titles", "uids", "alerts")),
            ("labels", labels),
        ):
            if self._count(name) != count:
                raise ValueError(f"{name}: another number of texts")

    def _numbers(self, name: str) -> "Sequence[int]":
        return self._sections[name].cast(_NUMBERS[name][0])  # type: ignore[call-overload, no-any-return]

    def _text(self, name: str) -> str:
        """Decoded each time: kept, it would be the texts of all tickets twice."""
        return str(self._sections[name], "utf-8", "surrogatepass")

    def _count(self, name: str) -> int:
        text = self._text(name)
        if text and text[0] not in "=~":
            raise ValueError(f"{name}: cut elsewhere")
        return text.count(_SEPARATOR) + 1 if text else 0

    def _texts(self, name: str) -> list[str]:
        text = self._text(name)
        found = text[1:].split(_SEPARATOR) if text else []
        return [_unescape(item) for item in found] if text[:1] == "~" else found

    def _problems(self) -> "list[tuple[int, Problem]]":
        from kaizen_tui.core.problem import Problem

        fields = iter(self._texts("problems"))
        found = [
            (int(entry), Problem(path, int(line), message, hint, level))
            for entry, path, line, message, hint, level in zip(*[fields] * _PROBLEM_WIDTH, strict=True)
        ]
        if any(not 0 <= entry < self.total for entry, _ in found):
            raise ValueError("problems: of no entry")
        return found

    def utf8(self, name: str) -> list[bytes]:
        """The texts of the section "ids" or "titles" as UTF-8."""
        raw = bytes(self._sections[name])
        if raw[:1] == b"=":
            return raw[1:].split(_SEPARATOR.encode())
        return [text.encode("utf-8", "surrogatepass") for text in self._texts(name)]

    def of_folder(self, folder: Stamp) -> "Index":
        """The same with another stamp of tickets/."""
        magic, version, order, _, rest = self.data.split(b" ", 4)
        return Index(b" ".join((magic, version, order, _shown(folder).encode("ascii"), rest)))

    def is_clean(self, name: str) -> bool:
        """True if no text of the section "ids" or "titles" has an ASCII control character."""
        raw = bytes(self._sections[name])
        return raw[:1] != b"~" and len(raw) - len(raw.translate(None, _CONTROLS)) == max(0, self._count(name) - 1)

    def coded(self, name: str) -> "tuple[Sequence[str], Sequence[int]]":
        """The different texts of "statuses", "severities", "components" or "owners", and each good entry's index."""
        words = _CODES[name]
        if words is not None:
            return words, self._sections[name]
        return self._texts(name), self._numbers(f"{name}_codes")

    def stamps(self) -> "Iterator[Stamp]":
        """Of all entries: mtime_ns, ctime_ns, size, inode of the ticket's file."""
        return zip(*map(self.column, (*_STAMP_PARTS, "inode")), strict=True)

    def sides(self) -> "Sequence[int]":
        """Of all entries: a digest of the stamps of log and score-card."""
        return self._numbers("sides")

    def numbers(self) -> "Sequence[int]":
        """Of all entries: the number in the id."""
        return self._numbers("numbers")

    def times(self) -> "tuple[Sequence[int], Sequence[int], Sequence[int]]":
        """Created, updated, since: seconds since the epoch, or 0."""
        numbers, good = self._numbers("times"), self.good
        return numbers[:good], numbers[good : 2 * good], numbers[2 * good :]

    def alerts(self) -> list[str]:
        """Of the good entries: the fingerprint of the alert that the ticket was made from, or ""."""
        return self._texts("alerts")

    def lagging_entries(self) -> list[int]:
        """The positions of the tickets whose logs didn't know of their status yet."""
        return [position for position, flag in enumerate(self._sections["flags"]) if flag & _LAGGING]

    def column(self, name: str) -> "Sequence[Any]":
        """One thing of every entry: id, number, side, mtime, ctime, size or inode; of every good one: a field of
        TicketRow, lagging, or alert."""
        if name in _STAMP_PARTS:
            part = _STAMP_PARTS.index(name)
            return self._numbers("stamps")[part * self.total : (part + 1) * self.total]
        if name in _TIME_PARTS:
            return self.times()[_TIME_PARTS.index(name)]
        if name in _CODED:
            words, codes = self.coded(_CODED[name])
            return list(map(words.__getitem__, codes))
        if name in _FLAG_PARTS:
            part_of = _FLAG_PARTS[name]
            return [part_of(flag) for flag in bytes(self._sections["flags"])]
        if name == "labels":
            labels = iter(self._texts("labels"))
            return [
                tuple(next(labels) for _ in range(count)) if count else () for count in self._numbers("label_counts")
            ]
        if name == "id":
            return self.ids
        section = _PLAIN[name]
        return self._numbers(section) if section in _NUMBERS else self._texts(section)

    def rows(self) -> "list[TicketRow]":
        """Every good ticket as a row."""
        from functools import partial

        from kaizen_tui.core.row import TicketRow

        columns = zip(*(self.column(name)[: self.good] for name in TicketRow._fields), strict=True)
        # TicketRow(...) and TicketRow._make are functions in Python: 10,000 calls cost 10 ms more than this.
        return list(map(partial(tuple.__new__, TicketRow), columns))


def decode(data: bytes) -> Index | None:
    """The index in `data`; None if it is damaged, of another version or machine, or not an index at all."""
    try:
        return Index(data)
    except ValueError:
        return None


def encode(
    folder: Stamp,
    ids: "Sequence[str]",
    numbers: "Sequence[int]",
    stamps: "Sequence[Stamp]",
    sides: "Sequence[int]",
    rows: "Sequence[TicketRow]",
    lagging: "Sequence[bool]",
    alerts: "Sequence[str]",
    problems: "Sequence[tuple[int, Problem]]",
) -> bytes:
    """The bytes of an index.

    folder: stamp of tickets/. ids, numbers, stamps, sides: of all entries; rows, lagging, alerts: of the first, which
    load. problems: with the position of the entry each, sorted by that.
    """
    from kaizen_tui.core.row import TicketRow

    columns: dict[str, Sequence[Any]] = {
        "id": ids,
        "number": numbers,
        "side": sides,
        "lagging": lagging,
        "alert": alerts,
    }
    stamped = tuple(zip(*stamps, strict=True)) or ((),) * 4
    columns |= zip((*_STAMP_PARTS, "inode"), stamped, strict=True)
    of_rows = tuple(zip(*rows, strict=True)) or ((),) * len(TicketRow._fields)
    of_good = dict(zip(TicketRow._fields, of_rows, strict=True))
    return encode_columns(folder, (of_good | columns).__getitem__, problems)


def encode_columns(
    folder: Stamp, column: "Callable[[str], Sequence[Any]]", problems: "Sequence[tuple[int, Problem]]"
) -> bytes:
    """The bytes of an index whose columns are asked for one at a time, as all at once are 10 MB at 10,000 tickets.

    column: as `Index.column`. folder, problems: as in `encode`.
    """
    lagging = column("lagging")
    flags = [
        ever * _OVERRIDDEN | lags * _LAGGING | VERDICTS.index(verdict) << _VERDICT_SHIFT
        for ever, lags, verdict in zip(column("overridden"), lagging, column("verdict"), strict=True)
    ]
    sections = [
        _packed("q", column, _STAMP_PARTS),
        _packed("Q", column, ("inode",)),
        _packed("q", column, ("side",)),
        _packed("q", column, ("number",)),
        _packed("q", column, _TIME_PARTS),
        bytes(map({word: code for code, word in enumerate(STATUSES)}.__getitem__, column("status"))),
        bytes(map({word: code for code, word in enumerate(SEVERITIES)}.__getitem__, column("severity"))),
        bytes(flags),
        bytes([min(count, MOST_WARNINGS) for count in column("warnings")]),
    ]
    component_codes, component_names = _numbered(column("component"))
    owner_codes, owner_names = _numbered(column("owner"))
    sections += [component_codes, owner_codes, *_label_sections(column("labels"))]
    label_texts = sections.pop()
    total = len(column("id"))
    sections += [_join(column("id")), _join(column("title")), _join(column("uid")), _join(column("alert"))]
    flat = [part for entry, problem in problems for part in (str(entry), problem.path, str(problem.line), *problem[2:])]
    sections += [_join(component_names), _join(owner_names), label_texts, _join(flat)]
    checksums = [0, 0]
    for place, section in enumerate(sections):
        checksums[place >= _STAMPS] = crc32(section, checksums[place >= _STAMPS])
    counts = (len(flags), total - len(flags), sum(lagging), *checksums, *map(len, sections))
    header = " ".join([MAGIC, VERSION, sys.byteorder, _shown(folder), *map(str, counts)])
    return b"".join([header.encode("ascii"), b"\n", *sections])


def _packed(kind: str, column: "Callable[[str], Sequence[Any]]", names: "Sequence[str]") -> bytes:
    from array import array

    numbers = array(kind)
    for name in names:
        numbers.extend(column(name))
    return numbers.tobytes()


def _label_sections(labels: "Sequence[tuple[str, ...]]") -> tuple[bytes, bytes]:
    """How many each ticket has, and all of them."""
    from array import array

    return array("I", map(len, labels)).tobytes(), _join([label for few in labels if few for label in few])


def _shown(stamp: Stamp) -> str:
    return ":".join(map(str, stamp))


def _numbered(texts: "Sequence[str]") -> tuple[bytes, list[str]]:
    """For each text its number in the list of the different ones, and that list."""
    from array import array

    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    return array("I", map(numbers.__getitem__, texts)).tobytes(), list(numbers)


def _join(texts: "Sequence[str]") -> bytes:
    if not texts:
        return b""
    joined = _SEPARATOR.join(texts)
    if joined.count(_SEPARATOR) == len(texts) - 1:
        return b"=" + joined.encode("utf-8", "surrogatepass")
    escaped = (text.replace(_ESCAPE, _ESCAPE * 2).replace(_SEPARATOR, "\\s") for text in texts)
    return b"~" + _SEPARATOR.join(escaped).encode("utf-8", "surrogatepass")


def _unescape(text: str) -> str:
    return _ESCAPE.join(part.replace("\\s", _SEPARATOR) for part in text.split(_ESCAPE * 2))

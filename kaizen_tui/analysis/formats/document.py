"""The JSON that a benchmark printed, read strictly: what isn't as the format says is an error that names the place."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.values import kind_of, quoted

MAX_BYTES = 64 << 20
HINT = "check the command and its format"
_LONGEST_LIST = 1_000_000
_LONGEST_PATH = 200
_LARGEST = 1e100


class Node:
    """A value of the document with its path, such as `benchmarks[0].stats`. Every step raises StoreError."""

    __slots__ = ("_source", "path", "value")

    def __init__(self, value: object, path: str, source: str) -> None:
        self.value = value
        self.path = path
        self._source = source

    def wrong(self, what: str) -> StoreError:
        """An error about this value."""
        return StoreError(f"{self.path}: {what}" if self.path else what, where=self._source, hint=HINT)

    def _at(self, step: str, value: object) -> "Node":
        joined = f"{self.path}{step}" if step.startswith("[") or not self.path else f"{self.path}.{step}"
        return Node(value, joined[:_LONGEST_PATH], self._source)

    @property
    def mapping(self) -> Mapping[str, Any]:
        if not isinstance(self.value, dict):
            raise self.wrong(f"must be an object, not {kind_of(self.value)}")
        return self.value

    @property
    def sequence(self) -> Sequence[Any]:
        if not isinstance(self.value, list):
            raise self.wrong(f"must be a list, not {kind_of(self.value)}")
        if len(self.value) > _LONGEST_LIST:
            raise self.wrong(f"has more than {_LONGEST_LIST:,} items")
        return self.value

    def __getitem__(self, key: str) -> "Node":
        if key not in self.mapping:
            raise self.wrong(f"has no {quoted(key)}")
        return self._at(key, self.mapping[key])

    def get(self, key: str) -> "Node | None":
        """The value of a key; None where it is absent or null."""
        return None if self.mapping.get(key) is None else self[key]

    def items(self) -> Iterator[tuple[str, "Node"]]:
        for key in self.mapping:
            yield key, self[key]

    def __iter__(self) -> Iterator["Node"]:
        for position, item in enumerate(self.sequence):
            yield self._at(f"[{position}]", item)

    @property
    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.wrong(f"must be text, not {kind_of(self.value)}")
        return self.value

    @property
    def number(self) -> float:
        """A finite number, of which products and ratios are finite as well."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            raise self.wrong(f"must be a number, not {kind_of(self.value)}")
        try:
            number = float(self.value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.wrong("is no finite number")
        if number and not 1 / _LARGEST <= abs(number) <= _LARGEST:
            raise self.wrong(f"is no measurement: {number:g}")
        return number

    @property
    def amount(self) -> float:
        """A number that can't be negative: a time, a count, a rate."""
        number = self.number
        if number < 0:
            raise self.wrong(f"can't be negative, as {number:g} is")
        return number

    @property
    def amounts(self) -> tuple[float, ...]:
        """A list of them, not empty."""
        found = tuple(item.amount for item in self)
        if not found:
            raise self.wrong("is empty")
        return found


def read_document(data: bytes, source: str) -> Node:
    """The JSON document in `data`. source: what to call it in errors. Raises StoreError."""
    if len(data) > MAX_BYTES:
        raise StoreError(f"more than {MAX_BYTES >> 20} MiB of results", where=source, hint="let it write less")
    if not data.strip():
        raise StoreError("no results were written", where=source, hint="check that the command writes them there")
    try:
        text = data.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except UnicodeDecodeError as error:
        raise _unreadable(f"not UTF-8 at byte {error.start}", source, _line(data, error.start)) from None
    except json.JSONDecodeError as error:
        raise _unreadable(f"not JSON: {error.msg}", source, error.lineno) from None
    except RecursionError:
        raise _unreadable("nested too deeply", source, 0) from None
    except ValueError as error:  # of the two hooks, or an integer of thousands of digits
        raise _unreadable(str(error), source, 0) from None
    return Node(value, "", source)


def _unreadable(what: str, source: str, line: int) -> StoreError:
    where = f"{source}:{line}" if line else source
    return StoreError(what, where=where, hint=HINT)


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {quoted(key)} stands twice in one object")
        found[key] = value
    return found

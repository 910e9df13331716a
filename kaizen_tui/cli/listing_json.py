"""`kaizen list --json`: an array with one object a line. Its shape is documented in docs/json.md and stable."""

from collections.abc import Iterator, Sequence
from json.encoder import encode_basestring_ascii as quoted

from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.times import format_epoch

DAY = 86400
PIECE = 500  # rows: with few at a time the same memory is used again and again, which is quicker than fetching more


_FIELDS = (
    "id", "title", "status", "severity", "component", "owner", "labels", "created_at", "updated_at", "status_since",
    "warnings", "overridden", "uid",
)  # fmt: skip
_OBJECT = "  {" + ", ".join(f'"{name}": %s' for name in _FIELDS) + "}"
_MINUTES = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(1440)]
_SECONDS = [f':{second:02d}Z"' for second in range(60)]


class _Days(dict[int, str]):
    """Day since the epoch -> `"2025-05-18T`, the beginning of a JSON text."""

    def __missing__(self, day: int) -> str:
        self[day] = text = f'"{format_epoch(day * DAY)[:11]}'
        return text


class _Quoted(dict[str, str]):
    """Text -> JSON text, for what many tickets have in common."""

    def __missing__(self, text: str) -> str:
        self[text] = found = quoted(text)
        return found


def json_list(rows: Sequence[TicketRow]) -> Iterator[bytes]:
    """The rows as JSON in ASCII, in pieces. Times are RFC 3339, or null when the files don't say."""
    days, words = _Days(), _Quoted()
    for start in range(0, len(rows), PIECE):
        objects = ",\n".join(map(_OBJECT.__mod__, _values(rows[start : start + PIECE], days, words)))
        # DEL is the one control character that JSON leaves as it is.
        yield (",\n" if start else "[\n").encode() + objects.replace("\x7f", "\\u007f").encode("ascii")
    yield b"\n]\n" if rows else b"[]\n"


def _values(rows: Sequence[TicketRow], days: _Days, words: _Quoted) -> Iterator[tuple[object, ...]]:
    """The JSON texts for _OBJECT, made column by column."""
    ids, _, titles, components, owners, severities, statuses, labels, *rest = zip(*rows, strict=True)
    created, updated, since, warnings, overridden, _, uids = rest
    return zip(
        map(quoted, ids),
        map(quoted, titles),
        *(map(words.__getitem__, texts) for texts in (statuses, severities, components, owners)),
        [f"[{', '.join([words[label] for label in few])}]" if few else "[]" for few in labels],
        *(_times(moments, days) for moments in (created, updated, since)),
        warnings,
        ["true" if ever else "false" for ever in overridden],
        map(quoted, uids),
        strict=True,
    )


def _times(moments: Sequence[int], days: _Days) -> list[str]:
    return [
        f"{days[moment // DAY]}{_MINUTES[moment % DAY // 60]}{_SECONDS[moment % 60]}" if moment else "null"
        for moment in moments
    ]

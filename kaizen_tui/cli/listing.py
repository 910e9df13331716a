"""What `kaizen list` takes and prints. Shared by the fast path (fast.py) and the click command; imports neither click
nor anything else that costs a list of 10,000 tickets a millisecond it doesn't need.

Everything is laid out by columns: what is equal in many tickets (status, component, owner) is padded, coloured and
made safe once for each of its few values.
"""

import os
import sys
from itertools import islice

from kaizen_tui.core.states import SEVERITY_SHAPES

TYPE_CHECKING = False  # importing typing costs a list 3 ms; mypy takes the name for what it says
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from kaizen_tui.core.problem import Problem
    from kaizen_tui.core.row import TicketRow
    from kaizen_tui.store.index_format import Index
    from kaizen_tui.store.workspace import Workspace

    # Different texts, and for each ticket which of them it is.
    Coded = tuple[Sequence[str], Sequence[int]]

# Options that filter, each the short form of a term of the filter language: name -> flags, metavar, help.
FILTER_OPTIONS: "dict[str, tuple[tuple[str, ...], str, str]]" = {
    "status": (("-s", "--status"), "STATUS", "Only this status (repeatable)."),
    "component": (("-c", "--component"), "ID", "Only this component (repeatable; * and ? stand for any text)."),
    "owner": (("--owner",), "NAME", "Only this owner; `me` is you (repeatable)."),
    "severity": (("--severity",), "WORD", "Only this severity (repeatable)."),
}
WORKSPACE_FLAGS = ("-C", "--workspace")
JSON_FLAG, PLAIN_FLAG = "--json", "--plain"

HEADER = ("STATUS", "ID", "SEVERITY", "COMPONENT", "OWNER", "AGE", "TITLE")
GAP = b"  "
AGE_WIDTH = 6
MOST_COMPONENT, MOST_OWNER, LEAST_TITLE = 24, 20, 12  # columns, on a terminal
DAY = 86400
PIECE = 1000  # lines: with few at a time the same memory is used again and again, which is quicker than fetching more
_UNQUOTED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-*?,@")
_SEVERITIES = {word: f"{shape} {word}" for word, shape in SEVERITY_SHAPES.items()}
_SGR = {"red": 31, "green": 32, "yellow": 33, "magenta": 35, "cyan": 36, "bright_black": 90}


class Request:
    """One `kaizen list`.

    words: the filter, in the board's language, with the terms that the options stand for. json, plain: the form.
    """

    __slots__ = ("json", "plain", "words")

    def __init__(
        self, words: "Iterable[str]", options: "Mapping[str, Sequence[str]]", *, json: bool = False, plain: bool = False
    ) -> None:
        """options: name of FILTER_OPTIONS -> values; any of the values will do."""
        self.words = [*words, *(term(name, values) for name, values in options.items() if values)]
        self.json = json
        self.plain = plain


class Columns:
    """The listed tickets, column by column, as in their files (hostile).

    ids, titles: UTF-8. statuses, severities, components, owners: the different texts, and for each ticket which of them
    it is. since: seconds since the epoch, or 0. clean: ids and titles have no ASCII control characters.
    """

    __slots__ = ("clean", "components", "ids", "owners", "severities", "since", "statuses", "titles")

    def __init__(
        self, ids: list[bytes], titles: list[bytes], *coded: "Coded", since: "Sequence[int]", clean: bool
    ) -> None:
        """coded: statuses, severities, components, owners."""
        self.ids = ids
        self.titles = titles
        self.statuses, self.severities, self.components, self.owners = coded
        self.since = since
        self.clean = clean


def term(name: str, values: "Sequence[str]") -> str:
    """The filter's term for an option: `status:draft,planned`. Values with other signs are quoted."""
    return f"{name}:{','.join(_quoted(value) for value in values)}"


def _quoted(value: str) -> str:
    if value and _UNQUOTED.issuperset(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def list_tickets(ws: "Workspace", request: Request, *, now: int, me: "Callable[[], str]", at: str | None = None) -> int:
    """Prints the list on stdout and what couldn't be loaded on stderr; returns the exit code.

    now: seconds since the epoch. me: finds out who `owner:me` is; called only where the filter may ask for it.
    at: see load_index.
    Raises UsageError for a wrong filter, StoreError if tickets/ can't be read.
    """
    from kaizen_tui.store.index_load import load_index

    words = " ".join(request.words)
    # The verdict of a score-card is the one thing listed that may change without its ticket's file.
    index, _ = load_index(ws, deep="verdict" in words, at=at, progress=progress_line())
    rows = None
    if words.strip():
        from kaizen_tui.core.query import parse_query

        query = parse_query(request.words)
        rows = query.select(index.rows(), now, me() if "me" in words.lower() else "")
    if request.json:
        from kaizen_tui.cli.listing_json import json_list

        pieces = json_list(index.rows() if rows is None else rows)
        count = index.good if rows is None else len(rows)
    else:
        columns = columns_of_index(index) if rows is None else columns_of_rows(rows)
        count = len(columns.ids)
        pieces = plain_list(columns, now) if request.plain else table(columns, now)
    for piece in pieces:
        emit(piece)
    report(count, [problem for _, problem in index.problems], filtered=bool(words.strip()))
    return 0


def emit(data: bytes) -> None:
    """Writes UTF-8 to stdout; where that has another encoding, what it can't show becomes escapes."""
    out = sys.stdout
    buffer = getattr(out, "buffer", None)
    if buffer is not None and (out.encoding or "").lower().replace("-", "") == "utf8":
        out.flush()
        buffer.write(data)
    else:
        encoding = out.encoding or "utf-8"
        out.write(data.decode().encode(encoding, "backslashreplace").decode(encoding))


def columns_of_index(index: "Index") -> Columns:
    return Columns(
        index.utf8("ids")[: index.good],
        index.utf8("titles"),
        *map(index.coded, ("statuses", "severities", "components", "owners")),
        since=index.times()[2],
        clean=index.is_clean("ids") and index.is_clean("titles"),
    )


def columns_of_rows(rows: "Sequence[TicketRow]") -> Columns:
    coded = zip(*((row.status, row.severity, row.component, row.owner) for row in rows), strict=True)
    return Columns(
        [row.id.encode("utf-8", "surrogatepass") for row in rows],
        [row.title.encode("utf-8", "surrogatepass") for row in rows],
        *([_coded(texts) for texts in coded] or [([], [])] * 4),
        since=[row.since for row in rows],
        clean=False,
    )


def _coded(texts: "Sequence[str]") -> "Coded":
    codes = {text: code for code, text in enumerate(dict.fromkeys(texts))}
    return list(codes), list(map(codes.__getitem__, texts))


def table(columns: Columns, now: int) -> "Iterator[bytes]":
    """The tickets as aligned columns, in pieces. On a terminal with a header, colour, and no line wider than it."""
    if not columns.ids:
        return
    terminal = sys.stdout.isatty()
    paint = _Paint(terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")
    heads = HEADER if terminal else ("",) * len(HEADER)
    ids = _texts(columns.ids, columns.clean)
    id_width = max(len(heads[1]), *map(len, ids))
    cells = [
        _cells(columns.statuses, heads[0], paint=paint.status),
        _cells(columns.severities, heads[2], shown=_SEVERITIES, paint=paint.severity),
        _cells(columns.components, heads[3], MOST_COMPONENT if terminal else 0),
        _cells(columns.owners, heads[4], MOST_OWNER if terminal else 0),
    ]
    statuses, *others = (map(known.__getitem__, codes) for known, _, codes in cells)
    widths = [cells[0][1], id_width, *(width for _, width, _ in cells[1:]), AGE_WIDTH]
    room = max(LEAST_TITLE, _terminal_width() - sum(widths) - len(widths) * len(GAP)) if terminal else 0
    rows = zip(
        statuses,
        [ticket_id.ljust(id_width) for ticket_id in ids],
        *others,
        _ages(columns.since, now, AGE_WIDTH),
        _titles(columns, room),
        strict=True,
    )
    if terminal:
        head = [text.ljust(width) for text, width in zip(heads[:5], widths, strict=False)]
        yield paint.head("  ".join([*head, heads[5].rjust(AGE_WIDTH), heads[6]])).encode() + b"\n"
    yield from _pieces(map(GAP.join, rows))


def plain_list(columns: Columns, now: int) -> "Iterator[bytes]":
    """One ticket a line: id, status, severity, component, owner, age, title, with tabs between them. No colour."""
    coded = (columns.statuses, columns.severities, columns.components, columns.owners)
    rows = zip(
        _texts(columns.ids, columns.clean),
        *(map([_safe(text).encode() for text in texts].__getitem__, codes) for texts, codes in coded),
        _ages(columns.since, now, 0),
        _titles(columns, 0),
        strict=True,
    )
    return _pieces(map(b"\t".join, rows))


def _pieces(lines: "Iterator[bytes]") -> "Iterator[bytes]":
    while piece := list(islice(lines, PIECE)):
        piece.append(b"")
        yield b"\n".join(piece)


class _Paint:
    """Colours of the table; none when off. Severity has its shape and word, status its word: colour is never alone."""

    def __init__(self, on: bool) -> None:
        self.severity: dict[str, str] = {}
        self.status: dict[str, str] = {}
        self.on = on
        if on:
            from kaizen_tui.cli.output import SEVERITY_COLOURS, STATUS_COLOURS

            self.severity = SEVERITY_COLOURS
            self.status = STATUS_COLOURS

    def head(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self.on else text


def _cells(
    column: "Coded",
    head: str,
    most: int = 0,
    *,
    shown: "Mapping[str, str] | None" = None,
    paint: "Mapping[str, str] | None" = None,
) -> "tuple[list[bytes], int, Sequence[int]]":
    """A cell for each different text (safe, cut to `most` columns, padded, coloured), their width, and the codes."""
    texts, codes = column
    used = set(codes)
    known = [shown[text] if shown else _safe(text) for text in texts]
    if most:
        known = [cut(cell, most) for cell in known]
    sizes = list(map(len if shown else display_width, known))
    width = max(len(head), *(sizes[code] for code in used))
    cells = []
    for text, cell, size in zip(texts, known, sizes, strict=True):
        padded = cell + " " * (width - size)
        colour = paint.get(text) if paint else None
        cells.append((f"\x1b[{_SGR[colour]}m{padded}\x1b[0m" if colour else padded).encode())
    return cells, width, codes


def _titles(columns: Columns, width: int) -> list[bytes]:
    """The titles, safe, cut to `width` columns (0: whole)."""
    titles = _texts(columns.titles, columns.clean)
    if not width:
        return titles
    return [
        title if len(title) <= width and title.isascii() else cut(title.decode(), width).encode() for title in titles
    ]


def _texts(texts: list[bytes], clean: bool) -> list[bytes]:
    """UTF-8 texts, safe. clean: only what isn't ASCII needs a look."""
    if clean and b"".join(texts).isascii():
        return texts
    if clean:
        return [text if text.isascii() else _safe_utf8(text) for text in texts]
    return [_safe_utf8(text) for text in texts]


def _safe_utf8(text: bytes) -> bytes:
    return _safe(text.decode("utf-8", "surrogatepass")).encode()


def _safe(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    from kaizen_tui.core.text import safe

    return safe(text)


class _Ages(dict[int, bytes]):
    """Days -> the age as a cell: most tickets are older than a day, and many are equally old."""

    width = 0

    def __missing__(self, days: int) -> bytes:
        self[days] = text = _age(days * DAY).rjust(self.width)
        return text


def _ages(since: "Sequence[int]", now: int, width: int) -> list[bytes]:
    """How long each ticket has been in its status, right-aligned; `-` where nobody knows."""
    days = _Ages()
    days.width = width
    yesterday = now - DAY
    return [
        days[(now - moment) // DAY] if 0 < moment <= yesterday else _age(now - moment if moment else None).rjust(width)
        for moment in since
    ]


def _age(seconds: int | None) -> bytes:
    if seconds is None:
        return b"-"
    from kaizen_tui.core.times import age

    return age(seconds).encode()


def display_width(text: str) -> int:
    """Columns of a terminal that safe text takes: wide East Asian characters take two, combining ones none."""
    if not text or max(text) < "\u0300":  # before the first combining character
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def cut(text: str, width: int) -> str:
    """Safe text of at most `width` columns, with an ellipsis where something is missing."""
    if display_width(text) <= width:
        return text
    used, end = 0, 0
    for end, char in enumerate(text):  # noqa: B007 - where the loop stopped is what is wanted
        used += display_width(char)
        if used >= width:
            break
    return text[:end].rstrip() + "…"


def _terminal_width() -> int:
    """Columns of the terminal: $COLUMNS, else what it says, else 80."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and 0 < int(columns[:6]) < 100_000:
        return int(columns[:6])
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def report(count: int, problems: "Sequence[Problem]", *, filtered: bool) -> None:
    """Says on stderr what couldn't be loaded, and when there is nothing to list."""
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        from kaizen_tui.cli.output import problem_line

        sys.stdout.flush()  # keep the order where both go to one place
        broken = len({problem.path for problem in errors})
        lines = [problem_line(problem) for problem in errors]
        lines.append(f"kaizen: {broken} ticket{'s' * (broken != 1)} could not be loaded; the rest is listed")
        sys.stderr.write("\n".join(lines) + "\n")
    if not count:
        what = (
            "no ticket matches the filter" if filtered else "no tickets yet; `kaizen new TITLE -c COMPONENT` makes one"
        )
        sys.stderr.write(f"kaizen: {what}\n")


def progress_line() -> "Callable[[int, int], None] | None":
    """Shows on a terminal's stderr how far a long first reading has come; None where nobody would see it."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        if total >= 2000:
            text = f"kaizen: reading tickets: {done:,} of {total:,}" if done < total else ""
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    return show

"""Makes the entries of the index from the tickets' files. Imported only when something changed."""

from collections.abc import Callable, Collection, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.fields import TicketFields
from kaizen_tui.core.ids import is_ticket_id, number_of
from kaizen_tui.core.log_tail import StatusTail, last_status
from kaizen_tui.core.problem import Problem
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.times import parse_rfc3339
from kaizen_tui.store.files import MissingFileError, read_file, read_optional
from kaizen_tui.store.index_format import MOST_WARNINGS, VERDICTS, Index, Stamp, encode_columns
from kaizen_tui.store.index_load import FAILED, MISSING, NEVER, Listing, is_settled, settled, side_digest, stamp_of
from kaizen_tui.store.reading import missing_ticket_file, parse_ticket, problems_of
from kaizen_tui.store.workspace import LOG_FILE, SCORE_CARD_FILE, TICKET_FILE, Workspace

LOG_LIMIT = 1 << 26
SCORE_CARD_LIMIT = 1 << 24
# How often a long build reports, in tickets.
STEP = 200


class Entry(NamedTuple):
    """One ticket in the index. row: None when the ticket can't be loaded; then there are problems of level error.

    alert: the fingerprint of the alert that it was made from, or "".
    """

    id: str
    number: int
    stamp: Stamp
    side: int
    row: TicketRow | None
    lagging: bool
    alert: str
    problems: tuple[Problem, ...]


def rebuild(
    ws: Workspace,
    old: Index,
    listing: Listing,
    changed: set[str],
    started_ns: int,
    progress: Callable[[int, int], None] | None = None,
) -> Index:
    """`old` with the changed tickets read again, the new ones added and the vanished ones dropped.

    started_ns: a time before anything of this was looked at.
    """
    folders = changed.intersection(listing.folders)
    present = folders.union(changed.intersection(listing.others))
    read: list[Entry] = []
    for done, ticket_id in enumerate(sorted(changed)):
        entry = None
        if ticket_id in present and is_ticket_id(ticket_id):
            entry = _read(ws, ticket_id, started_ns) if ticket_id in folders else _not_a_folder(ws, ticket_id)
        if entry is not None:
            read.append(entry)
        if progress is not None and done % STEP == 0:
            progress(done, len(changed))
    if progress is not None:
        progress(len(changed), len(changed))
    merged = Merged(old, changed, read)
    return Index(encode_columns(settled(listing.stamp, started_ns), merged.column, merged.problems))


class Merged:
    """An index with some of its entries replaced, as columns: each is made when it is asked for and kept by nobody."""

    def __init__(self, old: Index, gone: Collection[str], new: Sequence[Entry]) -> None:
        """gone: the ids whose old entries don't count. new: what is known of those of them that are still there."""
        self._old = old
        self._new = new
        ids, numbers = self._pool("id"), self._pool("number")
        good = [at for at in range(old.good) if ids[at] not in gone]
        broken = [at for at in range(old.good, old.total) if ids[at] not in gone]
        for at, entry in enumerate(new, old.total):
            (broken if entry.row is None else good).append(at)
        for part in (good, broken):
            part.sort(key=lambda at: (numbers[at], ids[at]))
        self._good, self._all = good, good + broken

    def column(self, name: str) -> list[Any]:
        """As `Index.column`."""
        order = self._all if name in _OF_ALL else self._good
        return list(map(self._pool(name).__getitem__, order))

    def _pool(self, name: str) -> list[Any]:
        """The old index's column, then the new entries'."""
        told = _OF_ALL.get(name)
        if told is not None:
            return [*self._old.column(name), *map(told, self._new)]
        rest = [None] * (self._old.total - self._old.good)
        new = self._new if name in ("lagging", "alert") else [entry.row for entry in self._new]
        return [*self._old.column(name), *rest, *(getattr(item, name, None) for item in new)]

    @property
    def problems(self) -> list[tuple[int, Problem]]:
        """What is wrong with tickets, each with the place of its entry, sorted by that."""
        found = [*self._old.problems]
        found += [(at, problem) for at, entry in enumerate(self._new, self._old.total) for problem in entry.problems]
        if not found:
            return []
        places = {at: place for place, at in enumerate(self._all)}
        # Sorting is stable: what is wrong with one ticket stays in its order.
        return sorted(((places[at], problem) for at, problem in found if at in places), key=itemgetter(0))


_OF_ALL: dict[str, Callable[[Entry], Any]] = {
    "id": lambda entry: entry.id,
    "number": lambda entry: entry.number,
    "side": lambda entry: entry.side,
    "mtime": lambda entry: entry.stamp[0],
    "ctime": lambda entry: entry.stamp[1],
    "size": lambda entry: entry.stamp[2],
    "inode": lambda entry: entry.stamp[3],
}


def _read(ws: Workspace, ticket_id: str, started_ns: int) -> Entry | None:
    """The entry of one ticket's folder, None if it vanished. The stamps are taken before the files are read."""
    folder = f"{ws.tickets}/{ticket_id}"
    stamp, log_stamp, card_stamp = (stamp_of(f"{folder}/{name}") for name in (TICKET_FILE, LOG_FILE, SCORE_CARD_FILE))
    quiet = is_settled(log_stamp, started_ns) and is_settled(card_stamp, started_ns)
    side = side_digest(log_stamp, card_stamp) if quiet else 0
    if not is_settled(stamp, started_ns):
        stamp = NEVER
    number = number_of(ticket_id)
    path = f"{folder}/{TICKET_FILE}"
    try:
        _, fields = parse_ticket(read_file(path), ticket_id, ws.relative(path))
    except MissingFileError:
        if stamp_of(folder) in (MISSING, FAILED):
            return None
        problems = problems_of(missing_ticket_file(ws, ticket_id), ws)
        return Entry(ticket_id, number, stamp, side, None, False, "", tuple(problems))
    except KaizenError as error:
        return Entry(ticket_id, number, stamp, side, None, False, "", tuple(problems_of(error, ws)))
    problems = []
    tail = _tail(ws, f"{folder}/{LOG_FILE}", problems)
    verdict = _verdict(ws, f"{folder}/{SCORE_CARD_FILE}", problems)
    row, lagging = _row(fields, number, tail, verdict)
    alert = fields.alert.fingerprint if fields.alert is not None else ""
    return Entry(ticket_id, number, stamp, side, row, lagging, alert, tuple(problems))


def _row(fields: TicketFields, number: int, tail: StatusTail | None, verdict: str) -> tuple[TicketRow, bool]:
    """The row, and whether the log doesn't know of the status yet (it was changed by hand, or is being written).

    Where the log can't say since when the status is as it is, the ticket's last update is the best that is known.
    """
    created, updated = _epoch(fields.created_at), _epoch(fields.updated_at)
    known = tail is not None and tail.status == fields.status
    since = tail.at_epoch if tail is not None and known and tail.at_epoch else updated or created
    row = TicketRow(
        id=fields.id,
        number=number,
        title=fields.title,
        component=fields.component,
        owner=fields.owner,
        severity=fields.severity,
        status=fields.status,
        labels=fields.labels,
        created=created,
        updated=updated,
        since=since,
        warnings=min(tail.unmet, MOST_WARNINGS) if tail is not None and known else 0,
        overridden=tail is not None and tail.overridden_any,
        verdict=verdict,
        uid=fields.uid,
    )
    return row, tail is not None and not known


def _epoch(text: str) -> int:
    return parse_rfc3339(text) if text else 0  # checked already


def _tail(ws: Workspace, path: str, problems: list[Problem]) -> StatusTail | None:
    try:
        data = read_optional(path, LOG_LIMIT)
    except KaizenError as error:
        problems.extend(problem._replace(level="warning") for problem in problems_of(error, ws))
        return None
    return last_status(data) if data is not None else None


def _verdict(ws: Workspace, path: str, problems: list[Problem]) -> str:
    """The verdict of a score-card; "" without one. What else is wrong with it is for lint to say."""
    try:
        data = read_optional(path, SCORE_CARD_LIMIT)
    except KaizenError as error:
        problems.extend(problem._replace(level="warning") for problem in problems_of(error, ws))
        return ""
    if data is None:
        return ""
    import json

    try:
        card = json.loads(data)
    except (ValueError, RecursionError):
        problems.append(Problem(ws.relative(path), 0, "not JSON", "evaluate the ticket again", "warning"))
        return ""
    found = card.get("verdict") if isinstance(card, dict) else None
    return found if isinstance(found, str) and found in VERDICTS else ""


def _not_a_folder(ws: Workspace, ticket_id: str) -> Entry:
    path = ws.relative(f"{ws.tickets}/{ticket_id}")
    problem = Problem(
        path, 0, "not a folder (or a symbolic link to one)", "put the ticket's folder itself in its place"
    )
    return Entry(ticket_id, number_of(ticket_id), NEVER, 0, None, False, "", (problem,))

"""Makes the entries of the index from the tickets' files. Imported only when something changed."""

from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.fields import TicketFields
from kaizen_tui.core.ids import is_ticket_id, number_of
from kaizen_tui.core.log_tail import StatusTail, last_status
from kaizen_tui.core.problem import Problem
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.times import parse_rfc3339
from kaizen_tui.store.files import MissingFileError, read_file, read_optional
from kaizen_tui.store.index_format import MOST_WARNINGS, VERDICTS, Index, Stamp, encode
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
    entries = _entries(old) if old.ids else {}
    present = {*listing.folders, *listing.others}
    folders = set(listing.folders)
    for done, ticket_id in enumerate(sorted(changed)):
        entry = None
        if ticket_id in present and is_ticket_id(ticket_id):
            entry = _read(ws, ticket_id, started_ns) if ticket_id in folders else _not_a_folder(ws, ticket_id)
        if entry is None:
            entries.pop(ticket_id, None)
        else:
            entries[ticket_id] = entry
        if progress is not None and done % STEP == 0:
            progress(done, len(changed))
    if progress is not None:
        progress(len(changed), len(changed))
    return Index(_encode(settled(listing.stamp, started_ns), entries))


def _entries(old: Index) -> dict[str, Entry]:
    rows: list[TicketRow | None] = [*old.rows(), *([None] * (old.total - old.good))]
    lagging = [False] * old.total
    for position in old.lagging_entries() if old.lagging else ():
        lagging[position] = True
    problems: list[tuple[Problem, ...]] = [()] * old.total
    for position, problem in old.problems:
        problems[position] = (*problems[position], problem)
    alerts = [*old.alerts(), *([""] * (old.total - old.good))]
    columns = zip(old.ids, old.numbers(), old.stamps(), old.sides(), rows, lagging, alerts, problems, strict=True)
    # Entry(...) is a function in Python: for 10,000 it costs 10 ms more than this.
    return dict(zip(old.ids, map(partial(tuple.__new__, Entry), columns), strict=True))


def _encode(folder: Stamp, entries: dict[str, Entry]) -> bytes:
    ordered = sorted(entries.values(), key=itemgetter(1, 0))  # number and id
    placed = [entry for entry in ordered if entry.row is not None]
    good = len(placed)
    placed += [entry for entry in ordered if entry.row is None]
    problems = [(position, problem) for position, entry in enumerate(placed) for problem in entry.problems]
    ids, numbers, stamps, sides, rows, lagging, alerts, _ = zip(*placed, strict=True) if placed else ((),) * 8
    return encode(folder, ids, numbers, stamps, sides, rows[:good], lagging[:good], alerts[:good], problems)


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

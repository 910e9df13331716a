"""Every ticket with all of its fields as ready-made JSON, kept beside the index: what makes `--export` quick.

The index holds what a list shows; an export wants everything, and parsing 10,000 files takes seconds. So each ticket's
JSON object is kept as text in `.kaizen/export` with the stamps that it was made from, and only what changed is made
again. Disposable and never trusted: whatever is odd is built anew. Light: no json, no yaml while nothing changed.

    kaizen-export VERSION BYTEORDER FOLDER COUNT LENGTH CRC\\n  COUNT tags (int64)  objects joined by ",\\n"
"""

import sys
from zlib import crc32

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.store.files import read_file, replace_file
from kaizen_tui.store.index_format import Index
from kaizen_tui.store.index_load import NEVER
from kaizen_tui.store.workspace import Workspace

TYPE_CHECKING = False  # importing typing costs 3 ms of a budget of 140
if TYPE_CHECKING:
    from kaizen_tui.core.row import TicketRow

MAGIC = "kaizen-export"
VERSION = 1
JOINT = b",\n"  # a newline within JSON text is always escaped, so it separates
LIMIT = 1 << 30
_NO_TAG = 0


def fragments_path(ws: Workspace) -> str:
    return f"{ws.state}/export"


def load_fragments(ws: Workspace, index: Index, *, write: bool = True) -> bytes:
    """The JSON objects of all good tickets of `index`, in its order, joined by `JOINT`.

    index: as just loaded (its entries tell what changed). Tickets that vanish meanwhile keep their last known object.
    """
    tags = _tags(index)
    known_tags, body = _read(ws, index.folder[3])
    if known_tags == tags and _NO_TAG not in tags:
        return body
    made = _renew(ws, index, tags, known_tags, body)
    if write:
        _save(ws, index.folder[3], tags, made)
    return made


def split_fragments(body: bytes) -> list[bytes]:
    return body.split(JOINT) if body else []


def _tags(index: Index) -> list[int]:
    """One number per good ticket that changes when one of its files does; 0 for those still settling."""
    good = index.good
    return [
        hash((ident, stamp, side)) if side and stamp != NEVER else _NO_TAG
        for ident, stamp, side in zip(map(_crc, index.ids[:good]), index.stamps(), index.sides(), strict=False)
    ]


def _crc(text: str) -> int:
    # Python's own hash of a text differs from run to run, that of integers doesn't.
    return crc32(text.encode("utf-8", "surrogatepass"))


def _read(ws: Workspace, folder: int) -> tuple[list[int], bytes]:
    try:
        data = read_file(fragments_path(ws), LIMIT)
        end = data.index(b"\n", 0, 256)
        words = data[:end].decode("ascii").split(" ")
        if words[:3] != [MAGIC, str(VERSION), sys.byteorder] or int(words[3]) != folder:
            return [], b""
        count, length, checksum = map(int, words[4:])
        view = memoryview(data)[end + 1 :]
        if count < 0 or length < 0 or len(view) != 8 * count + length or crc32(view) != checksum:
            return [], b""
        tags = view[: 8 * count].cast("q").tolist()
        return tags, bytes(view[8 * count :])
    except (KaizenError, ValueError, TypeError):
        return [], b""


def _save(ws: Workspace, folder: int, tags: list[int], body: bytes) -> None:
    """Where it can't be written (read-only, disk full) only the next export is slower."""
    from array import array

    from kaizen_tui.store.lock import ensure_state

    content = array("q", tags).tobytes() + body
    header = f"{MAGIC} {VERSION} {sys.byteorder} {folder} {len(tags)} {len(body)} {crc32(content)}\n"
    try:
        ensure_state(ws)
        replace_file(fragments_path(ws), header.encode("ascii") + content, durable=False)
    except KaizenError:
        return


def _renew(ws: Workspace, index: Index, tags: list[int], known_tags: list[int], body: bytes) -> bytes:
    pieces = split_fragments(body)
    known = dict(zip(known_tags, pieces, strict=True)) if len(known_tags) == len(pieces) else {}
    rows = index.rows()
    return JOINT.join(
        known[tag] if tag != _NO_TAG and tag in known else _fragment(ws, row)
        for tag, row in zip(tags, rows, strict=True)
    )


def _fragment(ws: Workspace, row: "TicketRow") -> bytes:
    import json

    text = json.dumps(ticket_object(ws, row), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # A lone surrogate (from a \\ud800 escape in YAML) has no UTF-8; JSON can still name it.
    return text.encode("utf-8", "backslashreplace")


def ticket_object(ws: Workspace, row: "TicketRow") -> dict[str, object]:
    """One ticket as exported: see docs/export.md and kaizen-export.schema.json. Times are RFC 3339 or null."""
    from kaizen_tui.core.states import STATUS_TITLES
    from kaizen_tui.core.times import format_epoch
    from kaizen_tui.store.reading import read_ticket_file

    def time(seconds: int) -> str | None:
        return format_epoch(seconds) if seconds else None

    try:
        fields = read_ticket_file(ws, row.id).fields
    except KaizenError:
        fields = None  # it broke since the index saw it a moment ago; the row is the last known state
    return {
        "id": row.id,
        "uid": row.uid or None,
        "title": row.title,
        "component": row.component,
        "owner": row.owner,
        "severity": row.severity,
        "status": row.status,
        "column": STATUS_TITLES[row.status],
        "labels": list(row.labels),
        "objective": fields.objective if fields else "",
        "success_criteria": list(fields.success_criteria) if fields else [],
        "abort_criteria": list(fields.abort_criteria) if fields else [],
        "rollback_plan": fields.rollback_plan if fields else "",
        "links": dict(fields.links) if fields else {},
        "created_at": time(row.created),
        "updated_at": time(row.updated),
        "since": time(row.since),
        "unmet_conditions": row.warnings,
        "overridden": row.overridden,
        "score_card": row.verdict or None,
        "path": ws.relative(ws.ticket_path(row.id)),
    }

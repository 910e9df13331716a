"""All tickets of a workspace as rows, quickly: what the board, filters, completion and exports start from.

The index itself is in index_format.py (its bytes), index_load.py (what changed), index_build.py (reading that).
"""

import time
from collections.abc import Callable
from typing import NamedTuple
from zlib import crc32

from kaizen_tui.core.problem import Problem
from kaizen_tui.core.row import TicketRow
from kaizen_tui.store.index_load import Listing, load_index
from kaizen_tui.store.workspace import Workspace


class Snapshot(NamedTuple):
    """All tickets at one moment.

    rows:       every ticket that loads, sorted by number.
    problems:   of the others, in the same order (level "error": such a ticket is in no row), and smaller findings.
    generation: equal for equal rows and problems, so that a watcher sees at once whether anything is new.
    """

    rows: list[TicketRow]
    problems: list[Problem]
    generation: int


def load_snapshot(
    ws: Workspace,
    *,
    write: bool = True,
    deep: bool = True,
    clock: Callable[[], int] = time.time_ns,
    progress: Callable[[int, int], None] | None = None,
) -> Snapshot:
    """Every ticket as it is on disk now; only what changed since the last time is parsed. See `load_index`.

    Raises StoreError only if tickets/ can't be read; no tickets/ is an empty workspace.
    """
    found = load_newer(ws, None, write=write, deep=deep, clock=clock, progress=progress)
    assert found is not None
    return found


def load_newer(
    ws: Workspace,
    known: int | None,
    *,
    write: bool = True,
    deep: bool = True,
    clock: Callable[[], int] = time.time_ns,
    progress: Callable[[int, int], None] | None = None,
) -> Snapshot | None:
    """As `load_snapshot`; None when its generation would be `known`: who has the rows doesn't need them a second time.

    Raises StoreError only if tickets/ can't be read.
    """
    index, listing = load_index(ws, write=write, deep=deep, clock=clock, progress=progress)
    strays = stray_folders(ws, listing)
    generation = crc32(repr(strays).encode("utf-8", "surrogatepass"), index.generation) if strays else index.generation
    if generation == known:
        return None
    return Snapshot(index.rows(), [problem for _, problem in index.problems] + strays, generation)


def stray_folders(ws: Workspace, listing: Listing) -> list[Problem]:
    """Folders in tickets/ whose names are no ticket ids, as warnings. Files and hidden folders don't count."""
    from kaizen_tui.core.ids import is_ticket_id

    return [
        Problem(
            ws.relative(f"{ws.tickets}/{name}"), 0, "not a ticket id", "name it like KAIZ-001, or move it", "warning"
        )
        for name in sorted(listing.folders)
        if not name.startswith(".") and not is_ticket_id(name)
    ]

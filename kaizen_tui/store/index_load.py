"""Reads the index, finds out what changed since it was written, has that parsed again. Light: for `kaizen list`.

At 10,000 tickets most of the time goes into asking the system about each file (25 ms); everything else here is
arranged so that Python does little per ticket.
"""

import os
import time
from operator import attrgetter, eq

from kaizen_tui.core.errors import StoreError
from kaizen_tui.store.files import in_words, read_file
from kaizen_tui.store.index_format import Index, decode, encode
from kaizen_tui.store.workspace import LOG_FILE, SCORE_CARD_FILE, TICKET_FILE, Workspace

TYPE_CHECKING = False  # importing typing costs a list 3 ms; mypy takes the name for what it says
if TYPE_CHECKING:
    from collections.abc import Callable

    from kaizen_tui.store.index_format import Stamp

INDEX_LIMIT = 1 << 28

# Stamps that no file has. NEVER is only ever stored and never equals what is found: read it again.
NEVER = (0, 0, 0, 0)
MISSING = (-1, -1, -1, 0)
FAILED = (-2, -2, -2, 0)

_stamp = attrgetter("st_mtime_ns", "st_ctime_ns", "st_size", "st_ino")


class Listing:
    """What lies in tickets/: its inode, the names of folders and of other things (also hidden ones)."""

    __slots__ = ("folders", "inode", "others")

    def __init__(self, path: str) -> None:
        """No folder at `path` counts as an empty one. Raises StoreError."""
        self.folders: list[str] = []
        self.others: list[str] = []
        self.inode = 0
        try:
            self.inode = os.stat(path).st_ino
            with os.scandir(path) as found:
                entries = list(found)
                self.folders = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
                if len(self.folders) != len(entries):
                    self.others = [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]
        except FileNotFoundError:
            return
        except OSError as error:
            raise in_words(error, "cannot read", path) from error


def index_path(ws: Workspace) -> str:
    return f"{ws.state}/index"


def load_index(
    ws: Workspace,
    *,
    write: bool = True,
    deep: bool = False,
    at: str | None = None,
    clock: "Callable[[], int]" = time.time_ns,
    progress: "Callable[[int, int], None] | None" = None,
) -> tuple[Index, Listing]:
    """The index of a workspace as of now, and what lies in its tickets/.

    write:    put it on disk when it changed. Where that fails (read-only, disk full) only the next run is slower.
    deep:     notice also changes of a log or score-card whose ticket didn't change (three times as many files).
    at:       how to reach tickets/, with the slash: "" for who has made it the current directory, which is quicker.
    clock:    nanoseconds since the epoch: what was changed just before may change again without showing it.
    progress: told how many tickets were read and how many are to be.
    Raises StoreError only if tickets/ can't be read; tickets that can't are among the index's problems.
    """
    started = clock()
    listing = Listing(ws.tickets)
    index = read_index(ws)
    if index is None or index.folder != listing.inode:
        index = Index(encode(listing.inode, (), (), (), (), (), (), ()))
    changed = _changed(ws, index, listing, deep, f"{ws.tickets}/" if at is None else at)
    if changed:
        from kaizen_tui.store.index_build import rebuild

        index = rebuild(ws, index, listing, changed, started, progress)
        if write:
            save_index(ws, index)
    return index, listing


def read_index(ws: Workspace) -> Index | None:
    """The index on disk, whether or not it is still true; None if there is none that is sound."""
    try:
        return decode(read_file(index_path(ws), INDEX_LIMIT))
    except StoreError:
        return None


def save_index(ws: Workspace, index: Index) -> bool:
    """Replaces the index on disk; False where that can't be done, which costs nothing but the next run's time."""
    from kaizen_tui.store.files import replace_file
    from kaizen_tui.store.lock import ensure_state

    try:
        ensure_state(ws)
        replace_file(index_path(ws), index.data, durable=False)
    except StoreError:
        return False
    return True


def _changed(ws: Workspace, index: Index, listing: Listing, deep: bool, at: str) -> set[str]:
    """The ids that the index doesn't know, that are gone, or whose files may have changed."""
    known = set(index.ids)
    changed = known.symmetric_difference(listing.folders)
    if changed or listing.others:
        from kaizen_tui.core.ids import is_ticket_id

        changed = {name for name in changed if name in known or is_ticket_id(name)}
        changed.update(name for name in listing.others if is_ticket_id(name))
    changed.update(_restamped(index, at))
    positions = range(index.total) if deep else index.lagging_entries() if index.lagging else ()
    if positions:
        sides = index.sides()
        changed.update(index.ids[i] for i in positions if side_of(f"{ws.tickets}/{index.ids[i]}") != sides[i])
    return changed


def _restamped(index: Index, at: str) -> list[str]:
    """The ids whose ticket files have another stamp than the index says."""
    if not index.ids:
        return []
    between = f"/{TICKET_FILE}\0{at}"
    paths = f"{at}{between.join(index.ids)}/{TICKET_FILE}".split("\0")
    try:
        # One pass in C that keeps nothing: 10,000 stat results would be 6 MB.
        same = list(map(eq, map(_stamp, map(os.lstat, paths)), index.stamps()))
    except (OSError, ValueError):  # one of them is gone: the slower way
        same = list(map(eq, map(stamp_of, paths), index.stamps()))
    return [] if all(same) else [name for name, is_same in zip(index.ids, same, strict=True) if not is_same]


def stamp_of(path: str) -> "Stamp":
    """What tells one state of a file from another; MISSING or FAILED when there is nothing to be seen."""
    try:
        found: Stamp = _stamp(os.lstat(path))
    except (FileNotFoundError, NotADirectoryError):
        return MISSING
    except (OSError, ValueError):
        return FAILED
    return found


def side_of(folder: str) -> int:
    """A digest of the stamps of a ticket's log and score-card. Python's hash of integers is the same in every run."""
    return side_digest(stamp_of(f"{folder}/{LOG_FILE}"), stamp_of(f"{folder}/{SCORE_CARD_FILE}"))


def side_digest(log: "Stamp", score_card: "Stamp") -> int:
    return hash((log, score_card))

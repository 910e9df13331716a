"""Reads the index, finds out what changed since it was written, has that parsed again. Light: for `kaizen list`.

At 10,000 tickets most of the time goes into asking the system about each file (25 ms); everything else here is
arranged so that Python does little per ticket.
"""

import os
import time
from itertools import islice
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
# A file whose last change is younger than this when it is read may change again without its stamp showing it: clocks
# of file systems tick slowly. Such an entry is read again by the next run (git's index calls it racy).
RACY_NS = 2_000_000_000
# So many tickets are asked about at a time: all paths of 10,000 would be 2 MB.
_AT_ONCE = 1000
TOO_LATE = 1 << 63  # a modification time after 2262, in nanoseconds, has no place in the index

# Stamps that no file has. NEVER is only ever stored and never equals what is found: read it again.
NEVER = (0, 0, 0, 0)
MISSING = (-1, -1, -1, 0)
FAILED = (-2, -2, -2, 0)

_stamp = attrgetter("st_mtime_ns", "st_ctime_ns", "st_size", "st_ino")


class Listing:
    """What lies in tickets/, looked at when it is asked for: names of folders and of other things, hidden ones too.

    stamp: of the folder itself, as of the beginning; it changes whenever something is made, removed or renamed in it.
    """

    __slots__ = ("_folders", "_others", "_path", "stamp")

    def __init__(self, path: str) -> None:
        """No folder at `path` counts as an empty one. Raises StoreError."""
        self._path = path
        self._folders: list[str] | None = None
        self._others: list[str] = []
        try:
            self.stamp: Stamp = _stamp(os.stat(path))
        except FileNotFoundError:
            self.stamp = MISSING
            self._folders = []
        except OSError as error:
            raise in_words(error, "cannot read", path) from error

    @property
    def folders(self) -> list[str]:
        """Raises StoreError."""
        if self._folders is None:
            self._folders = self._look()
        return self._folders

    @property
    def others(self) -> list[str]:
        """What is no folder, also links to folders. Raises StoreError."""
        if self._folders is None:
            self._folders = self._look()
        return self._others

    def _look(self) -> list[str]:
        try:
            folders: list[str] = []
            others: list[str] = []
            with os.scandir(self._path) as found:
                for entry in found:  # not all at once: 10,000 of them are 3 MB
                    (folders if entry.is_dir(follow_symlinks=False) else others).append(entry.name)
            self._others = others
        except OSError as error:
            raise in_words(error, "cannot read", self._path) from error
        return folders


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
    folder = settled(listing.stamp, started)
    index = read_index(ws)
    if index is None or index.folder[3] != folder[3]:
        index = Index(encode((0, 0, 0, folder[3]), (), (), (), (), (), (), (), ()))
    changed = _changed(ws, index, listing, deep, f"{ws.tickets}/" if at is None else at)
    before = index.data
    if changed:
        from kaizen_tui.store.index_build import rebuild

        index = rebuild(ws, index, listing, changed, started, progress)
    elif index.folder != folder:
        index = index.of_folder(folder)
    if write and index.data != before:
        save_index(ws, index)
    return index, listing


def settled(stamp: "Stamp", started_ns: int) -> "Stamp":
    """`stamp`, taken after `started_ns`, for the index: without its times where they can't be trusted yet."""
    return stamp if is_settled(stamp, started_ns) else (0, 0, 0, stamp[3])


def is_settled(stamp: "Stamp", started_ns: int) -> bool:
    """Whether a later change would be seen in the stamp.

    By the time of the last change of the inode, not of the content: a program can set the latter to anything.
    """
    return stamp != FAILED and stamp[1] < started_ns - RACY_NS and abs(stamp[0]) < TOO_LATE


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
    # While the folder's stamp is the same, nothing was made, removed or renamed in it: Python's own imports rely on it.
    changed = set() if index.folder == listing.stamp and not deep else _come_and_gone(index, listing)
    changed.update(_restamped(index, at))
    positions = range(index.total) if deep else index.lagging_entries() if index.lagging else ()
    if positions:
        sides = index.sides()
        changed.update(index.ids[i] for i in positions if side_of(f"{ws.tickets}/{index.ids[i]}") != sides[i])
    return changed


def _come_and_gone(index: Index, listing: Listing) -> set[str]:
    known = set(index.ids)
    changed = known.symmetric_difference(listing.folders)
    if not changed and not listing.others:
        return changed
    from kaizen_tui.core.ids import is_ticket_id

    others = {name for name in listing.others if is_ticket_id(name)}
    return others.union(name for name in changed if name in known or is_ticket_id(name))


def _restamped(index: Index, at: str) -> list[str]:
    """The ids whose ticket files have another stamp than the index says."""
    found: list[str] = []
    between = f"/{TICKET_FILE}\0{at}"
    stamps = index.stamps()
    for start in range(0, len(index.ids), _AT_ONCE):
        ids = index.ids[start : start + _AT_ONCE]
        paths = f"{at}{between.join(ids)}/{TICKET_FILE}".split("\0")
        known = list(islice(stamps, len(ids)))
        try:
            # One pass in C that keeps nothing: 10,000 stat results would be 6 MB.
            same = list(map(eq, map(_stamp, map(os.lstat, paths)), known))
        except (OSError, ValueError):  # one of them is gone: the slower way
            same = list(map(eq, map(stamp_of, paths), known))
        if not all(same):
            found += [name for name, is_same in zip(ids, same, strict=True) if not is_same]
    return found


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

"""What this person changed since the board was opened, latest last. Told of writes in worker threads."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kaizen_tui.loop.context import Wrote

MOST = 100  # acts; each keeps the ticket's bytes from before and after


class Deed(NamedTuple):
    """One act on one ticket. group: acts of one group are taken back together. wrote: None for a ticket's making."""

    group: int
    ticket_id: str
    wrote: "Wrote | None"


class UndoStack:
    """A stack of groups of deeds."""

    def __init__(self) -> None:
        self._deeds: list[Deed] = []
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._thread = threading.local()

    def __len__(self) -> int:
        return len(self._deeds)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What this thread writes meanwhile is one change to its person."""
        self._thread.group = next(self._numbers)
        try:
            yield
        finally:
            self._thread.group = 0

    def heard(self, wrote: "Wrote") -> None:
        """Takes note of an act. A comment, what was done to a canary and the taking back of an act are none to take
        back."""
        if all(entry.event in ("comment", "rollout", "verdict") or entry.text("undoes") for entry in wrote.entries):
            return
        self._push(wrote.ticket_id, wrote)

    def created(self, ticket_id: str) -> None:
        """A ticket was made: the last thing that happened, though it can't be undone."""
        self._push(ticket_id, None)

    def _push(self, ticket_id: str, wrote: "Wrote | None") -> None:
        with self._lock:
            group = getattr(self._thread, "group", 0) or next(self._numbers)
            self._deeds.append(Deed(group, ticket_id, wrote))
            del self._deeds[:-MOST]

    def take(self) -> list[Deed]:
        """Takes the latest group off, its latest deed first; empty when there is none."""
        with self._lock:
            if not self._deeds:
                return []
            group = self._deeds[-1].group
            taken = [deed for deed in reversed(self._deeds) if deed.group == group]
            self._deeds = [deed for deed in self._deeds if deed.group != group]
            return taken

    def put_back(self, deed: Deed) -> None:
        """A deed that could not be taken back for a passing reason."""
        with self._lock:
            self._deeds.append(deed)

    def mended(self, deed: Deed, now: bytes) -> None:
        """A deed was taken back: the ticket is as the deed before it had left it, but for its time. now: its bytes."""
        if deed.wrote is None:
            return
        with self._lock:
            for place in range(len(self._deeds) - 1, -1, -1):
                older = self._deeds[place]
                if older.ticket_id == deed.ticket_id and older.wrote is not None:
                    if older.wrote.after == deed.wrote.before:
                        self._deeds[place] = older._replace(wrote=older.wrote._replace(after=now))
                    return

    def next_words(self) -> str:
        """What the next undo would take back, in words, or ""."""
        with self._lock:
            return deed_words(self._deeds[-1]) if self._deeds else ""


def deed_words(deed: Deed) -> str:
    """A deed in words: "the move to Planned of KAIZ-022"."""
    if deed.wrote is None:
        return f"the making of {deed.ticket_id}"
    from kaizen_tui.loop.undo import describe

    return f"{describe(deed.wrote.entries)} of {deed.ticket_id}"

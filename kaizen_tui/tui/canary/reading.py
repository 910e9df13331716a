"""Canaries followed in worker threads, each file read on from where it ended last time."""

import os
import threading
from collections.abc import Collection
from typing import TYPE_CHECKING

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.store.workspace import Workspace

MINE = "this board"  # drives the canary

if TYPE_CHECKING:
    from kaizen_tui.loop.canary_standing import Follower, Standing


class CanaryReader:
    """Whoever asks waits for whoever asked before: never on the event loop."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._followers: dict[str, Follower] = {}
        self._none: dict[str, int] = {}  # tickets without a canary, by their log's size
        self._lock = threading.Lock()
        self.mine = ""  # how the process that drives for this board is called

    def read(self, ids: Collection[str], now: float) -> "dict[str, Standing]":
        """How the canaries of these tickets stand; those that have none, or can't be read, are left out: the list of
        broken files and the ticket's page say why. now: epoch seconds."""
        with self._lock:
            found = {}
            for ticket_id in ids:
                size = _size(self._workspace.log_path(ticket_id))
                if self._none.get(ticket_id) == size:
                    continue
                try:
                    standing = self._read(ticket_id, now)
                except (KaizenError, OSError):
                    continue
                if standing is not None:
                    found[ticket_id] = standing
                else:
                    self._none[ticket_id] = size
                    del self._followers[ticket_id]
            return found

    def forget(self, ids: Collection[str]) -> None:
        """These are no longer followed."""
        with self._lock:
            for ticket_id in ids:
                self._followers.pop(ticket_id, None)
                self._none.pop(ticket_id, None)

    def one(self, ticket_id: str, now: float) -> "Standing | None":
        """One ticket's canary; None where it never had one. Raises KaizenError, OSError."""
        with self._lock:
            return self._read(ticket_id, now)

    def _read(self, ticket_id: str, now: float) -> "Standing | None":
        from kaizen_tui.loop.canary_standing import Follower

        follower = self._followers.setdefault(ticket_id, Follower(self._workspace, ticket_id))
        found = follower.read(now)
        return found._replace(driven_by=MINE) if found is not None and self.mine == found.driven_by != "" else found


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0

"""Locks on one ticket's canary: who drives it, and who changes its share just now. Both end with their process."""

import fcntl
import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from kaizen_tui.core.errors import ConflictError
from kaizen_tui.core.ids import is_ticket_id
from kaizen_tui.store import files
from kaizen_tui.store.lock import ensure_state, lock_now
from kaizen_tui.store.workspace import Workspace

Purpose = Literal["drive", "act"]
_PAUSE = 0.02  # seconds between two tries
_LONGEST_ACT = 60.0


def changed_here(ws: Workspace, ticket_id: str) -> bool:
    """Whether somebody changed the ticket's canary from this workspace, and not from another clone of it: the state
    folder is in no repository."""
    return os.path.exists(f"{ws.state}/canary/{ticket_id}.act")


class CanaryLock:
    """A lock file `.kaizen/canary/NAME`, kept for ever; the kernel lets go of the lock when its process ends.

    doing: what whoever holds it does, for messages.
    """

    def __init__(self, ws: Workspace, name: str, doing: str) -> None:
        self._ws = ws
        self._folder = f"{ws.state}/canary"
        self._path = f"{self._folder}/{name}"
        self._doing = doing
        self._fd = -1

    @property
    def held(self) -> bool:
        return self._fd >= 0

    def take(self) -> bool:
        """True when it is held now; False when another process (or thread) has it. Raises StoreError."""
        if self._fd >= 0:
            return True
        ensure_state(self._ws)
        try:
            os.makedirs(self._folder, exist_ok=True)
        except OSError as error:
            raise files.in_words(error, "cannot lock", self._path) from error
        fd = lock_now(self._path)
        if fd < 0:
            return False
        self._fd = fd
        # Only for the words of those who come second: when the disk is too full for it, the lock holds all the same.
        if files.try_call(files.sys.ftruncate, fd, 0):
            files.try_call(files.sys.write, fd, f"{os.getpid()}\n".encode())
        return True

    def holder(self) -> str:
        """Who has it, as far as known: "process 4711"."""
        try:
            with open(self._path, encoding="ascii", errors="replace") as file:
                text = file.read(20).strip()
        except OSError:
            text = ""
        return f"process {text}" if text.isdigit() else "another process"

    def peek(self) -> str:
        """Who has it now, without taking it; "" where nobody does (or nobody can say)."""
        try:
            fd = files.sys.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return ""
        try:
            files.sys.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return self.holder()
        except OSError:
            return ""
        finally:
            files.shut(fd)
        return ""

    def release(self) -> None:
        """Lets go of it. Harmless when it isn't held."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            files.try_call(files.sys.flock, fd, fcntl.LOCK_UN)
            files.shut(fd)

    def wait(self, sleep: Callable[[float], object] = time.sleep, clock: Callable[[], float] = time.monotonic) -> Self:
        """Takes it, waiting for whoever has it; for a `with`. Raises ConflictError after a minute."""
        end = clock() + _LONGEST_ACT
        while not self.take():
            if clock() >= end:
                raise ConflictError(
                    f"{self.holder()} has been {self._doing} for {_LONGEST_ACT:g} s",
                    hint="wait for it or end it, then repeat the command",
                )
            sleep(_PAUSE)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class TicketLock(CanaryLock):
    """On one ticket. drive: one process at a time drives its canary. act: held for each change of its share."""

    def __init__(self, ws: Workspace, ticket_id: str, purpose: Purpose) -> None:
        if not is_ticket_id(ticket_id):
            raise ValueError(ticket_id)
        super().__init__(ws, f"{ticket_id}.{purpose}", f"changing the canary of {ticket_id}")


class StartLock(CanaryLock):
    """Held while a canary starts, so that no other one takes the same splitter in the meantime."""

    def __init__(self, ws: Workspace) -> None:
        super().__init__(ws, "start", "starting a canary")

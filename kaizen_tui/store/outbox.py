"""`.kaizen/notify/`: the events that receivers haven't got yet, one file each, and which events were put there.

A file's name is `SECONDS-ORDER-ID-RECEIVER.json`: names sort as the events happened, and an event that is put there a
second time is the same file. What `put` has returned for is on disk.
"""

import fcntl
import json
import os
import re
import time
from collections.abc import Iterable
from types import TracebackType
from typing import NamedTuple

from kaizen_tui.core.ids import is_ticket_id
from kaizen_tui.store import files
from kaizen_tui.store.lock import ensure_state, lock_now
from kaizen_tui.store.workspace import Workspace

_TRIES, _PAUSE = 20, 0.01  # seconds; whoever sorts needs milliseconds
MOST_KEYS = 2000  # of one ticket; a canary has some dozens of events
_NAME = re.compile(r"([0-9]{11})-[0-9]{6}-(msg_[0-9a-f]{32})-([0-9a-f]{12})\.json")


class Waiting(NamedTuple):
    """An event that waits for a receiver. created: epoch seconds, of the event."""

    name: str
    created: float
    id: str
    receiver: str


def letter_name(created: int, order: int, event_id: str, receiver: str) -> str:
    """created: epoch seconds. order: of the events of one second. receiver: its key."""
    return f"{created:011d}-{order:06d}-{event_id}-{receiver}.json"


def event_of(name: str) -> str:
    """The id of the event."""
    return name.split("-")[2]


class Outbox:
    """The events of one workspace that wait. Several processes may use it."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self.folder = f"{ws.state}/notify"

    def waiting(self) -> list[Waiting]:
        """Everything that waits, the oldest first. Raises StoreError."""
        try:
            names = files.sys.listdir(self.folder)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise files.in_words(error, "cannot read", self.folder) from error
        found = [(name, _NAME.fullmatch(name)) for name in sorted(names)]
        return [Waiting(name, float(one[1]), one[2], one[3]) for name, one in found if one is not None]

    def put(self, name: str, body: bytes) -> None:
        """Keeps an event until it is delivered, under its `letter_name`. Raises StoreError."""
        if _NAME.fullmatch(name) is None:
            raise ValueError(name)
        self.make()
        files.replace_file(f"{self.folder}/{name}", body)

    def read(self, name: str) -> bytes | None:
        """The event; None when it is gone. Raises StoreError."""
        return files.read_optional(f"{self.folder}/{name}")

    def remove(self, name: str) -> None:
        """It was delivered, or is too old. Raises StoreError."""
        try:
            files.sys.unlink(f"{self.folder}/{name}")
        except FileNotFoundError:
            return
        except OSError as error:
            raise files.in_words(error, "cannot remove", f"{self.folder}/{name}") from error

    def seen(self, ticket_id: str) -> list[str] | None:
        """The keys of the ticket's events that were put here; None where the ticket isn't followed yet.

        A file that can't be understood counts as one that isn't there. Raises StoreError.
        """
        data = files.read_optional(self._seen_path(ticket_id))
        if data is None:
            return None
        try:
            keys = json.loads(data)
        except ValueError:
            return None
        return [str(key) for key in keys] if isinstance(keys, list) else None

    def mark(self, ticket_id: str, keys: Iterable[str]) -> None:
        """Raises StoreError."""
        self.make()
        kept = list(dict.fromkeys(keys))[-MOST_KEYS:]
        files.replace_file(self._seen_path(ticket_id), json.dumps(kept).encode() + b"\n")

    def _seen_path(self, ticket_id: str) -> str:
        if not is_ticket_id(ticket_id):
            raise ValueError(ticket_id)
        return f"{self.folder}/{ticket_id}.seen"

    def make(self) -> None:
        """Makes the folder. Raises StoreError."""
        ensure_state(self._ws)
        try:
            os.makedirs(self.folder, exist_ok=True)
        except OSError as error:
            raise files.in_words(error, "cannot make", self.folder) from error

    def followed(self, since: float) -> list[str]:
        """The tickets that were marked and whose log has changed since then (epoch seconds). Raises StoreError."""
        try:
            names = files.sys.listdir(self.folder)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise files.in_words(error, "cannot read", self.folder) from error
        ids = [name.removesuffix(".seen") for name in sorted(names) if name.endswith(".seen")]
        return [one for one in ids if is_ticket_id(one) and _changed(self._ws.log_path(one)) >= since]

    def lock(self, name: str) -> "OutboxLock":
        """`sort`: for whoever puts events here. A receiver's key: for whoever sends to it."""
        return OutboxLock(self, name)


def _changed(path: str) -> float:
    """When a file was changed last, epoch seconds; long ago where there is none."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return -1e12


class OutboxLock:
    """Ends with its process. Nobody relies on it: without it an event may be sent twice, with one id."""

    def __init__(self, outbox: Outbox, name: str) -> None:
        self._outbox = outbox
        self._path = f"{outbox.folder}/{name}.lock"
        self._fd = -1

    def take(self) -> bool:
        """True when it is held now. Raises StoreError."""
        if self._fd >= 0:
            return True
        self._outbox.make()
        self._fd = lock_now(self._path)
        return self._fd >= 0

    def release(self) -> None:
        """Harmless when it isn't held."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            files.try_call(files.sys.flock, fd, fcntl.LOCK_UN)
            files.shut(fd)

    def __enter__(self) -> "OutboxLock":
        """Waits a moment for whoever has it, then goes on: a process that was stopped must not stop others."""
        for _ in range(_TRIES):
            if self.take():
                break
            time.sleep(_PAUSE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

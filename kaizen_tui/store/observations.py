"""tickets/ID/observations.jsonl: what a canary's looks saw, a line each, appended only.

A line that a crash has torn off is cut by the next append. What `append` has returned for is on disk.
"""

import hashlib
import os

from kaizen_tui.core.errors import ConflictError
from kaizen_tui.store import files
from kaizen_tui.store.workspace import Workspace

LIMIT = 256 * files.MIB
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_observations(ws: Workspace, ticket_id: str) -> bytes:
    """The whole lines of the file; b"" where there is none. Raises StoreError."""
    data = files.read_optional(ws.observations_path(ticket_id), LIMIT) or b""
    return data[: data.rfind(b"\n") + 1]


class ObservationFile:
    """The file while somebody follows it. size: bytes of whole lines; digest: their SHA-256 (hex)."""

    def __init__(self, ws: Workspace, ticket_id: str) -> None:
        self._ws = ws
        self._id = ticket_id
        self._path = ws.observations_path(ticket_id)
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def read(self) -> bytes:
        """The whole lines, from the beginning. Raises StoreError."""
        data = read_observations(self._ws, self._id)
        self._hash = hashlib.sha256(data)
        self.size = len(data)
        return data

    def changed(self) -> bool:
        """Somebody else wrote to it, or took it away, since it was read."""
        try:
            size = files.sys.stat(self._path, follow_symlinks=False).st_size
        except FileNotFoundError:
            size = 0
        except OSError as error:
            raise files.in_words(error, "cannot read", self._path) from error
        return bool(size != self.size)

    def append(self, lines: bytes) -> None:
        """Whole lines, durably. Raises ConflictError when the file is another by now, StoreError."""
        self._ws.refuse_writing()
        made, fd = False, -1
        try:
            folder = files.open_folder(self._ws.ticket_dir(self._id))
            try:
                name = self._path.rpartition("/")[2]
                try:
                    fd = files.sys.open(name, _FLAGS, 0o666, dir_fd=folder)
                except FileNotFoundError:
                    fd = files.sys.open(name, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
                    made = True
                self._add(fd, lines)
                if made:
                    files.sys.fsync(folder)
            finally:
                files.shut(folder)
        except OSError as error:
            raise files.in_words(error, "cannot write", self._path) from error
        finally:
            if fd >= 0:
                files.shut(fd)
        self._hash.update(lines)
        self.size += len(lines)

    def _add(self, fd: int, lines: bytes) -> None:
        size = files.sys.fstat(fd).st_size
        if size > self.size and not self._is_torn(fd, size):
            raise ConflictError("the observations were changed by another program meanwhile", where=self._path)
        if size < self.size:
            raise ConflictError("the observations are shorter than they were", where=self._path)
        if size > self.size:
            files.sys.ftruncate(fd, self.size)
        try:
            files.write_all(fd, lines)
            files.sys.fsync(fd)
        except OSError:
            files.try_call(files.sys.ftruncate, fd, self.size)
            raise

    def _is_torn(self, fd: int, size: int) -> bool:
        """What follows the last whole line is a piece of one."""
        rest = os.pread(fd, min(size - self.size, files.MIB), self.size)
        return len(rest) == size - self.size and b"\n" not in rest

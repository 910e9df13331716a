"""tickets/ID/observations.jsonl: what a canary's looks saw, a line each, appended only.

A line that a crash has torn off is cut by the next append. What `append` has returned for is on disk.
"""

import hashlib
import os

from kaizen_tui.core.errors import ConflictError, StoreError
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
        self._inode = 0
        self.size = 0

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def read(self) -> bytes:
        """The whole lines, from the beginning. Raises StoreError."""
        self._inode = self._stat()[0]
        data = read_observations(self._ws, self._id)
        self._hash = hashlib.sha256(data)
        self.size = len(data)
        return data

    def changed(self) -> bool:
        """Somebody else wrote to it, or took it away, since it was read."""
        return self._stat()[1] != self.size

    def read_more(self) -> bytes | None:
        """The whole lines that were appended since; None where it is another file by now, or a shorter one. Raises
        StoreError."""
        inode, size = self._stat()
        if size == self.size:
            return b""
        if size < self.size or inode != self._inode:
            return None
        try:
            fd = files.sys.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                data = os.pread(fd, min(size, LIMIT) - self.size, self.size)
            finally:
                files.shut(fd)
        except OSError as error:
            raise files.in_words(error, "cannot read", self._path) from error
        data = data[: data.rfind(b"\n") + 1]
        self._hash.update(data)
        self.size += len(data)
        return data

    def _stat(self) -> tuple[int, int]:
        """Inode and size; zeros where there is no file."""
        try:
            found = files.sys.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            return 0, 0
        except OSError as error:
            raise files.in_words(error, "cannot read", self._path) from error
        return found.st_ino, found.st_size

    def append(self, lines: bytes) -> None:
        """Whole lines, durably. Raises ConflictError when the file is another by now, StoreError."""
        self._ws.refuse_writing()
        if self.size + len(lines) > LIMIT:  # nobody could read it again
            hint = "no look is taken any more: `kaizen abort`; the next canary's `look:` may be longer"
            raise StoreError(f"the observations fill {LIMIT // files.MIB} MiB, the most", where=self._path, hint=hint)
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

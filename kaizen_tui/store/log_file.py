"""The Promotion-Log on disk: appended only; a line that a crash has torn off is cut by the next append."""

import os
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kaizen_tui.core.canonical import canonical, sha256_hex
from kaizen_tui.core.errors import ConflictError, StoreError, UsageError
from kaizen_tui.store import files

if TYPE_CHECKING:
    from kaizen_tui.core.promotion_log import LogView

LOG_LIMIT = 64 * files.MIB
_LINE_LIMIT = files.MIB  # MAX_LINE of core/log_view.py
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_log_bytes(path: str) -> bytes:
    """The whole file; b"" when it is absent. Raises StoreError."""
    return files.read_optional(path, LOG_LIMIT) or b""


def first_line(*, at: str, actor: str, event: str, fields: Mapping[str, object]) -> bytes:
    """The first line of a new log, exactly as `make_entry` of core/promotion_log.py makes it for an empty one.

    That module brings pydantic along, which would double the time of `kaizen new`. Raises UsageError.
    """
    reserved = {"seq", "at", "actor", "event", "prev", "hash"}.intersection(fields)
    if reserved or not actor:
        raise unloggable(ValueError(f"no field can be called {min(reserved)}" if reserved else "it has no actor"))
    entry: dict[str, object] = {**fields, "seq": 1, "at": at, "actor": actor, "event": event, "prev": []}
    try:
        line = canonical({**entry, "hash": sha256_hex(entry)}) + b"\n"
    except ValueError as error:
        raise unloggable(error) from error
    if len(line) > _LINE_LIMIT:
        raise unloggable(ValueError("it is too long"))
    return line


def unloggable(error: ValueError) -> UsageError:
    """What to say of an entry that cannot be a line of the log."""
    why = "a text in it is not valid Unicode" if isinstance(error, UnicodeError) else str(error)
    return UsageError(f"this cannot be logged: {why}", hint="change the text and repeat the command")


class LogWriter:
    """A log opened for one append: `write`, then `sync`. Always `close`.

    In steps, so that recovery.py can put the ticket in place between the line and its fsync.
    made: `write` made the file, so that its folder needs an fsync as well.
    size: bytes that stay: all, or those before a torn last line.
    cut:  the torn last line that `write` cuts off, b"" when there is none.
    """

    def __init__(self, path: str, view: "LogView", known: bytes) -> None:
        """view: `read_log(known)`, where `known` is what the caller has read. Nothing is changed yet.

        Raises StoreError, and ConflictError when the file has another size by now.
        """
        self.path = path
        self.made = False
        self.size = view.keep
        self.cut = known[view.keep :]
        self._joint = view.joint
        self._fd = -1
        size = 0
        try:
            self._fd = self._open(0)
            info = files.sys.fstat(self._fd)
            if not stat.S_ISREG(info.st_mode):
                raise StoreError("not a regular file", where=path, hint="put a regular file in its place")
            size = info.st_size
        except FileNotFoundError:
            size = 0
        except OSError as error:
            self.close()
            raise files.in_words(error, "cannot write", path) from error
        except BaseException:
            self.close()
            raise
        if size != len(known):
            self.close()
            raise ConflictError("the log was changed by another program meanwhile", where=path, hint="try again")

    def _open(self, more: int) -> int:
        folder, _, name = self.path.rpartition("/")
        passage = files.open_folder(folder)
        try:
            return files.sys.open(name, _FLAGS | more, 0o666, dir_fd=passage)
        finally:
            files.shut(passage)

    def text(self, lines: bytes) -> bytes:
        """What `write(lines)` puts behind the first `size` bytes: a newline first where the last line lacks it."""
        return self._joint + lines

    def write(self, lines: bytes) -> None:
        """Cuts a torn last line and appends. Raises OSError, after which a part may have been written."""
        if self._fd < 0:
            self._fd = self._open(os.O_CREAT | os.O_EXCL)
            self.made = True
        if self.cut:
            files.sys.ftruncate(self._fd, self.size)
        files.write_all(self._fd, self.text(lines))

    def sync(self) -> None:
        """Makes it durable. Raises OSError."""
        files.sys.fsync(self._fd)

    def undo(self) -> bool:
        """Takes the lines back (not the cut). False when the disk does not even allow that."""
        return self._fd < 0 or files.try_call(files.sys.ftruncate, self._fd, self.size)

    def close(self) -> None:
        """Gives the descriptor back. Does not raise."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            files.shut(fd)


def append(path: str, lines: bytes, view: "LogView", known: bytes) -> bytes:
    """Appends whole lines, durably; returns the torn line that was cut. Raises StoreError; then nothing is appended."""
    writer = LogWriter(path, view, known)
    try:
        append_with(writer, lines)
    finally:
        writer.close()
    return writer.cut


def append_with(writer: LogWriter, lines: bytes) -> None:
    """Appends whole lines, durably. Raises StoreError; then they were taken back, as far as the disk allows."""
    try:
        writer.write(lines)
        writer.sync()
        if writer.made:
            sync_folder(writer.path.rpartition("/")[0])
    except OSError as error:
        writer.undo()
        raise files.in_words(error, "cannot write", writer.path) from error


def truncate(path: str, size: int) -> None:
    """Cuts what follows the first `size` bytes, durably. Raises StoreError."""
    try:
        fd = files.sys.open(path, _FLAGS)
        try:
            files.sys.ftruncate(fd, size)
            files.sys.fsync(fd)
        finally:
            files.sys.close(fd)
    except OSError as error:
        raise files.in_words(error, "cannot write", path) from error


def sync_folder(path: str) -> None:
    """fsync of a folder. Raises OSError."""
    fd = files.open_folder(path)
    try:
        files.sys.fsync(fd)
    finally:
        files.sys.close(fd)


def sync_file(path: str) -> None:
    """fsync of a file that exists. Raises OSError."""
    fd = files.sys.open(path, _FLAGS)
    try:
        files.sys.fsync(fd)
    finally:
        files.sys.close(fd)

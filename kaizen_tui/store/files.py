"""Reading and replacing whole files, carefully. Light: part of the start-up path of `kaizen list`.

Every system call goes through `files.sys`, the seam at which the fault tests inject errors.
"""

import errno
import os
import stat
from collections.abc import Callable

from kaizen_tui.core.errors import StoreError

MIB = 1 << 20
TEMP_MARK = ".kz-"  # of the hidden temporary files: .NAME.kz-PID-RANDOM
TEMP_FOLDER_MARK = ".tmp-"  # of the hidden folders in which tickets are made: .tmp-PID-RANDOM

_O_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_O_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_O_PASSAGE = _O_FOLDER | getattr(os, "O_PATH", 0)


class MissingFileError(StoreError):
    """The file, or the folder that it should be in, does not exist."""


class SystemCalls:
    """The calls by which the store touches the disk. Tests put an object with faults in the place of `files.sys`."""

    open = staticmethod(os.open)
    close = staticmethod(os.close)
    fstat = staticmethod(os.fstat)
    stat = staticmethod(os.stat)
    read = staticmethod(os.read)
    write = staticmethod(os.write)
    fsync = staticmethod(os.fsync)
    fchmod = staticmethod(os.fchmod)
    ftruncate = staticmethod(os.ftruncate)
    rename = staticmethod(os.rename)
    unlink = staticmethod(os.unlink)
    mkdir = staticmethod(os.mkdir)
    rmdir = staticmethod(os.rmdir)

    @staticmethod
    def flock(fd: int, operation: int) -> None:
        import fcntl  # only writers need it

        fcntl.flock(fd, operation)

    @staticmethod
    def listdir(path: int | str) -> list[str]:
        return os.listdir(path)


sys = SystemCalls()

_WORDS = {
    errno.ENOSPC: ("the disk is full", "free some space and repeat the command"),
    errno.EDQUOT: ("your disk quota is used up", "free some space and repeat the command"),
    errno.EROFS: ("the file system is read-only", "mount it writable and repeat the command"),
    errno.EACCES: ("permission denied", "check the owner and mode of the file and its folder"),
    errno.EPERM: ("the operation is not permitted", "check the owner, mode and attributes of the file and its folder"),
    errno.EIO: ("the disk reported an input/output error", "check the disk (dmesg), then repeat the command"),
    errno.EINTR: ("the system call was interrupted", "repeat the command"),
    errno.EMFILE: ("too many open files", "raise the limit (ulimit -n) and repeat the command"),
    errno.ENFILE: ("too many open files in the system", "close some programs and repeat the command"),
    errno.ENAMETOOLONG: ("the path is too long", "use a shorter path"),
    errno.ELOOP: ("it is a symbolic link", "put the file itself in its place"),
    errno.ENOENT: ("no such file or folder", "restore it, for example with `git checkout`"),
    errno.ENOTDIR: ("its folder is not a folder, or is a symbolic link", "put a real folder in its place"),
    errno.EISDIR: ("it is a folder, not a file", "move the folder away"),
    errno.ENOTEMPTY: ("the folder is not empty", "move it away"),
    errno.EEXIST: ("it exists already", "repeat the command"),
    errno.ESTALE: ("the network file system lost the file", "repeat the command"),
}


def in_words(error: OSError, doing: str, path: str) -> StoreError:
    """`error` as one line for people. doing: "cannot read", "cannot write" ..."""
    why, hint = _WORDS.get(error.errno or 0, (error.strerror or type(error).__name__, "check the file and its disk"))
    kind = MissingFileError if error.errno == errno.ENOENT else StoreError
    return kind(f"{doing} {os.path.basename(path) or path}: {why}", where=path, hint=hint)


def of_output(error: OSError) -> StoreError:
    """`error` of a write to standard output, as one line for people."""
    said = in_words(error, "cannot write", "standard output")
    return StoreError(said.what, hint=said.hint)


def read_file(path: str, limit: int = MIB) -> bytes:
    """All bytes of a regular file of at most `limit` bytes.

    A symbolic link, also in the place of the file's folder, a FIFO, socket, device or folder is refused, never followed
    and never waited for. Raises StoreError in words; MissingFileError when there is no such file.
    """
    folder, _, name = path.rpartition("/")
    try:
        passage = sys.open(folder or "/", _O_PASSAGE)
        try:
            fd = sys.open(name, _O_READ, dir_fd=passage)
        finally:
            shut(passage)
        try:
            return _read_all(fd, path, limit)
        finally:
            shut(fd)
    except OSError as error:
        if error.errno == errno.ENXIO:  # what opening a socket gives
            raise _not_regular(path, "a socket or device") from None
        raise in_words(error, "cannot read", path) from error


def shut(fd: int) -> None:
    """Closes a descriptor through which nothing was written, so that an error in this says nothing."""
    try_call(sys.close, fd)


def read_optional(path: str, limit: int = MIB) -> bytes | None:
    """As `read_file`, but None when there is no such file."""
    try:
        return read_file(path, limit)
    except MissingFileError:
        return None


def _read_all(fd: int, path: str, limit: int) -> bytes:
    info = sys.fstat(fd)
    if not stat.S_ISREG(info.st_mode):
        raise _not_regular(path, _kind(info.st_mode))
    if info.st_size > limit:
        raise _too_large(path, limit)
    # One byte more than the size: a file that does not grow meanwhile is read by one call; the next finds its end.
    data = sys.read(fd, info.st_size + 1)
    if not data:
        return data
    parts = [data]
    size = len(data)
    while data:
        data = sys.read(fd, 65536)
        parts.append(data)
        size += len(data)
        if size > limit:
            raise _too_large(path, limit)
    return b"".join(parts)


def _too_large(path: str, limit: int) -> StoreError:
    size = f"{limit // MIB} MiB" if limit >= MIB else f"{limit} bytes"
    return StoreError(f"the file is larger than {size}", where=path, hint="make it smaller")


def _not_regular(path: str, kind: str) -> StoreError:
    return StoreError(f"not a regular file but {kind}", where=path, hint="put a regular file in its place")


def _kind(mode: int) -> str:
    for test, name in (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if test(mode):
            return name
    return "a device"


def write_all(fd: int, data: bytes) -> None:
    """Writes every byte (the system may take fewer than asked). Raises OSError."""
    view = memoryview(data)
    while view:
        done = sys.write(fd, view)
        if not done:
            raise OSError(errno.EIO, "nothing was written")
        view = view[done:]


def open_folder(path: str) -> int:
    """A descriptor of a folder, for `dir_fd` and fsync; a symbolic link is refused. Raises OSError."""
    return sys.open(path, _O_FOLDER)


def replace_file(path: str, data: bytes, *, durable: bool = True) -> None:
    """Puts `data` in the place of the file, or makes it: readers see the old or the new content, never a part.

    The mode of the old file is kept. When this returns, the content survives a power cut (with `durable`; without it,
    for what can be made again, nothing is fsynced and only a crash of the process is survived). On any error the old
    file is intact and the temporary file is gone. Raises StoreError in words.
    """
    replacement = Replacement(path, data, durable=durable)
    try:
        replacement.publish()
    finally:
        replacement.close()


class Replacement:
    """A file's new content, prepared in a temporary file beside it; `publish` puts it in place.

    In two steps so that records.py can put the intent on disk in between. Always `close`.
    """

    def __init__(self, path: str, data: bytes, *, durable: bool = True) -> None:
        """Writes and fsyncs the temporary file. Raises StoreError; then nothing is left behind."""
        self.path = path
        self.durable = durable
        self._data = data
        self._folder = -1
        folder, _, self._name = path.rpartition("/")
        self.temp = f".{self._name}{TEMP_MARK}{os.getpid()}-{os.urandom(6).hex()}"
        self._made = False
        try:
            self._folder = open_folder(folder or "/")
            self._prepare()
        except OSError as error:
            self.close()
            raise in_words(error, "cannot write", path) from error
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        mode = self._old_mode()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._made = True  # before it is known: an open may be reported as failed and have made the file
        fd = sys.open(self.temp, flags, 0o666, dir_fd=self._folder)
        try:
            if mode is not None:
                sys.fchmod(fd, mode)
            write_all(fd, self._data)
            if self.durable:
                sys.fsync(fd)
        finally:
            sys.close(fd)

    def _old_mode(self) -> int | None:
        try:
            info = sys.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(info.st_mode):
            raise _not_regular(self.path, _kind(info.st_mode))
        if not info.st_mode & 0o222:
            raise StoreError("the file is write-protected", where=self.path, hint="chmod u+w it if you mean it")
        return stat.S_IMODE(info.st_mode)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the new content."""
        from hashlib import sha256

        return sha256(self._data).hexdigest()

    def publish(self) -> None:
        """Renames the temporary file into place and makes that durable. Raises StoreError.

        If only the fsync of the folder fails, the new content is in place but might not survive a power cut.
        """
        try:
            self.rename()
            if self.durable:
                self.sync()
        except OSError as error:
            raise in_words(error, "cannot write", self.path) from error

    def rename(self) -> None:
        """The first half of `publish`: from now on everybody sees the new content. Raises OSError."""
        sys.rename(self.temp, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        self._made = False

    def sync(self) -> None:
        """The second half of `publish`: fsync of the folder. Raises OSError."""
        sys.fsync(self._folder)

    def close(self) -> None:
        """Removes what is left of the temporary file. Does not raise."""
        if self._made:
            # If this fails as well, `sweep` removes it once this process has ended.
            self._made = not try_call(sys.unlink, self.temp, folder=self._folder)
        if self._folder >= 0:
            folder, self._folder = self._folder, -1
            shut(folder)


def append_line(path: str, data: bytes) -> None:
    """Appends `data`, which ends in a newline, to a regular file, which is made if absent, and fsyncs it.

    On an error the file is cut back to what it was, as far as the disk allows. Raises StoreError in words.
    For the Promotion-Log use log_file.py, which knows about torn lines.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = sys.open(path, flags, 0o666)
        try:
            append_to(fd, data, path)
        finally:
            sys.close(fd)
    except OSError as error:
        raise in_words(error, "cannot append to", path) from error


def append_to(fd: int, data: bytes, path: str) -> None:
    """Appends to a descriptor opened with O_APPEND, with fsync; after an error the file is cut back to its old size."""
    info = sys.fstat(fd)
    if not stat.S_ISREG(info.st_mode):
        raise _not_regular(path, _kind(info.st_mode))
    try:
        write_all(fd, data)
        sys.fsync(fd)
    except OSError:
        # Where this fails too, a torn last line stays: the next append finds and cuts it.
        try_call(sys.ftruncate, fd, info.st_size)
        raise


def temp_owner(name: str) -> int:
    """The process that made the temporary file or folder of this name; 0 if it is not one of ours."""
    if name.startswith(TEMP_FOLDER_MARK):
        tail = name[len(TEMP_FOLDER_MARK) :]
    elif name.startswith(".") and TEMP_MARK in name:
        tail = name.rpartition(TEMP_MARK)[2]
    else:
        return 0
    pid, dash, token = tail.partition("-")
    return int(pid) if dash and token and pid.isascii() and pid.isdigit() and len(pid) < 10 else 0


def is_alive(pid: int) -> bool:
    """Whether a process of this id exists on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it exists and belongs to someone else
        return True
    return True


def sweep(folder: str) -> list[str]:
    """Removes the temporary files and folders that processes which ended have left in `folder`; returns their names.

    What cannot be removed is left for the next time (and for `kaizen doctor`). Raises StoreError if `folder` cannot
    be read. Call it under the lock.
    """
    try:
        fd = open_folder(folder)
    except OSError as error:
        raise in_words(error, "cannot read", folder) from error
    swept = []
    try:
        for name in sys.listdir(fd):
            pid = temp_owner(name)
            if pid and not is_alive(pid) and _remove(name, fd):
                swept.append(name)
    except OSError as error:
        raise in_words(error, "cannot read", folder) from error
    finally:
        shut(fd)
    return swept


def _remove(name: str, folder: int) -> bool:
    if not name.startswith(TEMP_FOLDER_MARK):
        return try_call(sys.unlink, name, folder=folder)
    return remove_folder(name, folder)


def remove_folder(name: str, parent: int) -> bool:
    """Removes a folder of plain files and what is in it. parent: descriptor of its parent. True when it is gone."""
    try:
        fd = sys.open(name, _O_FOLDER, dir_fd=parent)
        try:
            for inner in sys.listdir(fd):
                sys.unlink(inner, dir_fd=fd)
        finally:
            shut(fd)
        sys.rmdir(name, dir_fd=parent)
    except OSError:
        return False
    return True


def try_call(call: Callable[..., object], *args: object, folder: int | None = None) -> bool:
    """Calls it, for cleaning up while an error is being reported already. True when it worked."""
    try:
        if folder is None:
            call(*args)
        else:
            call(*args, dir_fd=folder)
    except OSError:
        return False
    return True

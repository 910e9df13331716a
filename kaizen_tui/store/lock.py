"""Locks: a workspace's one, which whoever writes tickets or logs holds and readers never do; and other files'."""

import errno
import fcntl
import os
import time
from _thread import get_ident
from collections.abc import Callable
from types import TracebackType

from kaizen_tui.core.errors import StoreError
from kaizen_tui.store import files
from kaizen_tui.store.workspace import Workspace

WAIT = 30.0  # seconds
_FIRST_PAUSE = 0.001  # seconds; doubled up to:
_LONGEST_PAUSE = 0.02
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

# Who holds which lock file in this process: (device, inode) -> (process, thread). Tells a wait for another thread from
# a wait for oneself, which would never end. The process is part of it because a fork copies this table.
_holders: dict[tuple[int, int], tuple[int, int]] = {}


def ensure_state(ws: Workspace) -> None:
    """Makes `.kaizen/` with a .gitignore of its own, so that git never sees what is in it.

    Raises StoreError, and UsageError for a workspace that was opened read-only.
    """
    ws.refuse_writing()
    try:
        files.sys.mkdir(ws.state)
    except FileExistsError:
        if os.path.exists(f"{ws.state}/.gitignore"):
            return
    except OSError as error:
        raise files.in_words(error, "cannot make", ws.state) from error
    files.replace_file(f"{ws.state}/.gitignore", b"*\n", durable=False)


def lock_now(path: str) -> int:
    """A descriptor of the file, made where there is none, with its lock; -1 when another process (or thread) has it.

    Raises StoreError.
    """
    fd = -1
    try:
        fd = files.sys.open(path, _FLAGS | os.O_CREAT, 0o666)
        files.sys.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        files.shut(fd)
        return -1
    except OSError as error:
        if fd >= 0:
            files.shut(fd)
        raise files.in_words(error, "cannot lock", path) from error
    return fd


class Lock:
    """`with Lock(ws): ...` waits for the lock, mends what a crashed holder left, and gives it back at the end.

    wait:  how long to wait for another holder, in seconds; then StoreError, which names the process that holds it.
    sleep: how to pause between two tries (never longer than 20 ms).
    clock: seconds, monotonic.
    notes: after entering, what the recovery has mended, in words, for the user.
    A thread that holds the lock and asks for it again gets a StoreError at once: that is a mistake of the program.
    """

    def __init__(
        self,
        ws: Workspace,
        *,
        wait: float = WAIT,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ws = ws
        self.notes: list[str] = []
        self._wait = wait
        self._sleep = sleep
        self._clock = clock
        self._path = f"{ws.state}/lock"
        self._fd = -1
        self._key = (0, 0)
        self._held = False

    def __enter__(self) -> "Lock":
        self.ws.refuse_writing()
        try:
            self._acquire()
            from kaizen_tui.store.recovery import recover

            self.notes = recover(self.ws)
        except OSError as error:
            self._release()
            raise _in_words(error, self._path) from error
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def check(self) -> None:
        """Raises StoreError when the lock file was deleted meanwhile (`git clean`): others may be writing as well."""
        try:
            held = self._fd >= 0 and self._is_in_place()
        except OSError as error:
            raise _in_words(error, self._path) from error
        if not held:
            raise StoreError(
                "the lock was deleted while it was held; nothing was written",
                where=self._path,
                hint="repeat the command",
            )

    def _acquire(self) -> None:
        deadline = self._clock() + self._wait
        pause = _FIRST_PAUSE
        while True:
            if self._fd < 0:
                self._open()
            if self._try():
                if self._is_in_place():
                    break
                self._release()  # its last holder's file was deleted: nobody else waits for this one
                continue
            if _holders.get(self._key) == (os.getpid(), get_ident()):
                raise StoreError(
                    "this thread holds the workspace's lock already (a mistake in kaizen)",
                    where=self._path,
                    hint="please report it",
                )
            if self._clock() >= deadline:
                raise self._timeout()
            self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        _holders[self._key] = (os.getpid(), get_ident())
        self._held = True
        self._sign()

    def _open(self) -> None:
        try:
            self._fd = self._open_in_state(0)
        except FileNotFoundError:
            ensure_state(self.ws)
            self._fd = self._open_in_state(os.O_CREAT)
        info = files.sys.fstat(self._fd)
        self._key = (info.st_dev, info.st_ino)

    def _open_in_state(self, more: int) -> int:
        state = files.open_folder(self.ws.state)  # refuses a link, which could lead anywhere
        try:
            return files.sys.open("lock", _FLAGS | more, 0o666, dir_fd=state)
        finally:
            files.shut(state)

    def _try(self) -> bool:
        try:
            files.sys.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _is_in_place(self) -> bool:
        try:
            info = files.sys.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return (info.st_dev, info.st_ino) == self._key

    def _sign(self) -> None:
        # Only for the message of those who wait in vain: when the disk is too full for it, the lock holds all the same.
        if files.try_call(files.sys.ftruncate, self._fd, 0):
            files.try_call(files.sys.write, self._fd, f"{os.getpid()}\n".encode())

    def _timeout(self) -> StoreError:
        text = os.pread(self._fd, 20, 0).decode("ascii", "replace").strip()
        holder = f"process {text}" if text.isdigit() else "another process"
        return StoreError(
            f"{holder} has held the workspace's lock for {self._wait:g} s",
            where=self._path,
            hint="wait for it or end it, then repeat the command",
        )

    def _release(self) -> None:
        if self._fd < 0:
            return
        fd, self._fd = self._fd, -1
        if self._held:
            self._held = False
            _holders.pop(self._key, None)
        # Unlocked by word, not only by closing: a child that was forked meanwhile has the same open file.
        files.try_call(files.sys.flock, fd, fcntl.LOCK_UN)
        files.shut(fd)


def _in_words(error: OSError, path: str) -> StoreError:
    if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
        return StoreError(
            "the file system has no locks",
            where=path,
            hint="keep the workspace on a disk that has, such as a local one",
        )
    return files.in_words(error, "cannot lock", path)

"""What an evaluation leaves behind if it is killed, and who removes it.

FOLDER/run-X.lease  a locked file for as long as its process lives; one JSON line for each thing outside FOLDER/run-X
                    that has to go with it, written before the thing is made
FOLDER/run-X/       worktrees, output

The system unlocks the file when the process ends, however it does. A process beside it (`janitor`) then removes what is
unlocked, and so do the next lease and `sweep`, should that one be gone as well.
"""

import atexit
import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from types import FrameType, TracebackType
from typing import Any

from kaizen_tui.core.errors import StoreError
from kaizen_tui.sandbox import cgroup, processes
from kaizen_tui.sandbox.signals import in_main_thread, undisturbed

_NAME = re.compile(r"run-[0-9a-f]{12}")
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
_PATIENCE = 10.0  # seconds for killed processes to be gone
_PAUSE = 0.002
_LIMIT = 1 << 20  # bytes of a lease's record
_WRITABLE = "make it writable, with space on its disk"
_ADMIN = re.compile(r"/worktrees/[^/]+\Z")


class Ended(SystemExit):
    """A signal asked this process to end; raised so that everything is removed on the way out."""


class Lease:
    """`with Lease(f"{state}/sandbox") as lease: ...` gives a folder of its own and removes all that came of it.

    Entering sweeps what killed processes left. In the main thread SIGTERM and SIGHUP then end the program as Ctrl+C
    does, by an exception; while things are removed no signal disturbs.
    """

    def __init__(self, folder: str) -> None:
        """folder: absolute, in the workspace's `.kaizen/`; made when it is missing."""
        self._room = folder
        self._fd = -1
        self._boot = processes.boot_id()
        self._handlers: dict[signal.Signals, Any] = {}
        self._janitor: subprocess.Popen[bytes] | None = None
        self.folder = ""

    def __enter__(self) -> "Lease":
        self._handlers = _ending_by_exception()
        # A signal may raise in `__exit__` itself, before `close` is undisturbed.
        atexit.register(self.close)
        try:
            sweep(self._room)
            with undisturbed():
                self._take()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def fd(self) -> int:
        """The locked file. Who inherits it keeps the lease alive; never for a process that isn't trusted."""
        return self._fd

    def record(self, kind: str, value: object) -> None:
        """Notes a thing that must go with the lease, before it is made. Raises StoreError."""
        line = json.dumps({"boot": self._boot, "kind": kind, "value": value}).encode() + b"\n"
        try:
            os.write(self._fd, line)
        except OSError as error:
            raise StoreError(
                f"cannot write the sandbox's record: {error.strerror}", where=self._room, hint=_WRITABLE
            ) from error

    def close(self) -> None:
        """Ends and removes everything. Again does nothing."""
        with undisturbed():
            fd, self._fd = self._fd, -1
            try:
                if fd >= 0:
                    _clear(self._room, os.path.basename(self.folder), fd)
            finally:
                self._dismiss()
                if fd >= 0:
                    os.close(fd)
        handlers, self._handlers = self._handlers, {}
        for number, handler in handlers.items():
            signal.signal(number, handler)
        atexit.unregister(self.close)

    def _take(self) -> None:
        name = f"run-{os.urandom(6).hex()}"
        path = f"{self._room}/{name}.lease"
        self._engage(name)
        while self._fd < 0:
            try:
                fd = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            except FileExistsError:
                time.sleep(_PAUSE)  # the sweep below has it
                continue
            except OSError as error:
                raise StoreError(
                    f"cannot make the sandbox's folder: {error.strerror}", where=self._room, hint=_WRITABLE
                ) from error
            self.folder, self._fd = f"{self._room}/{name}", fd
            # A sweep may have found it before it was locked, and removed it.
            if not _locked(fd) or not _in_place(fd, path):
                self._fd = -1
                os.close(fd)
        os.mkdir(self.folder, 0o700)

    def _engage(self, name: str) -> None:
        """Has somebody clean up should this process be killed, from before there is anything to clean up.

        Where none can be started, the next lease does it.
        """
        with contextlib.suppress(OSError):
            self._janitor = subprocess.Popen(
                [sys.executable, "-P", "-m", "kaizen_tui.sandbox.janitor"],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl+C, and whoever ends the whole group, leave it alone
            )
            assert self._janitor.stdin is not None
            self._janitor.stdin.write(os.fsencode(f"{self._room}\0{name}\0"))

    def _dismiss(self) -> None:
        janitor, self._janitor = self._janitor, None
        if janitor is not None and janitor.stdin is not None:
            janitor.kill()
            janitor.wait()
            janitor.stdin.close()


def sweep(folder: str) -> list[str]:
    """Removes what processes that are gone left in `folder`; returns the names. Raises StoreError."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if os.path.islink(folder):
            raise StoreError("the sandbox's folder is a symbolic link", where=folder, hint="remove it")
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise StoreError(f"cannot make the sandbox's folder: {error.strerror}", where=folder, hint=_WRITABLE) from error
    done = []
    for name in names:
        stem = name.removesuffix(".lease")
        if stem != name and _NAME.fullmatch(stem) and _sweep_one(folder, stem):
            done.append(stem)
    return done


def _sweep_one(folder: str, name: str) -> bool:
    path = f"{folder}/{name}.lease"
    try:
        fd = os.open(path, _FLAGS)
    except OSError:
        return False  # its own process, or another sweep, has just removed it
    try:
        # A lease that came with the files of somebody else's checkout is none.
        if os.fstat(fd).st_uid != os.geteuid() or not _locked(fd) or not _in_place(fd, path):
            return False
        with undisturbed():
            _clear(folder, name, fd)
        return True
    finally:
        os.close(fd)


def _clear(room: str, name: str, fd: int) -> None:
    entries = _entries(fd)
    for entry in entries:
        if entry["kind"] == "process":
            _end_process(entry["value"])
    for entry in entries:
        if entry["kind"] == "cgroup":
            cgroup.remove(str(entry["value"]))
    _end_all_of(name)
    for entry in entries:
        if entry["kind"] == "worktree":
            _forget_worktree(str(entry["value"]), name)
    remove_tree(f"{room}/{name}")
    os.unlink(f"{room}/{name}.lease")


def _entries(fd: int) -> list[dict[str, Any]]:
    """What was recorded. Processes and cgroups of an earlier start of the machine are gone; their ids aren't."""
    boot, found = processes.boot_id(), []
    for line in os.pread(fd, _LIMIT, 0).splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # torn by the kill: what it announces was never made
        if isinstance(entry, dict) and (entry.get("boot") == boot or entry.get("kind") == "worktree"):
            found.append(entry)
    return found


def _end_process(value: object) -> None:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(number, int) for number in value):
        pid, started = value
        if pid > 1 and processes.start_of(pid) == started:
            for one in processes.descendants(pid)[::-1]:
                processes.end(one)


def _end_all_of(name: str) -> None:
    """Ends what still runs of a lease and waits until it is gone, so that nothing writes into what is removed next.

    Most of it is dying already, with the process that was killed; not a bubblewrap that had just begun. Raises
    StoreError.
    """
    deadline = time.monotonic() + _PATIENCE
    while found := processes.of_lease(name):
        if time.monotonic() > deadline:
            raise StoreError(f"cannot end process {found[0]}", hint="end it, then repeat the command")
        for pid in found:
            processes.end(pid)
        time.sleep(_PAUSE)


def _forget_worktree(admin: str, name: str) -> None:
    """Removes git's own folder of a worktree of the lease `name`, also one that git had only begun."""
    if _ADMIN.search(admin) and admin.endswith(f"-{name}") and not os.path.islink(admin):
        # Not the folder above: another process' git may be about to make its own in it.
        remove_tree(admin)


def remove_tree(path: str) -> None:
    """Removes a folder and all in it, however deep, whatever modes it has; links aren't followed. Raises StoreError.

    rm(1) and chmod(1) because they walk by descriptors: paths here may be longer than the system takes.
    """
    if not os.path.lexists(path):
        return
    for command in (["rm", "-rf", "--", path], ["chmod", "-R", "u+rwX", "--", path], ["rm", "-rf", "--", path]):
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if not os.path.lexists(path):
            return
    raise StoreError("cannot remove what a run left", where=path, hint=done.stderr.strip()[:200] or "remove it by hand")


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _in_place(fd: int, path: str) -> bool:
    try:
        info, held = os.stat(path, follow_symlinks=False), os.fstat(fd)
    except FileNotFoundError:
        return False
    return (info.st_dev, info.st_ino) == (held.st_dev, held.st_ino)


def _ending_by_exception() -> dict[signal.Signals, Any]:
    """Makes SIGTERM and SIGHUP raise `Ended`, where nobody else cares for them; returns what was before."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Ended(128 + number)

    before: dict[signal.Signals, Any] = {}
    if in_main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, end)
    return before

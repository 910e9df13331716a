"""Control groups: how much memory and how many processes all of a run may have together, and what it used. v1 and v2.

A group is made below this process' own (v1), or below the nearest group at or above it that has the controllers to give
and may be written to (v2, where a group with processes in it can't give any).
"""

import contextlib
import os
import re
import time
from dataclasses import dataclass, field

from kaizen_tui.core.errors import StoreError
from kaizen_tui.sandbox import processes

PREFIX = "kaizen-"
_NAME = re.compile(rf"{PREFIX}[0-9a-z-]+")
_ROOM = 3  # processes of the sandbox itself, which the user's limit doesn't count
_PATIENCE = 10.0  # seconds for killed processes to be gone
_PAUSE = 0.002


@dataclass(frozen=True, slots=True)
class Places:
    """Where groups can be made: controller -> folder. unified: of version 2, where all are one folder."""

    folders: dict[str, str] = field(default_factory=dict)
    unified: bool = False

    def has(self, controller: str) -> bool:
        return controller in self.folders


def find_places(own: str | None = None, mounts: str | None = None) -> Places:
    """Where this process can make groups. own, mounts: the texts of /proc/self/cgroup and /proc/self/mountinfo; None
    reads them."""
    groups = _groups(_read("/proc/self/cgroup") if own is None else own)
    found: dict[str, str] = {}
    unified = ""
    for point, inner, kind, options in _mounts(_read("/proc/self/mountinfo") if mounts is None else mounts):
        if kind == "cgroup2" and "" in groups:
            unified = _below(point, inner, groups[""]) or unified
        elif kind == "cgroup":
            for controller in {"memory", "pids", "cpuacct"} & set(options.split(",")) & set(groups):
                folder = _below(point, inner, groups[controller])
                if folder and os.access(folder, os.W_OK | os.X_OK):
                    found[controller] = folder
    if found.keys() & {"memory", "pids"} or not unified:
        return Places(found)
    giver = _giver(unified)
    return Places(dict.fromkeys(giver[1], giver[0]), True) if giver else Places()


def _giver(folder: str) -> tuple[str, list[str]] | None:
    """The nearest group at or above `folder` that can have children with controllers, and which."""
    while os.path.exists(f"{folder}/cgroup.procs"):
        given = _read(f"{folder}/cgroup.subtree_control").split()
        names = [name for name in ("memory", "pids") if name in given]
        writable = os.access(folder, os.W_OK | os.X_OK) and os.access(f"{folder}/cgroup.procs", os.W_OK)
        if names and writable:
            return folder, [*names, "cpuacct"]  # cpu.stat tells the time in every group
        folder = os.path.dirname(folder)
    return None


def _groups(text: str) -> dict[str, str]:
    """Controller -> this process' group; "" is version 2's."""
    found = {}
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for controller in controllers.split(","):
            found[controller] = path
    return found


def _mounts(text: str) -> list[tuple[str, str, str, str]]:
    """(mount point, which part of the file system, its kind, its options) of each mount."""
    found = []
    for line in text.splitlines():
        left, _, right = line.partition(" - ")
        first, second = left.split(" "), right.split(" ")
        if len(first) > 4 and len(second) > 2:
            inner, point = (re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), one) for one in first[3:5])
            found.append((point, inner, second[0], second[2]))
    return found


def _below(point: str, inner: str, group: str) -> str | None:
    """The folder of `group` in a mount that shows the part `inner`; None where it doesn't show it."""
    if inner != "/" and group != inner and not group.startswith(inner.rstrip("/") + "/"):
        return None
    rest = group if inner == "/" else group[len(inner) :]
    folder = os.path.normpath(f"{point}/{rest.lstrip('/')}")
    return folder if os.path.isdir(folder) else None


class Group:
    """A run's group, in each of the hierarchies. Made, limited, entered; read; then removed, with all that is in it."""

    def __init__(self, places: Places, name: str) -> None:
        """name: letters, digits and `-`; unique. Nothing is made yet: `folders` are to be noted first."""
        self._places = places
        self.folders = sorted({f"{folder}/{PREFIX}{name}" for folder in places.folders.values()})
        self._of = {controller: f"{folder}/{PREFIX}{name}" for controller, folder in places.folders.items()}

    def make(self, *, memory: int, pids: int) -> None:
        """Makes the group with its limits: bytes, processes and threads. Raises StoreError; then nothing is left."""
        try:
            for folder in self.folders:
                os.mkdir(folder)
            if "pids" in self._of:
                _write(f"{self._of['pids']}/pids.max", pids + _ROOM)
            if "memory" in self._of:
                self._limit_memory(self._of["memory"], memory)
        except OSError as error:
            self.remove()
            raise StoreError(
                f"cannot make a control group: {error.strerror}", where=error.filename or "", hint="see `kaizen doctor`"
            ) from error

    def _limit_memory(self, folder: str, size: int) -> None:
        if self._places.unified:
            _write(f"{folder}/memory.max", size)
            _write_if_there(f"{folder}/memory.swap.max", 0)
            _write_if_there(f"{folder}/memory.oom.group", 1)
        else:
            _write(f"{folder}/memory.limit_in_bytes", size)
            _write_if_there(f"{folder}/memory.memsw.limit_in_bytes", size)

    def enter(self, pid: int) -> None:
        """Puts a process into it, and so all that it starts. Raises StoreError."""
        try:
            for folder in self.folders:
                _write(f"{folder}/cgroup.procs", pid)
        except OSError as error:
            raise StoreError(
                f"cannot enter a control group: {error.strerror}",
                where=error.filename or "",
                hint="see `kaizen doctor`",
            ) from error

    def oom_kills(self) -> int:
        """How many of its processes were killed because the memory was used up."""
        if "memory" not in self._of:
            return 0
        name = "memory.events" if self._places.unified else "memory.oom_control"
        return _counter(f"{self._of['memory']}/{name}", "oom_kill")

    def pids_hit(self) -> int:
        """How often a process or thread was refused."""
        return _counter(f"{self._of['pids']}/pids.events", "max") if "pids" in self._of else 0

    def cpu(self) -> float | None:
        """User and system seconds of all its processes, also of those that have ended."""
        if "cpuacct" not in self._of:
            return None
        if self._places.unified:
            return _counter(f"{self._of['cpuacct']}/cpu.stat", "usage_usec") / 1e6
        return int(_read(f"{self._of['cpuacct']}/cpuacct.usage") or 0) / 1e9

    def peak_memory(self) -> int | None:
        """Bytes of all its processes together; None where the system doesn't say (v2 before Linux 5.19)."""
        if "memory" not in self._of:
            return None
        name = "memory.peak" if self._places.unified else "memory.max_usage_in_bytes"
        text = _read(f"{self._of['memory']}/{name}").strip()
        return int(text) if text.isdigit() else None

    def kill(self) -> None:
        """Ends everything in it."""
        for folder in self.folders:
            _kill(folder)

    def remove(self) -> None:
        """Ends everything in it and removes it. Raises StoreError when that fails."""
        for folder in self.folders:
            remove(folder)


def remove(folder: str) -> None:
    """Removes a group of ours, if there is one, and ends what is in it. Anything else is left alone.

    Raises StoreError when it stays.
    """
    if not _NAME.fullmatch(os.path.basename(folder)) or not os.path.isfile(f"{folder}/cgroup.procs"):
        return
    deadline = time.monotonic() + _PATIENCE
    while True:
        _kill(folder)
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            return
        except OSError as error:
            if time.monotonic() >= deadline:
                raise StoreError(
                    f"cannot remove a control group: {error.strerror}", where=folder, hint="end what runs in it"
                ) from error
            time.sleep(_PAUSE)
        else:
            return


def _kill(folder: str) -> None:
    with contextlib.suppress(OSError):  # v1, before Linux 5.14, or gone
        _write(f"{folder}/cgroup.kill", 1)
        return
    with contextlib.suppress(OSError):
        _write(f"{folder}/pids.max", 0)  # nothing new comes while the old ones go
    for text in _read(f"{folder}/cgroup.procs").split():
        if int(text) > 0:
            processes.end(int(text))


def _counter(path: str, name: str) -> int:
    for line in _read(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.strip().isdigit():
            return int(value)
    return 0


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def _write(path: str, value: int) -> None:
    # Not open(): its O_CREAT and O_TRUNC are refused by some cgroup mounts.
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, str(value).encode())
    finally:
        os.close(fd)


def _write_if_there(path: str, value: int) -> None:
    if os.path.exists(path):
        _write(path, value)

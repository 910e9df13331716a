"""Processes of Linux, as /proc shows them: who is who after a pid was used again, who descends from whom, ending."""

import os
import signal
from collections.abc import Set

PAGE = os.sysconf("SC_PAGE_SIZE")


def boot_id() -> str:
    """Changes with every start of the machine; "" where there is none."""
    return _text("/proc/sys/kernel/random/boot_id").strip()


def start_of(pid: int) -> int | None:
    """When a process started, in clock ticks since the machine did: with the pid, its identity. None when it is gone,
    or dead and only not yet waited for."""
    # The name stands in brackets and may itself hold brackets and blanks.
    fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return int(fields[19]) if len(fields) > 19 and fields[0] not in "ZX" else None


def descendants(pid: int) -> list[int]:
    """The process and all that came of it, as of now. Who left the tree by forking twice isn't seen, but for a pid
    namespace, which nobody leaves."""
    found, ahead = [], [pid]
    while ahead:
        one = ahead.pop()
        found.append(one)
        try:
            threads = os.listdir(f"/proc/{one}/task")
        except OSError:
            continue
        for thread in threads:
            ahead += map(int, _text(f"/proc/{one}/task/{thread}/children").split())
    return found


def of_lease(name: str) -> list[int]:
    """The processes of sandboxes whose worktree is in the folder `name`: they have it mounted, or are bubblewrap and
    about to. The name is unique on this machine."""
    mark = b"/" + name.encode() + b"/"
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and (_is_bwrap(entry, mark) or _mounts(entry, mark)):
                found.append(int(entry))
        except OSError:
            continue  # gone, or another user's
    return found


def _mounts(pid: str, mark: bytes) -> bool:
    with open(f"/proc/{pid}/mountinfo", "rb") as file:
        return mark in file.read()


def _is_bwrap(pid: str, mark: bytes) -> bool:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        words = file.read().split(b"\0")
    return words[0].endswith(b"/bwrap") and any(mark in word for word in words)


def private_memory(pids: list[int]) -> int:
    """Bytes resident in the processes, without the pages of files that they share."""
    total = 0
    for pid in pids:
        fields = _text(f"/proc/{pid}/statm").split()
        if len(fields) > 2:
            total += (int(fields[1]) - int(fields[2])) * PAGE
    return total


def deleted_files(pids: list[int], devices: Set[int]) -> int:
    """Bytes on the file systems `devices` in files that the processes hold open though they are deleted."""
    seen: dict[tuple[int, int], int] = {}
    for pid in pids:
        try:
            names = os.listdir(f"/proc/{pid}/fd")
        except OSError:
            continue
        for name in names:
            try:
                info = os.stat(f"/proc/{pid}/fd/{name}")
            except OSError:
                continue
            if info.st_dev in devices and info.st_nlink == 0:
                seen[info.st_dev, info.st_ino] = info.st_blocks * 512
    return sum(seen.values())


def threads_of_user() -> int:
    """How many processes and threads this user has now, which RLIMIT_NPROC counts as well."""
    total, uid = 0, os.getuid()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.stat(f"/proc/{name}").st_uid == uid:
                    total += len(os.listdir(f"/proc/{name}/task"))
            except OSError:
                continue
    return total


def end(pid: int) -> None:
    """Kills a process; nothing when it is gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""

"""What no limit of the system bounds: how much a run adds to the disk, and, without a control group, its memory.

Looked at many times a second while it runs. So it is stopped within moments of going beyond, not at the byte.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

from kaizen_tui.sandbox import processes
from kaizen_tui.sandbox.spec import Limits

PERIOD = 0.05  # seconds between two looks
_REST = 5  # after counting, this many times as long nothing is counted


@dataclass(frozen=True, slots=True)
class _Space:
    """bytes, files: free on a file system; files is 0 where it doesn't count them."""

    bytes: int
    files: int


class DiskWatch:
    """Says whether a run added more than its limits to the folders that it may write to.

    Asking the file system how much is free costs nothing. Only when that fell by more than the limit, which anybody may
    have caused, what is new in the folders is counted, and what the run holds open though it is deleted.
    """

    def __init__(self, folders: Sequence[str], limits: Limits) -> None:
        self._limits, self._began = limits, time.time() - 1
        self._start = {folder: _free(folder) for folder in folders}
        self._devices = {os.stat(folder).st_dev for folder in folders}
        self._not_before = 0.0

    def exceeded(self, pid: int) -> bool:
        """pid: of the run's first process."""
        if not self._fell() or time.monotonic() < self._not_before:
            return False
        before = time.monotonic()
        added = [_changed_since(folder, self._began) for folder in self._start]
        open_ones = processes.deleted_files(processes.descendants(pid), self._devices)
        self._not_before = time.monotonic() + _REST * (time.monotonic() - before)
        counted = [one for one in added if one is not None]
        if len(counted) < len(added):
            return True  # it made what can't be counted, and the disk got fuller
        total = sum(one.bytes for one in counted) + open_ones
        return total > self._limits.disk or sum(one.files for one in counted) > self._limits.files

    def _fell(self) -> bool:
        for folder, start in self._start.items():
            free = _free(folder)
            if start.files - free.files > self._limits.files or start.bytes - free.bytes > self._limits.disk:
                return True
        return False


def _free(folder: str) -> _Space:
    info = os.statvfs(folder)
    return _Space(info.f_bfree * info.f_frsize, info.f_ffree)


def _changed_since(folder: str, began: float) -> _Space | None:
    """What was written in a folder since then (seconds since 1970). None when not all of it can be seen.

    find(1), because it gets along with paths that are longer than the system takes.
    """
    if shutil.which("find") is None:
        return None
    done = subprocess.run(
        ["find", "-P", folder, "-xdev", "-newerct", f"@{began:.3f}", "-printf", r"%i %b\n"],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        check=False,
    )
    # What the run has just removed is no sign that it hides something.
    if any(not line.endswith(b": No such file or directory") for line in done.stderr.splitlines()):
        return None
    blocks = dict(line.split() for line in done.stdout.splitlines())
    return _Space(sum(map(int, blocks.values())) * 512, len(blocks))


def memory_exceeded(pid: int, limits: Limits) -> bool:
    """For a run without a control group: all processes that descend from `pid` hold more than they may."""
    return processes.private_memory(processes.descendants(pid)) > limits.memory

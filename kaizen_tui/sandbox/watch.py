"""What no limit of the system bounds: how much a run adds to the disk, and, without a control group, its memory.

Looked at many times a second while it runs. So it is stopped within moments of going beyond, not at the byte.
"""

import os
import subprocess
import time
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
    """Says whether a run added more than its limits to a folder.

    Asking the file system how much is free costs nothing. Only when that fell by more than the limit, which anybody may
    have caused, what is new in the folder is counted, and what the run holds open though it is deleted.
    """

    def __init__(self, folder: str, limits: Limits) -> None:
        self._folder, self._limits = folder, limits
        self._start, self._began = _free(folder), time.time() - 1
        self._device = os.stat(folder).st_dev
        self._not_before = 0.0

    def exceeded(self, pid: int) -> bool:
        """pid: of the run's first process."""
        if not self._fell() or time.monotonic() < self._not_before:
            return False
        before = time.monotonic()
        added = _changed_since(self._folder, self._began)
        open_ones = processes.deleted_files(processes.descendants(pid), self._device)
        self._not_before = time.monotonic() + _REST * (time.monotonic() - before)
        if added is None:
            return True  # it made what can't be counted, and the disk got fuller
        return added.bytes + open_ones > self._limits.disk or added.files > self._limits.files

    def _fell(self) -> bool:
        free = _free(self._folder)
        fewer_files = self._start.files - free.files > self._limits.files
        return fewer_files or self._start.bytes - free.bytes > self._limits.disk


def _free(folder: str) -> _Space:
    info = os.statvfs(folder)
    return _Space(info.f_bfree * info.f_frsize, info.f_ffree)


def _changed_since(folder: str, began: float) -> _Space | None:
    """What was written in a folder since then (seconds since 1970). None when not all of it can be seen.

    find(1), because it gets along with paths that are longer than the system takes.
    """
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

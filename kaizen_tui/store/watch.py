"""Notices changes in a workspace while a dashboard runs: through watchfiles, or by asking every 2 s.

watchfiles sets up one watch for each of 10,000 folders while it holds the interpreter's lock (0.25 s here, seconds on
slower disks): a dashboard in the same process would freeze. So it runs in a small process of its own (watch_child.py),
which ends as soon as its stdin closes. Where that can't work - no watches left, a remote file system - files are
asked for their times instead.
"""

import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO

from kaizen_tui.store.workspace import LOG_FILE, SCORE_CARD_FILE, SPEC_FILE, TICKET_FILE, Workspace

POLL_SECONDS = 2.0
# Asking may take this share of the time at most: on a slow file system it is done less often.
_POLL_SHARE = 0.02
_TICKET_FILES = (TICKET_FILE, LOG_FILE, SCORE_CARD_FILE, SPEC_FILE)
_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.s3fs", "vboxsf"})
_CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "watch_child.py")

Stamps = dict[str, tuple[int, int, int]]


class Watcher:
    """Calls `on_change` in a thread of its own with the absolute paths that changed.

    The first call, with no paths, says that watching has begun: what changed before it is not reported.
    mode: "starting", then "events" or "polling".
    """

    def __init__(
        self, workspace: Workspace, on_change: Callable[[frozenset[str]], None], *, poll_seconds: float = POLL_SECONDS
    ) -> None:
        self._workspace = workspace
        self._on_change = on_change
        self._poll_seconds = poll_seconds
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self.mode = "starting"

    def start(self) -> None:
        """Begins to watch, in the background."""
        threading.Thread(target=self._run, daemon=True, name="kaizen-watch").start()

    def stop(self) -> None:
        """Ends the watching; nothing is called any more soon after."""
        with self._lock:
            self._stopping.set()
            child = self._child
        if child is not None and child.stdin is not None:
            child.stdin.close()

    def _run(self) -> None:
        if not is_remote(self._workspace.root) and os.path.isdir(self._workspace.tickets) and self._listen():
            return
        self._poll()

    # Events

    def _listen(self) -> bool:
        """Reads the child's reports until it is stopped; False when watching doesn't work here."""
        folders = [self._workspace.registry, self._workspace.tickets]
        try:
            child = subprocess.Popen(
                [sys.executable, "-P", _CHILD, *folders],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            return False
        with self._lock:
            self._child = child
            stopping = self._stopping.is_set()
        if stopping and child.stdin is not None:
            child.stdin.close()
        assert child.stdout is not None
        try:
            self._reports(child.stdout)
        finally:
            child.stdout.close()
            self.stop_child(child)
        return self._stopping.is_set()

    def _reports(self, reports: IO[bytes]) -> None:
        if reports.readline() != b"ready\n":
            return
        self.mode = "events"
        self._on_change(frozenset())  # anything may have changed since the dashboard read the files
        for line in reports:
            paths = frozenset(path for path in json.loads(line) if self.matters(path))
            if paths and not self._stopping.is_set():
                self._on_change(paths)

    @staticmethod
    def stop_child(child: "subprocess.Popen[bytes]") -> None:
        """Waits for the child, which ends when its stdin is closed; makes sure that it does."""
        if child.stdin is not None:
            child.stdin.close()
        try:
            child.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def matters(self, path: str) -> bool:
        """False for hidden files and folders: temporary files on their way into place."""
        return not any(part.startswith(".") for part in self._workspace.relative(path).split("/"))

    # Polling

    def _poll(self) -> None:
        self.mode = "polling"
        seen = scan(self._workspace)
        self._on_change(frozenset())
        pause = self._poll_seconds
        while not self._stopping.wait(pause):
            started = time.monotonic()
            found = scan(self._workspace)
            paths = changed_paths(seen, found)
            seen = found
            if paths and not self._stopping.is_set():
                self._on_change(paths)
            pause = max(self._poll_seconds, (time.monotonic() - started) / _POLL_SHARE)


def scan(workspace: Workspace) -> Stamps:
    """Time, size and inode of every file that a dashboard shows. What can't be read is left out."""
    stamps: Stamps = {}
    for folder in (workspace.registry, workspace.components):
        for name in _names(folder):
            _stamp(stamps, f"{folder}/{name}")
    for name in _names(workspace.tickets):
        for file in _TICKET_FILES:
            _stamp(stamps, f"{workspace.tickets}/{name}/{file}")
    return stamps


def _names(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]
    except OSError:
        return []


def _stamp(stamps: Stamps, path: str) -> None:
    try:
        found = os.lstat(path)
    except OSError:
        return
    if not stat.S_ISDIR(found.st_mode):
        stamps[path] = (found.st_mtime_ns, found.st_size, found.st_ino)


def changed_paths(before: Stamps, now: Stamps) -> frozenset[str]:
    """The files that are new, gone or different."""
    gone = before.keys() - now.keys()
    return frozenset(gone | {path for path, found in now.items() if before.get(path) != found})


def is_remote(path: str, mounts: str = "/proc/self/mounts") -> bool:
    """Whether `path` lies on a file system whose changes by others inotify doesn't report. Linux; False elsewhere."""
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as table:
            rows = [line.split(" ") for line in table]
    except OSError:
        return False
    here = os.path.realpath(path) + "/"
    best, kind = "", ""
    for row in rows:
        if len(row) < 3:
            continue
        point = row[1].replace("\\040", " ").rstrip("/") + "/"
        if here.startswith(point) and len(point) >= len(best):
            best, kind = point, row[2]
    return kind in _REMOTE

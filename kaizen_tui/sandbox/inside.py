"""Reading what a run left in its worktree. Nothing there is trusted: a link could lead anywhere, a pipe could wait."""

import errno
import os
import stat

from kaizen_tui.core.errors import StoreError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_inside(root: str, path: str, limit: int = 64 << 20) -> bytes:
    """The regular file `path`, relative to the folder `root`, of at most `limit` bytes.

    No part of `path` may be a symbolic link or `..`. Raises StoreError in words.
    """
    parts = path.split("/")
    if not path or any(part in ("", ".", "..") for part in parts) or "\0" in path:
        raise StoreError("the path leaves the worktree", where=path, hint="name a file within it")
    fd = -1
    try:
        fd = os.open(root, _FOLDER)
        for position, part in enumerate(parts, 1):
            above, fd = fd, -1
            fd = _step(above, part, _FILE if position == len(parts) else _FOLDER)
        return _content(fd, path, limit)
    except OSError as error:
        raise _in_words(error, path) from error
    finally:
        if fd >= 0:
            os.close(fd)


def _step(folder: int, name: str, flags: int) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    finally:
        os.close(folder)


def _content(fd: int, path: str, limit: int) -> bytes:
    info = os.fstat(fd)
    if not stat.S_ISREG(info.st_mode):
        raise StoreError("the run left something else than a file there", where=path, hint="let it write a file")
    with open(fd, "rb", closefd=False) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise StoreError(f"the run left more than {limit >> 20} MiB there", where=path, hint="let it write less")
    return data


def _in_words(error: OSError, path: str) -> StoreError:
    if error.errno == errno.ENOENT:
        return StoreError("the run left no such file", where=path, hint="check the command and the path")
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return StoreError("a symbolic link is in the way", where=path, hint="let the command write a real file")
    return StoreError(
        f"cannot read what the run left: {error.strerror}", where=path, hint="check the command and the path"
    )


def remove_inside(root: str, path: str) -> None:
    """Removes the file `path`, relative to the folder `root`, so that what is read there later is a run's own.

    Nothing when there is none. No part of `path` may be a symbolic link or `..`. Raises StoreError in words.
    """
    *folders, name = path.split("/")
    if not path or any(part in ("", ".", "..") for part in (*folders, name)) or "\0" in path:
        raise StoreError("the path leaves the worktree", where=path, hint="name a file within it")
    fd = -1
    try:
        fd = os.open(root, _FOLDER)
        for part in folders:
            above, fd = fd, -1
            fd = _step(above, part, _FOLDER)
        os.unlink(name, dir_fd=fd)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _in_words(error, path) from error
    finally:
        if fd >= 0:
            os.close(fd)

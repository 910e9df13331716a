"""Where an export goes: standard output, or a file that is replaced as a whole. Light."""

import os
import stat
from collections.abc import Sequence

from kaizen_tui.core.errors import StoreError
from kaizen_tui.store import files

EXIT_PIPE_CLOSED = 141


def put(target: str, pieces: Sequence[bytes]) -> int:
    """Writes to the file `target`, or to stdout for "-"; returns the exit code. Raises StoreError."""
    return put_out(pieces) if target == "-" else put_file(target, pieces)


def is_folder(target: str) -> bool:
    """Whether a target means a folder: one that is there, or a path that ends with a slash."""
    return target != "-" and (target.endswith("/") or os.path.isdir(target))


def put_in_folder(folder: str, contents: Sequence[tuple[str, bytes]]) -> None:
    """Writes files of these names into the folder, which is made where it is missing. Raises StoreError."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise files.in_words(error, "cannot make the folder", folder) from error
    for name, data in contents:
        put_file(os.path.join(folder, name), [data])


def put_out(pieces: Sequence[bytes]) -> int:
    """Writes to stdout. A reader that has seen enough (`| head`) is no error worth words."""
    try:
        for piece in pieces:
            files.write_all(1, piece)
    except BrokenPipeError:
        return EXIT_PIPE_CLOSED
    except OSError as error:
        raise files.of_output(error) from error
    return 0


def put_file(target: str, pieces: Sequence[bytes]) -> int:
    """Replaces the file as a whole; through a link, the file that it leads to. A pipe or device is written to."""
    path = os.path.realpath(target)
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    except OSError as error:
        raise files.in_words(error, "cannot write", target) from error
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        return _put_through(target, pieces)
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise StoreError(
            f"cannot write {target}: there is no folder {folder}", hint="make it first, or name another file"
        )
    files.replace_file(path, b"".join(pieces))
    return 0


def _put_through(target: str, pieces: Sequence[bytes]) -> int:
    try:
        with open(target, "wb", buffering=0) as file:
            for piece in pieces:
                files.write_all(file.fileno(), piece)
    except BrokenPipeError:
        return EXIT_PIPE_CLOSED
    except OSError as error:
        raise files.in_words(error, "cannot write", target) from error
    return 0

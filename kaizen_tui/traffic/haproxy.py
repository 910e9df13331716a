"""HAProxy (2.4 and newer) as a splitter: two maps, changed through the runtime API on its unix socket, no reload.

HAProxy Management Guide, section 9.3 (`set map`, `add map`, `show map`). What it does not do by itself is done here:
`set map` ignores a value that is no number without a word, so what was set is read back; a change in memory is lost at
a restart, so the map's file is written too, atomically, after the memory holds it: a crash between the two never leaves
a file with more users than the memory.
"""

import os
import re
import socket
import tempfile
from collections.abc import Callable

from kaizen_tui.core.canary_state import percent
from kaizen_tui.core.text import safe
from kaizen_tui.traffic.splitter import PARTS, Draw, SplitterError, parts_of

LIMIT_KEY, SALT_KEY = "limit", "salt"
NO_SALT = "none"
_TIMEOUT = 2.0  # seconds for one command
_LARGEST = 2**20  # bytes of an answer
_SALT = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HINT = "is HAProxy running, and is its `stats socket` the one in config.yml?"


def ask_socket(path: str, command: str) -> str:
    """One command of the runtime API; its answer without the empty lines at its ends. Raises SplitterError."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_TIMEOUT)
            connection.connect(path)
            connection.sendall(command.encode() + b"\n")
            parts, size = [], 0
            while part := connection.recv(65536):
                parts.append(part)
                size += len(part)
                if size > _LARGEST:
                    raise SplitterError("HAProxy's answer has no end", where=path)
    except TimeoutError:
        raise SplitterError(f"HAProxy doesn't answer within {_TIMEOUT:g} s", where=path, hint=_HINT) from None
    except OSError as error:
        words = error.strerror or str(error)
        raise SplitterError(f"HAProxy can't be reached: {words}", where=path, hint=_HINT) from None
    return b"".join(parts).decode("utf-8", "replace").strip()


class HaproxyMaps:
    """Implements `Splitter`.

    limit_map, salt_map: the maps' paths, written as in HAProxy's own configuration. ask: sends one command to the
    runtime API. where: of that, for messages.
    """

    def __init__(self, name: str, limit_map: str, salt_map: str, ask: Callable[[str], str], where: str) -> None:
        for path in (limit_map, salt_map):
            if any(char.isspace() or char in ";\\" or not char.isprintable() for char in path):
                raise SplitterError(f"the map {safe(path)} has characters that HAProxy's commands can't hold")
        self._name = name
        self._limit_map = limit_map
        self._salt_map = salt_map
        self._ask = ask
        self._where = where

    @property
    def name(self) -> str:
        return self._name

    def set_share(self, fraction: float, draw: Draw) -> None:
        limit = parts_of(fraction)
        if limit:
            # While anybody has the canary the salt stays: another one would deal the users anew.
            self._set(self._salt_map, SALT_KEY, _salt(draw))
        self._set(self._limit_map, LIMIT_KEY, str(limit))
        if limit:
            self._persist(self._salt_map, SALT_KEY, _salt(draw))
        self._persist(self._limit_map, LIMIT_KEY, str(limit))

    def share(self) -> float:
        return self._limit(self._value(self._limit_map, LIMIT_KEY)) / PARTS

    def verify(self, fraction: float, draw: Draw) -> None:
        wanted = parts_of(fraction)
        now = self._limit(self._value(self._limit_map, LIMIT_KEY))
        if now != wanted:
            self._refuse(f"{percent(now / PARTS)} of the users get the canary, not {percent(fraction)}")
        kept = self._limit(self._in_file(self._limit_map, LIMIT_KEY))
        if kept != wanted:
            self._refuse(f"after a restart {percent(kept / PARTS)} of the users would get the canary", self._limit_map)
        if wanted:
            for salt in (self._value(self._salt_map, SALT_KEY), self._in_file(self._salt_map, SALT_KEY)):
                if salt != _salt(draw):
                    self._refuse(f"the users were drawn for another canary (salt {safe(salt or NO_SALT)})")

    def _set(self, path: str, key: str, value: str) -> None:
        verb = "set" if self._value(path, key) is not None else "add"
        answer = self._ask(f"{verb} map {path} {key} {value}")
        found = self._value(path, key)
        if found != value:
            said = f"; it says: {safe(answer)[:200]}" if answer else ""
            self._refuse(f"HAProxy did not take {key} {value}: it has {safe(found or 'nothing')}{said}", path)

    def _value(self, path: str, key: str) -> str | None:
        """The key's value in HAProxy's memory; of several the first, which is the one that it uses."""
        answer = self._ask(f"show map {path}")
        for line in answer.splitlines():
            words = line.split(maxsplit=2)
            if len(words) == 3 and words[0].startswith("0x") and words[1] == key:
                return words[2].strip()
        if answer and not all(line.startswith("0x") for line in answer.splitlines()):
            self._refuse(
                f"HAProxy does not use the map: {safe(answer.splitlines()[0])[:200]}", path,
                "`kaizen deploy ID --print-config` writes what its configuration needs",
            )  # fmt: skip
        return None

    def _limit(self, text: str | None) -> int:
        if text is None:
            return 0  # as map_str_int(MAP,0) has it
        if not (text.isascii() and text.isdigit() and int(text) <= PARTS):
            self._refuse(f"the share is {safe(text)[:40]}, which is no number from 0 to {PARTS}", self._limit_map)
        return int(text)

    def _in_file(self, path: str, key: str) -> str | None:
        for line in self._lines(path):
            words = line.split(maxsplit=1)
            if len(words) == 2 and words[0] == key:
                return words[1].strip()
        return None

    def _lines(self, path: str) -> list[str]:
        try:
            with open(path, encoding="utf-8", newline="") as file:
                return file.read(_LARGEST).splitlines()
        except (OSError, UnicodeDecodeError) as error:
            words = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise SplitterError(f"the map can't be read: {words}", where=path) from None

    def _persist(self, path: str, key: str, value: str) -> None:
        """The file as HAProxy reads it at its next start; its other lines stay."""
        lines = self._lines(path)
        written, done = [], False
        for line in lines:
            if line.split(maxsplit=1)[:1] == [key]:
                if not done:
                    written.append(f"{key} {value}")
                done = True
            else:
                written.append(line)
        if not done:
            written.append(f"{key} {value}")
        if written != lines:
            replace_file(path, "\n".join(written) + "\n")

    def _refuse(self, what: str, path: str = "", hint: str = "") -> None:
        raise SplitterError(what, where=path or self._where, hint=hint)


def _salt(draw: Draw) -> str:
    if _SALT.fullmatch(draw.salt) is None:
        raise SplitterError(
            f"{draw.ticket_id} has no uid that can be a salt", hint="`kaizen doctor --fix` gives it one"
        )
    return draw.salt


def replace_file(path: str, text: str) -> None:
    """Writes a file of another program so that it is whole at any moment; its owner, its mode, a link to it stay.

    Raises SplitterError.
    """
    path = os.path.realpath(path)
    folder = os.path.dirname(path) or "."
    try:
        status = os.stat(path)
        descriptor, beside = tempfile.mkstemp(dir=folder, prefix=".kaizen-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fchmod(file.fileno(), status.st_mode & 0o7777)
                if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), status.st_uid, status.st_gid)
                os.fsync(file.fileno())
            os.rename(beside, path)
        except BaseException:
            os.unlink(beside)
            raise
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise SplitterError(f"the file can't be written: {error.strerror}", where=path) from None

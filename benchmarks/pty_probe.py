"""A program in a real pseudo terminal, with the time at which each byte came out of it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

_READ_SIZE = 1 << 16


class PtyProgram:
    """Runs `argv` in a new pseudo terminal of `columns` x `lines` and reads what it writes.

    Times are `time.perf_counter()` seconds. `started` is taken just before the fork. Nothing answers the program's
    terminal queries, as on a terminal that knows none of the newer protocols.
    """

    def __init__(self, argv: Sequence[str], *, columns: int, lines: int, env: Mapping[str, str]) -> None:
        self.output = bytearray()
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:  # the child: the terminal is its stdin, stdout and stderr
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.execvpe(argv[0], list(argv), dict(env))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def read(self, timeout: float) -> bytes:
        """What came within `timeout` seconds (b"" when nothing did or the program has ended)."""
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return b""
        try:
            data = os.read(self.fd, _READ_SIZE)
        except OSError:  # Linux reports EIO when the other end is closed
            return b""
        self.output += data
        return data

    def wait_for(self, pattern: bytes, *, timeout: float, start: int = 0) -> float:
        """Seconds on the clock when `pattern` (a regular expression) first stood in the output after `start`.

        Raises TimeoutError with the end of what came instead.
        """
        wanted = re.compile(pattern)
        deadline = time.perf_counter() + timeout
        while not wanted.search(self.output, start):
            left = deadline - time.perf_counter()
            if left <= 0:
                raise TimeoutError(f"{pattern!r} did not appear; the output ends {bytes(self.output[-300:])!r}")
            self.read(min(left, 0.5))
        return time.perf_counter()

    def settle(self, quiet: float, *, timeout: float = 10.0) -> None:
        """Reads until nothing came for `quiet` seconds."""
        deadline = time.perf_counter() + timeout
        while self.read(quiet) and time.perf_counter() < deadline:
            continue

    def press(self, key: bytes, *, timeout: float = 5.0) -> float:
        """Sends `key`; seconds until the first byte of the answer came. Raises TimeoutError when none did."""
        sent = time.perf_counter()
        os.write(self.fd, key)
        if not self.read(timeout):
            raise TimeoutError(f"no answer to {key!r}")
        return time.perf_counter() - sent

    def stop(self) -> None:
        """Ends the program and takes its exit status."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)  # at worst a zombie: it is ours until it is waited for
            os.waitpid(self.pid, 0)
            os.close(self.fd)
            self.pid = 0

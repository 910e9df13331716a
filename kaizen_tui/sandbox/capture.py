"""What a command prints, into files: the first bytes of it, however much it is."""

import os
from typing import BinaryIO

from kaizen_tui.sandbox.spec import Output

CHUNK = 1 << 16


class Capture:
    """One stream. Reads from a pipe whenever it has something; keeps `limit` bytes."""

    def __init__(self, path: str, limit: int) -> None:
        """Makes the file and the pipe. Raises OSError."""
        self._path, self._limit = path, limit
        self._size = 0
        self._file: BinaryIO = open(path, "wb")  # noqa: SIM115 - closed by finish()
        self.reader, self.writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self.reader, False)

    def take(self) -> bool:
        """Reads what is there, at most a chunk; False when nothing is, or nothing will come any more."""
        try:
            data = os.read(self.reader, CHUNK)
        except BlockingIOError:
            return False
        keep = data[: max(0, self._limit - self._size)]
        self._file.write(keep)
        self._size += len(data)
        return bool(data)

    def close_writer(self) -> None:
        """This process' own end of the pipe, once the command has its copy."""
        writer, self.writer = self.writer, -1
        if writer >= 0:
            os.close(writer)

    def finish(self) -> Output:
        """Reads the rest of what was printed, without waiting for more; closes everything."""
        try:
            # A process that got away may print for ever; what a pipe holds is at most its size.
            for _ in range(16):
                if not self.take():
                    break
        finally:
            self.close()
        return Output(self._path, self._size, self._size > self._limit)

    def close(self) -> None:
        """Closes the file and the pipe; again does nothing."""
        self.close_writer()
        reader, self.reader = self.reader, -1
        if reader >= 0:
            os.close(reader)
        self._file.close()

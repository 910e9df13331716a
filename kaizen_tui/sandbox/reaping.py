"""The processor time of a run where no control group tells it.

bubblewrap ends as soon as its command did, before it waited for the first process of its namespace, and with that for
all others. For the length of a run this process therefore takes that one over (PR_SET_CHILD_SUBREAPER) and waits for
it.
"""

import json
import os
from types import TracebackType

_PR_SET_CHILD_SUBREAPER = 36


class Reaper:
    """`with Reaper() as reaper:` around a run; bubblewrap is given `--info-fd` with `writer`."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe2(os.O_CLOEXEC)

    def __enter__(self) -> "Reaper":
        _adopt(True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _adopt(False)
        self.close_writer()
        reader, self.reader = self.reader, -1
        if reader >= 0:
            os.close(reader)

    def close_writer(self) -> None:
        """This process' own end, once bubblewrap has its copy."""
        writer, self.writer = self.writer, -1
        if writer >= 0:
            os.close(writer)

    def seconds(self) -> float:
        """User and system seconds of the namespace's first process and all that it waited for, after bubblewrap ended.
        0 when bubblewrap waited for it itself, or there was none."""
        self.close_writer()  # a run that was interrupted while it began may still hold it
        told = os.read(self.reader, 4096)
        try:
            pid = int(json.loads(told)["child-pid"])
            usage = os.wait4(pid, 0)[2]
        except (ValueError, KeyError, TypeError, ChildProcessError):
            return 0.0
        return usage.ru_utime + usage.ru_stime


def _adopt(on: bool) -> None:
    """Whether this process becomes the parent of what its descendants leave behind."""
    import ctypes  # only here is it needed

    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)

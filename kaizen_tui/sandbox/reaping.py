"""The first process of a sandbox's namespace, waited for by us.

bubblewrap ends as soon as its command did, before that process and all others of the namespace are gone, and leaves it
to the machine's first process, which in a container may never wait. For the length of a run this process therefore
adopts what its descendants leave (PR_SET_CHILD_SUBREAPER): a run is over when it is over, and its processor time known.
"""

import json
import os
import signal
import threading
from types import TracebackType

_PR_SET_CHILD_SUBREAPER = 36


class Reaper:
    """`with Reaper() as reaper:` around a run; bubblewrap is given `--info-fd` with `writer`."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe2(os.O_CLOEXEC)

    def __enter__(self) -> "Reaper":
        _adopt(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _adopt(-1)
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
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)  # fails when it isn't ours
            os.kill(pid, signal.SIGKILL)  # it may have begun when bubblewrap was killed, and then lives on
            usage = os.wait4(pid, 0)[2]
        except (ValueError, KeyError, TypeError, ChildProcessError):
            return 0.0
        return usage.ru_utime + usage.ru_stime


_runs = 0
_lock = threading.Lock()


def _adopt(more: int) -> None:
    """Counts the runs under way; from the first to the last this process is the parent of what is left behind."""
    import ctypes  # only here is it needed

    global _runs
    with _lock:
        _runs += more
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(_runs > 0), 0, 0, 0)

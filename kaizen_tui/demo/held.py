"""Runs a program that ends with whoever started it: `python -m kaizen_tui.demo.held PROGRAM…`.

Standard input is a pipe that nobody writes to. When its other end is gone, however that came about, the program is
ended, by force after a while, with everything that it started.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

FAREWELL = 4.0  # seconds between the request to end and force


def main(words: list[str]) -> int:
    """Returns the program's exit code; of a signal, 128 and its number."""
    # The other end of the pipe is what counts, and that before there is a program: a signal just after its start would
    # leave it behind. Not SIG_IGN, which the program would inherit.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)
    try:
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        sys.stderr.write(f"{words[0]}: {error.strerror}\n")
        return 127
    threading.Thread(target=_end_with_stdin, args=(child,), daemon=True).start()
    code = child.wait()
    _kill(child, signal.SIGKILL)
    return code if code >= 0 else 128 - code


def _end_with_stdin(child: "subprocess.Popen[bytes]") -> None:
    while os.read(0, 4096):
        pass
    _kill(child, signal.SIGTERM)
    try:
        child.wait(FAREWELL)
    except subprocess.TimeoutExpired:
        _kill(child, signal.SIGKILL)


def _kill(child: "subprocess.Popen[bytes]", number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

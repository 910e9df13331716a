"""Signals that end a program by an exception, held back where one in the middle would leave something undone."""

import contextlib
import signal
import threading
from collections.abc import Iterator


def in_main_thread() -> bool:
    """Whether signals raise here."""
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """No signal raises in the main thread meanwhile; one that came is raised at the end.

    Also around `subprocess.run`: an exception just as it waits leaves a lock of its own held, for which it then waits
    for ever.
    """
    if not in_main_thread():
        yield
        return
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda got, frame: came.append(got)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])

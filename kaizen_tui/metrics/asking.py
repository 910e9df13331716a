"""Many questions at once, to a source that answers several at a time."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

Found = TypeVar("Found")

# Threads to begin with. A server near by answers so fast that reading its answers is what takes the time: more threads
# don't make that faster, and each one more is one more that the event loop may have to wait for.
FIRST = 3
_TICK = 0.01  # seconds between two looks at whether more of them would help
_IDLE = 0.5  # of the time; a program that computes less than that waits for its server


def ask_all(
    width: int, questions: Sequence[Callable[[], Found]], *, computed: Callable[[], float] = time.process_time
) -> list[Found]:
    """The answers, in the order of the questions, of at most `width` threads.

    As many threads as keep this program busy: a few, and twice as many each time that they wait rather than compute.
    The first error ends the asking: what is under way is waited for, the rest is not asked, and the error is raised.
    The threads are daemons: a program that ends doesn't wait for a slow server.

    computed: seconds that the program's threads have computed so far, all together.
    """
    if width <= 1 or len(questions) <= 1:
        return [question() for question in questions]
    waiting = deque(enumerate(questions))
    found: dict[int, Found] = {}
    errors: list[BaseException] = []

    def work() -> None:
        while not errors:
            try:
                place, question = waiting.popleft()
            except IndexError:
                return
            try:
                found[place] = question()
            except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
                errors.append(error)

    threads: list[threading.Thread] = []

    def add(count: int) -> None:
        for _ in range(min(count, width - len(threads), len(waiting))):
            threads.append(threading.Thread(target=work, daemon=True, name="kaizen-metrics"))
            threads[-1].start()

    add(FIRST)
    while waiting and not errors and len(threads) < width:
        before = time.monotonic(), computed()
        threads[0].join(_TICK)
        if computed() - before[1] < _IDLE * (time.monotonic() - before[0]):
            add(len(threads))
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [found[place] for place in range(len(questions))]

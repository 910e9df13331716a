"""Many questions at once, to a source that answers several at a time."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

Found = TypeVar("Found")


def ask_all(width: int, questions: Sequence[Callable[[], Found]]) -> list[Found]:
    """The answers, in the order of the questions, of at most `width` threads.

    The first error ends the asking: what is under way is waited for, the rest is not asked, and the error is raised.
    The threads are daemons: a program that ends doesn't wait for a slow server.
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

    threads = [
        threading.Thread(target=work, daemon=True, name="kaizen-metrics") for _ in range(min(width, len(questions)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [found[place] for place in range(len(questions))]

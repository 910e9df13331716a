"""Questions of which only the newest matters: one answer at a time is worked on, what is asked meanwhile waits."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from textual.message import Message

from kaizen_tui.tui.jobs import Jobs

Wish = TypeVar("Wish")


class Latest(Generic[Wish]):
    """Answers wishes in a worker, never two at a time; a newer wish takes the place of one that still waits.

    answer: called in the worker with the number of this answer; returns the message to post.
    """

    def __init__(self, jobs: Jobs, answer: Callable[[int, Wish], Message], post: Callable[[Message], object]) -> None:
        self._jobs = jobs
        self._answer = answer
        self._post = post
        self._lock = threading.Lock()
        self._running = False
        self._waiting: list[Wish] = []
        self._generation = 0

    def want(self, wish: Wish) -> None:
        """Asks."""
        with self._lock:
            if self._running:
                self._waiting = [wish]
                return
            self._running = True
        self._jobs.start(lambda: self._work(wish))

    def _work(self, wish: Wish) -> None:
        while True:
            self._generation += 1
            self._post(self._answer(self._generation, wish))
            with self._lock:
                if not self._waiting:
                    self._running = False
                    return
                wish = self._waiting.pop()

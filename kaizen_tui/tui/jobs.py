"""Work beside the screen: threads that post what they found and never touch a widget."""

import threading
from collections.abc import Callable

from textual.message import Message

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.tui.reading import Asked


class Jobs:
    """Runs jobs in threads. A job that reads may be left behind when the program ends; one that writes is waited for.

    `post` is called in the job's thread and must be safe there (Textual's post_message is). `crashed` is called there
    too, with an error that no one is told about in words: a bug.
    """

    def __init__(self, crashed: Callable[[Exception], object]) -> None:
        self._crashed = crashed
        self._threads: set[threading.Thread] = set()

    def start(self, job: Callable[[], None], *, writes: bool = False) -> None:
        """Runs `job` in a thread of its own."""
        thread = threading.Thread(target=self._run, args=(job,), daemon=not writes, name="kaizen-job")
        self._threads.add(thread)
        thread.start()

    def ask(
        self,
        question: Callable[[], Message],
        post: Callable[[Message], object],
        failed: Callable[[Exception], Message],
        *,
        writes: bool = False,
    ) -> None:
        """Posts what `question` returns, or what `failed` makes of its error (of the kinds that are said in words)."""

        def job() -> None:
            try:
                answer = question()
            except (KaizenError, OSError) as error:
                answer = failed(error)
            post(answer)

        self.start(job, writes=writes)

    def _run(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:  # noqa: BLE001 - handed to the app, which ends with its traceback
            self._crashed(error)
        finally:
            self._threads.discard(threading.current_thread())

    async def settled(self) -> None:
        """Waits until no job is under way (tests)."""
        import asyncio

        while self._threads:
            for thread in tuple(self._threads):
                if thread.ident is None:  # another job is just starting it
                    await asyncio.sleep(0)
                    continue
                await asyncio.to_thread(thread.join)
                self._threads.discard(thread)


class Loader:
    """Reads the tickets, one reading at a time; what is asked for during a reading makes one more reading after it.

    read: called with the number of this reading and what was asked for; returns the message to post. It must not raise
    KaizenError or OSError.
    """

    def __init__(self, jobs: Jobs, read: Callable[[int, Asked], Message], post: Callable[[Message], object]) -> None:
        self._jobs = jobs
        self._read = read
        self._post = post
        self._lock = threading.Lock()
        self._running = False
        self._next: Asked | None = None
        self._generation = 0

    def request(self, asked: Asked) -> None:
        """Asks for a reading of what is on disk now."""
        with self._lock:
            if self._running:
                self._next = asked if self._next is None else self._next.also(asked)
                return
            self._running = True
        self._jobs.start(lambda: self._work(asked))

    def _work(self, asked: Asked) -> None:
        while True:
            self._generation += 1
            self._post(self._read(self._generation, asked))
            with self._lock:
                if self._next is None:
                    self._running = False
                    return
                asked, self._next = self._next, None

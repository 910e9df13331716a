"""The process that drives canaries for a board; run as `python -P -m kaizen_tui.loop.drive_child ROOT ACTOR`, never
imported.

Drives what nobody else drives, and starts nothing. Ends when stdin closes, that is when the board ends, however it
does; whoever drives next goes on from the files. Writes a JSON line `[ticket, words]` for what a person should know.
"""

import json
import os
import select
import sys
import threading
from collections.abc import Callable

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.loop.context import Session, open_session
from kaizen_tui.loop.controller import Controller, Ears
from kaizen_tui.loop.notifying import telling
from kaizen_tui.loop.observe import source_of
from kaizen_tui.loop.rollouts import plan_of, splitter_of
from kaizen_tui.store.ticket_lock import TicketLock, changed_here
from kaizen_tui.store.workspace import Workspace

_PATIENCE = 1.0  # seconds for a splitter to answer; the answer of a slower one counts at the next scan


class BoardGone(Exception):  # noqa: N818 - nothing went wrong
    """Stdin is closed."""


class _Question:
    """Asked in a thread of its own: a splitter that is slow to answer delays no canary that is driven already."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self._ask = ask
        self._wrong: BaseException | None = None
        # A daemon: who ends doesn't wait for the answer.
        self._thread = threading.Thread(target=self._work, daemon=True, name="kaizen-reach")
        self._thread.start()

    def _work(self) -> None:
        try:
            self._ask()
        except BaseException as error:  # noqa: BLE001 - raised again by whoever wants the answer
            self._wrong = error

    def answered(self, seconds: float) -> bool:
        """Whether there is an answer, at the latest after so many seconds. Raises what went wrong."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            return False
        if self._wrong is not None:
            raise self._wrong
        return True


class Reach:
    """Which canaries can be driven from here: begun from this workspace (not from another clone of it), with a splitter
    that answers and a metrics source that is configured, and driven by nobody else. Once it is driven, losing splitter
    or source is for the driver to handle. patience: seconds for which an answer is waited for."""

    def __init__(self, session: Session, patience: float = _PATIENCE) -> None:
        self._session = session
        self._patience = patience
        self._known: set[str] = set()
        self._asked: dict[str, _Question] = {}
        self._me = f"process {os.getpid()}"

    def __call__(self, ticket_id: str) -> bool:
        workspace = self._session.workspace
        if TicketLock(workspace, ticket_id, "drive").peek() not in ("", self._me):
            return False
        if ticket_id in self._known:
            return True
        if not changed_here(workspace, ticket_id):
            return False
        try:
            if not self._answers(ticket_id):
                return False
        except (KaizenError, OSError) as error:
            del self._asked[ticket_id]
            tell(ticket_id, f"it can't be driven from here: {error}")
            return False
        del self._asked[ticket_id]
        self._known.add(ticket_id)
        return True

    def _answers(self, ticket_id: str) -> bool:
        """False: not yet."""
        asked = self._asked.get(ticket_id)
        if asked is not None:
            return asked.answered(0.0)
        asked = self._asked[ticket_id] = _Question(lambda: self._ask(ticket_id))
        return asked.answered(self._patience)

    def _ask(self, ticket_id: str) -> None:
        workspace = self._session.workspace
        splitter_of(workspace, plan_of(workspace, ticket_id), os.environ).share()
        source_of(workspace)


def tell(ticket_id: str, words: str) -> None:
    """Writes a line at once. Raises BrokenPipeError when nobody reads any more."""
    sys.stdout.buffer.write(json.dumps([ticket_id, words]).encode() + b"\n")
    sys.stdout.buffer.flush()


def pause(seconds: float) -> None:
    """Waits. Raises BoardGone as soon as stdin closes."""
    ready, _, _ = select.select([0], [], [], seconds)
    if ready and not os.read(0, 1):
        raise BoardGone


def drive(root: str, actor: str) -> None:
    """Until the board is gone."""
    session = open_session(Workspace(root), actor)
    ears = Ears(lambda report: tell(report.id, report.trouble), tell)
    with telling(session, os.environ, tell) as notifier:
        only = Reach(session)
        Controller(notifier.session, (), os.environ, ears, pause, notify=notifier, only=only).run()


def main() -> int:
    """Returns the exit status."""
    try:
        drive(*sys.argv[1:3])
    except BoardGone:
        return 0
    except KaizenError as error:
        tell("", str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BrokenPipeError, KeyboardInterrupt):  # the board was killed
        os._exit(0)

"""`kaizen run`: drives canaries to their ends, each ticket under a lease that dies with its process.

Each look is a thread of its own, so that a metrics server that is slow for one canary delays no other one. When a look
is due is told by a clock that nobody sets.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.unmet import Decision
from kaizen_tui.loop.canaries import driven_before, left_over
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.deploy import deploy
from kaizen_tui.loop.driver import Driver, Report
from kaizen_tui.loop.notifying import NOBODY, Notify
from kaizen_tui.loop.rollouts import plan_of
from kaizen_tui.store.index import load_snapshot
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.ticket_lock import TicketLock

_SCAN = 5.0  # seconds between two looks for canaries to drive, and for a lease that became free
_TICK = 0.05  # seconds at the most between two looks at what else is due while one is under way


class Ears(NamedTuple):
    """Who is told, always in the thread that runs the controller. report: how each look went; said: anything else, as
    (ticket, words), once as long as it lasts."""

    report: Callable[[Report], object]
    said: Callable[[str, str], object]


class _Done(NamedTuple):
    """What a thread came to: how a look went, what became of a start, or the error that ended it."""

    ticket_id: str
    began: float
    result: Report | Decision | BaseException


class Controller:
    """ids: the tickets to drive; () is every canary there is and comes, and every ticket with `rollout.auto`.

    pause: waits so many seconds. advise: decide and log, touch nothing. notify: is told of each look. clock: seconds,
    monotonic. only: which of all canaries are driven; with it none is started. failed: tickets that could not be driven
    when that was tried last.
    """

    def __init__(
        self,
        session: Session,
        ids: Sequence[str],
        env: Mapping[str, str],
        ears: Ears,
        pause: Callable[[float], object],
        *,
        advise: bool = False,
        notify: Notify = NOBODY,
        clock: Callable[[], float] = time.monotonic,
        only: Callable[[str], bool] | None = None,
    ) -> None:
        self._session = session
        self._notify = notify
        self._only = only
        self._ids = tuple(dict.fromkeys(ids))
        self._env = env
        self._ears = ears
        self._pause = pause
        self._advise = advise
        self._clock = clock
        self._leases: dict[str, TicketLock] = {}
        self._drivers: dict[str, Driver] = {}
        self._due: dict[str, float] = {}
        self._start_at: dict[str, float] = {}
        self._scan_at = 0.0
        self._said: dict[str, str] = {}
        self._left: list[str] | None = None
        self._busy: set[str] = set()
        self._done: queue.SimpleQueue[_Done] = queue.SimpleQueue()
        self.ended: dict[str, str] = {}
        self.failed: set[str] = set()

    @property
    def statuses(self) -> dict[str, str]:
        """How the tickets stand that were driven: their last status, "canary" for those that go on."""
        return {**dict.fromkeys((*self._ids, *self._drivers), "canary"), **self.ended}

    def run(self, *, once: bool = False) -> None:
        """Until each named ticket has ended; for ever where none is named. once: one look at each.

        Raises NotFoundError for a ticket that doesn't exist. However it ends, the leases are given back; of a look that
        is still under way with the process.
        """
        for ticket_id in self._ids:
            read_ticket_file(self._session.workspace, ticket_id)
        try:
            while True:
                self.round()
                if once:
                    while self._busy:
                        self._take(_SCAN)
                if once or (self._ids and all(one in self.ended for one in self._ids)):
                    return
                if not (self._ids or self._drivers or self._only):
                    self._say("tickets", "none is in canary; waiting for one")
                self._pause(self._wait())
        finally:
            for ticket_id, lease in self._leases.items():
                if ticket_id not in self._busy:
                    lease.release()

    def round(self) -> None:
        """A look at each canary that is due. Returns when they are over, or when something else is due."""
        while not self._done.empty():
            self._take(0)
        wanted = self._wanted()
        self._scan_at = self._clock() + _SCAN  # from its end: one that takes longer than that leaves time for looks
        for ticket_id in wanted:
            if ticket_id in self._busy or self._due.get(ticket_id, 0.0) > self._clock() or ticket_id in self.ended:
                continue
            if self._takes(ticket_id):
                self._begin(ticket_id, self._driver(ticket_id).tick)
        while self._busy and self._wait() > 0:
            self._take(min(_TICK, self._wait()))

    def _takes(self, ticket_id: str) -> bool:
        """Whether this process may drive it."""
        lease = self._leases.setdefault(ticket_id, TicketLock(self._session.workspace, ticket_id, "drive"))
        try:
            if lease.take():
                self._said.pop(ticket_id, None)
                return True
            self._say(ticket_id, f"{lease.holder()} drives it; waiting")
        except KaizenError as error:
            self._fail(ticket_id, str(error))
        self._due[ticket_id] = self._clock() + _SCAN
        return False

    def _driver(self, ticket_id: str) -> Driver:
        if ticket_id not in self._drivers:
            self._notify.follow(ticket_id)
            self._drivers[ticket_id] = Driver(self._session, ticket_id, self._env, advise=self._advise)
        return self._drivers[ticket_id]

    def _begin(self, ticket_id: str, work: Callable[[], Report | Decision]) -> None:
        began = self._clock()

        def run() -> None:
            result: Report | Decision | BaseException
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - raised again by the controller's thread
                result = error
            self._done.put(_Done(ticket_id, began, result))

        self._busy.add(ticket_id)
        # A daemon: who ends the controller doesn't wait for a slow server. It may be killed at any moment anyway.
        threading.Thread(target=run, daemon=True, name=f"kaizen-{ticket_id}").start()

    def _take(self, seconds: float) -> None:
        """Hears of one thread that has ended, waiting so long."""
        try:
            done = self._done.get(timeout=seconds)
        except queue.Empty:
            return
        self._busy.discard(done.ticket_id)
        if isinstance(done.result, Report):
            self._reported(done.ticket_id, done.result, done.began)
        elif isinstance(done.result, Decision):
            self._started(done.ticket_id, done.result)
        elif isinstance(done.result, KaizenError):
            self._fail(done.ticket_id, str(done.result))
        else:
            raise done.result

    def _reported(self, ticket_id: str, report: Report, began: float) -> None:
        self._due[ticket_id] = began + report.look
        (self.failed.add if report.undriven else self.failed.discard)(ticket_id)
        self._ears.report(report)
        self._notify.report(report)
        if report.ended:
            self.ended[ticket_id] = report.status
            self._leases.pop(ticket_id).release()
            del self._drivers[ticket_id]

    def _started(self, ticket_id: str, decision: Decision) -> None:
        if decision.allowed:
            self._due.pop(ticket_id, None)
            self._said.pop(ticket_id, None)
        elif self._ids:
            self._say(ticket_id, "waits for its gate: " + "; ".join(one.text for one in decision.refused))

    def _wanted(self) -> list[str]:
        if self._ids:
            return [one for one in self._ids if self._may_run(one)]
        try:
            rows = load_snapshot(self._session.workspace).rows
        except KaizenError as error:
            self._fail("tickets", str(error))
            return list(self._drivers)
        self.failed.discard("tickets")
        canaries = [row.id for row in rows if row.status == "canary" and (self._only is None or self._only(row.id))]
        for ticket_id in canaries:
            self.ended.pop(ticket_id, None)
        if self._only is not None:
            return list(dict.fromkeys([*canaries, *self._drivers]))
        if not self._advise:
            for row in rows:
                if row.status == "in_review":
                    self._start(row.id)
        # One that was taken out of canary meanwhile is looked at once more; so is what was left before.
        return list(dict.fromkeys([*canaries, *self._drivers, *self._left_behind({row.id for row in rows})]))

    def _left_behind(self, known: set[str]) -> list[str]:
        """Tickets that were taken out of canary by hand while nobody drove them. Looked for once: it reads logs."""
        if self._left is None:
            self._left = [one for one in driven_before(self._session) if one in known and self._is_left(one)]
        return [one for one in self._left if one not in self.ended]

    def _is_left(self, ticket_id: str) -> bool:
        try:
            status = read_ticket_file(self._session.workspace, ticket_id).fields.status
            return left_over(self._session, ticket_id, status)
        except KaizenError as error:
            self._say(ticket_id, str(error))
            return False

    def _may_run(self, ticket_id: str) -> bool:
        """A ticket that is named and not yet in canary starts where `rollout.auto` says so; else its end is near."""
        if ticket_id in self.ended or ticket_id in self._drivers:
            return ticket_id not in self.ended
        try:
            status = read_ticket_file(self._session.workspace, ticket_id).fields.status
        except KaizenError:
            return True  # the driver says why, and takes its users back when it stays so
        if status == "canary" or self._is_left(ticket_id):
            return True
        if status == "in_review" and self._is_auto(ticket_id):
            if not self._advise:
                self._start(ticket_id)
            return False
        start = "" if status in ("complete", "aborted") else f"; `kaizen deploy {ticket_id}` starts it"
        self._say(ticket_id, f"it is {status.replace('_', ' ')}, so there is no canary to drive{start}")
        self.ended[ticket_id] = status
        return False

    def _is_auto(self, ticket_id: str) -> bool:
        try:
            return plan_of(self._session.workspace, ticket_id).rollout.auto
        except KaizenError:
            return False

    def _start(self, ticket_id: str) -> None:
        """Starts the canary of a ticket with `rollout.auto` whose gate is open."""
        if ticket_id in self._busy or self._start_at.get(ticket_id, 0.0) > self._clock():
            return
        self._start_at[ticket_id] = self._clock() + _SCAN
        if self._is_auto(ticket_id):
            self._notify.follow(ticket_id)
            self._begin(ticket_id, lambda: deploy(self._session, ticket_id, None, self._env))

    def _fail(self, ticket_id: str, what: str) -> None:
        self.failed.add(ticket_id)
        self._say(ticket_id, what)

    def _say(self, ticket_id: str, what: str) -> None:
        if self._said.get(ticket_id) != what:
            self._said[ticket_id] = what
            self._ears.said(ticket_id, what)

    def _wait(self) -> float:
        """Seconds until something is due."""
        mine = [one for one in (self._ids or tuple(self._drivers)) if one not in self._busy and one not in self.ended]
        due = [self._due[one] for one in mine if one in self._due]
        return max(0.0, min([self._scan_at, *due]) - self._clock())

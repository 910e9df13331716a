"""`kaizen run`: drives canaries to their ends, each ticket under a lease that dies with its process."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.deploy import deploy
from kaizen_tui.loop.driver import Driver, Report
from kaizen_tui.loop.notifying import NOBODY, Notify
from kaizen_tui.loop.rollouts import plan_of
from kaizen_tui.store.index import load_snapshot
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.ticket_lock import TicketLock

_SCAN = 5.0  # seconds between two looks for canaries to drive, and for a lease that became free


class Ears(NamedTuple):
    """Who is told. report: how each look went; said: anything else, as (ticket, words), once as long as it lasts."""

    report: Callable[[Report], object]
    said: Callable[[str, str], object]


class Controller:
    """ids: the tickets to drive; () is every canary there is and comes, and every ticket with `rollout.auto`.

    pause: waits so many seconds. advise: decide and log, touch nothing. notify: is told of each look.
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
    ) -> None:
        self._session = session
        self._notify = notify
        self._ids = tuple(dict.fromkeys(ids))
        self._env = env
        self._ears = ears
        self._pause = pause
        self._advise = advise
        self._leases: dict[str, TicketLock] = {}
        self._drivers: dict[str, Driver] = {}
        self._due: dict[str, float] = {}
        self._said: dict[str, str] = {}
        self.ended: dict[str, str] = {}

    def run(self, *, once: bool = False) -> None:
        """Until each named ticket has ended; for ever where none is named. once: one look at each.

        Raises NotFoundError for a ticket that doesn't exist. However it ends, the leases are given back.
        """
        for ticket_id in self._ids:
            read_ticket_file(self._session.workspace, ticket_id)
        try:
            while True:
                self.round()
                if once or (self._ids and all(one in self.ended for one in self._ids)):
                    return
                self._pause(self._wait())
        finally:
            for lease in self._leases.values():
                lease.release()

    def round(self) -> None:
        """A look at each canary that is due."""
        for ticket_id in self._wanted():
            if self._due.get(ticket_id, 0.0) > self._now() or ticket_id in self.ended:
                continue
            lease = self._leases.setdefault(ticket_id, TicketLock(self._session.workspace, ticket_id, "drive"))
            if not lease.take():
                self._say(ticket_id, f"{lease.holder()} drives it; waiting")
                self._due[ticket_id] = self._now() + _SCAN
                continue
            self._drive(ticket_id)

    def _drive(self, ticket_id: str) -> None:
        driver = self._drivers.get(ticket_id)
        if driver is None:
            self._notify.follow(ticket_id)
            driver = self._drivers[ticket_id] = Driver(self._session, ticket_id, self._env, advise=self._advise)
        began = self._now()
        report = driver.tick()
        self._ears.report(report)
        self._notify.report(report)
        self._due[ticket_id] = began + report.look
        if report.ended:
            self.ended[ticket_id] = report.status
            self._leases.pop(ticket_id).release()
            del self._drivers[ticket_id]

    def _wanted(self) -> list[str]:
        if self._ids:
            return [one for one in self._ids if self._may_run(one)]
        rows = load_snapshot(self._session.workspace).rows
        found = [row.id for row in rows if row.status == "canary"]
        # One that was taken out of canary meanwhile is looked at once more.
        found += [one for one in self._drivers if one not in found]
        if not self._advise:
            found += [row.id for row in rows if row.status == "in_review" and self._starts(row.id, named=False)]
        return found

    def _may_run(self, ticket_id: str) -> bool:
        """A ticket that is named and not yet in canary starts where `rollout.auto` says so; else its end is near."""
        if ticket_id in self.ended or ticket_id in self._drivers:
            return ticket_id not in self.ended
        try:
            status = read_ticket_file(self._session.workspace, ticket_id).fields.status
        except KaizenError as error:
            self._say(ticket_id, str(error))
            return False
        if status == "in_review" and not self._advise and self._starts(ticket_id, named=True):
            return True
        if status == "canary":
            return True
        if status == "in_review" and self._is_auto(ticket_id):
            return False
        if status not in ("complete", "aborted"):
            self._say(ticket_id, f"it is {status.replace('_', ' ')}, so there is no canary to drive; `kaizen deploy`")
        self.ended[ticket_id] = status
        return False

    def _is_auto(self, ticket_id: str) -> bool:
        try:
            return plan_of(self._session.workspace, ticket_id).rollout.auto
        except KaizenError:
            return False

    def _starts(self, ticket_id: str, *, named: bool) -> bool:
        """Starts the canary of a ticket with `rollout.auto` whose gate is open."""
        key = f"{ticket_id} starts"
        if self._due.get(key, 0.0) > self._now() or not self._is_auto(ticket_id):
            return False
        self._due[key] = self._now() + _SCAN
        self._notify.follow(ticket_id)
        try:
            decision = deploy(self._session, ticket_id, None, self._env)
        except KaizenError as error:
            self._say(ticket_id, str(error))
            return False
        if not decision.allowed and named:
            self._say(ticket_id, "waits for its gate: " + "; ".join(one.text for one in decision.refused))
        return decision.allowed

    def _say(self, ticket_id: str, what: str) -> None:
        if self._said.get(ticket_id) != what:
            self._said[ticket_id] = what
            self._ears.said(ticket_id, what)

    def _wait(self) -> float:
        due = [self._due[one] for one in (self._ids or tuple(self._drivers)) if one in self._due]
        return max(0.0, min([_SCAN, *(at - self._now() for at in due)]))

    def _now(self) -> float:
        return self._session.now().timestamp()

"""Who is told of what happens to a canary: the log's events into the outbox, from there to the receivers of config.yml.

The controller only says which ticket something happened to. What it was is read from the log in a thread of this room,
and sent in others: neither a disk nor a receiver that is slow keeps a look or a roll-back waiting.
"""

import os
import queue
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from kaizen_tui.core.delivery import MAX_AGE
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.log_view import LogView
from kaizen_tui.core.notice import Notice, approval_needed, not_driven, notices, roll_back_failed
from kaizen_tui.core.notice_text import Subject, payload
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.core.times import parse_rfc3339
from kaizen_tui.loop.context import Session, Wrote
from kaizen_tui.loop.driver import Report
from kaizen_tui.loop.models import load_config
from kaizen_tui.notify.postman import POLL, Clocks, Postman, Said
from kaizen_tui.notify.receivers import Receiver, receivers_of
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.outbox import Outbox, letter_name
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.traffic.splitter import SplitterError

_LAST = 3.0  # seconds that an act may take longer for the sake of its events; the rest stays in the outbox
_SWEEP = 60.0  # seconds between two looks for what waits for receivers that are gone
_NOT_ONCE = 2  # looks in a row that failed before somebody is told: one alone may be an edit under way


class Notify(Protocol):
    """Whom a controller tells. Neither call waits for anybody or raises."""

    def follow(self, ticket_id: str) -> None:
        """From now on the ticket's events are told; called before anything is done to its canary."""

    def report(self, report: Report) -> None:
        """How a look went; its entries are in the log."""


class _Nobody:
    """Without receivers."""

    def follow(self, ticket_id: str) -> None:
        pass

    def report(self, report: Report) -> None:
        pass


NOBODY: Notify = _Nobody()


class _Item(NamedTuple):
    """Something happened to a ticket. fresh: hashes of new entries. failed: why a roll-back isn't confirmed."""

    ticket_id: str
    report: Report | None = None
    fresh: frozenset[str] = frozenset()
    failed: str = ""


class _Trouble(NamedTuple):
    """Looks in a row at which a canary could not be driven. since: epoch seconds."""

    since: int
    looks: int = 0


def real_clocks(session: Session) -> Clocks:
    return Clocks(lambda: session.now().timestamp(), time.monotonic, random.random)


class Notifier:
    """Implements `Notify` with the receivers that config.yml names. said: hears (who, words) of what a person should
    know, from any thread. Always `close`."""

    def __init__(self, session: Session, env: Mapping[str, str], said: Said, clocks: Clocks | None = None) -> None:
        self._session = session
        self._ws = session.workspace
        self._env = env
        self._said = said
        self._clocks = clocks or real_clocks(session)
        self._outbox = Outbox(self._ws)
        self._postmen: dict[str, Postman] = {}
        self._stamp: tuple[int, ...] | None = None
        self._done: dict[str, set[str]] = {}
        self._troubles: dict[str, _Trouble] = {}
        self._items: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._swept = self._clocks.ticking()
        self._refresh()
        self._catch_up()
        self._thread = threading.Thread(target=self._work, name="notify", daemon=True)
        self._thread.start()

    @property
    def session(self) -> Session:
        """The session whose acts are heard here as soon as they are on disk."""
        before = self._session.wrote

        def both(wrote: Wrote) -> None:
            before(wrote)
            self._items.put(_Item(wrote.ticket_id, fresh=frozenset(entry.hash for entry in wrote.entries)))

        return self._session._replace(wrote=both)

    def follow(self, ticket_id: str) -> None:
        if not self._postmen or ticket_id in self._done:
            return
        try:
            known = [one.key for one in notices(self._log(ticket_id))]
        except (KaizenError, ValueError):
            known = []  # whoever drives it says so
        try:
            with self._outbox.lock("sort"):
                seen = self._outbox.seen(ticket_id)
                if seen is None:
                    self._outbox.mark(ticket_id, known)
            self._done[ticket_id] = set(known if seen is None else seen)
        except KaizenError as error:
            self._done[ticket_id] = set(known)
            self._said("notify", f"events can't be kept: {error}")
        self._items.put(_Item(ticket_id))

    def report(self, report: Report) -> None:
        self._items.put(_Item(report.id, report))

    def failed(self, ticket_id: str, why: str) -> None:
        """A roll-back could not be confirmed."""
        self._items.put(_Item(ticket_id, failed=why))

    def close(self, seconds: float) -> None:
        """Gives every event that wasn't tried yet one attempt, within so many seconds, and ends. What isn't delivered
        stays in the outbox."""
        end = self._clocks.ticking() + seconds
        self._items.put(None)
        self._thread.join(seconds)
        for postman in list(self._postmen.values()):
            postman.settle(max(0.0, end - self._clocks.ticking()))
            postman.stop()

    def say_what_waits(self) -> None:
        """How many events the receivers haven't got yet."""
        try:
            left = sum(one.receiver in self._postmen for one in self._outbox.waiting())
        except KaizenError as error:
            self._said("notify", str(error))
            return
        if left:
            events = f"{left} event{'' if left == 1 else 's'}"
            self._said("notify", f"{events} not delivered yet; `kaizen run` goes on with it")

    def _work(self) -> None:
        while True:
            try:
                item = self._items.get(timeout=POLL)
            except queue.Empty:
                self._refresh()
                self._sweep()
                continue
            if item is None:
                return
            self._refresh()
            if self._postmen:
                self._sort(item)

    def _catch_up(self) -> None:
        """What a process that was killed had written into logs and told nobody of."""
        if not self._postmen:
            return
        try:
            for ticket_id in self._outbox.followed(self._clocks.wall() - MAX_AGE):
                self._items.put(_Item(ticket_id))
        except KaizenError as error:
            self._said("notify", str(error))

    def _refresh(self) -> None:
        """The receivers of config.yml as it is now. What can't be read changes nothing."""
        try:
            info = os.stat(self._ws.config_path)
            stamp: tuple[int, ...] = (info.st_mtime_ns, info.st_size, info.st_ino)
        except OSError:
            stamp = ()
        if stamp == self._stamp:
            return
        try:
            receivers = receivers_of(load_config(self._ws), self._ws, self._env)
        except KaizenError:
            return  # whoever needs the settings says so
        self._stamp = stamp
        self._employ(receivers)

    def _employ(self, receivers: Sequence[Receiver]) -> None:
        before = self._postmen
        self._postmen = {}
        for one in receivers:
            postman = before.pop(one.key, None)
            if postman is None:
                postman = Postman(one, self._outbox, self._clocks, self._said)
                postman.start()
            postman.receiver = one
            self._postmen[one.key] = postman
        for gone in before.values():
            gone.stop()

    def _sweep(self) -> None:
        """What waits for a receiver that config.yml doesn't name any more is kept as long as any event."""
        if self._clocks.ticking() - self._swept < _SWEEP:
            return
        self._swept = self._clocks.ticking()
        try:
            for one in self._outbox.waiting():
                if one.receiver not in self._postmen and self._clocks.wall() - one.created > MAX_AGE:
                    self._outbox.remove(one.name)
        except KaizenError as error:
            self._said("notify", str(error))

    def _log(self, ticket_id: str) -> LogView:
        return read_log(read_log_bytes(self._ws.log_path(ticket_id)))

    def _sort(self, item: _Item) -> None:
        at = self._session.stamp()
        log, found = LogView(), list(self._driving(item, at))
        try:
            whole = self._log(item.ticket_id)
            found = [*notices(whole), *found]
            log = whole
        except (KaizenError, ValueError) as error:
            self._said("notify", f"{item.ticket_id}: the log can't be read: {error}")
        found += [one for one in _of_report(item, log, at) if one is not None]
        try:
            with self._outbox.lock("sort"):
                self._keep(item, found, log, self._outbox.seen(item.ticket_id))
        except KaizenError as error:
            self._said("notify", f"events can't be kept: {error}")
            self._keep(item, found, log, None, disk=False)

    def _keep(
        self, item: _Item, found: Sequence[Notice], log: LogView, seen: list[str] | None, *, disk: bool = True
    ) -> None:
        done = self._done.get(item.ticket_id)
        if done is None:  # not followed: what is new is what the act itself wrote, and what came after
            new = _from_the_act(item.fresh, log)
            done = set() if seen is not None else {one.key for one in found if one.key not in new}
        known = [*(seen or ()), *done]
        news = [one for one in found if one.key not in known]
        if not news and seen is not None:
            return
        subject = self._subject(item.ticket_id)
        for one in news:
            self._post(one, subject, disk=disk)
        self._done[item.ticket_id] = {*known, *(one.key for one in news)}
        if disk:
            self._outbox.mark(item.ticket_id, [*known, *(one.key for one in news)])

    def _post(self, one: Notice, subject: Subject, *, disk: bool) -> None:
        created = parse_rfc3339(one.at)
        if self._clocks.wall() - created > MAX_AGE:
            return
        for key, postman in self._postmen.items():
            if one.event not in postman.receiver.events:
                continue
            body = payload(one, subject, chat=postman.receiver.chat)
            name = letter_name(created, one.order, one.id, key)
            if disk:
                self._outbox.put(name, body)
                postman.wake()
            else:
                postman.carry(name, float(created), body)

    def _subject(self, ticket_id: str) -> Subject:
        try:
            fields = read_ticket_file(self._ws, ticket_id).fields
        except KaizenError:
            return Subject(ticket_id)
        return Subject(ticket_id, fields.title, fields.component, fields.owner, fields.severity)

    def _driving(self, item: _Item, at: str) -> Sequence[Notice]:
        """That nobody drives the canary because something can't be read, and that this is over."""
        report, ticket_id = item.report, item.ticket_id
        if report is None:
            return ()
        before = self._troubles.pop(ticket_id, None)
        if report.undriven:
            now = before or _Trouble(parse_rfc3339(at))
            self._troubles[ticket_id] = now = now._replace(looks=now.looks + 1)
            told = not_driven(ticket_id, now.since, f"it can't be driven: {report.trouble}", at, over=False)
            return (told,) if now.looks >= _NOT_ONCE else ()
        if before is None or before.looks < _NOT_ONCE:
            return ()
        return (not_driven(ticket_id, before.since, "", at, over=True),)


def _from_the_act(fresh: frozenset[str], log: LogView) -> frozenset[str]:
    """The hashes of an act's first entry and of all after it: its later ones may be in the log already, before anybody
    has heard of them."""
    hashes = [entry.hash for entry in log.events()]
    first = next((place for place, one in enumerate(hashes) if one in fresh), len(hashes))
    return fresh.union(hashes[first:])


def _of_report(item: _Item, log: LogView, at: str) -> Sequence[Notice | None]:
    """What the log alone doesn't say."""
    report = item.report
    if report is None:
        return (roll_back_failed(log, item.failed, at),) if item.failed else ()
    state = report.state
    if state is None or report.status != "canary":
        return ()
    if state.ending is not None and not state.ending.verified and report.trouble:
        return (roll_back_failed(log, report.trouble, at),)
    if state.verdict == "promote" and report.acts and report.acts[-1].kind == "wait" and state.pause is None:
        return (approval_needed(log, report.acts[-1].reason, at),)
    return ()


@contextmanager
def telling(session: Session, env: Mapping[str, str], said: Said, *ids: str) -> Iterator[Notifier]:
    """Tells the receivers what is done to these tickets with `Notifier.session`. said: as of `Notifier`."""
    notifier = Notifier(session, env, said)
    try:
        for ticket_id in ids:
            notifier.follow(ticket_id)
        yield notifier
    except SplitterError as error:
        for ticket_id in ids:
            notifier.failed(ticket_id, str(error))
        raise
    finally:
        notifier.close(_LAST)
        notifier.say_what_waits()

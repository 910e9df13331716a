"""Brings what waits to one receiver, in a thread of its own: a slow receiver keeps nobody else waiting."""

import threading
from collections.abc import Callable
from typing import NamedTuple

from kaizen_tui.core.delivery import Delivery, Letter
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.notify.receivers import Receiver
from kaizen_tui.notify.sender import Message, Outcome
from kaizen_tui.store.outbox import Outbox, event_of

POLL = 1.0  # seconds between two looks for what other processes put there
Said = Callable[[str, str], object]


class Clocks(NamedTuple):
    """wall: epoch seconds. ticking: monotonic seconds. chance: from 0 to 1, anew at each call."""

    wall: Callable[[], float]
    ticking: Callable[[], float]
    chance: Callable[[], float]


class Postman:
    """said: hears in words what a person should know, as (receiver, words), once as long as it lasts.

    One process at a time sends to a receiver; the others leave what they have in the outbox.
    """

    def __init__(self, receiver: Receiver, outbox: Outbox, clocks: Clocks, said: Said) -> None:
        self.receiver = receiver
        self._outbox = outbox
        self._clocks = clocks
        self._said = said
        self._delivery = Delivery(clocks.chance)
        self._lock = outbox.lock(receiver.key)
        self._unkept: dict[str, tuple[float, bytes]] = {}
        self._failing = ""
        self._change = threading.Condition()
        self._wanted = False
        self._ending = False
        self._settled = False
        self._closing = False
        self._ended = False
        self._thread = threading.Thread(target=self._work, name=receiver.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something was put into the outbox."""
        with self._change:
            self._wanted, self._settled = True, False
            self._change.notify_all()

    def carry(self, name: str, created: float, body: bytes) -> None:
        """Takes an event that could not be kept on disk; it lives as long as this process."""
        with self._change:
            self._unkept[name] = (created, body)
        self.wake()

    def settle(self, seconds: float) -> bool:
        """Waits until there is nothing to send, or not yet again; False when the time is over before."""
        with self._change:
            self._wanted = self._closing = True
            self._change.notify_all()
            return self._change.wait_for(lambda: self._settled or self._ended, seconds)

    def stop(self) -> None:
        """Ends after the attempt under way."""
        with self._change:
            self._ending = True
            self._change.notify_all()

    def _work(self) -> None:
        try:
            while not self._ending:
                pause = self.turn()
                with self._change:
                    self._change.wait_for(lambda: self._wanted or self._ending, pause)
        finally:
            self._lock.release()
            with self._change:
                self._ended = True
                self._change.notify_all()

    def turn(self) -> float:
        """Sends one event, if it is time for one; returns how many seconds to wait before the next turn."""
        with self._change:
            self._wanted = False
        try:
            return self._turn()
        except KaizenError as error:
            self._tell(f"the events that wait can't be read: {error}")
            self._settle()
            return POLL

    def _turn(self) -> float:
        if not self._lock.take():
            if not self._letters():
                self._settle()  # whoever sends to it has sent all
            return POLL / 10 if self._closing else POLL
        self._look()
        now = self._clocks.ticking()
        letter = self._delivery.next(now)
        if letter is None:
            self._settle()
            pause = self._delivery.pause(now)
            return POLL if pause is None else min(POLL, pause)
        message = self._message(letter)
        if message is None:
            self._delivery.drop(letter)
        else:
            self._heard(letter, self.receiver.sender.send(message, self._clocks.wall()))
        return 0.0

    def _letters(self) -> list[Letter]:
        found = [Letter(one.name, one.created) for one in self._outbox.waiting() if one.receiver == self.receiver.key]
        with self._change:
            return found + [Letter(name, created) for name, (created, _) in self._unkept.items()]

    def _look(self) -> None:
        self._delivery.keep(self._letters())
        old = self._delivery.outdated(self._clocks.wall())
        for letter in old:
            self._remove(letter)
        if old:
            self._said(self.receiver.name, f"{_events(len(old))} could not be delivered for too long: dropped")

    def _message(self, letter: Letter) -> Message | None:
        with self._change:
            unkept = self._unkept.get(letter.name)
        if unkept is not None:
            return Message(event_of(letter.name), unkept[1])
        body = self._outbox.read(letter.name)
        return None if body is None else Message(event_of(letter.name), body)

    def _remove(self, letter: Letter) -> None:
        with self._change:
            self._unkept.pop(letter.name, None)
        self._outbox.remove(letter.name)
        self._delivery.drop(letter)

    def _heard(self, letter: Letter, outcome: Outcome) -> None:
        now = self._clocks.ticking()
        if outcome.kind == "delivered":
            self._remove(letter)
            self._delivery.delivered(letter)
            if self._failing:
                self._failing = ""
                self._said(self.receiver.name, "gets the events again")
            return
        if outcome.kind == "refused":
            self._delivery.refused(letter, now, outcome.why)
        else:
            self._delivery.unreachable(letter, now, outcome.why, outcome.asked)
        self._tell(f"{outcome.why}; {_events(len(self._delivery))} waiting for it")

    def _tell(self, words: str) -> None:
        what = words.partition(";")[0]
        if what != self._failing:
            self._failing = what
            self._said(self.receiver.name, words)

    def _settle(self) -> None:
        with self._change:
            if not self._wanted:
                self._settled = True
                self._change.notify_all()


def _events(count: int) -> str:
    return f"{count} event{'' if count == 1 else 's'}"

"""What every way to a receiver has in common."""

from typing import Literal, NamedTuple, Protocol


class Message(NamedTuple):
    """One event for one receiver. id: the same at each attempt. body: JSON in ASCII, the same at each attempt."""

    id: str
    body: bytes


class Outcome(NamedTuple):
    """How an attempt went. why: in words, without addresses and secrets. asked: seconds that the receiver asked for.

    refused: the receiver works and doesn't take this event; unreachable: it would take none just now.
    """

    kind: Literal["delivered", "unreachable", "refused"]
    why: str = ""
    asked: float = 0.0


DELIVERED = Outcome("delivered")


class Sender(Protocol):
    def send(self, message: Message, now: float) -> Outcome:
        """One attempt. now: epoch seconds. Whatever goes wrong outside is an outcome."""

    def fault(self) -> str:
        """Why it can't work as it is set up, in words; "" where nothing is known against it. Sends nothing."""

"""Who gets the canary: the protocol that every splitter speaks. What is set is read back; what can't be is an error."""

from typing import NamedTuple, Protocol

from kaizen_tui.core.errors import KaizenError

# A share is a whole number of these: 0.01 % of the users is the smallest step.
PARTS = 10_000


class SplitterError(KaizenError):
    """The share could not be set, or nobody can say what it is. During a canary that is a reason to roll back."""


class Draw(NamedTuple):
    """How users are drawn. salt: the ticket's uid, so that each canary gets other users than the last one."""

    ticket_id: str
    salt: str


class Splitter(Protocol):
    """Sends a share of the users to the canary. Sticky: a user who got it keeps it while the share grows."""

    @property
    def name(self) -> str:
        """As in config.yml."""

    def set_share(self, fraction: float, draw: Draw) -> None:
        """Sets the share (0 to 1) and reads it back. Raises SplitterError."""

    def share(self) -> float:
        """The share in effect now. Raises SplitterError."""

    def verify(self, fraction: float, draw: Draw) -> None:
        """Raises SplitterError unless this share is in effect for these users, now and after a restart."""


def parts_of(fraction: float) -> int:
    """The share as a number of PARTS. A share above 0 is never rounded to nobody."""
    if not 0 <= fraction <= 1:
        raise ValueError("a share lies between 0 and 1")
    return max(1, round(fraction * PARTS)) if fraction > 0 else 0

"""What is told about canaries. Workers post, screens own the state."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from kaizen_tui.loop.canary_standing import Standing


class CanariesReady(Message):
    """Canaries were read. ids: of the tickets that were asked about; every: those are all that are in canary."""

    def __init__(
        self, generation: int, standings: "Mapping[str, Standing]", ids: frozenset[str], *, every: bool
    ) -> None:
        super().__init__()
        self.generation = generation
        self.standings = standings
        self.ids = ids
        self.every = every


class CanariesShown(Message, bubble=False):
    """The board shows other canaries; for the screens above it."""

    def __init__(self, standings: "Mapping[str, Standing]") -> None:
        super().__init__()
        self.standings = standings

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, CanariesShown)

"""What is told about the platform's metrics and about times past. Workers post, screens own the state."""

from typing import TYPE_CHECKING

from textual.message import Message

from kaizen_tui.metrics.platform import Platform
from kaizen_tui.metrics.source import Series

if TYPE_CHECKING:
    from kaizen_tui.core.flow import Flow
    from kaizen_tui.metrics.propose import Proposal
    from kaizen_tui.tui.columns import Columns
    from kaizen_tui.tui.promotion_marks import Mark


class PlatformReady(Message):
    """The metrics were read. A later reading supersedes one that is still in the queue.

    generation: counts the readings; an older one than what is shown is dropped.
    limits:     of work in progress, by status. refresh: seconds until the next reading.
    """

    def __init__(self, generation: int, platform: Platform, limits: dict[str, int], refresh: float) -> None:
        super().__init__()
        self.generation = generation
        self.platform = platform
        self.limits = limits
        self.refresh = refresh

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, PlatformReady)


class PlatformShown(Message, bubble=False):
    """The board shows other metrics; for the screens above it."""

    def __init__(self, platform: Platform) -> None:
        super().__init__()
        self.platform = platform

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, PlatformShown)


class ComponentPicked(Message):
    """A component's panel was clicked."""

    def __init__(self, component: str) -> None:
        super().__init__()
        self.component = component


class PastReady(Message):
    """The columns as they were. visit: which journey asked; at: epoch seconds; earliest: when the first ticket was
    made."""

    def __init__(self, generation: int, visit: int, at: int, columns: "Columns", earliest: int) -> None:
        super().__init__()
        self.generation = generation
        self.visit = visit
        self.at = at
        self.columns = columns
        self.earliest = earliest

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, PastReady)


class FlowReady(Message):
    """The flow figures. limits: of work in progress, by status."""

    def __init__(self, flow: "Flow", limits: dict[str, int]) -> None:
        super().__init__()
        self.flow = flow
        self.limits = limits


class ProposalsReady(Message):
    """What a server has series for."""

    def __init__(self, proposals: "tuple[Proposal, ...]") -> None:
        super().__init__()
        self.proposals = proposals


class ProposalsAdded(Message):
    """Metrics were written into a component's file. names: theirs."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names


class SpanReady(Message):
    """A component's metrics over another span than the panels'. series: by the metric's name. key: of what."""

    def __init__(self, key: tuple[object, ...], series: dict[str, Series]) -> None:
        super().__init__()
        self.key = key
        self.series = series

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SpanReady)


class ChartReady(Message):
    """A chart was drawn: plain lines. key: of what and how large. marks: of promotions, oldest first."""

    def __init__(
        self, key: tuple[object, ...], lines: tuple[str, ...], trouble: str = "", marks: "tuple[Mark, ...]" = ()
    ) -> None:
        super().__init__()
        self.marks = marks
        self.key = key
        self.lines = lines
        self.trouble = trouble

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ChartReady)

"""What the dashboard's parts tell each other. Workers only post messages; screens and the app own the state."""

from typing import TYPE_CHECKING

from textual.message import Message

from kaizen_tui.core.problem import Problem
from kaizen_tui.core.row import TicketRow
from kaizen_tui.tui.actions import Action
from kaizen_tui.tui.columns import Columns

if TYPE_CHECKING:
    from textual.content import Content

    from kaizen_tui.core.unmet import Decision


class SnapshotReady(Message):
    """The tickets were read. A later reading supersedes an earlier one that is still in the queue.

    generation: counts the readings of this run; an older one than what is shown is dropped.
    same_as:    equal for equal contents, so that nothing is drawn when nothing changed.
    """

    def __init__(self, generation: int, columns: Columns, problems: tuple[Problem, ...], same_as: int) -> None:
        super().__init__()
        self.generation = generation
        self.columns = columns
        self.problems = problems
        self.same_as = same_as

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SnapshotReady)


class LoadFailed(Message):
    """The tickets could not be read at all; what was shown stays. `reason` is a sentence for people."""

    def __init__(self, generation: int, reason: str) -> None:
        super().__init__()
        self.generation = generation
        self.reason = reason


class FilesChanged(Message):
    """Something in the workspace changed on disk. paths: absolute; empty when it is not known which."""

    def __init__(self, paths: frozenset[str]) -> None:
        super().__init__()
        self.paths = paths


class WorkspaceTouched(Message, bubble=False):
    """Something changed on disk while another screen than the board is shown. paths: absolute; empty: unknown."""

    def __init__(self, paths: frozenset[str]) -> None:
        super().__init__()
        self.paths = paths


class CursorMoved(Message):
    """Another card is selected (None: the column is empty)."""

    def __init__(self, row: TicketRow | None) -> None:
        super().__init__()
        self.row = row

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, CursorMoved)


class CardOpened(Message):
    """A card was double-clicked."""


class CardDragged(Message):
    """The card under the cursor is dragged over another column than before. first: the drag begins."""

    def __init__(self, column: int, *, first: bool) -> None:
        super().__init__()
        self.column = column
        self.first = first


class CardDropped(Message):
    """The dragged card was let go over a column."""

    def __init__(self, column: int) -> None:
        super().__init__()
        self.column = column


class ColumnAimed(Message):
    """While a ticket is being moved, a column was clicked."""

    def __init__(self, column: int) -> None:
        super().__init__()
        self.column = column


class ActionPressed(Message):
    """An action was clicked in the footer."""

    def __init__(self, action: Action) -> None:
        super().__init__()
        self.action = action


class Progress(Message):
    """A long first reading goes on."""

    def __init__(self, done: int, total: int) -> None:
        super().__init__()
        self.done = done
        self.total = total

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Progress)


class RegistryRead(Message):
    """Settings and components were checked; `problems` is what is wrong with them. bare: there is no component."""

    def __init__(self, problems: tuple[Problem, ...], *, bare: bool = False) -> None:
        super().__init__()
        self.problems = problems
        self.bare = bare


class DecisionsReady(Message):
    """What the gates say of every move of a ticket."""

    def __init__(self, ticket_id: str, decisions: "dict[str, Decision]") -> None:
        super().__init__()
        self.ticket_id = ticket_id
        self.decisions = decisions


class MoveAnswered(Message):
    """A move was written, or refused."""

    def __init__(self, ticket_id: str, decision: "Decision") -> None:
        super().__init__()
        self.ticket_id = ticket_id
        self.decision = decision


class TicketCreated(Message):
    """A new ticket is on disk. `warnings` in words."""

    def __init__(self, ticket_id: str, warnings: tuple[str, ...]) -> None:
        super().__init__()
        self.ticket_id = ticket_id
        self.warnings = warnings


class Said(Message):
    """A word for the last line of the screen."""

    def __init__(self, word: str, *, bad: bool = False) -> None:
        super().__init__()
        self.word = word
        self.bad = bad


class DetailReady(Message):
    """A ticket's details, ready to be shown. A later one supersedes an earlier one.

    number: of the reading. whole: with what a server says; without it there is more to come.
    """

    def __init__(self, number: int, ticket_id: str, content: "Content", *, whole: bool = True) -> None:
        super().__init__()
        self.number = number
        self.ticket_id = ticket_id
        self.content = content
        self.whole = whole

    def can_replace(self, message: Message) -> bool:
        # This one in the queue gives way to `message`, but not to what an older reading comes with at last.
        return isinstance(message, DetailReady) and (message.number, message.whole) >= (self.number, self.whole)


class Failed(Message):
    """Something that a person asked for could not be done; `error` is said in words. `about` says what it was for."""

    def __init__(self, about: str, error: Exception) -> None:
        super().__init__()
        self.about = about
        self.error = error


class JobCrashed(Message):
    """A bug in a worker."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

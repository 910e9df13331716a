"""What workers tell the screens of one ticket. `generation` counts a screen's readings: older answers are dropped."""

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from textual.content import Content

    from kaizen_tui.tui.ticket.dossier import Dossier
    from kaizen_tui.tui.ticket.pages import Pages
    from kaizen_tui.tui.ticket.signing import Signable


class PagesReady(Message, bubble=False):
    """A ticket's pages were read."""

    def __init__(self, generation: int, pages: "Pages") -> None:
        super().__init__()
        self.generation = generation
        self.pages = pages


class DossierReady(Message, bubble=False):
    """What stands to be approved was read."""

    def __init__(self, generation: int, dossier: "Dossier") -> None:
        super().__init__()
        self.generation = generation
        self.dossier = dossier


class ReadingFailed(Message, bubble=False):
    """The ticket can't be read (any more)."""

    def __init__(self, generation: int, error: Exception) -> None:
        super().__init__()
        self.generation = generation
        self.error = error


class ApprovalWritten(Message, bubble=False):
    """The approval is in the log. doubt: why it does not count all the same, or ""."""

    def __init__(self, doubt: str) -> None:
        super().__init__()
        self.doubt = doubt


class ApprovalFailed(Message, bubble=False):
    """The approval was not written."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class CriteriaReady(Message):
    """The manual criteria that can be signed off, for the pick list, and how the others stand."""

    def __init__(self, ticket_id: str, criteria: "Signable") -> None:
        super().__init__()
        self.ticket_id = ticket_id
        self.criteria = criteria


class EvaluationAsked(Message, bubble=False):
    """A person wants a ticket evaluated. has_card: there is a score-card that it would replace."""

    def __init__(self, ticket_id: str, *, has_card: bool) -> None:
        super().__init__()
        self.ticket_id = ticket_id
        self.has_card = has_card


class Told(Message):
    """Something was done to a ticket, in words."""

    def __init__(self, ticket_id: str, content: "Content") -> None:
        super().__init__()
        self.ticket_id = ticket_id
        self.content = content

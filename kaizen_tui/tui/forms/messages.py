"""What the forms' workers tell their screens."""

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kaizen_tui.core.fields import TicketFields
    from kaizen_tui.metrics.live import Live
    from kaizen_tui.tui.forms.work import Opened


class FormReady(Message):
    """The form can be shown."""

    def __init__(self, opened: "Opened") -> None:
        super().__init__()
        self.opened = opened


class TheirsRead(Message):
    """The ticket on disk is another than the form began with.

    saving: it was found out by saving, which goes on when nothing clashes. A later reading replaces an earlier one.
    """

    def __init__(self, theirs: "TicketFields", etag: str, *, saving: bool) -> None:
        super().__init__()
        self.theirs = theirs
        self.etag = etag
        self.saving = saving


class FormSaved(Message):
    """It is on disk. said: in words, for the board. warnings: in words."""

    def __init__(self, ticket_id: str, said: str, warnings: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.ticket_id = ticket_id
        self.said = said
        self.warnings = warnings


class FormFailed(Message):
    """Reading or saving failed. opening: there is no form to go back to."""

    def __init__(self, error: Exception, *, opening: bool = False) -> None:
        super().__init__()
        self.error = error
        self.opening = opening


class FormMeasured(Message):
    """What a component's metrics measure now. component: its id."""

    def __init__(self, component: str, live: "Mapping[str, Live]") -> None:
        super().__init__()
        self.component = component
        self.live = live


class DraftFailed(Message):
    """The draft can't be kept on disk."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

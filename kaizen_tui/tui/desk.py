"""Everything the dashboard does to a workspace goes through here: the one place that refuses when it is read-only.

Called in worker threads. What is heavy to import (pydantic models, gates) is imported here when it is first needed.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from kaizen_tui.core.errors import ConflictError, KaizenError
from kaizen_tui.core.row import TicketRow
from kaizen_tui.tui.deeds.undo_stack import UndoStack

if TYPE_CHECKING:
    from kaizen_tui.core.facts import Facts
    from kaizen_tui.core.unmet import Decision
    from kaizen_tui.loop.context import Session, Wrote
    from kaizen_tui.loop.edit import Changes, Updated
    from kaizen_tui.loop.plan import Created, NewTicket


class ReadOnlyError(KaizenError):
    """The dashboard was started with --read-only."""

    def __init__(self) -> None:
        super().__init__("this board is read-only", hint="start kaizen-tui without --read-only to change it")


class PastError(KaizenError):
    """The board shows an instant of the past. as_of: which, in words."""

    def __init__(self, as_of: str) -> None:
        super().__init__(f"the board shows {as_of}, and the past can't be changed", hint="go back to now first")


class Sheet(NamedTuple):
    """What a person is asked to approve.

    facts:    as gathered, at the moment of asking.
    purpose:  "plan", "canary" or "complete". why_not: why this person's approval would not count, or "".
    decision: on the move that this approval is for (None in a final status).
    """

    facts: "Facts"
    purpose: str
    why_not: str
    decision: "Decision | None"


class Desk:
    """The workspace as one person works on it. `open_session` finds out who that is; it may ask git."""

    def __init__(self, open_session: "Callable[[], Session]", *, read_only: bool = False) -> None:
        self._open_session = open_session
        self._session: Session | None = None
        self.read_only = read_only
        self.undo_stack = UndoStack()
        self._own: set[str] = set()
        self.own_entries: frozenset[str] = frozenset()  # hashes of what this board wrote into logs
        # While the board shows the past: the instant, in words.
        self.as_of = ""

    @property
    def session(self) -> "Session":
        """Who acts, where, when. Raises UsageError when the name can't be used."""
        if self._session is None:
            self._session = self._open_session()._replace(wrote=self._heard)
        return self._session

    def _writing(self) -> "Session":
        if self.read_only:
            raise ReadOnlyError
        if self.as_of:
            raise PastError(self.as_of)
        return self.session

    def writing(self) -> "Session":
        """The session, for an act that changes something. Raises ReadOnlyError, PastError."""
        return self._writing()

    def _heard(self, wrote: "Wrote") -> None:
        """In a worker: this person changed a ticket."""
        self.undo_stack.heard(wrote)
        self._own.add(wrote.ticket_id)
        self.own_entries |= {entry.hash for entry in wrote.entries}

    def take_own(self) -> set[str]:
        """The tickets that this person changed since the last call: what happened to them is no news."""
        own, self._own = self._own, set()
        return own

    def decisions(self, ticket_id: str) -> "dict[str, Decision]":
        """For every other status: whether the ticket may move there now, and why not."""
        from kaizen_tui.core.gates import decide
        from kaizen_tui.core.states import STATUSES
        from kaizen_tui.loop.facts import gather

        session = self.session
        facts = gather(session, ticket_id)
        others = (status for status in STATUSES if status != facts.ticket.status)
        return {status: decide(facts, status, actor=session.actor) for status in others}

    def move(self, row: TicketRow, target: str, *, reason: str = "", override: str = "") -> "Decision":
        """Moves the ticket if its gates let it; refuses when it is no longer where the board showed it."""
        from kaizen_tui.loop.govern import move

        session = self._writing()
        etag = self._unmoved(row)
        return move(session, row.id, target, reason=reason, override=override, if_match=etag)

    def _unmoved(self, row: TicketRow) -> str:
        from kaizen_tui.store.reading import read_ticket_file

        file = read_ticket_file(self.session.workspace, row.id)
        if file.fields.status != row.status:
            raise ConflictError(
                f"{row.id} was moved to {file.fields.status} meanwhile", hint="look at it again, then decide"
            )
        return file.etag

    def sheet(self, ticket_id: str) -> Sheet:
        """What an approval given now would approve."""
        from kaizen_tui.core.gates import decide
        from kaizen_tui.core.governance import PURPOSES, may_approve
        from kaizen_tui.core.lifecycle import next_status
        from kaizen_tui.loop.facts import gather

        session = self.session
        facts = gather(session, ticket_id)
        purpose = PURPOSES[facts.ticket.status]
        following = next_status(facts.ticket.status)
        return Sheet(
            facts,
            purpose,
            may_approve(facts, session.actor) or "",
            decide(facts, following, actor=session.actor) if following else None,
        )

    def approve(self, sheet: Sheet, note: str, shown: "Mapping[str, Any] | None" = None) -> str:
        """Approves what the sheet shows; returns why that does not count, or "". shown: the numbers on the screen.

        Raises ConflictError when what the sheet shows is not what stands there any more.
        """
        from kaizen_tui.loop.govern import approve
        from kaizen_tui.loop.signing import signer_for

        session = self._writing()
        signer = signer_for(session, wanted=False)
        return approve(session, sheet.facts.ticket.id, note, sign=signer, seen=sheet.facts, shown=shown).doubt

    def can_sign(self) -> bool:
        """Whether there is a key for where signatures are required."""
        from kaizen_tui.loop.signing import signer_for

        return signer_for(self.session, wanted=False) is not None

    def reject(self, ticket_id: str, note: str) -> None:
        """Says no, with the reason."""
        from kaizen_tui.loop.govern import reject
        from kaizen_tui.loop.signing import signer_for

        session = self._writing()
        reject(session, ticket_id, note, sign=signer_for(session, wanted=False))

    def sign_off(self, ticket_id: str, criterion: str, note: str) -> str:
        """Signs off a manual criterion, given by its whole text; returns why that does not count, or ""."""
        from kaizen_tui.loop.govern import sign_off
        from kaizen_tui.loop.signing import signer_for

        session = self._writing()
        return sign_off(session, ticket_id, criterion, note, sign=signer_for(session, wanted=False)).doubt

    def abort(self, ticket_id: str, reason: str) -> "Decision":
        """Aborts the ticket, if the gate lets it."""
        from kaizen_tui.loop.govern import move

        return move(self._writing(), ticket_id, "aborted", reason=reason)

    def create(self, new: "NewTicket") -> "Created":
        """Makes a ticket."""
        from kaizen_tui.loop.plan import new_ticket

        created = new_ticket(self._writing(), new)
        self.undo_stack.created(created.id)
        self._own.add(created.id)
        return created

    def update(self, ticket_id: str, changes: "Changes", if_match: str) -> "Updated":
        """Changes fields of a ticket. Raises ConflictError when it is not the one that was seen."""
        from kaizen_tui.loop.edit import update

        return update(self._writing(), ticket_id, changes, if_match=if_match)

    def take_text(self, ticket_id: str, text: bytes, if_match: str) -> "Updated":
        """Takes a ticket's file as a person edited it. Raises ConflictError, YamlProblems."""
        from kaizen_tui.loop.edit import apply_edited_text

        return apply_edited_text(self._writing(), ticket_id, text, if_match)

"""Move mode: a ticket is held, arrows aim at a column, the gate's answer stands below in words, Enter commits."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import STATUSES
from kaizen_tui.tui import words
from kaizen_tui.tui.messages import DecisionsReady, Failed, MoveAnswered

if TYPE_CHECKING:
    from textual.content import Content
    from textual.message import Message

    from kaizen_tui.core.unmet import Decision
    from kaizen_tui.tui.desk import Desk
    from kaizen_tui.tui.jobs import Jobs

MOVING = "moving"


class MoveMode:
    """One ticket on its way. The screen shows what `say` and `aim_at` are given, and asks for reasons.

    `column` is where it would go; `current` where it is; `busy` is true while a move is being written.
    """

    def __init__(
        self,
        row: TicketRow,
        desk: "Desk",
        jobs: "Jobs",
        *,
        post: "Callable[[Message], object]",
        say: "Callable[[Content], None]",
        aim_at: Callable[[int], None],
    ) -> None:
        self.row = row
        self.current = STATUSES.index(row.status)
        self.column = self.current if row.status in STATUSES[-2:] else self.current + 1
        self.busy = False
        self._desk, self._jobs = desk, jobs
        self._post, self._say, self._aim_at = post, say, aim_at
        self._decisions: dict[str, Decision] = {}
        self._failure: Content | None = None

    def start(self) -> None:
        """Shows the mode and asks the gates."""
        ticket_id = self.row.id
        self._jobs.ask(
            lambda: DecisionsReady(ticket_id, self._desk.decisions(ticket_id)),
            self._post,
            lambda error: Failed(MOVING, error),
        )
        self.aim(self.column)

    @property
    def target(self) -> str:
        """The status aimed at."""
        return STATUSES[self.column]

    @property
    def decision(self) -> "Decision | None":
        """What the gates say of the status aimed at; None while they are being asked."""
        return self._decisions.get(self.target)

    @property
    def shut(self) -> bool:
        """Whether the gate aimed at has answered, and refuses."""
        return self.decision is not None and bool(words.without_reason(self.decision))

    @property
    def can_override(self) -> bool:
        """Whether a reason could open the gate aimed at. The ticket's owner will still be refused."""
        decision = self.decision
        if decision is None or not (self.shut and decision.enforced):
            return False
        return all(unmet.overridable for unmet in words.without_reason(decision))

    @property
    def can_commit(self) -> bool:
        """Whether Enter would ask for the move to be written."""
        return self.column != self.current and not self.busy

    def aim(self, column: int) -> None:
        """Aims at a column, 0..6; out of range is ignored."""
        if 0 <= column < len(STATUSES) and not self.busy:
            self.column = column
            self._aim_at(column)
            self._tell()

    def answered(self, decisions: "dict[str, Decision]") -> None:
        """The gates have answered."""
        self._decisions = decisions
        self._tell()

    def failed(self, error: Exception) -> None:
        """Asking or moving failed: said where the gate's words stand."""
        self.busy = False
        self._failure = words.failure(error)
        self._tell()

    def refused(self, decision: "Decision") -> None:
        """The move was refused: the ticket stays, and the words say why."""
        self.busy = False
        self._decisions[decision.target] = decision
        self._say(words.outcome(self.row.id, decision))

    def commit(self, *, reason: str = "", override: str = "") -> None:
        """Writes the move in a worker; the answer comes as MoveAnswered or Failed."""
        if not self.can_commit:
            return
        self.busy = True
        row, target = self.row, self.target
        self._say(words.text(f" Moving {row.id} …", words.MUTED))
        self._jobs.ask(
            lambda: MoveAnswered(row.id, self._desk.move(row, target, reason=reason, override=override)),
            self._post,
            lambda error: Failed(MOVING, error),
            writes=True,
        )

    def _tell(self) -> None:
        if self._failure is not None:
            self._say(self._failure)
            self._failure = None
        elif self.column == self.current:
            self._say(words.stays(self.row.id, self.row.status))
        elif self.decision is None:
            self._say(words.text(f" {self.row.id}: asking the gates …", words.MUTED))
        else:
            self._say(words.preview(self.row.id, self.decision))

"""Which criteria a person can sign off, for the pick list. Runs in a worker."""

from typing import TYPE_CHECKING

from kaizen_tui.core import governance
from kaizen_tui.core.conditions import ROLLBACK
from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.states import FINAL
from kaizen_tui.core.unmet import title
from kaizen_tui.tui.ticket.dossier import Criterion, criteria_of

if TYPE_CHECKING:
    from kaizen_tui.loop.context import Session


def manual_criteria(session: "Session", ticket_id: str) -> tuple[Criterion, ...]:
    """The manual success criteria; in canary also the rollback. Raises UsageError in a final status."""
    from kaizen_tui.loop.facts import gather

    facts = gather(session, ticket_id)
    status = facts.ticket.status
    if status in FINAL:
        raise UsageError(f"{ticket_id} is {title(status)}: there is nothing left to sign off")
    found = [one for one in criteria_of(facts) if not one.automatic and not one.abort]
    if status == "canary":
        done = governance.signed_off(facts, ROLLBACK)
        said = "that the rollback was executed and verified"
        found.append(Criterion(ROLLBACK, False, False, "met" if done else "open", said))
    return tuple(found)

"""Which criteria a person can sign off, for the pick list. Runs in a worker."""

from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core import governance
from kaizen_tui.core.conditions import ROLLBACK, readings
from kaizen_tui.core.errors import KaizenError, UsageError
from kaizen_tui.core.states import FINAL
from kaizen_tui.core.unmet import title
from kaizen_tui.tui.ticket.dossier import Criterion, criteria_of

if TYPE_CHECKING:
    from kaizen_tui.core.fields import ComponentFields
    from kaizen_tui.loop.context import Session
    from kaizen_tui.tui.detail import Measure


class Signable(NamedTuple):
    """criteria: those that a person can sign off. measured: the others, for the eye."""

    criteria: tuple[Criterion, ...]
    measured: tuple[Criterion, ...]


def signable(session: "Session", ticket_id: str, measure: "Measure | None" = None) -> Signable:
    """The manual success criteria; in canary also the rollback. measure: what the automatic ones measure now. Raises
    UsageError in a final status."""
    from kaizen_tui.loop.facts import gather

    facts = gather(session, ticket_id)
    status = facts.ticket.status
    if status in FINAL:
        raise UsageError(f"{ticket_id} is {title(status)}: there is nothing left to sign off")
    component, ticket = facts.component, facts.ticket
    named = readings(facts, (*ticket.success_criteria, *ticket.abort_criteria))
    fields = find_fields(session, ticket.component) if component is not None and measure is not None else None
    live = measure(fields, named, status) if fields is not None and measure is not None else {}
    every = criteria_of(facts, live)
    found = [one for one in every if not one.automatic and not one.abort]
    if status == "canary":
        done = governance.signed_off(facts, ROLLBACK)
        said = "that the rollback was executed and verified"
        found.append(Criterion(ROLLBACK, False, False, "met" if done else "open", said))
    return Signable(tuple(found), tuple(one for one in every if one.automatic))


def find_fields(session: "Session", component_id: str) -> "ComponentFields | None":
    """The component as the light modules know it."""
    from kaizen_tui.store.reading import read_component_file

    try:
        return read_component_file(session.workspace, component_id).fields
    except KaizenError:  # `gather` has just read it; what changed since, the next look shows
        return None

"""A ticket as an incident update in Markdown, to be pasted into a chat or a status page. Pure."""

import re

from kaizen_tui.core.facts import Facts
from kaizen_tui.core.gates import unmet_next
from kaizen_tui.core.governance import PURPOSES, approvals, needed
from kaizen_tui.core.lifecycle import next_status
from kaizen_tui.core.states import STATUS_TITLES
from kaizen_tui.core.text import safe

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~@!])")
_MOST = 5


def plain(text: str) -> str:
    """Any text as one line of Markdown that is shown as it stands: nothing in it is a link, a mention or a heading."""
    return _SPECIAL.sub(r"\\\1", safe(" ".join(text.split())))


def incident_update(facts: Facts, at: str) -> str:
    """at: the present, as shown."""
    ticket, component = facts.ticket, facts.component
    tier = f", tier {component.tier}" if component is not None else ""
    said = [
        f"**{plain(ticket.id)}: {plain(ticket.title)}**",
        "",
        f"- Status: {STATUS_TITLES[ticket.status]} ({at})",
        f"- Component: {plain(ticket.component)}{tier}",
        f"- Severity: {ticket.severity}",
        f"- Owner: {plain(ticket.owner) or 'nobody'}",
    ]
    if ticket.objective.strip():
        said.append(f"- Objective: {plain(ticket.objective)}")
    if facts.score_card is not None:
        said.append(f"- Score-card: {plain(str(facts.score_card.verdict))}")
    following = next_status(ticket.status)
    if following is not None:
        purpose = PURPOSES[ticket.status]
        said.append(f"- Approvals: {len(approvals(facts, purpose))} of {needed(facts, purpose)}")
        missing = unmet_next(facts)
        said.append(f"- Before {STATUS_TITLES[following]}:{'' if missing else ' nothing is missing'}")
        said += [f"  - {plain(unmet.text)}" for unmet in missing[:_MOST]]
        if len(missing) > _MOST:
            said.append(f"  - and {len(missing) - _MOST} more")
    if ticket.rollback_plan.strip():
        said.append(f"- Rollback: {plain(ticket.rollback_plan)}")
    return "\n".join(said) + "\n"

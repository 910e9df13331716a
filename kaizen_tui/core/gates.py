"""May this ticket move there? One pure function, one value; command line, board and `kaizen why` print the same.

Gates are cumulative: `unmet` for a state holds what every earlier state asked for as well. From
`governance.enforce_from` on an unmet condition refuses; before that it warns and is logged with the move.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kaizen_tui.core import commands
from kaizen_tui.core.actors import parse_actor
from kaizen_tui.core.conditions import CONDITIONS
from kaizen_tui.core.facts import Facts, MetricState
from kaizen_tui.core.governance import has_owned, is_owner, owner_of
from kaizen_tui.core.lifecycle import EDGES, check_move, gates_up_to, next_status, order
from kaizen_tui.core.states import FINAL, STATUSES
from kaizen_tui.core.unmet import Decision, Unmet, describe

__all__ = ["Decision", "Facts", "MetricState", "Unmet", "decide", "describe", "status_fields", "unmet", "unmet_next"]


def unmet(facts: Facts, target: str) -> tuple[Unmet, ...]:
    """The conditions of `target` and of every state before it that don't hold, in lifecycle order."""
    return tuple(condition for state in gates_up_to(target) for condition in CONDITIONS[state](facts))


def unmet_next(facts: Facts) -> tuple[Unmet, ...]:
    """What is unmet for the next state forward; () in a final one."""
    following = next_status(facts.ticket.status)
    return unmet(facts, following) if following is not None else ()


def decide(facts: Facts, target: str, *, actor: str, reason: str = "", override: str = "") -> Decision:
    """Whether `actor` may move the ticket to `target` now.

    reason:   why, required for aborted (an override's reason will do).
    override: a reason to pass enforced conditions; not for the owner, and not past the lifecycle or a missing verdict.
    Never raises: a wrong target is a refusal.
    """
    current = facts.ticket.status
    if target == current:
        return Decision(True, target, False, ticket=facts.ticket.id, current=current)
    enforced = _is_enforced(facts, target)
    edge = check_move(current, target)
    if edge is not None:
        # What else stands in the way of a state further on is worth knowing; behind or past the end it is noise.
        ahead = target in STATUSES and current not in FINAL and order(target) > order(current)
        others = unmet(facts, target) if ahead else ()
        refused = (_with_next_step(facts, edge, target), *others)
        return Decision(False, target, enforced, refused, ticket=facts.ticket.id, current=current)
    required = _reason(facts, target, reason or override)
    conditions = unmet(facts, target)
    absolute = tuple(condition for condition in conditions if not condition.overridable)
    passable = tuple(condition for condition in conditions if condition.overridable)
    if not enforced or not passable or not override:
        refused = (*required, *(conditions if enforced else absolute))
        warnings = () if enforced else passable
        return Decision(not refused, target, enforced, refused, warnings, "", facts.ticket.id, current)
    against = _against_override(facts, actor, override)
    if against:
        return Decision(False, target, enforced, (*required, *against, *conditions), (), "", facts.ticket.id, current)
    refused = (*required, *absolute)
    return Decision(not refused, target, enforced, refused, passable, override.strip(), facts.ticket.id, current)


def _is_enforced(facts: Facts, target: str) -> bool:
    if target == "aborted":
        return True
    return target in STATUSES and order(target) >= order(facts.config.governance.enforce_from)


def _with_next_step(facts: Facts, edge: Unmet, target: str) -> Unmet:
    """The refused edge with the move that comes next on the way to `target`."""
    if edge.command or target not in STATUSES or target == "draft":
        return edge
    forward = [
        status for status in EDGES[facts.ticket.status] if status != "aborted" and order(status) <= order(target)
    ]
    return replace(edge, command=commands.move(facts.ticket.id, max(forward, key=order))) if forward else edge


def _reason(facts: Facts, target: str, reason: str) -> tuple[Unmet, ...]:
    if target != "aborted" or reason.strip():
        return ()
    return (Unmet("reason", "aborting needs a reason", commands.abort(facts.ticket.id), overridable=False),)


def _against_override(facts: Facts, actor: str, override: str) -> tuple[Unmet, ...]:
    if not override.strip():
        return (Unmet("override", "an override needs a reason", "", overridable=False),)
    if not owner_of(facts.ticket, facts.component):
        text = "nobody owns the ticket, so nobody is someone other than its owner"
        command = commands.update(facts.ticket.id, '--owner "…"')
        return (Unmet("override", text, command, overridable=False),)
    owns = is_owner(actor, facts.ticket, facts.component)
    if owns or has_owned(facts, actor):
        who = f"{parse_actor(actor).shown} {'owns' if owns else 'owned'} the ticket"
        return (Unmet("override", f"{who}: only someone else may override its gates", "", overridable=False),)
    return ()


def status_fields(decision: Decision, reason: str = "") -> dict[str, Any]:
    """The fields of the `status` entry that records an allowed move."""
    fields: dict[str, Any] = {
        "from": decision.current,
        "to": decision.target,
        "unmet": [condition.code for condition in decision.warnings],
    }
    if reason.strip():
        fields["reason"] = reason
    if decision.override:
        fields["override"] = decision.override
    return fields

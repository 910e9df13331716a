"""How a decision of the gates is shown: refusals, warnings, and its JSON. The words are core's."""

from collections.abc import Iterable, Mapping
from typing import Any

from kaizen_tui.cli.output import note
from kaizen_tui.core.text import safe
from kaizen_tui.core.unmet import Decision, Unmet, condition_lines, count, describe, title


def unmet_json(conditions: Iterable[Unmet]) -> list[dict[str, Any]]:
    """A list of the `Unmet` objects of docs/json.md."""
    return [
        {"code": item.code, "text": item.text, "command": item.command, "overridable": item.overridable}
        for item in conditions
    ]


def decision_json(ticket_id: str, decision: Decision) -> dict[str, Any]:
    """The `Decision` object of docs/json.md."""
    return {
        "id": ticket_id,
        "current": decision.current,
        "target": decision.target,
        "allowed": decision.allowed,
        "enforced": decision.enforced,
        "override": decision.override,
        "refused": unmet_json(decision.refused),
        "warnings": unmet_json(decision.warnings),
    }


def decisions_json(ticket_id: str, status: str, found: Mapping[str, Decision]) -> dict[str, Any]:
    """The object of `kaizen why --json`."""
    return {
        "id": ticket_id,
        "status": status,
        "moves": {target: decision_json(ticket_id, decision) for target, decision in found.items()},
    }


def print_refusal(decision: Decision) -> None:
    """Every unmet condition and the command that meets it, on stderr."""
    first, *rest = describe(decision)
    note("\n".join([f"kaizen: error: {safe(first)}", *map(safe, rest)]))


def print_warnings(decision: Decision) -> None:
    """What is unmet though the ticket moved, on stderr; nothing where all is met."""
    if not decision.warnings:
        return
    where = f"{decision.ticket} moved to {title(decision.target)}"
    unmet = count(len(decision.warnings), "unmet condition")
    how = f"overriding {unmet}: {decision.override}" if decision.override else f"with {unmet}"
    lines = [f"kaizen: warning: {safe(where)} {safe(how)}", *map(safe, condition_lines(decision.warnings))]
    note("\n".join(lines))

"""Decisions, errors and details in words, as Content: text from files is escaped and never read as markup."""

from collections.abc import Iterable

from textual.content import Content

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.states import STATUS_TITLES
from kaizen_tui.core.text import safe, safe_block
from kaizen_tui.core.unmet import Decision, Unmet

MUTED, ACCENT, STRONG = "$kz-muted", "$accent", "bold"
GOOD, WARN, BAD = "$success", "$warning", "$error"

NEW_LINE = Content("\n")


def text(value: str, style: str = "") -> Content:
    """One line of any text, made safe."""
    return Content.styled(safe(value), style)


def block(value: str, style: str = "") -> Content:
    """Any text of several lines, made safe."""
    return Content.styled(safe_block(value), style)


def lines(parts: Iterable[Content]) -> Content:
    """Parts below each other."""
    return NEW_LINE.join(parts)


def title(status: str) -> str:
    """A status as people read it: "In progress"."""
    return STATUS_TITLES.get(status, status)


def condition(unmet: Unmet, mark: str, style: str) -> list[Content]:
    """An unmet condition, and below it the command that would meet it."""
    said = [Content.assemble(text(f" {mark} ", style), text(unmet.text))]
    if unmet.command:
        said.append(text(f"     {unmet.command}", MUTED))
    return said


def conditions(decision: Decision) -> list[Content]:
    """What refuses, then what warns."""
    said: list[Content] = []
    for unmet in decision.refused:
        said += condition(unmet, "✖", BAD)
    for unmet in decision.warnings:
        said += condition(unmet, "⚠", WARN)
    return said


def without_reason(decision: Decision) -> tuple[Unmet, ...]:
    """What refuses besides the reason that will be asked for."""
    return tuple(unmet for unmet in decision.refused if unmet.code != "reason")


def preview(ticket_id: str, decision: Decision) -> Content:
    """What would happen if the ticket were moved now."""
    head = [text(f" {ticket_id}", STRONG), text(f"  {title(decision.current)} → {title(decision.target)}   ")]
    refused = without_reason(decision)
    if refused:
        head.append(text("the gate is shut", BAD))
    elif decision.target == "aborted":
        head.append(text("↵ asks for the reason", MUTED))
    elif decision.warnings:
        noun = "condition" if len(decision.warnings) == 1 else "conditions"
        head.append(text(f"open, with {len(decision.warnings)} unmet {noun}", WARN))
    else:
        head.append(text("the gate is open", GOOD))
    shown = Decision(True, decision.target, decision.enforced, refused, decision.warnings)
    return lines([Content.assemble(*head), *conditions(shown)])


def stays(ticket_id: str, current: str) -> Content:
    """While a ticket is moved and its own column is aimed at."""
    return Content.assemble(
        text(f" {ticket_id}", STRONG), text(f"  is in {title(current)}.   "), text("← → choose a column", MUTED)
    )


def outcome(ticket_id: str, decision: Decision) -> Content:
    """What has become of a move."""
    if not decision.allowed:
        head = [
            text(f" {ticket_id}", STRONG),
            text(f" stays in {title(decision.current)}: "),
            text("the gate is shut", BAD),
        ]
    else:
        head = [text(f" {ticket_id}", STRONG), text(f" is now in {title(decision.target)}")]
        if decision.override:
            head.append(text(f", its gate overridden: {decision.override}", WARN))
        elif decision.warnings:
            head.append(text(", with unmet conditions", WARN))
    return lines([Content.assemble(*head), *conditions(decision)])


def error_text(error: Exception) -> str:
    """An error in one line: what, where, what to do."""
    if isinstance(error, KaizenError):
        return str(error)
    if isinstance(error, OSError):
        return "; ".join(part for part in (error.strerror or str(error), str(error.filename or "")) if part)
    return f"{type(error).__name__}: {error}"


def failure(error: Exception) -> Content:
    """An error as a line of the words below the board."""
    return Content.assemble(text(" ✖ ", BAD), text(error_text(error)))

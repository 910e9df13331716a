"""The line below an approval: what Enter does now, or why it does nothing; the countdown."""

from typing import TYPE_CHECKING

from textual.content import Content

from kaizen_tui.tui.ticket.approval_page import SUBJECTS
from kaizen_tui.tui.ticket.confirm import HOLD_SECONDS, Confirmation
from kaizen_tui.tui.words import ACCENT, BAD, GOOD, MUTED, WARN, text

if TYPE_CHECKING:
    from kaizen_tui.tui.ticket.dossier import Dossier

READING = "it is being read"


def state_line(
    confirmation: Confirmation | None, dossier: "Dossier | None", stop: str, word: str, *, bad: bool
) -> Content:
    """The line. stop: why Enter is off, or "". word: what just happened, or "", and whether that is bad."""
    if confirmation is not None and confirmation.stage == "holding":
        return Content.assemble(" ", _countdown(confirmation.left))
    if confirmation is not None and confirmation.stage == "writing":
        return text(" writing …", MUTED)
    if stop == READING:
        return text(f" {stop}", MUTED)
    if stop:
        before = f"{word}. " if word else ""
        return text(f" ✖ {before}Enter is off: {stop}", BAD)
    if word:
        return text(f" {word}", BAD if bad else WARN)
    if confirmation is None or dossier is None:
        return text(f" {READING}", MUTED)
    how = {
        "key": "↵ approves",
        "twice": "↵ twice (or y) approves",
        "typed": f"type {confirmation.ticket_id} below and press ↵ to approve",
    }[confirmation.way]
    subject = SUBJECTS[dossier.sheet.purpose]
    return Content.assemble(text(f" {how} ", GOOD), text(f"{subject}; ten seconds to take it back", MUTED))


def _countdown(left: int) -> Content:
    bar = "█" * left + "░" * (int(HOLD_SECONDS) - left)
    head = text(f"approving in {left} s ", f"{ACCENT} bold")
    return Content.assemble(head, text(bar, ACCENT), text("  u or Esc takes it back: nothing is written yet"))

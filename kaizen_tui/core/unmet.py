"""What a gate answers: the conditions that are not met, and the decision. Values, never exceptions."""

from __future__ import annotations

from dataclasses import dataclass

from kaizen_tui.core.states import STATUS_TITLES


@dataclass(frozen=True)
class Unmet:
    """A condition that does not hold.

    code:        a stable word for logs and JSON, such as `objective` or `metric:p95_latency_ms`.
    text:        in words, one line, no full stop; may quote the ticket (hostile: escape on output).
    command:     what to type to meet it, or "".
    overridable: someone other than the owner may pass it with `--override "reason"`.
    """

    code: str
    text: str
    command: str = ""
    overridable: bool = True


@dataclass(frozen=True)
class Decision:
    """Whether a ticket may move to `target`: the one value that command line, board and `kaizen why` print.

    allowed:  the move may be written. enforced: the target's gate refuses (rather than warns).
    refused:  what shuts the gate; empty when allowed.
    warnings: unmet, but the move happens: the gate only warns so far, or it is overridden.
    override: the reason of the override, "" when none was needed or given.
    ticket, current: the ticket's id and present status.
    """

    allowed: bool
    target: str
    enforced: bool
    refused: tuple[Unmet, ...] = ()
    warnings: tuple[Unmet, ...] = ()
    override: str = ""
    ticket: str = ""
    current: str = ""

    @property
    def unchanged(self) -> bool:
        """The ticket is where it shall go: nothing is to be written."""
        return self.allowed and self.current == self.target


def title(status: str) -> str:
    """The status as people read it: "in progress"; a word that is none as it stands."""
    return STATUS_TITLES.get(status, status).lower()


def count(number: int, noun: str) -> str:
    """ "1 approval", "2 approvals"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def condition_lines(conditions: tuple[Unmet, ...]) -> list[str]:
    """Each condition as `- words`, followed by the indented command that meets it."""
    lines: list[str] = []
    for condition in conditions:
        lines.append(f"- {condition.text}")
        if condition.command:
            lines.append(f"    {condition.command}")
    return lines


def describe(decision: Decision) -> list[str]:
    """The decision as lines of text, the same everywhere. Not yet escaped for the terminal."""
    ticket, target = decision.ticket or "the ticket", title(decision.target)
    if decision.unchanged:
        return [f"{ticket} is already {target}; nothing to do"]
    if not decision.allowed:
        unmet = count(len(decision.refused), "condition") + (" is" if len(decision.refused) == 1 else " are")
        lines = [f"{ticket} can't move from {title(decision.current)} to {target}: {unmet} unmet"]
        return lines + condition_lines(decision.refused)
    if not decision.warnings:
        return [f"{ticket} may move from {title(decision.current)} to {target}"]
    unmet = count(len(decision.warnings), "unmet condition")
    if decision.override:
        lines = [
            f"{ticket} may move from {title(decision.current)} to {target}, overriding {unmet}: {decision.override}"
        ]
    else:
        lines = [f"{ticket} may move from {title(decision.current)} to {target}, with {unmet}"]
    return lines + condition_lines(decision.warnings)

"""What Patch-Spec.md can say of a change by itself: from the ticket, the diff, and what the generator says of it."""

import re
from collections.abc import Sequence

from kaizen_tui.core.text import safe, safe_block
from kaizen_tui.core.ticket import Ticket
from kaizen_tui.loop.creation.generator import Result
from kaizen_tui.loop.creation.proof import Proof
from kaizen_tui.sandbox.changes import Lines

_MOST_FILES = 50


def by_hand(ticket: Ticket) -> dict[str, str]:
    """Sections for somebody who is about to write the change: what its tests have to show."""
    return {"Test Plan": _criteria(ticket)}


def by_generator(ticket: Ticket, name: str, result: Result, lines: Sequence[Lines], proof: Proof) -> dict[str, str]:
    """Sections: heading -> Markdown."""
    tests = [_quoted("The generator about tests:", result.tests), _said(proof.text), _criteria(ticket)]
    return {
        "Summary": _joined(
            f"Proposed by the generator {_code(name)} for: {_inline(ticket.title)}",
            _quoted("Objective:", ticket.objective),
            _quoted("The generator:", result.summary),
        ),
        "Design": _joined(
            f"Files ({len(lines)}):", _files(lines), _quoted("The generator's notes:", result.notes),
        ),
        "Test Plan": _joined(*tests),
        "Rollout": _quoted("Risk, as the generator sees it:", result.risk),
        "Rollback Procedure": _quoted("The ticket's rollback plan:", ticket.rollback_plan),
    }  # fmt: skip


def files_line(lines: Sequence[Lines]) -> str:
    """ "3 files, +10 -4"."""
    added, removed = (sum(count or 0 for count in counts) for counts in zip(*(line[1:] for line in lines), strict=True))
    return f"{len(lines)} file{'' if len(lines) == 1 else 's'}, +{added} -{removed}"


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _said(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _criteria(ticket: Ticket) -> str:
    if not ticket.success_criteria:
        return ""
    items = [f"- [ ] {_inline(text)}" for text in ticket.success_criteria]
    return "\n".join(["What has to be shown:", "", *items])


def _files(lines: Sequence[Lines]) -> str:
    shown = [f"    {safe(line.path)}  {_count(line)}" for line in lines[:_MOST_FILES]]
    more = len(lines) - len(shown)
    return "\n".join([*shown, *([f"    and {more} more"] if more else [])])


def _count(line: Lines) -> str:
    return "binary" if line.added is None else f"+{line.added} -{line.removed}"


def _quoted(head: str, text: str) -> str:
    """Words of others: a quotation, in which no line can begin a section, a comment or a block of code."""
    if not text.strip():
        return ""
    lines = safe_block(_plain(text.strip())).split("\n")
    return "\n".join([head, "", *(f"> {line}".rstrip() for line in lines)])


def _inline(text: str) -> str:
    return safe(_plain(text.strip()))


def _plain(text: str) -> str:
    """Without HTML and placeholders; a criterion such as `p95_ms <= 10` stays as it is."""
    return re.sub(r"<(?![ =])", "&lt;", text)


def _code(text: str) -> str:
    return f"`{_inline(text).replace('`', '')}`"

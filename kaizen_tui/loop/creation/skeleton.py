"""The beginning of a change's tests, where the repository's are pytest's."""

import os

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.text import safe
from kaizen_tui.core.ticket import Ticket


def write_skeleton(worktree: str, ticket: Ticket) -> str:
    """Writes tests/test_kaiz_001.py, one failing test, and returns its path; "" where it has no place or is there."""
    folder = f"{worktree}/tests"
    name = f"tests/test_{ticket.id.lower().replace('-', '_')}.py"
    if not os.path.isdir(folder) or os.path.islink(folder) or not _has_python_tests(folder):
        return ""
    if os.path.lexists(f"{worktree}/{name}"):
        return ""
    try:
        with open(f"{worktree}/{name}", "x", encoding="utf-8") as file:
            file.write(skeleton(ticket))
    except OSError as error:
        raise StoreError(f"cannot write: {error.strerror}", where=f"{worktree}/{name}") from error
    return name


def _has_python_tests(folder: str) -> bool:
    return any(name.startswith("test_") and name.endswith(".py") for _, _, names in os.walk(folder) for name in names)


def skeleton(ticket: Ticket) -> str:
    """A test that fails until somebody writes it; the criteria stand above it as comments."""
    lines = [f"# {ticket.id}: {safe(ticket.title)}", "# What has to be shown:"]
    lines += [f"# - {safe(text)}" for text in ticket.success_criteria] or ["# - (the ticket has no success criterion)"]
    function = f"test_{ticket.id.lower().replace('-', '_')}"
    return "\n".join(lines) + f'\n\n\ndef {function}() -> None:\n    raise AssertionError("not written yet")\n'

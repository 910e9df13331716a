"""The id of the next ticket. Call it under the lock."""

from collections import Counter
from collections.abc import Iterable, Mapping

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.ids import PREFIX, format_id, is_ticket_id
from kaizen_tui.store.branches import branch_numbers
from kaizen_tui.store.workspace import Workspace


def next_id(ws: Workspace, names: Iterable[str], *, ask_git: bool = True) -> str:
    """One more than the highest of the folders and, in a git checkout, of all local and remote-tracking branches.

    names:   what stands in tickets/. Folders of broken tickets count, and so do hidden ones and others that begin with
             a ticket's id (`KAIZ-007.orig`): nobody wants their number twice.
    ask_git: False leaves the branches out.
    The prefix is the one that most folders have (of equally many the first by name), else the branches', else KAIZ.
    Raises StoreError when the numbers are used up.
    """
    own, counts = _numbers(names)
    branches = branch_numbers(ws) if ask_git else {}
    prefix = _prefix(counts, branches)
    number = 1 + max(own.get(prefix, 0), branches.get(prefix, 0))
    try:
        return format_id(number, prefix)
    except ValueError:
        raise StoreError(
            f"no id is left: {prefix}-{number - 1} exists",
            where=ws.relative(ws.tickets),
            hint="`kaizen doctor --renumber` gives that ticket a lower number",
        ) from None


def _numbers(names: Iterable[str]) -> tuple[dict[str, int], Counter[str]]:
    highest: dict[str, int] = {}
    counts: Counter[str] = Counter()
    for name in names:
        plain = is_ticket_id(name)
        found = name if plain else _id_within(name)
        if not found:
            continue
        prefix, _, digits = found.rpartition("-")
        number = int(digits)
        if number > highest.get(prefix, 0):
            highest[prefix] = number
        counts[prefix] += plain
    return highest, counts


def _id_within(name: str) -> str:
    start = name.lstrip(".")
    end = 0
    while end < len(start) and (start[end].isalnum() or start[end] == "-"):
        end += 1
    return start[:end] if is_ticket_id(start[:end]) else ""


def _prefix(counts: Mapping[str, int], branches: Mapping[str, int]) -> str:
    used = {prefix: count for prefix, count in counts.items() if count}
    if used:
        return min(used, key=lambda prefix: (-used[prefix], prefix))
    return min(branches, key=lambda prefix: (-branches[prefix], prefix), default=PREFIX)

"""The tickets in memory: all of them read once, then only those that changed. Used in worker threads, one at a time."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from kaizen_tui.core.problem import Problem
from kaizen_tui.core.row import TicketRow
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.columns import EMPTY, Columns, arrange

# More changed tickets than this (a git checkout) are found faster by looking at all.
FEW = 40


class Asked(NamedTuple):
    """What a reading is for.

    ids:  the tickets that changed; None: look at all.
    deep: when looking at all, look also for logs and score-cards that changed while their ticket did not.
    """

    ids: frozenset[str] | None = None
    deep: bool = True

    def also(self, other: "Asked") -> "Asked":
        """Both at once."""
        ids = None if self.ids is None or other.ids is None else self.ids | other.ids
        return Asked(ids, self.deep or other.deep)


class TicketReader:
    """What the board knows of a workspace's tickets.

    version: another one whenever rows or problems are others.
    """

    def __init__(self, workspace: Workspace, *, write: bool, progress: Callable[[int, int], None]) -> None:
        self._workspace = workspace
        self._write = write
        self._progress = progress
        self._rows: dict[str, TicketRow] = {}
        self._problems: list[Problem] = []
        self._columns = EMPTY
        # Of what was read last, as long as that was everything.
        self._generation: int | None = None
        self.version = 0

    def read(self, asked: Asked) -> Columns:
        """Reads what is asked for; all tickets in their columns. Raises StoreError when tickets/ can't be read."""
        if asked.ids is None or not self.version or len(asked.ids) > FEW:
            self._read_all(asked.deep)
        else:
            self._read_some(asked.ids)
        return self._columns

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with tickets."""
        return tuple(self._problems)

    def _read_all(self, deep: bool) -> None:
        from kaizen_tui.store.index import load_newer

        newer = load_newer(self._workspace, self._generation, deep=deep, write=self._write, progress=self._progress)
        if newer is not None:
            self._take({row.id: row for row in newer.rows}, newer.problems)
            self._generation = newer.generation

    def _read_some(self, ids: Collection[str]) -> None:
        rows = dict(self._rows)
        kept = [problem for problem in self._problems if self._ticket_of(problem.path) not in ids]
        for ticket_id in ids:
            row, problems = read_row(self._workspace, ticket_id)
            kept += problems
            if row is None:
                rows.pop(ticket_id, None)
            else:
                rows[ticket_id] = row
        self._take(rows, kept)

    def _take(self, rows: dict[str, TicketRow], problems: list[Problem]) -> None:
        if rows != self._rows or problems != self._problems or not self.version:
            self._rows, self._problems = rows, problems
            self._columns = arrange(rows.values())
            self._generation = None
            self.version += 1

    def _ticket_of(self, shown_path: str) -> str:
        parts = shown_path.split("/")
        return parts[1] if parts[0] == "tickets" and len(parts) > 1 else ""

    def tickets_of(self, paths: Collection[str]) -> frozenset[str] | None:
        """The tickets to which these (absolute) paths belong; None when it can't be told."""
        found = {self._ticket_of(self._workspace.relative(path)) for path in paths}
        return frozenset(found) if found and "" not in found else None


def read_row(workspace: Workspace, ticket_id: str) -> tuple[TicketRow | None, list[Problem]]:
    """One ticket exactly as the index would have it. No row when it is gone or can't be loaded."""
    import os

    from kaizen_tui.core.ids import is_ticket_id
    from kaizen_tui.store.index_build import _not_a_folder, _read

    path = f"{workspace.tickets}/{ticket_id}"
    if not is_ticket_id(ticket_id) or not os.path.lexists(path):
        return None, []
    is_folder = os.path.isdir(path) and not os.path.islink(path)
    entry = _read(workspace, ticket_id, 0) if is_folder else _not_a_folder(workspace, ticket_id)
    return (entry.row, list(entry.problems)) if entry is not None else (None, [])

"""One consistent view of a workspace for every export format. Light: the JSON path imports nothing heavy."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from kaizen_tui.core.problem import Problem
from kaizen_tui.core.row import TicketRow
from kaizen_tui.metrics.configured import SilentSource, configured_source
from kaizen_tui.metrics.panels import ComponentPanel, Depth, read_components
from kaizen_tui.metrics.source import UnreachableError
from kaizen_tui.store.fragments import JOINT, load_fragments, split_fragments
from kaizen_tui.store.index import stray_folders
from kaizen_tui.store.index_load import load_index
from kaizen_tui.store.reading import list_components, read_config_file
from kaizen_tui.store.workspace import Workspace

SCHEMA = "kaizen.export/1"
# Sparkline points per metric: a quarter of an hour each at the default span.
SPAN, POINTS = 6 * 3600.0, 25


class Board(NamedTuple):
    """What leaves.

    generated_at: epoch seconds. workspace: the folder's name. source: of the numbers ("simulated", "").
    tickets:      their JSON objects (see docs/export.md), joined by JOINT, in the order of their numbers.
    size:         how many they are. read_rows: the same tickets as rows, in the same order (JSON needs none).
    components:   panels with SLO states. problems: files that did not load.
    """

    generated_at: int
    workspace: str
    source: str
    tickets: bytes
    size: int
    read_rows: Callable[[], Sequence[TicketRow]]
    components: tuple[ComponentPanel, ...]
    problems: tuple[Problem, ...]

    @property
    def rows(self) -> Sequence[TicketRow]:
        return self.read_rows()


def collect(ws: Workspace, now: int, *, filter_text: str = "", me: str = "", write: bool = True) -> Board:
    """Reads the workspace once. now: epoch seconds; the same workspace and time give the same board.

    filter_text: the board's filter language; components are never filtered. me: whom `owner:me` means.
    Raises UsageError (filter), StoreError (tickets/ unreadable), YamlProblems (config.yml).
    """
    index, listing = load_index(ws, write=write)
    tickets, count, read_rows = load_fragments(ws, index, write=write), index.good, index.rows
    if filter_text:
        from kaizen_tui.core.query import parse_query

        query = parse_query(filter_text)
        every = index.rows()
        kept = [place for place, row in enumerate(every) if query.matches(row, now, me)]
        pieces = split_fragments(tickets)
        tickets = JOINT.join(pieces[place] for place in kept)
        found = [every[place] for place in kept]
        count, read_rows = len(found), lambda: found
    files, wrong = list_components(ws)
    fields = [file.fields for file in files]
    source = configured_source(read_config_file(ws), files, folder=ws.registry)
    try:
        panels = read_components(source, fields, float(now), Depth(SPAN, POINTS))
    except UnreachableError as error:
        # The tickets are all there: the metrics say why they are not.
        panels = read_components(SilentSource(source.name, str(error)), fields, float(now), Depth(SPAN, POINTS))
    problems = (*(problem for _, problem in index.problems), *stray_folders(ws, listing), *wrong)
    name = ws.root.rstrip("/").rpartition("/")[2] or "/"
    return Board(now, name, source.name, tickets, count, read_rows, panels, problems)

"""The board's data, without a screen: tickets sorted into columns, filtered, found again after a reload. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import FINAL, SEVERITIES, STATUSES

_RANK = {name: rank for rank, name in enumerate(SEVERITIES)}
_COLUMN = {status: place for place, status in enumerate(STATUSES)}
_UNKNOWN_TIME = 1 << 62


class Columns(NamedTuple):
    """Tickets by column, in lifecycle order, each column sorted as it is shown.

    totals: how many tickets each column has without the filter.
    """

    cards: tuple[tuple[TicketRow, ...], ...]
    totals: tuple[int, ...]

    @property
    def shown(self) -> int:
        """How many tickets are in all columns."""
        return sum(map(len, self.cards))

    @property
    def total(self) -> int:
        """How many there are without the filter."""
        return sum(self.totals)


EMPTY = Columns(tuple(() for _ in STATUSES), tuple(0 for _ in STATUSES))


def arrange(rows: Iterable[TicketRow]) -> Columns:
    """Sorts tickets into columns: the most severe first, then the longest waiting; in final ones the latest first."""
    piles: list[list[TicketRow]] = [[] for _ in STATUSES]
    for row in rows:
        piles[_COLUMN[row.status]].append(row)
    for status, pile in zip(STATUSES, piles, strict=True):
        pile.sort(key=_latest_first if status in FINAL else _most_urgent_first)
    return Columns(tuple(map(tuple, piles)), tuple(map(len, piles)))


def _most_urgent_first(row: TicketRow) -> tuple[int, int, int]:
    return _RANK.get(row.severity, len(_RANK)), row.since or _UNKNOWN_TIME, row.number


def _latest_first(row: TicketRow) -> tuple[int, int]:
    return -row.since, -row.number


def locate(columns: Columns, ticket_id: str) -> tuple[int, int] | None:
    """Column and place of a ticket, or None."""
    for column, pile in enumerate(columns.cards):
        for place, row in enumerate(pile):
            if row.id == ticket_id:
                return column, place
    return None

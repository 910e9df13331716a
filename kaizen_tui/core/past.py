"""Tickets as they were at an instant, from their ways through the statuses. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from kaizen_tui.core.flow import History
from kaizen_tui.core.row import TicketRow


class Past(NamedTuple):
    """rows: the tickets that there were. earliest: when the first of all was made (epoch seconds), 0 without any."""

    rows: tuple[TicketRow, ...]
    earliest: int


def row_at(row: TicketRow, history: History, at: int) -> TicketRow | None:
    """A ticket at an instant (epoch seconds): its status and since when; None before it was made.

    What is not in its history (title, owner, severity) is as it is now. What was only found out later (a verdict, an
    overridden gate) is left out.
    """
    before = [move for move in history.moves if move[0] <= at]
    if not before:
        return None
    since, status = before[-1]
    if len(before) == len(history.moves):
        return row._replace(since=since)
    return row._replace(status=status, since=since, updated=since, warnings=0, overridden=False, verdict="")


def past(rows: Iterable[TicketRow], histories: Iterable[History], at: int) -> Past:
    """All tickets at an instant. histories: of the same tickets, in the same order."""
    found: list[TicketRow] = []
    earliest = 0
    for row, history in zip(rows, histories, strict=True):
        if history.moves and (not earliest or history.moves[0][0] < earliest):
            earliest = history.moves[0][0]
        then = row_at(row, history, at)
        if then is not None:
            found.append(then)
    return Past(tuple(found), earliest)

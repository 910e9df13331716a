"""What a list, a card or a filter needs to know of a ticket: one flat row, made from the index. Light."""

from typing import NamedTuple


class TicketRow(NamedTuple):
    """One ticket as listed. All texts are as in the file (hostile: escape on output).

    id:           KAIZ-NNN, equal to the folder's name.
    number:       NNN as an integer, for sorting.
    status:       one of states.STATUSES.
    severity:     one of states.SEVERITIES.
    labels:       as in the file.
    created, updated, since: seconds since the epoch, UTC, or 0 when the file doesn't say;
                  `since` is when the ticket entered its present status.
    warnings:     how many gate conditions were unmet at the last status change (0 when all were met).
    overridden:   True if any gate was ever overridden.
    verdict:      of Score-card.json: "pass", "fail", "inconclusive" or "".
    uid:          random immutable id or "".
    """

    id: str
    number: int
    title: str
    component: str
    owner: str
    severity: str
    status: str
    labels: tuple[str, ...] = ()
    created: int = 0
    updated: int = 0
    since: int = 0
    warnings: int = 0
    overridden: bool = False
    verdict: str = ""
    uid: str = ""

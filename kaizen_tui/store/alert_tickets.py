"""Which tickets were made from which alert: from the index, and from folders that appeared since."""

import os

from kaizen_tui.core.alert_ticket import AlertTicket
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.ids import is_ticket_id, number_of
from kaizen_tui.core.times import parse_rfc3339
from kaizen_tui.store.files import in_words, read_file
from kaizen_tui.store.index_load import load_index
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.workspace import Workspace


class AlertTickets:
    """The tickets of a workspace by the fingerprint of their alert, as of now; `look_again` takes in new ones.

    Reading the index of 10,000 tickets takes some 60 ms, looking again some 5.
    """

    def __init__(self, ws: Workspace) -> None:
        """Raises StoreError if tickets/ can't be read."""
        self._ws = ws
        self._found: dict[str, list[AlertTicket]] = {}
        index, _ = load_index(ws)
        self._seen = set(index.ids)
        self._unreadable = set(index.ids[index.good :])
        statuses, codes = index.coded("statuses")
        columns = zip(index.alerts(), index.ids, index.numbers(), codes, index.times()[2], strict=False)
        for fingerprint, ticket_id, number, code, since in columns:
            if fingerprint:
                self._add(fingerprint, AlertTicket(ticket_id, number, statuses[code], since))

    def of(self, fingerprint: str) -> list[AlertTicket]:
        """The tickets of this alert, by number."""
        return sorted(self._found.get(fingerprint, ()), key=lambda ticket: ticket.number)

    def look_again(self) -> None:
        """Takes in the tickets that were made since. Under the lock it leaves none out. Raises StoreError."""
        try:
            names = set(os.listdir(self._ws.tickets))
        except FileNotFoundError:
            return
        except OSError as error:
            raise in_words(error, "cannot read", self._ws.tickets) from error
        new = sorted(name for name in names - self._seen if is_ticket_id(name))
        self._seen.update(new)
        for ticket_id in new:
            try:
                fields = read_ticket_file(self._ws, ticket_id).fields
            except KaizenError:  # whoever reads it next is told what is wrong with it
                self._unreadable.add(ticket_id)
                continue
            if fields.alert is not None:
                since = parse_rfc3339(fields.created_at) if fields.created_at else 0
                self._add(fields.alert.fingerprint, AlertTicket(ticket_id, number_of(ticket_id), fields.status, since))

    def unreadable_with(self, fingerprint: str) -> str:
        """The id of a ticket that does not load and holds this fingerprint all the same, or ""."""
        return next((name for name in sorted(self._unreadable) if self._holds(name, fingerprint)), "")

    def _holds(self, ticket_id: str, fingerprint: str) -> bool:
        try:
            return fingerprint.encode() in read_file(self._ws.ticket_path(ticket_id))
        except KaizenError:  # not even its bytes: then nothing is known of it
            return False

    def _add(self, fingerprint: str, ticket: AlertTicket) -> None:
        self._found.setdefault(fingerprint, []).append(ticket)

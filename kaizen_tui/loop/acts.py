"""What every act on a ticket begins with: the transaction, whose notes reach the person. Light."""

from collections.abc import Iterator
from contextlib import contextmanager

from kaizen_tui.loop.context import Session, Wrote
from kaizen_tui.store.lock import WAIT
from kaizen_tui.store.records import Transaction, transaction


@contextmanager
def opened(
    session: Session, ticket_id: str, if_match: str | None = None, *, wait: float = WAIT
) -> Iterator[Transaction]:
    """A transaction on the ticket. if_match: the etag that the caller saw, or None. wait: for the lock, in seconds.

    What was mended or cut on the way is told to the session, also when the act fails.
    Raises NotFoundError, ConflictError, StoreError.
    """
    with transaction(session.workspace, ticket_id, if_match, wait=wait) as tx:
        before = tx.data
        try:
            yield tx
        finally:
            for note in tx.notes:
                session.tell(note)
            if tx.written:
                session.wrote(Wrote(ticket_id, before, tx.data, tuple(tx.written)))


def shown_path(session: Session, ticket_id: str) -> str:
    """The ticket's file as people are shown it."""
    return session.workspace.relative(session.workspace.ticket_path(ticket_id))

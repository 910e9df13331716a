"""Notifications around a command that changes a canary."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kaizen_tui.cli.output import warn

if TYPE_CHECKING:
    from kaizen_tui.loop.context import Session
    from kaizen_tui.loop.notifying import Notifier

_LAST = 3.0  # seconds that a command may take longer for the sake of its events; the rest stays in the outbox


@contextmanager
def telling(session: "Session", *ids: str) -> "Iterator[Notifier]":
    """Tells the receivers of config.yml what the command does to these tickets: to be done with `Notifier.session`."""
    from kaizen_tui.core.errors import KaizenError
    from kaizen_tui.loop.notifying import Notifier
    from kaizen_tui.traffic.splitter import SplitterError

    notifier = Notifier(session, os.environ, lambda who, words: warn(f"{who}: {words}"))
    try:
        for ticket_id in ids:
            notifier.follow(ticket_id)
        yield notifier
    except SplitterError as error:
        for ticket_id in ids:
            notifier.failed(ticket_id, str(error))
        raise
    finally:
        notifier.close(_LAST)
        try:
            left = notifier.waiting()
        except KaizenError as error:
            warn(f"notify: {error}")
        else:
            if left:
                warn(f"notify: {left} event{'' if left == 1 else 's'} not delivered yet; `kaizen run` goes on with it")

"""Notifications around a command that changes a canary."""

import os
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from kaizen_tui.cli.output import warn

if TYPE_CHECKING:
    from kaizen_tui.loop.context import Session
    from kaizen_tui.loop.notifying import Notifier


def telling(session: "Session", *ids: str) -> "AbstractContextManager[Notifier]":
    """As `loop.notifying.telling`; what a person should know of it is a warning."""
    from kaizen_tui.loop import notifying

    return notifying.telling(session, os.environ, lambda who, words: warn(f"{who}: {words}"), *ids)

"""Keeps a form's draft on disk while a person types: the last state wins, a saved form's draft never comes back."""

import threading
from collections.abc import Callable

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.store.drafts import Draft, remove_draft, write_draft
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.jobs import Jobs


class DraftKeeper:
    """Writes drafts in a worker, one at a time. failed: called in the worker when one can't be written."""

    def __init__(self, workspace: Workspace, name: str, jobs: Jobs, failed: Callable[[KaizenError], object]) -> None:
        self.name = name
        self._workspace = workspace
        self._jobs = jobs
        self._failed = failed
        self._pending: Draft | None = None
        self._remove = False
        self._running = False
        self._lock = threading.Lock()

    def keep(self, draft: Draft) -> None:
        """Soon this is what is on disk."""
        self._ask(draft, remove=False)

    def forget(self) -> None:
        """Soon there is no draft on disk."""
        self._ask(None, remove=True)

    def _ask(self, draft: Draft | None, *, remove: bool) -> None:
        with self._lock:
            self._pending, self._remove = draft, remove
            if self._running:
                return
            self._running = True
        self._jobs.start(self._work, writes=True)

    def _work(self) -> None:
        while True:
            with self._lock:
                draft, remove = self._pending, self._remove
                self._pending, self._remove = None, False
                if draft is None and not remove:
                    self._running = False
                    return
            try:
                if draft is not None:
                    write_draft(self._workspace, draft)
                else:
                    remove_draft(self._workspace, self.name)
            except KaizenError as error:
                self._failed(error)

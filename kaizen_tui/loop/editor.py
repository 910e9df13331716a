"""A ticket's file in the person's editor: which editor, on which copy, and what was typed. For both front ends."""

import os
from typing import NamedTuple

from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.store.workspace import Workspace

FALLBACK_EDITORS = ("sensible-editor", "vi", "nano")


class Copy(NamedTuple):
    """The copy that is being edited. begun: the ticket's bytes at the beginning, with their etag."""

    path: str
    begun: bytes
    etag: str

    def read(self) -> bytes:
        """What it holds now. Raises StoreError when the editor removed it."""
        try:
            with open(self.path, "rb") as file:
                return file.read()
        except OSError as error:
            raise StoreError("the editor's file can't be read", where=self.path) from error

    def has_work(self) -> bool:
        """Whether something was typed that would be lost with it."""
        try:
            return self.read() != self.begun
        except StoreError:
            return False

    def remove(self) -> None:
        """Called once its text is taken, or is no one's work."""
        import shutil

        shutil.rmtree(os.path.dirname(self.path), ignore_errors=True)


def editor_command() -> list[str]:
    """The words of $VISUAL, else $EDITOR, else the first editor there is. Raises UsageError, StoreError."""
    import shlex
    import shutil

    for name in ("VISUAL", "EDITOR"):
        text = os.environ.get(name, "").strip()
        if not text:
            continue
        try:
            return shlex.split(text)
        except ValueError as error:
            raise UsageError(f"${name} can't be read: {error}", hint=f"check the quotes in `{text}`") from error
    found = next((path for path in map(shutil.which, FALLBACK_EDITORS) if path), None)
    if found is None:
        raise StoreError("there is no editor", hint="set $EDITOR, for example to `nano`")
    return [found]


def make_copy(workspace: Workspace, ticket_id: str) -> Copy:
    """A private copy, named so that the editor knows its language. A ticket that is broken can be edited as well."""
    from kaizen_tui.store.files import MissingFileError, read_file
    from kaizen_tui.store.reading import etag_of, read_ticket_file

    path = workspace.ticket_path(ticket_id)
    try:
        data = read_file(path)
    except MissingFileError:
        read_ticket_file(workspace, ticket_id)  # says it better: which is the nearest ticket
        raise
    try:
        copy = os.path.join(_new_folder(workspace, ticket_id), f"{ticket_id}.yml")
        with open(copy, "wb") as file:
            file.write(data)
    except OSError as error:
        raise StoreError(f"can't make a copy to edit: {error.strerror}", where=str(error.filename or "")) from error
    return Copy(copy, data, etag_of(data))


def _new_folder(workspace: Workspace, ticket_id: str) -> str:
    """In .kaizen/edits/, which outlives a restart of the machine; else where temporary files go."""
    import tempfile

    from kaizen_tui.store.lock import ensure_state

    edits = f"{workspace.state}/edits"
    try:
        ensure_state(workspace)
        os.makedirs(edits, exist_ok=True)
        return tempfile.mkdtemp(prefix=f"{ticket_id}-", dir=edits)
    except (StoreError, OSError):  # a ticket that can't be written to can still be looked at in an editor
        return tempfile.mkdtemp(prefix=f"kaizen-{ticket_id}-")


def run_editor(argv: list[str], path: str) -> None:
    """Runs the editor on the file, without a shell, and waits for it. Raises StoreError when it fails.

    To be called in the main thread: Ctrl+C is the editor's meanwhile.
    """
    import signal
    import subprocess

    # A handler, and not SIG_IGN: that the editor would inherit.
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        done = subprocess.run([*argv, path], check=False)
    except OSError as error:
        raise StoreError(
            f"the editor can't be started: {error.strerror}", where=argv[0], hint="set $VISUAL or $EDITOR"
        ) from error
    finally:
        signal.signal(signal.SIGINT, before)
    if done.returncode != 0:
        raise StoreError(f"the editor failed (exit {done.returncode}), so nothing was changed", where=argv[0])

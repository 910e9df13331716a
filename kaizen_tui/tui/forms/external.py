"""`E`: a ticket's file in $VISUAL or $EDITOR, with the board out of the way.

The editor runs while the event loop stands still: no timer fires, nothing is painted, and what the watcher reports
waits in the queue. Were the loop to run on, Textual would write to a writer thread that has ended, and stop for ever
once its queue of 30 is full. Everything else is done in workers: the copy, the checks, the writing.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from textual.message import Message

from kaizen_tui.core.errors import ConflictError, KaizenError, StoreError
from kaizen_tui.tui.messages import Failed, Said
from kaizen_tui.tui.words import error_text

if TYPE_CHECKING:
    from kaizen_tui.core.problem import Problem
    from kaizen_tui.loop.edit import Updated
    from kaizen_tui.loop.editor import Copy
    from kaizen_tui.store.workspace import Workspace
    from kaizen_tui.tui.app import KaizenApp
    from kaizen_tui.tui.desk import Desk

RefusedChoice = Literal["edit", "keep", "discard"]
EDITING = "editing"


class Refusal(NamedTuple):
    """Why a text was not taken. lines: (what, hint) in words, with the places in the text."""

    copy: "Copy"
    lines: tuple[tuple[str, str], ...]


class CopyMade(Message):
    """There is something to edit. argv: the editor's words."""

    def __init__(self, visit: "EditorVisit", copy: "Copy", argv: list[str]) -> None:
        super().__init__()
        self.visit = visit
        self.copy = copy
        self.argv = argv


class TextRefused(Message):
    """The text can't be taken as it is."""

    def __init__(self, visit: "EditorVisit", refusal: Refusal) -> None:
        super().__init__()
        self.visit = visit
        self.refusal = refusal


class EditorVisit:
    """One ticket's way to the editor and back, as often as it takes."""

    def __init__(self, app: "KaizenApp", ticket_id: str) -> None:
        self._app = app
        self.ticket_id = ticket_id

    def begin(self) -> None:
        """Makes the copy, in a worker."""
        from kaizen_tui.loop.editor import editor_command, make_copy

        workspace, ticket_id = self._app.workspace, self.ticket_id

        def made() -> CopyMade:
            copy = make_copy(workspace, ticket_id)
            try:
                return CopyMade(self, copy, editor_command())
            except KaizenError:
                copy.remove()
                raise

        self._ask(made)

    def edit(self, copy: "Copy", argv: list[str]) -> None:
        """Opens the editor and waits for it; then the text is checked and taken, in a worker."""
        from textual.app import SuspendNotSupported

        from kaizen_tui.loop.editor import run_editor

        try:
            with self._app.suspend():
                run_editor(argv, copy.path)
        except SuspendNotSupported:
            copy.remove()
            self._say("an editor can't be opened here; e opens the form", bad=True)
            return
        except KaizenError as error:
            self._after_failure(copy, error)
            return
        desk, workspace, ticket_id = self._app.desk, self._app.workspace, self.ticket_id
        self._ask(lambda: self._taken(take_text(desk, workspace, ticket_id, copy)), writes=True)

    def _taken(self, found: "Refusal | str") -> Message:
        return Said(found) if isinstance(found, str) else TextRefused(self, found)

    def _after_failure(self, copy: "Copy", error: KaizenError) -> None:
        if copy.has_work():
            self._app.main.post_message(TextRefused(self, Refusal(copy, ((error.what, error.hint),))))
            return
        copy.remove()
        self._say(error_text(error), bad=True)

    def ask(self, refusal: Refusal) -> None:
        """Shows why the text was not taken and asks what shall become of it."""
        from kaizen_tui.tui.screens.refused import RefusedScreen

        def answered(choice: "RefusedChoice | None") -> None:
            if choice == "edit":
                self._again(refusal.copy)
            elif choice == "discard":
                refusal.copy.remove()
                self._say(f"{self.ticket_id}: your text is discarded")
            else:
                self._keep(refusal.copy)

        self._app.push_screen(RefusedScreen(self._app, self.ticket_id, refusal), answered)

    def _again(self, copy: "Copy") -> None:
        from kaizen_tui.loop.editor import editor_command

        self._ask(lambda: CopyMade(self, copy, editor_command()))

    def _keep(self, copy: "Copy") -> None:
        workspace, ticket_id = self._app.workspace, self.ticket_id
        self._ask(lambda: Said(kept_text(workspace, ticket_id, copy)), writes=True)

    def _ask(self, question: Callable[[], Message], *, writes: bool = False) -> None:
        post = self._app.main.post_message
        self._app.jobs.ask(question, post, lambda error: Failed(EDITING, error), writes=writes)

    def _say(self, word: str, *, bad: bool = False) -> None:
        self._app.main.post_message(Said(word, bad=bad))


def kept_text(workspace: "Workspace", ticket_id: str, copy: "Copy") -> str:
    """Puts the text where drafts are; returns the sentence that says where."""
    from kaizen_tui.store.drafts import keep_text

    try:
        path = keep_text(workspace, ticket_id, copy.read())
    except KaizenError as error:
        return f"{error_text(error)}; your text is in {copy.path}"
    copy.remove()
    return f"{ticket_id}: your text is kept in {workspace.relative(path)}"


def take_text(desk: "Desk", workspace: "Workspace", ticket_id: str, copy: "Copy") -> "Refusal | str":
    """In a worker: checks and takes what was typed. Returns the sentence to say, or why it was refused."""
    from kaizen_tui.loop.edit import check_text

    try:
        text = copy.read()
        if text == copy.begun:
            copy.remove()
            return f"{ticket_id}: nothing changed"
        problems = check_text(desk.session, ticket_id, copy.begun, text)
        if problems:
            return Refusal(copy, _in_words(problems, ticket_id))
        return _outcome(copy, ticket_id, desk.take_text(ticket_id, text, copy.etag))
    except ConflictError:
        return _with_theirs(desk, workspace, ticket_id, copy)
    except KaizenError as error:
        return Refusal(copy, ((error.what, error.hint),))


def _in_words(problems: "list[Problem]", ticket_id: str) -> tuple[tuple[str, str], ...]:
    """Each with its line: of the text that was typed, not of the file on disk."""
    return tuple(
        (f"{ticket_id}.yml:{problem.line}: {problem.message}" if problem.line else problem.message, problem.hint)
        for problem in problems
    )


def _outcome(copy: "Copy", ticket_id: str, done: "Updated", merged: str = "") -> "Refusal | str":
    if done.decision is not None and not done.decision.allowed:
        target = done.decision.target
        lines = [(f"the gate into {target} is shut", "change the status back, or meet what is missing")]
        return Refusal(copy, (*lines, *((unmet.text, unmet.command) for unmet in done.decision.refused)))
    copy.remove()
    said = ", ".join(done.changed) or "text"
    moved = f", now in {done.decision.target}" if done.decision is not None else ""
    return f"{ticket_id}: {said} saved{moved}{merged}"


def _with_theirs(desk: "Desk", workspace: "Workspace", ticket_id: str, copy: "Copy") -> "Refusal | str":
    """The ticket changed on disk meanwhile: both changes are put together where they can be."""
    from kaizen_tui.loop.editor import Copy
    from kaizen_tui.store.files import read_file
    from kaizen_tui.store.merge import merge_ticket
    from kaizen_tui.store.reading import etag_of

    theirs = read_file(workspace.ticket_path(ticket_id))
    merged, clash = merge_ticket(copy.begun, copy.read(), theirs)
    if not clash:
        try:
            done = desk.take_text(ticket_id, merged, etag_of(theirs))
        except ConflictError as error:
            return Refusal(copy, ((error.what, "edit again"),))
        return _outcome(copy, ticket_id, done, "; put together with a change on disk")
    try:
        with open(copy.path, "wb") as file:
            file.write(merged)
    except OSError as error:
        raise StoreError(f"cannot write: {error.strerror}", where=copy.path) from error
    again = Copy(copy.path, theirs, etag_of(theirs))
    hint = "edit again: both versions stand between <<<<<<< and >>>>>>>"
    return Refusal(again, ((f"{ticket_id} changed on disk while you edited it", hint),))

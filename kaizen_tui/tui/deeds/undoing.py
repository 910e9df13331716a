"""`u`: takes my last change back, all of it where it was made to several tickets at once."""

from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.tui import words
from kaizen_tui.tui.deeds.undo_stack import Deed, UndoStack, deed_words
from kaizen_tui.tui.messages import Failed
from kaizen_tui.tui.reading import Asked

if TYPE_CHECKING:
    from textual.content import Content

    from kaizen_tui.tui.desk import Desk
    from kaizen_tui.tui.screens.board import BoardScreen

UNDOING = "undoing"


class Outcome(NamedTuple):
    """What became of one ticket. word: what was done, or why it was not."""

    ticket_id: str
    word: str
    ok: bool


class UndoAnswered(Message):
    """The last change was taken back, or not. more: what a further undo would take back, or ""."""

    def __init__(self, outcomes: tuple[Outcome, ...], more: str) -> None:
        super().__init__()
        self.outcomes = outcomes
        self.more = more


def take_back(desk: "Desk", stack: UndoStack) -> UndoAnswered:
    """In a worker: takes back the latest group of deeds."""
    desk.writing()  # refuses before anything is taken off the stack
    outcomes = [_one(desk, stack, deed) for deed in stack.take()]
    return UndoAnswered(tuple(outcomes), stack.next_words())


def _one(desk: "Desk", stack: UndoStack, deed: Deed) -> Outcome:
    from kaizen_tui.loop.signing import signer_for
    from kaizen_tui.loop.undo import CannotUndoError, undo
    from kaizen_tui.store.reading import read_ticket_file

    if deed.wrote is None:
        return Outcome(deed.ticket_id, "a ticket that was made is never erased; abort it", False)
    session = desk.writing()
    try:
        done = undo(session, deed.wrote, sign=signer_for(session, wanted=False))
        stack.mended(deed, read_ticket_file(session.workspace, deed.ticket_id).data)
    except CannotUndoError as error:
        return Outcome(deed.ticket_id, f"{deed_words(deed)} stays: {error.what.partition(': ')[2]}", False)
    except KaizenError as error:
        stack.put_back(deed)
        return Outcome(deed.ticket_id, str(error), False)
    return Outcome(deed.ticket_id, f"{done.what} is taken back", True)


def summary(outcomes: tuple[Outcome, ...], more: str = "") -> "Content":
    """What was done to several tickets, and what was refused and why."""
    done = [one for one in outcomes if one.ok]
    refused = [one for one in outcomes if not one.ok]
    said = []
    if len(done) > 1:
        same = {one.word for one in done}
        said.append(words.text(f" ✔ {len(done)} tickets: {same.pop()}" if len(same) == 1 else f" ✔ {len(done)} tickets",
                               words.GOOD))  # fmt: skip
        said.append(words.text(f"   {', '.join(one.ticket_id for one in done)}", words.MUTED))
    elif done:
        said.append(_line("✔", words.GOOD, done[0]))
    said += [_line("✖", words.BAD, one) for one in refused]
    if more:
        said.append(words.text(f"   u again: {more}", words.MUTED))
    return words.lines(said)


def _line(mark: str, style: str, one: Outcome) -> "Content":
    from textual.content import Content

    return Content.assemble(
        words.text(f" {mark} ", style), words.text(one.ticket_id, words.STRONG), words.text(f"  {one.word}")
    )


class UndoSide:
    """Undo on a board screen."""

    def __init__(self, screen: "BoardScreen") -> None:
        self._screen = screen

    def action_undo(self) -> None:
        """Takes the last change back, in a worker."""
        app = self._screen.kaizen
        if not len(app.desk.undo_stack):
            self._screen.key_bar.say("Nothing to undo: you changed nothing since the board was opened")
            return
        desk = app.desk
        app.jobs.ask(
            lambda: take_back(desk, desk.undo_stack),
            self._screen.post_message,
            lambda error: Failed(UNDOING, error),
            writes=True,
        )

    def answered(self, message: UndoAnswered) -> None:
        """Says what became of it."""
        if not message.outcomes:
            return
        refused = any(not one.ok for one in message.outcomes)
        self._screen.kaizen.loader.request(Asked(frozenset(one.ticket_id for one in message.outcomes)))
        self._screen.follow(message.outcomes[0].ticket_id)
        self._screen.say(summary(message.outcomes, message.more if refused else ""))

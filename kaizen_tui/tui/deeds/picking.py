"""Several tickets at once: which are picked, and one act on all of them with one summary."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.row import TicketRow
from kaizen_tui.tui import words
from kaizen_tui.tui.deeds.undoing import Outcome, summary
from kaizen_tui.tui.messages import Failed
from kaizen_tui.tui.reading import Asked

if TYPE_CHECKING:
    from kaizen_tui.tui.desk import Desk
    from kaizen_tui.tui.screens.board import BoardScreen

BULK = "bulk"


class BulkAnswered(Message):
    """An act on several tickets came to its end."""

    def __init__(self, outcomes: tuple[Outcome, ...]) -> None:
        super().__init__()
        self.outcomes = outcomes


def on_all(desk: "Desk", rows: Iterable[TicketRow], act: Callable[[TicketRow], Outcome]) -> BulkAnswered:
    """In a worker: does `act` to each ticket; one undo takes all of it back. An error ends one ticket's turn only."""
    desk.writing()
    outcomes = []
    with desk.undo_stack.together():
        for row in rows:
            try:
                outcomes.append(act(row))
            except KaizenError as error:
                outcomes.append(Outcome(row.id, str(error), False))
    return BulkAnswered(tuple(outcomes))


def move_one(desk: "Desk", row: TicketRow, target: str, reason: str = "") -> Outcome:
    """Moves one ticket through its gates."""
    decision = desk.move(row, target, reason=reason)
    if decision.unchanged:
        return Outcome(row.id, f"is in {words.title(target)} already", True)
    if decision.allowed:
        return Outcome(row.id, f"now in {words.title(target)}", True)
    reasons = "; ".join(unmet.text for unmet in decision.refused)
    return Outcome(row.id, f"stays in {words.title(row.status)}: {reasons}", False)


def parse_labels(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """`perf -old` as the labels to add and to take away; commas count as blanks."""
    typed = text.replace(",", " ").split()
    add = tuple(word.removeprefix("+") for word in typed if not word.startswith("-"))
    return tuple(filter(None, add)), tuple(word[1:] for word in typed if len(word) > 1 and word.startswith("-"))


def label_one(desk: "Desk", row: TicketRow, add: Sequence[str], remove: Sequence[str]) -> Outcome:
    """Adds labels to and takes labels from one ticket."""
    from kaizen_tui.loop.edit import Changes, update

    done = update(desk.writing(), row.id, Changes(add_labels=add, remove_labels=remove))
    said = " ".join((*(f"+{name}" for name in add), *(f"-{name}" for name in remove)))
    return Outcome(row.id, f"labels {said}" if done.changed else "labels as they were", True)


def owner_one(desk: "Desk", row: TicketRow, owner: str) -> Outcome:
    """Gives one ticket another owner."""
    from kaizen_tui.loop.edit import Changes, update

    done = update(desk.writing(), row.id, Changes(owner=owner))
    return Outcome(row.id, f"owner {owner}" if done.changed else f"{owner} owns it already", True)


class PickSide:
    """The picked tickets of a board screen. ids: in the order in which they were picked."""

    def __init__(self, screen: "BoardScreen") -> None:
        self._screen = screen
        self.ids: dict[str, None] = {}
        self._anchor = ""

    # Picking

    def _changed(self) -> None:
        self._screen.news.mark()
        count = len(self.ids)
        self._screen.key_bar.say(
            f"{count} ticket{'s' * (count != 1)} picked: m move  x abort  L label  O owner  Esc none" if count else ""
        )

    def action_pick(self) -> None:
        """Picks the card under the cursor, or no longer; the cursor goes on to the next card."""
        row = self._screen.board.selected
        if row is None:
            return
        if row.id in self.ids:
            del self.ids[row.id]
        else:
            self.ids[row.id] = None
        self._anchor = row.id
        self._screen.board.step(1)
        self._changed()

    def action_pick_step(self, down: int) -> None:
        """Picks the card under the cursor and the next one that way."""
        board = self._screen.board
        for steps in (0, down):
            board.step(steps)
            if board.selected is not None:
                self.ids[board.selected.id] = None
                self._anchor = self._anchor or board.selected.id
        self._changed()

    def action_pick_to(self) -> None:
        """Picks all cards of the column from the last picked one to the cursor."""
        view = self._screen.board.view
        pile, place = view.columns.cards[view.focus], view.places[view.focus]
        if not pile:
            return
        start = next((nth for nth, row in enumerate(pile) if row.id == self._anchor), place)
        for row in pile[min(start, place) : max(start, place) + 1]:
            self.ids[row.id] = None
        self._changed()

    def action_pick_column(self) -> None:
        """Picks every card of the column as filtered; when all of them are picked, none."""
        view = self._screen.board.view
        pile = [row.id for row in view.columns.cards[view.focus]]
        if all(ticket_id in self.ids for ticket_id in pile):
            for ticket_id in pile:
                del self.ids[ticket_id]
        else:
            self.ids.update(dict.fromkeys(pile))
        self._changed()

    def clear(self) -> bool:
        """Picks nothing; False when nothing was picked."""
        if not self.ids:
            return False
        self.ids.clear()
        self._changed()
        return True

    def keep(self, present: frozenset[str]) -> None:
        """Forgets picked tickets that are gone. present: the ids of all tickets."""
        self.ids = {ticket_id: None for ticket_id in self.ids if ticket_id in present}

    def rows(self) -> list[TicketRow]:
        """The picked tickets, also those that the filter hides; else the one under the cursor."""
        if not self.ids:
            return [row for row in (self._screen.board.selected,) if row is not None]
        return [row for pile in self._screen.all_tickets.cards for row in pile if row.id in self.ids]

    # Acts on all of them

    def action_move_ticket(self) -> object:
        """Moves the picked tickets; without any, the one under the cursor."""
        if not self.ids:
            return self._screen.work.action_move_ticket()
        from kaizen_tui.tui.screens.choose import ChooseScreen, targets

        rows = self.rows()
        self._screen.kaizen.push_screen(
            ChooseScreen(words.text(f"Move {_many(rows)} to"), targets(rows)),
            lambda target: self.move_all(rows, target) if target else None,
        )
        return None

    def move_all(self, rows: list[TicketRow], target: str) -> None:
        """Moves these tickets; aborting asks for the reason first."""
        desk = self._screen.kaizen.desk
        if target == "aborted":
            self._ask(
                f"Why {'are' if len(rows) > 1 else 'is'} {_many(rows)} aborted?",
                "The reason is logged; aborted is final.",
                "Reason",
                lambda why: self._do(rows, lambda row: move_one(desk, row, target, why)),
            )
        else:
            self._do(rows, lambda row: move_one(desk, row, target))

    def action_abort_ticket(self) -> object:
        """Aborts the picked tickets; without any, the one under the cursor, as its page does."""
        if self.ids:
            self.move_all(self.rows(), "aborted")
            return None
        name = "action_abort_ticket"
        others = (one for one in self._screen.handlers if one is not self and hasattr(one, name))
        return next((getattr(one, name)() for one in others), None)

    def action_label(self) -> None:
        """Adds and takes away labels."""
        rows, desk = self.rows(), self._screen.kaizen.desk
        if rows:
            self._ask(
                f"Labels of {_many(rows)}",
                f"{_now(rows, ', '.join(rows[0].labels))}perf adds a label, -old takes one away",
                "Labels",
                lambda typed: self._do(rows, lambda row: label_one(desk, row, *parse_labels(typed))),
            )

    def action_owner(self) -> None:
        """Gives another owner."""
        rows, desk = self.rows(), self._screen.kaizen.desk
        if rows:
            self._ask(
                f"New owner of {_many(rows)}",
                f"{_now(rows, rows[0].owner)}a team or a person",
                "Owner",
                lambda typed: self._do(rows, lambda row: owner_one(desk, row, typed)),
            )

    def _ask(self, question: str, explanation: str, label: str, then: Callable[[str], None]) -> None:
        from kaizen_tui.tui.screens.reason import ReasonScreen

        missing = () if label == "Reason" else ("Type something, or leave it with Esc.",)
        self._screen.kaizen.push_screen(
            ReasonScreen(question, explanation, label, *missing), lambda typed: then(typed) if typed else None
        )

    def _do(self, rows: list[TicketRow], act: Callable[[TicketRow], Outcome]) -> None:
        app = self._screen.kaizen
        app.jobs.ask(
            lambda: on_all(app.desk, rows, act),
            self._screen.post_message,
            lambda error: Failed(BULK, error),
            writes=True,
        )

    def answered(self, message: BulkAnswered) -> None:
        """Shows the summary; what was refused stays picked."""
        refused = [one.ticket_id for one in message.outcomes if not one.ok]
        if self.ids:
            self.ids = dict.fromkeys(refused)
            self._screen.news.mark()
        if message.outcomes:
            self._screen.kaizen.loader.request(Asked(frozenset(one.ticket_id for one in message.outcomes)))
            self._screen.follow(message.outcomes[0].ticket_id)
        self._screen.say(summary(message.outcomes))


def _now(rows: Sequence[TicketRow], value: str) -> str:
    """What stands there now, where there is one such thing."""
    return f"Now {value}; " if len(rows) == 1 and value else ""


def _many(rows: Sequence[TicketRow]) -> str:
    return rows[0].id if len(rows) == 1 else f"{len(rows)} tickets"

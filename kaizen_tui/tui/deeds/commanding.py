"""Ctrl+P, `:` and jumping: everything the registry has, by name; a ticket by its number."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.tui import words
from kaizen_tui.tui.columns import Columns, locate

if TYPE_CHECKING:
    from kaizen_tui.tui.action import Action
    from kaizen_tui.tui.screens.board import BoardScreen
    from kaizen_tui.tui.screens.choose import Choice

_ID = re.compile(r"(?:[A-Za-z][A-Za-z0-9]{1,9}-)?0*([0-9]{1,9})")
_TERM = re.compile(r"!?(?:[a-z]+(?:>=|<=|[:<>])|[\"/])")


class Command(NamedTuple):
    """What was typed after `:`. kind: jump, filter, action or unknown. value: a number, a filter, an action's id."""

    kind: str
    value: str


def read_command(typed: str, actions: Sequence["Action"]) -> Command:
    """`22`, `KAIZ-022` jump; `status:canary` filters; else the action of that id, label or beginning. Pure."""
    text = typed.strip().removeprefix(":").strip()
    found = _ID.fullmatch(text)
    if found is not None:
        return Command("jump", found.group(1))
    if _TERM.match(text):
        return Command("filter", text.removeprefix("/").strip())
    folded = text.casefold()
    for fits in (
        lambda action: folded in (action.id, action.id.partition(".")[2], action.label.casefold()),
        lambda action: bool(folded) and (action.id.startswith(folded) or action.label.casefold().startswith(folded)),
    ):
        action = next(filter(fits, actions), None)
        if action is not None:
            return Command("action", action.id)
    return Command("unknown", text)


def find_number(columns: Columns, number: int) -> str:
    """The id of the ticket of this number, "" when there is none."""
    return next((row.id for pile in columns.cards for row in pile if row.number == number), "")


class CommandSide:
    """Commands of a board screen."""

    def __init__(self, screen: "BoardScreen") -> None:
        self._screen = screen

    def choices(self) -> list["Choice"]:
        """Every action of the board, those that work right now first."""
        from kaizen_tui.tui.screens.choose import Choice

        keymap = self._screen.kaizen.keymap
        return [
            Choice(
                action.id,
                action.label,
                action.help,
                " ".join(keymap.keys_of(action.id)[:1]),
                self._screen.why_not(action),
            )
            for action in sorted(keymap.actions, key=lambda action: action.id.startswith("column."))
            if action.context == "board" and not action.id.startswith(("cursor.", "app.palette", "app.command"))
        ]

    def action_palette(self) -> None:
        """Opens the list of everything that can be done."""
        from kaizen_tui.tui.screens.choose import ChooseScreen

        self._screen.kaizen.push_screen(ChooseScreen(words.text("What to do"), self.choices()), self._run)

    def action_command(self) -> None:
        """Opens the command line."""
        from kaizen_tui.tui.screens.command import CommandScreen

        self._screen.kaizen.push_screen(CommandScreen(self.choices(), self._ids()), self._typed)

    def _ids(self) -> list[str]:
        return [row.id for pile in self._screen.all_tickets.cards for row in pile]

    def _typed(self, typed: str | None) -> None:
        if not typed:
            return
        actions = [action for action in self._screen.kaizen.keymap.actions if action.context == "board"]
        command = read_command(typed, actions)
        if command.kind == "jump":
            self.jump(int(command.value))
        elif command.kind == "filter":
            self._screen.filter.apply(command.value)
        elif command.kind == "action":
            self._run(command.value)
        else:
            from kaizen_tui.core.ids import nearest

            near = nearest(command.value, [action.id for action in actions])
            hint = f"; did you mean {near}?" if near else "; Ctrl+P lists all"
            self._screen.key_bar.say(f"There is no command {command.value}{hint}", bad=True)

    def jump(self, number: int) -> None:
        """The cursor goes to the ticket of this number; a filter that hides it is cleared."""
        screen = self._screen
        ticket_id = find_number(screen.all_tickets, number)
        if not ticket_id:
            screen.key_bar.say(f"There is no ticket {number}", bad=True)
            return
        if locate(screen.board.columns, ticket_id) is None:
            screen.filter.apply("")
        screen.board.select(ticket_id)

    def _run(self, action_id: str | None) -> None:
        screen = self._screen
        action = next((action for action in screen.kaizen.keymap.actions if action.id == action_id), None)
        if action is None:
            return
        why_not = screen.why_not(action)
        if why_not:
            screen.key_bar.say(f"{action.label}: {why_not}", bad=True)
        else:
            screen.call_later(screen.run, action)

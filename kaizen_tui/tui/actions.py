"""Every key of the dashboard, by action id: the one place from which dispatch, footer and help derive.

A key means one action in one context; contexts are the states a screen can be in (the board, moving a ticket, the
detail pane, …). Users remap an action by its id (`keys:` in config.yml).
"""

from collections.abc import Iterable, Mapping

from kaizen_tui.core.states import STATUS_TITLES
from kaizen_tui.tui.action import Action as Action
from kaizen_tui.tui.deeds.deed_actions import DEED_ACTIONS
from kaizen_tui.tui.form_actions import FORM_ACTIONS
from kaizen_tui.tui.platform_actions import PLATFORM_ACTIONS
from kaizen_tui.tui.ticket_actions import TICKET_ACTIONS

BOARD, MOVE, DETAIL, FILTER = "board", "move", "detail", "filter"

_GO, _DO, _SEE = "Getting around", "Tickets", "The board"
_MOVING, _PANE, _TYPING = "While moving a ticket", "In the detail pane", "In the filter"


def _go(name: str, keys: tuple[str, ...], label: str, text: str, method: str, argument: int) -> Action:
    return Action(name, keys, label, text, _GO, BOARD, method, argument=argument)


def _scroll(name: str, keys: tuple[str, ...], label: str, text: str, argument: int, footer: int = 0) -> Action:
    return Action(name, keys, label, text, _PANE, DETAIL, "scroll_detail", footer, argument=argument)


ACTIONS: tuple[Action, ...] = (
    _go("cursor.left", ("h", "left"), "left", "The column to the left", "turn", -1),
    _go("cursor.down", ("j", "down"), "down", "The next card", "step", 1),
    _go("cursor.up", ("k", "up"), "up", "The card before", "step", -1),
    _go("cursor.right", ("l", "right"), "right", "The column to the right", "turn", 1),
    _go("cursor.first", ("home", "g"), "first", "The first card of the column", "end", 0),
    _go("cursor.last", ("end", "G"), "last", "The last card of the column", "end", 1),
    _go("cursor.page_up", ("pageup",), "page up", "A screen of cards up", "page", -1),
    _go("cursor.page_down", ("pagedown",), "page down", "A screen of cards down", "page", 1),
    *(
        _go(f"column.{status}", (str(nth + 1),), title.lower(), f"To the column {title}", "column", nth)
        for nth, (status, title) in enumerate(STATUS_TITLES.items())
    ),
    Action("ticket.open", ("enter",), "open", "Open the ticket beside the board", _DO, BOARD, "open_ticket", 1),
    Action("ticket.new", ("n",), "new", "Write a new ticket for this card's component", _DO, BOARD,
           "new_ticket", 4, True),
    Action("ticket.edit", ("e",), "edit", "Edit the ticket in a form", _DO, BOARD, "edit_ticket", 4, True),
    Action("ticket.editor", ("E",), "editor", "Edit the ticket's file in $VISUAL or $EDITOR", _DO, BOARD, "edit_file",
           writes=True),
    Action("ticket.move", ("m",), "move", "Move the ticket to another column, through its gates", _DO, BOARD,
           "move_ticket", 2, True),
    Action("ticket.approve", ("a",), "approve", "Approve the plan or the promotion", _DO, BOARD,
           "approve_ticket", 3, True),
    Action("board.filter", ("slash",), "filter", "Show only some tickets: words, status:canary, owner:me, age>7d, !…",
           _SEE, BOARD, "filter", 5),
    Action("board.problems", ("exclamation_mark",), "problems", "List the files that could not be read", _SEE, BOARD,
           "problems", 6),
    Action("app.help", ("question_mark",), "help", "This page", _SEE, BOARD, "help", 7),
    Action("board.back", ("escape",), "back", "Close what is open; then clear the filter", _SEE, BOARD, "back"),
    Action("app.quit", ("q", "ctrl+c"), "quit", "Leave", _SEE, BOARD, "quit", 8),
    Action("move.commit", ("enter",), "move here", "Move the ticket there, if its gates let it", _MOVING, MOVE,
           "commit_move", 1, True),
    Action("move.cancel", ("escape", "m", "q"), "leave it", "Leave the ticket where it is", _MOVING, MOVE,
           "cancel_move", 2),
    Action("move.left", ("h", "left"), "column", "Aim at the column to the left", _MOVING, MOVE, "aim", 3, argument=-1),
    Action("move.right", ("l", "right"), "column", "Aim at the column to the right", _MOVING, MOVE,
           "aim", 4, argument=1),
    Action("move.override", ("o",), "override", "Move it past a shut gate, with a reason that is logged for ever",
           _MOVING, MOVE, "override_move", 5, True),
    Action("move.read_on", ("j", "down", "pagedown"), "read on", "Scroll the gate's words", _MOVING, MOVE,
           "scroll_words", argument=1),
    Action("move.read_back", ("k", "up", "pageup"), "read back", "Scroll the gate's words back", _MOVING, MOVE,
           "scroll_words", argument=-1),
    Action("detail.back", ("escape", "q"), "back", "Back to the board", _PANE, DETAIL, "back", 1),
    _scroll("detail.down", ("j", "down"), "scroll", "Scroll down", 1, 3),
    _scroll("detail.up", ("k", "up"), "scroll", "Scroll up", -1, 3),
    _scroll("detail.page_down", ("pagedown", "space"), "page down", "A page down", 10),
    _scroll("detail.page_up", ("pageup",), "page up", "A page up", -10),
    _scroll("detail.first", ("home", "g"), "top", "To the top", -100),
    _scroll("detail.last", ("end", "G"), "bottom", "To the bottom", 100),
    Action("detail.move", ("m",), "move", "Move the ticket", _PANE, DETAIL, "move_ticket", 4, True),
    Action("detail.approve", ("a",), "approve", "Approve it", _PANE, DETAIL, "approve_ticket", 5, True),
    Action("detail.edit", ("e",), "edit", "Edit it in a form", _PANE, DETAIL, "edit_ticket", 6, True),
    Action("detail.editor", ("E",), "editor", "Edit its file in $VISUAL or $EDITOR", _PANE, DETAIL, "edit_file",
           writes=True),
    Action("detail.help", ("question_mark",), "help", "The help page", _PANE, DETAIL, "help", 7),
    Action("filter.keep", ("enter", "tab", "down"), "keep it", "Back to the cards, with the filter on", _TYPING, FILTER,
           "close_filter", 1, argument=1),
    Action("filter.drop", ("escape",), "as before", "Back to the cards, with the filter as it was before", _TYPING,
           FILTER, "close_filter", 2, argument=0),
    *DEED_ACTIONS,
    *FORM_ACTIONS,
    *PLATFORM_ACTIONS,
    *TICKET_ACTIONS,
)  # fmt: skip

_SHOWN = {
    "enter": "↵", "escape": "Esc", "slash": "/", "question_mark": "?", "exclamation_mark": "!", "space": "Space",
    "left": "←", "right": "→", "up": "↑", "down": "↓", "home": "Home", "end": "End", "pageup": "PgUp",
    "pagedown": "PgDn", "left_square_bracket": "[", "right_square_bracket": "]", "left_curly_bracket": "{",
    "right_curly_bracket": "}", "plus": "+", "minus": "-", "tab": "Tab", "shift+tab": "Shift+Tab",
    "asterisk": "*", "colon": ":", "greater_than_sign": ">",
}  # fmt: skip


def show_key(key: str) -> str:
    """A key as people write it: `slash` is /, `pageup` is PgUp."""
    return _SHOWN.get(key) or (key.upper() if key[0] == "f" and key[1:].isdigit() else key)


class Keymap:
    """Which key does what, in which context, with the user's own keys applied.

    `overrides` maps action ids to keys (several separated by commas). What is wrong with them is said in `problems`,
    one sentence each; a wrong override leaves the action's own keys.
    """

    def __init__(self, overrides: Mapping[str, str] | None = None, actions: Iterable[Action] = ACTIONS) -> None:
        self.actions = tuple(actions)
        self.problems: list[str] = []
        wanted = self._checked(overrides or {})
        self._by_key: dict[tuple[str, str], Action] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        # The user's own keys first: they win over another action's default.
        for action in sorted(self.actions, key=lambda action: action.id not in wanted):
            kept = []
            for key in wanted.get(action.id, action.keys):
                holder = self._by_key.setdefault((action.context, key), action)
                if holder is action:
                    kept.append(key)
                elif action.id in wanted:
                    self.problems.append(f"keys: {show_key(key)} is given to both {holder.id} and {action.id}")
            self._keys[action.id] = tuple(kept)

    def _checked(self, overrides: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        known = {action.id for action in self.actions}
        wanted = {}
        for name, keys in overrides.items():
            if name not in known:
                self.problems.append(_unknown_action(name, known))
                continue
            parts = [","] if keys.strip() == "," else keys.split(",")
            listed = tuple(_textual_key(key) for key in parts if key.strip())
            if listed:
                wanted[name] = listed
            else:
                self.problems.append(f"keys: {name} has no key")
        return wanted

    def find(self, context: str, key: str) -> Action | None:
        """The action of `key` (a Textual key name) in `context`, or None."""
        return self._by_key.get((context, key))

    def keys_in(self, contexts: Iterable[str]) -> set[str]:
        """Textual's names of all keys that mean something in one of the contexts."""
        wanted = frozenset(contexts)
        return {key for context, key in self._by_key if context in wanted}

    def keys_of(self, action_id: str) -> tuple[str, ...]:
        """The keys of an action as people write them."""
        return tuple(show_key(key) for key in self._keys.get(action_id, ()))

    def footer(self, context: str) -> list[Action]:
        """The actions of `context` that the footer shows, most important first."""
        shown = [action for action in self.actions if action.context == context and action.footer]
        return sorted(shown, key=lambda action: action.footer)


def _textual_key(key: str) -> str:
    """Textual's name of a key as users write it: `?` is question_mark."""
    key = key.strip()
    if len(key) != 1:
        return key
    from textual.keys import _character_to_key

    return _character_to_key(key)


def _unknown_action(name: str, known: Iterable[str]) -> str:
    from kaizen_tui.core.ids import nearest

    near = nearest(name, known)
    return f"keys: there is no action {name}" + (f"; did you mean {near}?" if near else "")

"""The keys of undo, picking, commands, news and notes."""

from kaizen_tui.tui.action import Action

_BOARD = "board"
_DO, _MANY, _SEE, _NEWS = "Tickets", "Several tickets at once", "The board", "News"


def _on(group: str, name: str, keys: str, label: str, text: str, method: str, footer: int = 0,
        argument: int | None = None, writes: bool = False) -> Action:  # fmt: skip
    """keys: separated by blanks."""
    return Action(name, tuple(keys.split()), label, text, group, _BOARD, method, footer, writes, argument)


DEED_ACTIONS: tuple[Action, ...] = (
    _on(_DO, "ticket.undo", "u", "undo", "Take my last change back, by a further log entry", "undo", 5, writes=True),
    _on(_DO, "ticket.label", "L", "label", "Add labels to the ticket, or take some away", "label", writes=True),
    _on(_DO, "ticket.owner", "O", "owner", "Give the ticket another owner", "owner", writes=True),
    _on(_DO, "ticket.copy", "y", "copy", "Copy the ticket as an incident update, in Markdown", "copy"),
    _on(_DO, "ticket.watch", "w", "watch", "Tell me when it is moved, judged, approved or rolled back", "watch"),
    _on(_MANY, "pick.toggle", "space", "pick", "Pick or unpick; move, abort, label, owner work on all picked",
        "pick"),
    _on(_MANY, "pick.down", "J shift+down", "pick on", "Pick this card and the next", "pick_step", 0, 1),
    _on(_MANY, "pick.up", "K shift+up", "pick back", "Pick this card and the one before", "pick_step", 0, -1),
    _on(_MANY, "pick.range", "V", "pick to here", "Pick from the last picked card to this one", "pick_to"),
    _on(_MANY, "pick.column", "asterisk", "pick column", "Pick every card of the column; again: none", "pick_column"),
    _on(_SEE, "app.palette", "ctrl+p", "commands", "Everything that can be done, by name", "palette"),
    _on(_SEE, "app.command", "colon", "command line", "Jump (:22), filter (:status:canary) or act (:flow)", "command"),
    _on(_NEWS, "news.digest", "D", "digest", "What changed since I last looked", "digest", 6),
    _on(_NEWS, "news.read", "R", "all read", "Everything counts as read", "mark_read"),
)  # fmt: skip

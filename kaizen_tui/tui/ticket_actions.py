"""The keys of what is decided about one ticket: its page, its approval, the ten seconds after it, its sign-offs."""

from kaizen_tui.tui.action import Action

# A ticket on the whole screen; its approval; the note or id being typed there; the hold after Enter; the pick list of
# criteria and the note there.
TICKET, APPROVAL, APPROVAL_TEXT, HOLD = "ticket", "approval", "approval-text", "hold"
SIGN_OFF, SIGN_OFF_TEXT = "sign-off", "sign-off-text"

_GROUPS = {
    "board": "Tickets", "detail": "In the detail pane", TICKET: "On a ticket's page", APPROVAL: "Approving",
    APPROVAL_TEXT: "Approving", HOLD: "In the ten seconds after an approval", SIGN_OFF: "Signing off",
    SIGN_OFF_TEXT: "Signing off",
}  # fmt: skip
# Offered only where a canary runs.
CANARY_METHODS = frozenset({"pause_canary", "step_canary", "roll_back"})
# Not offered of a ticket that is complete or aborted.
UNTIL_FINAL = frozenset(
    {"move_ticket", "approve_ticket", "reject_ticket", "sign_off_ticket", "abort_ticket", "evaluate_ticket"}
)
_WRITES = CANARY_METHODS | frozenset(
    {"approve_ticket", "reject_ticket", "sign_off_ticket", "abort_ticket", "move_ticket", "edit_ticket", "edit_file",
     "confirm", "yes", "sign", "evaluate_ticket"}
)  # fmt: skip

_WATCH = "Tell me when it is moved, judged, approved or rolled back"
_EVALUATE = "Test and measure the change for its score-card; again: interrupt that"


def _do(
    name: str, keys: str, label: str, text: str, context: str, method: str, footer: int = 0, argument: int | None = None
) -> Action:
    """keys: separated by blanks."""
    writes = method in _WRITES
    return Action(name, tuple(keys.split()), label, text, _GROUPS[context], context, method, footer, writes, argument)


def _canary(context: str, prefix: str) -> tuple[Action, ...]:
    """What is done to the canary of a ticket."""
    place = {"board": 3, "detail": 5, TICKET: 4}[context]  # behind "approve"
    return (
        _do(f"{prefix}.pause", "p", "pause", "Pause the canary: nobody gets it; again: it goes on", context,
            "pause_canary", place),
        _do(f"{prefix}.step", "greater_than_sign", "next step", "Give the canary its next step by hand", context,
            "step_canary"),
        _do(f"{prefix}.roll_back", "B", "roll back", "Roll the canary back now: nobody gets it, the ticket is aborted",
            context, "roll_back", place),
    )  # fmt: skip


def _scrolling(context: str, prefix: str, footer: int = 0) -> tuple[Action, ...]:
    return (
        _do(f"{prefix}.down", "j down", "scroll", "Scroll down", context, "scroll", footer, 1),
        _do(f"{prefix}.up", "k up", "scroll", "Scroll up", context, "scroll", footer, -1),
        _do(f"{prefix}.page_down", "pagedown space", "page down", "A page down", context, "scroll", 0, 10),
        _do(f"{prefix}.page_up", "pageup", "page up", "A page up", context, "scroll", 0, -10),
        _do(f"{prefix}.first", "home g", "top", "To the top", context, "scroll", 0, -100),
        _do(f"{prefix}.last", "end G", "bottom", "To the bottom", context, "scroll", 0, 100),
    )


TICKET_ACTIONS: tuple[Action, ...] = (
    _do("ticket.reject", "r", "reject", "Reject the plan or the promotion, with the reason", "board", "reject_ticket"),
    _do("ticket.sign_off", "s", "sign off", "Sign off criteria that a person judges", "board", "sign_off_ticket"),
    _do("ticket.abort", "x", "abort", "Abort the ticket, with the reason", "board", "abort_ticket"),
    _do("ticket.evaluate", "v", "evaluate", _EVALUATE, "board", "evaluate_ticket", 6),
    _do("detail.evaluate", "v", "evaluate", _EVALUATE, "detail", "evaluate_ticket", 6),
    *_canary("board", "canary"),
    _do("detail.full", "enter", "whole page", "The ticket on the whole screen", "detail", "open_full", 2),
    _do("detail.reject", "r", "reject", "Reject it, with the reason", "detail", "reject_ticket"),
    _do("detail.sign_off", "s", "sign off", "Sign off criteria that a person judges", "detail", "sign_off_ticket"),
    _do("detail.abort", "x", "abort", "Abort it, with the reason", "detail", "abort_ticket"),
    *_canary("detail", "detail"),
    _do("page.back", "escape q", "back", "Back to where you came from", TICKET, "leave", 1),
    _do("page.next", "tab l right", "pages", "The next page of the ticket", TICKET, "turn", 2, 1),
    _do("page.previous", "shift+tab h left", "page before", "The page before", TICKET, "turn", 0, -1),
    *(
        _do(f"page.{name}", str(nth + 1), name.replace("_", " "), f"The page {title}", TICKET, "show_tab", 0, nth)
        for nth, (name, title) in enumerate(
            (("ticket", "Ticket"), ("patch_spec", "Patch spec"), ("score_card", "Score-card"), ("log", "Log"),
             ("gates", "Gates"), ("canary", "Canary"))
        )
    ),
    *_scrolling(TICKET, "page", 3),
    _do("page.approve", "a", "approve", "Approve the plan or the promotion", TICKET, "approve_ticket", 4),
    _do("page.evaluate", "v", "evaluate", _EVALUATE, TICKET, "evaluate_ticket", 5),
    _do("page.reject", "r", "reject", "Reject it, with the reason", TICKET, "reject_ticket", 6),
    _do("page.sign_off", "s", "sign off", "Sign off criteria that a person judges", TICKET, "sign_off_ticket", 5),
    _do("page.abort", "x", "abort", "Abort it, with the reason", TICKET, "abort_ticket", 9),
    _do("page.move", "m", "move", "Move it, through its gates (on the board)", TICKET, "move_ticket", 7),
    _do("page.edit", "e", "edit", "Edit it in a form", TICKET, "edit_ticket", 8),
    _do("page.editor", "E", "editor", "Edit its file in $VISUAL or $EDITOR", TICKET, "edit_file"),
    _do("page.help", "question_mark", "help", "The help page", TICKET, "help", 10),
    *_canary(TICKET, "page"),
    _do("detail.watch", "w", "watch", _WATCH, "detail", "watch"),
    _do("page.watch", "w", "watch", _WATCH, TICKET, "watch"),
    _do("page.quit", "ctrl+c", "quit", "Leave kaizen", TICKET, "quit"),
    _do("approval.confirm", "enter", "approve", "Approve: a key in tier 3, twice in tiers 1 and 2, the id typed in "
        "tier 0", APPROVAL, "confirm", 1),
    _do("approval.yes", "y", "approve at once", "Approve without the second Enter (not in tier 0)", APPROVAL, "yes", 2),
    _do("approval.note", "n tab", "note", "Write a note to go with it", APPROVAL, "write", 3, 1),
    _do("approval.type", "shift+tab", "type the id", "The last field: in tier 0 the id", APPROVAL, "write", 0, -1),
    _do("approval.sign_off", "s", "sign off", "Sign off criteria that a person judges", APPROVAL, "sign_off_ticket", 5),
    _do("approval.score_card", "c 3", "score-card", "The whole score-card, on its page", APPROVAL, "score_card", 5),
    _do("approval.reject", "r", "reject", "Reject it instead, with the reason", APPROVAL, "reject_ticket", 6),
    *_scrolling(APPROVAL, "approval", 7),
    _do("approval.back", "escape q", "back", "Back, with nothing approved; the note stays", APPROVAL, "leave", 4),
    _do("approval.help", "question_mark", "help", "The help page", APPROVAL, "help", 8),
    _do("approval.quit", "ctrl+c", "quit", "Leave kaizen, with nothing approved", APPROVAL, "quit"),
    _do("approval.text_done", "enter", "done", "From the note to the page (or to the id); from the id: approve",
        APPROVAL_TEXT, "text_done", 1),
    _do("approval.text_next", "tab down", "next", "The next field", APPROVAL_TEXT, "text_step", 2, 1),
    _do("approval.text_previous", "shift+tab up", "previous", "The field before", APPROVAL_TEXT, "text_step", 0, -1),
    _do("approval.text_leave", "escape", "to the page", "Back to reading; what was typed stays", APPROVAL_TEXT,
        "text_leave", 3),
    _do("hold.cancel", "u escape q", "take it back", "Nothing is approved", HOLD, "cancel", 1),
    *_scrolling(HOLD, "hold", 2),
    _do("hold.quit", "ctrl+c", "quit", "Leave kaizen: nothing is approved", HOLD, "quit"),
    _do("sign_off.tick", "space", "tick", "Tick a criterion, or take the tick away", SIGN_OFF, "tick", 1),
    _do("sign_off.sign", "enter", "sign off", "Sign off what is ticked (else the marked one)", SIGN_OFF, "sign", 2),
    _do("sign_off.down", "j down", "choose", "The next criterion", SIGN_OFF, "step", 3, 1),
    _do("sign_off.up", "k up", "choose", "The criterion above", SIGN_OFF, "step", 3, -1),
    _do("sign_off.note", "n tab", "note", "Write a note to go with it", SIGN_OFF, "write", 4),
    _do("sign_off.back", "escape q", "back", "Sign nothing off", SIGN_OFF, "leave", 5),
    _do("sign_off.text_sign", "enter", "sign off", "Sign off with this note", SIGN_OFF_TEXT, "sign", 1),
    _do("sign_off.text_leave", "escape tab shift+tab", "to the list", "Back to the list", SIGN_OFF_TEXT,
        "text_leave", 2),
)  # fmt: skip

"""The keys of the forms, of the view of three versions, and of what becomes of a text that was not taken."""

from kaizen_tui.tui.action import Action

# A form; its fields of one line, of a list, with a pick list, with a choice; its button.
FORM, FORM_LINE, FORM_LIST = "form", "form-line", "form-list"
FORM_PICK, FORM_CHOICE, FORM_SAVE = "form-pick", "form-choice", "form-save"
# The three versions of a ticket; an edited text that was refused.
CLASH, REFUSED = "clash", "refused"

_GROUPS = {CLASH: "When a ticket changed on disk", REFUSED: "When an edited text is not taken"}


def _do(
    name: str, keys: str, label: str, text: str, context: str, method: str, footer: int = 0, argument: int | None = None
) -> Action:
    """keys: separated by blanks."""
    group = _GROUPS.get(context, "In a form")
    writes = method in ("save", "apply", "edit")
    return Action(name, tuple(keys.split()), label, text, group, context, method, footer, writes, argument)


FORM_ACTIONS: tuple[Action, ...] = (
    _do("form.save", "f2 ctrl+enter", "save", "Write the ticket, or save the changes", FORM, "save", 1),
    _do("form.back", "escape", "back, draft kept", "Back to the board; what was typed stays as a draft", FORM,
        "back", 2),
    _do("form.next", "tab", "next", "The next field", FORM, "step", 3, 1),
    _do("form.previous", "shift+tab", "previous", "The field before", FORM, "step", 0, -1),
    _do("form.compare", "f6", "compare", "Compare with what is on disk now, and pick", FORM, "compare", 4),
    _do("form.discard", "f4", "discard", "Throw away what was typed; again brings it back", FORM, "discard", 5),
    _do("form.help", "f1", "help", "The help page", FORM, "help", 6),
    _do("form.line_next", "enter down", "next", "From a field of one line to the next", FORM_LINE, "step", 0, 1),
    _do("form.line_previous", "up", "previous", "From a field of one line to the one before", FORM_LINE, "step", 0, -1),
    _do("form.item_complete", "tab", "complete", "In a list: take the suggestion, else go to the next field", FORM_LIST,
        "line_complete", 1),
    _do("form.item_new", "enter", "new line", "In a list: a new line", FORM_LIST, "line_new", 2),
    _do("form.item_down", "down", "down", "In a list: the next line", FORM_LIST, "line_step", 0, 1),
    _do("form.item_up", "up", "up", "In a list: the line above", FORM_LIST, "line_step", 0, -1),
    _do("form.item_later", "alt+down", "move line", "In a list: move the line down", FORM_LIST, "line_move", 0, 1),
    _do("form.item_earlier", "alt+up", "move line", "In a list: move the line up", FORM_LIST, "line_move", 0, -1),
    _do("form.pick_take", "enter tab", "take it", "Take the marked component and go on", FORM_PICK, "pick_take", 1),
    _do("form.pick_next", "down", "choose", "The next component of those found", FORM_PICK, "pick_step", 2, 1),
    _do("form.pick_previous", "up", "choose", "The component above", FORM_PICK, "pick_step", 3, -1),
    _do("form.choice_left", "left", "choose", "More severe (or its first letter)", FORM_CHOICE, "choose", 1, -1),
    _do("form.choice_right", "right", "choose", "Less severe", FORM_CHOICE, "choose", 2, 1),
    _do("form.choice_next", "enter down", "next", "On to the next field", FORM_CHOICE, "step", 0, 1),
    _do("form.choice_previous", "up", "previous", "Back to the field before", FORM_CHOICE, "step", 0, -1),
    _do("form.press", "enter space", "save", "On the button: save", FORM_SAVE, "save", 1),
    _do("form.press_up", "up", "previous", "Back to the last field", FORM_SAVE, "step", 0, -1),
    _do("clash.apply", "enter f2", "put together", "Go on with what is picked", CLASH, "apply", 1),
    _do("clash.mine", "1 m", "yours", "Your text stands", CLASH, "pick", 2, 0),
    _do("clash.theirs", "2 t", "on disk", "The text on disk stands", CLASH, "pick", 3, 1),
    _do("clash.base", "3 b", "as it was", "The text from before both changes stands", CLASH, "pick", 4, 2),
    _do("clash.next", "down j tab", "next field", "The next field", CLASH, "step", 5, 1),
    _do("clash.previous", "up k shift+tab", "previous", "The field before", CLASH, "step", 0, -1),
    _do("clash.left", "left h", "pick", "The version above", CLASH, "turn", 0, -1),
    _do("clash.right", "right l", "pick", "The version below", CLASH, "turn", 0, 1),
    _do("clash.back", "escape", "back", "Back to the form, nothing picked", CLASH, "back", 6),
    _do("refused.edit", "e enter", "edit again", "Open the editor again on your text", REFUSED, "edit", 1),
    _do("refused.keep", "k escape", "keep it in a file", "Keep your text in a file; the ticket stays as it is", REFUSED,
        "keep", 2),
    _do("refused.discard", "d", "discard it", "Throw your text away", REFUSED, "discard", 3),
)  # fmt: skip

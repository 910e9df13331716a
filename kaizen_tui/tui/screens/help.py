"""The help screen: every key, from the registry of actions; what the marks on cards mean; the filter language."""

import re
from collections.abc import Iterable

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from kaizen_tui.core.query import FIELDS
from kaizen_tui.tui.actions import Action, Keymap
from kaizen_tui.tui.screens.dialog import ReadingDialog
from kaizen_tui.tui.widgets.prose import Prose
from kaizen_tui.tui.words import ACCENT, BAD, GOOD, MUTED, STRONG, WARN, lines, text

_MARKS = (
    ("▲", "$severity-critical", "critical"),
    ("◆", "$severity-high", "high"),
    ("●", "$severity-medium", "medium"),
    ("·", "$severity-low", "low severity"),
    ("⚠2", WARN, "gate conditions that were unmet when the ticket came here"),
    ("⚑", BAD, "a gate was overridden once"),
    ("✔ pass", GOOD, "the score-card's verdict; ✖ fail, ◌ unsure"),
    ("⧗ 12/40", ACCENT, "it is evaluated: twelve of forty pairs are measured"),
    ("•", ACCENT, "changed since you last looked; ◎ watched; ✓ picked"),
    ("5 % 2/3", STRONG, "a canary's share of the users, and its step"),
    ("✖█░░ ✔██░", MUTED, "its evidence for going back, and for going on; full is decided"),
    ("5 d", MUTED, "how long the ticket has been in its column"),
)
_KEYS = 16  # cells of the column of keys
_ORDER = "Cards stand by severity, then by how long they have waited; in Complete and Aborted the latest comes first."


class _Rows(Prose):
    """Rows of two columns: what a row says goes on in its own."""

    BEGINNING = re.compile(rf" {{2}}.{{{_KEYS - 1}}} |\s*")


class HelpScreen(ReadingDialog):
    """Shows a keymap, the keys of `context` first."""

    def __init__(self, keymap: Keymap, context: str = "") -> None:
        super().__init__(Content("Keys"), "Esc back   j k scroll")
        self._keymap = keymap
        self._where = context

    def body(self) -> Iterable[Widget]:
        yield _Rows(lines(help_lines(self._keymap, self._where)))


def help_lines(keymap: Keymap, context: str = "") -> list[Content]:
    """The help screen's lines: the keys that work in `context`, the marks, the filter, then all other keys."""
    here: dict[str, list[Action]] = {}
    elsewhere: dict[str, list[Action]] = {}
    for action in sorted(keymap.actions, key=lambda action: action.context != context):
        if keymap.keys_of(action.id):
            groups = here if action.context == context or action.group in here else elsewhere
            groups.setdefault(action.group, []).append(action)
    said = _key_lines(keymap, here)
    said += [text("On a card", STRONG), *(_row(mark, style, meaning) for mark, style, meaning in _MARKS)]
    said += [text(_ORDER, MUTED), Content(""), text("In the filter", STRONG)]
    said.append(_row("words", ACCENT, 'in id, title, component, owner, labels; "quoted" as it stands; ! negates'))
    said += [_row(f"{name}:", ACCENT, meaning) for name, meaning in FIELDS.items()]
    said.append(text("Several values: status:canary,draft. Any text: component:pcc*. All terms must hold.", MUTED))
    return [*said, Content(""), *_key_lines(keymap, elsewhere)]


def _key_lines(keymap: Keymap, groups: dict[str, list[Action]]) -> list[Content]:
    said: list[Content] = []
    for name, actions in groups.items():
        said += [
            text(name, STRONG),
            *(_row("  ".join(keymap.keys_of(one.id)), ACCENT, one.help) for one in actions),
            Content(""),
        ]
    return said


def _row(left: str, style: str, right: str) -> Content:
    return Content.assemble(text("  "), text(left, style), text(" " * max(2, _KEYS - cell_len(left))), text(right))

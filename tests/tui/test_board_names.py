"""The names that `kaizen lint` knows are those that the board knows."""

from textual.theme import BUILTIN_THEMES

from kaizen_tui.core.board_names import ACTION_IDS, THEME_NAMES
from kaizen_tui.tui.actions import ACTIONS
from kaizen_tui.tui.tokens import KAIZEN_THEMES


def test_lint_knows_every_action_and_no_other() -> None:
    registered = {action.id for action in ACTIONS}
    assert registered - ACTION_IDS == set(), "add these to kaizen_tui/core/board_names.py"
    assert ACTION_IDS - registered == set(), "remove these from kaizen_tui/core/board_names.py"


def test_lint_knows_every_theme_and_no_other() -> None:
    assert {*BUILTIN_THEMES, *(theme.name for theme in KAIZEN_THEMES)} == THEME_NAMES

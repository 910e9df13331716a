"""The names that config.yml may give for the board: action ids for `keys:`, themes for `theme:`. Light.

The board's own registries decide what there is (kaizen_tui.tui.actions, Textual's themes); a test holds these lists
equal to them. They stand here so that `kaizen lint` can check config.yml without the board.
"""

_ACTIONS = {
    "app": "command help palette quit",
    "approval": "back confirm down first help last note page_down page_up quit reject score_card sign_off text_done "
    "text_leave text_next text_previous type up yes",
    "board": "back components filter flow problems",
    "canary": "pause roll_back step",
    "chart": "1d 1h 30d 6h 7d back help longer new shorter versions",
    "clash": "apply back base left mine next previous right theirs",
    "column": "aborted canary complete draft in_progress in_review planned",
    "component": "1d 1h 30d 6h 7d back chart figures first help last longer metric_next metric_previous new next "
    "previous propose shorter",
    "cursor": "down first last left page_down page_up right up",
    "detail": "abort approve back down edit editor evaluate first full help last move page_down page_up pause reject "
    "roll_back sign_off step up watch",
    "filter": "drop keep",
    "flow": "back help longer shorter",
    "form": "back choice_left choice_next choice_previous choice_right compare discard help item_complete item_down "
    "item_earlier item_later item_new item_up line_next line_previous next pick_next pick_previous pick_take press "
    "press_up previous save",
    "hold": "cancel down first last page_down page_up quit up",
    "move": "cancel commit left override read_back read_on right",
    "news": "digest read",
    "page": "abort approve back canary down edit editor evaluate first gates help last log move next page_down page_up "
    "patch_spec pause previous quit reject roll_back score_card sign_off step ticket up watch",
    "pick": "column down range toggle up",
    "propose": "back help next pick previous write",
    "refused": "discard edit keep",
    "sign_off": "back down note sign text_leave text_sign tick up",
    "ticket": "abort about_slo approve copy edit editor evaluate label move new open owner reject sign_off undo watch",
    "time": "day_back day_on travel week_back week_on",
}
ACTION_IDS = frozenset(f"{family}.{verb}" for family, verbs in _ACTIONS.items() for verb in verbs.split())
_THEMES = """
    kaizen-ansi kaizen-contrast kaizen-dark kaizen-light
    ansi-dark ansi-light atom-one-dark atom-one-light catppuccin-frappe catppuccin-latte catppuccin-macchiato
    catppuccin-mocha dracula flexoki gruvbox monokai nord rose-pine rose-pine-dawn rose-pine-moon solarized-dark
    solarized-light textual-dark textual-light tokyo-night
"""
THEME_NAMES = frozenset(_THEMES.split())

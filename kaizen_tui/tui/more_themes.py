"""Two more themes: the terminal's own sixteen colours, and one for eyes that need the strongest contrast."""

from textual.theme import BUILTIN_THEMES, Theme

# Everything in the terminal's own palette: whoever set that up for their eyes gets it here too. The selected card has
# no background of its own; its bar and its bold title show it.
_ANSI = Theme(
    name="kaizen-ansi",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_blue",
    accent="ansi_cyan",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    dark=True,
    variables={
        **BUILTIN_THEMES["ansi-dark"].variables,
        "kz-muted": "ansi_default",
        "kz-rule": "ansi_bright_black",
        "kz-selected": "ansi_default",
        "severity-medium": "ansi_blue",
        "severity-low": "ansi_default",
    },
)
_CONTRAST = Theme(
    name="kaizen-contrast",
    primary="#00e5ff",
    secondary="#c0d8ff",
    accent="#00e5ff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#111111",
    success="#5cff7a",
    warning="#ffd54a",
    error="#ff9c94",
    dark=True,
    variables={"kz-muted": "#d0d0d0", "kz-rule": "#8a8a8a", "kz-selected": "#062630", "severity-medium": "#c0d8ff"},
)

MORE_THEMES = (_ANSI, _CONTRAST)

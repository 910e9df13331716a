"""Themes and the colour tokens that everything is drawn with: one accent, colour only for meaning.

The tokens are CSS variables (`$kz-muted`, `$severity-high`, …), so style sheets and hand-drawn widgets share them, and
every theme has them: kaizen's own spell them out, others have them derived from their base colours.
"""

from typing import NamedTuple

from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from kaizen_tui.core.errors import UsageError
from kaizen_tui.tui.more_themes import MORE_THEMES

DEFAULT_THEME = "kaizen-dark"

KAIZEN_THEMES: tuple[Theme, ...] = (
    Theme(
        name="kaizen-dark",
        primary="#56b6c2",
        secondary="#7f9bb3",
        accent="#56b6c2",
        foreground="#d5dce3",
        background="#11151a",
        surface="#161b21",
        panel="#1d242c",
        success="#7fbf86",
        warning="#e0b05c",
        error="#f0716d",
        dark=True,
        variables={"kz-muted": "#8a96a3", "kz-rule": "#2d3640", "kz-selected": "#1f2a33", "severity-medium": "#9db4c8"},
    ),
    Theme(
        name="kaizen-light",
        primary="#0b7285",
        secondary="#47627a",
        accent="#0b7285",
        foreground="#1d2730",
        background="#fbfaf7",
        surface="#f4f3ee",
        panel="#ebeae4",
        success="#226b34",
        warning="#8a5a00",
        error="#b3262b",
        dark=False,
        variables={"kz-muted": "#5a6670", "kz-rule": "#d3d5d2", "kz-selected": "#e3ecee", "severity-medium": "#3d5a75"},
    ),
    *MORE_THEMES,
)


def theme_named(name: str) -> str:
    """`name` if there is such a theme. Raises UsageError, which names the nearest."""
    names = [theme.name for theme in KAIZEN_THEMES] + list(BUILTIN_THEMES)
    if name in names:
        return name
    from kaizen_tui.core.ids import nearest

    near = nearest(name, names)
    raise UsageError(
        f"there is no theme {name}", hint=f"did you mean {near}?" if near else f"try {names[0]}, {names[1]}"
    )


def derived_tokens(colors: dict[str, str]) -> dict[str, str]:
    """The tokens of a theme, from its CSS colours; the theme's own values of them win."""
    foreground, background = _color(colors, "foreground"), _color(colors, "background")
    accent = _color(colors, "accent")
    made = {
        "kz-muted": foreground.blend(background, 0.42).hex,
        "kz-rule": foreground.blend(background, 0.82).hex,
        "kz-selected": background.blend(accent, 0.14).hex,
        "severity-critical": colors.get("error", "red"),
        "severity-high": colors.get("warning", "yellow"),
        "severity-medium": _color(colors, "secondary").blend(foreground, 0.4).hex,
    }
    tokens = {name: colors.get(name, value) for name, value in made.items()}
    tokens["severity-low"] = colors.get("severity-low", tokens["kz-muted"])
    return tokens


def tokens_of_greys(colors: dict[str, str], *, dark: bool) -> dict[str, str]:
    """What is different without colour: a red or an amber would be a dimmer grey than plain text, so what is bad stands
    out by the strongest grey, and nothing that has a meaning is fainter than text. The terminal's own colours stay."""
    if Color.parse(colors["foreground"].split()[0]).ansi is not None:
        return {}
    strongest, text = "#ffffff" if dark else "#000000", colors["foreground"]
    return {
        "error": strongest,
        "warning": text,
        "success": text,
        "severity-critical": strongest,
        "severity-high": text,
        "severity-medium": text,
    }


def _color(colors: dict[str, str], name: str) -> Color:
    """A theme's colour; a terminal's own (`ansi_default`) has no value to blend and counts as mid-grey."""
    color = Color.parse(colors.get(name, "#808080").split()[0])
    return Color(128, 128, 128) if color.ansi is not None or color.a == 0 else color


class Tones(NamedTuple):
    """What a card is drawn with, on one background."""

    text: Style
    title: Style
    muted: Style
    accent: Style
    success: Style
    warning: Style
    error: Style
    severity: dict[str, Style]


class Palette(NamedTuple):
    """Styles for hand-drawn widgets, resolved once per theme."""

    normal: Tones
    selected: Tones
    ghost: Tones
    rule: Style
    thumb: Style
    heading: Style
    heading_focus: Style
    rule_focus: Style
    key: Style


def make_palette(variables: dict[str, str]) -> Palette:
    """The palette of a theme, from the app's CSS variables (with the tokens in them)."""
    background = variables["background"]
    normal = _tones(variables, background)
    muted, accent = normal.muted, _style(variables["accent"], background)
    faint = Tones(muted, muted, muted, accent, muted, muted, muted, dict.fromkeys(normal.severity, muted))
    return Palette(
        normal=normal,
        selected=_tones(variables, variables["kz-selected"], title_bold=True),
        ghost=faint,
        rule=_style(variables["kz-rule"], background),
        thumb=muted,
        heading=muted,
        heading_focus=normal.accent,
        rule_focus=accent,
        key=accent,
    )


def _style(color: str, background: str, *, bold: bool = False) -> Style:
    return Style(color=Color.parse(color).rich_color, bgcolor=Color.parse(background).rich_color, bold=bold or None)


def _tones(variables: dict[str, str], background: str, *, title_bold: bool = False) -> Tones:
    def style(token: str, bold: bool = False) -> Style:
        return _style(variables[token], background, bold=bold)

    return Tones(
        text=style("foreground"),
        title=style("foreground", bold=title_bold),
        muted=style("kz-muted"),
        accent=style("accent", bold=True),
        success=style("success"),
        warning=style("warning"),
        error=style("error"),
        severity={name: style(f"severity-{name}", bold=True) for name in ("critical", "high", "medium", "low")},
    )

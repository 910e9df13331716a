"""No workspace here: a screen that says so, and makes one when asked to."""

import os
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Middle
from textual.content import Content
from textual.widgets import Static

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.text import safe
from kaizen_tui.tui.styles import style_sheet
from kaizen_tui.tui.tokens import DEFAULT_THEME, KAIZEN_THEMES, derived_tokens

MADE, LEFT = 0, 1


class FirstRun(App[int], inherit_bindings=False):
    """Offers to make `folder` a workspace. Ends with MADE or LEFT."""

    CSS_PATH = style_sheet("first_run")
    ENABLE_COMMAND_PALETTE = False
    TITLE = "kaizen"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "make", "make a workspace here"),
        Binding("q,escape,ctrl+c", "leave", "leave"),
    ]

    def __init__(self, folder: str, *, read_only: bool = False, theme: str = DEFAULT_THEME) -> None:
        super().__init__()
        self.animation_level = "none"
        self.folder = folder
        self.read_only = read_only
        self.said = ""
        for one in KAIZEN_THEMES:
            self.register_theme(one)
        self.theme = theme
        self._words = Static(id="first-run")

    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        variables.update(derived_tokens(variables))
        return variables

    def compose(self) -> ComposeResult:
        yield Middle(self._words)

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        key = "bold $accent"
        if self.read_only:
            offer = [Content("This is a read-only start: nothing is made.")]
        else:
            offer = [
                Content.styled("i", key),
                Content(
                    "  make this folder a workspace, as `kaizen init` does: settings, an example component, lines "
                ),
                Content("in .gitignore and .gitattributes. What is there already stays as it is."),
            ]
        trouble = [Content("\n\n"), Content.styled(self.said, "$error")] if self.said else []
        self._words.update(
            Content.assemble(
                Content.styled("No workspace here", "bold"),
                Content("\n\nKaizen keeps its tickets as files, in registry/kaizen/ and tickets/ of a folder. "),
                Content("Neither this folder nor one above it has them:\n\n"),
                Content.styled(safe(self.folder), "$kz-muted"),
                Content("\n\n"),
                *offer,
                Content("\n\n"),
                Content.styled("q", key),
                Content("  leave; `kaizen-tui -C DIR` opens another folder's workspace"),
                *trouble,
            )
        )

    def action_make(self) -> None:
        """Makes the workspace; what hinders is shown and may be tried again."""
        if self.read_only:
            return
        from kaizen_tui.store.init import init_workspace

        try:
            init_workspace(self.folder)
        except KaizenError as error:
            self.said = safe(str(error))
            self._show()
        else:
            self.exit(MADE)

    def action_leave(self) -> None:
        self.exit(LEFT)


def offer_workspace(folder: str, *, read_only: bool, theme: str) -> bool:
    """Shows the screen; whether there is a workspace now."""
    return FirstRun(os.path.abspath(folder), read_only=read_only, theme=theme).run() == MADE

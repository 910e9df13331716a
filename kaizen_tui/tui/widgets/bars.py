"""The first and the last line of the screen: what is shown, and what can be done."""

from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from kaizen_tui.tui.actions import Action, Keymap
from kaizen_tui.tui.celltext import clip, shown
from kaizen_tui.tui.messages import ActionPressed
from kaizen_tui.tui.tokens import Palette, make_palette

Piece = tuple[str, Style]


class Bar(Widget):
    """One line, drawn by hand from pieces of plain text."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._palette: Palette | None = None

    def notify_style_update(self) -> None:
        """Textual's call when styles changed: colours are resolved again before the next line is drawn."""
        self._palette = None
        super().notify_style_update()

    @property
    def palette(self) -> Palette:
        """Styles of the present theme, resolved once."""
        if self._palette is None:
            self._palette = make_palette(self.app.theme_variables)
        return self._palette

    def _strip(self, pieces: list[Piece]) -> Strip:
        """The pieces as a line of the whole width."""
        strip = Strip([Segment(text, style) for text, style in pieces if text])
        return strip.adjust_cell_length(self.size.width, self.palette.normal.text)


class HeaderState(NamedTuple):
    """What the header says.

    workspace: its folder's name. filter: as typed. filter_error: what is wrong with it.
    shown, total: tickets. problems: files that can't be read. trouble: why the tickets can't be read at all.
    source: where the metrics come from and how old they are. source_bad: people should notice.
    unread: tickets that changed since they were seen. running: what is evaluated and how far: "⧗ KAIZ-022 12/40".
    """

    workspace: str
    filter: str = ""
    filter_error: str = ""
    shown: int = 0
    total: int = 0
    problems: int = 0
    read_only: bool = False
    loading: bool = True
    trouble: str = ""
    source: str = ""
    source_bad: bool = False
    unread: int = 0
    running: str = ""


class HeaderBar(Bar):
    """Name of the workspace and the filter at the left; number of tickets, broken files, read-only at the right."""

    def __init__(self, state: HeaderState, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._state = state

    @property
    def state(self) -> HeaderState:
        """What is shown."""
        return self._state

    def show(self, state: HeaderState) -> None:
        """Shows another state; nothing is drawn when it is the same."""
        if state != self._state:
            self._state = state
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line (Textual's line API)."""
        state, palette, width = self._state, self.palette, self.size.width
        tones = palette.normal
        right = self._right()
        room = max(0, width - sum(cell_len(text) for text, _ in right) - 2)
        name = clip(shown(state.workspace), max(0, min(room - 9, 40)))
        left: list[Piece] = [(" kaizen ", tones.accent), (f" {name}", tones.text)]
        room -= sum(cell_len(text) for text, _ in left)
        if state.filter_error:
            left.append((clip(f"   ⌕ {shown(state.filter_error)}", room), tones.error))
        elif state.filter:
            left.append((clip(f"   ⌕ {shown(state.filter)}", room), tones.accent))
        gap = max(1, width - sum(cell_len(text) for text, _ in left + right) - 1)
        pieces = [*left, (" " * gap, tones.text), *right, (" ", tones.text)]
        return self._strip(pieces)

    def _right(self) -> list[Piece]:
        state, tones = self._state, self.palette.normal
        pieces: list[Piece] = []
        if state.running:
            pieces.append((f"{state.running} · ", tones.accent))
        if state.source:
            pieces.append((f"{shown(state.source)} · ", tones.warning if state.source_bad else tones.muted))
        if state.trouble:
            pieces.append((clip(shown(state.trouble), 60), tones.error))
        elif state.loading:
            pieces.append(("reading …", tones.muted))
        else:
            noun = "ticket" if state.total == 1 else "tickets"
            count = f"{state.shown:,} of {state.total:,}" if state.shown != state.total else f"{state.total:,}"
            pieces.append((f"{count} {noun}", tones.muted))
        if state.unread:
            pieces.append((f" · {state.unread:,} unread", tones.accent))
        if state.problems:
            pieces.append((f" · ✖ {state.problems} broken file{'s' * (state.problems != 1)}", tones.error))
        if state.read_only:
            pieces.append((" · read-only", tones.warning))
        return pieces


class KeyBar(Bar):
    """The keys that work right now; a word about what just happened takes their place until the next key."""

    def __init__(self, keymap: Keymap, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._keymap = keymap
        self._actions: tuple[Action, ...] = ()
        self._word = ""
        self._word_is_bad = False
        self._spans: list[tuple[int, int, Action]] = []

    @property
    def word(self) -> str:
        """What is said now, "" when the keys are shown."""
        return self._word

    def offer(self, actions: tuple[Action, ...]) -> None:
        """Shows these actions, the most important first."""
        if actions != self._actions:
            self._actions = actions
            self.refresh()

    def say(self, word: str, *, bad: bool = False) -> None:
        """Says something in place of the keys; "" shows the keys again."""
        if (word, bad) != (self._word, self._word_is_bad):
            self._word, self._word_is_bad = word, bad
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line (Textual's line API)."""
        width, tones = self.size.width, self.palette.normal
        if self._word:
            self._spans = []
            style = tones.error if self._word_is_bad else tones.text
            return self._strip([(" " + clip(shown(self._word), width - 2), style)])
        pieces: list[Piece] = [(" ", tones.muted)]
        self._spans, x = [], 1
        for key, action in self._fitting(width - 2):
            text = f"{key} {action.label}"
            pieces += [(key, self.palette.key), (f" {action.label}   ", tones.muted)]
            self._spans.append((x, x + cell_len(text), action))
            x += cell_len(text) + 3
        return self._strip(pieces)

    def _fitting(self, room: int) -> list[tuple[str, Action]]:
        """The actions that fit; the least important are left out. Those of one label share a place: `h l column`."""
        offered: list[tuple[str, Action]] = []
        for action in self._actions:
            keys = self._keymap.keys_of(action.id)
            if not keys:
                continue
            if offered and offered[-1][1].label == action.label:
                offered[-1] = (f"{offered[-1][0]} {keys[0]}", action)
            else:
                offered.append((keys[0], action))
        while offered and sum(cell_len(f"{key} {action.label}") + 3 for key, action in offered) - 3 > room:
            droppable = [nth for nth, (_, action) in enumerate(offered) if not _stays(action)]
            del offered[droppable[-1] if droppable else -1]
        return offered

    def on_click(self, event: events.Click) -> None:
        for start, end, action in self._spans:
            if start <= event.x < end:
                self.post_message(ActionPressed(action))


def _stays(action: Action) -> bool:
    """Help and the ways out stay however narrow it is: they are how one finds everything else, and leaves."""
    return action.method in ("help", "quit") or "escape" in action.keys

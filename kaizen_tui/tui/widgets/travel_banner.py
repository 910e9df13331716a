"""The line that says that the board shows the past."""

from rich.cells import cell_len
from textual.strip import Strip

from kaizen_tui.core.times import age
from kaizen_tui.tui.actions import Keymap
from kaizen_tui.tui.widgets.bars import Bar, Piece


class TravelBanner(Bar):
    """As of when, how long ago that is, and the way back."""

    def __init__(self, keymap: Keymap, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._keymap = keymap
        self._at = self._present = 0

    def show(self, at: int, present: int) -> None:
        """Both in epoch seconds."""
        if (at, present) != (self._at, self._present):
            self._at, self._present = at, present
            self.refresh()

    @property
    def plain(self) -> str:
        """What stands there."""
        return "".join(text for text, _ in self._pieces())

    def _pieces(self) -> list[Piece]:
        from kaizen_tui.tui.travel_side import instant_text

        tones, ago = self.palette.normal, self._present - self._at
        back, day = self._keys("time.travel"), f"{self._keys('time.day_back')} {self._keys('time.day_on')}"
        week = f"{self._keys('time.week_back')} {self._keys('time.week_on')}"
        pieces: list[Piece] = [
            (" ◷ as of ", tones.warning),
            (instant_text(self._at), tones.warning),
            (f" · {age(ago)} ago" if ago else " · now", tones.muted),
            (" · ", tones.muted),
            (back, self.palette.key),
            (" back to now", tones.text),
        ]
        more: list[list[Piece]] = [
            [("   ", tones.muted), (day, self.palette.key), (" day", tones.muted)],
            [("   ", tones.muted), (week, self.palette.key), (" week", tones.muted)],
            [("   nothing can be changed here", tones.muted)],
        ]
        for part in more:
            if sum(cell_len(text) for text, _ in [*pieces, *part]) > self.size.width:
                break
            pieces += part
        return pieces

    def _keys(self, action: str) -> str:
        return (self._keymap.keys_of(action) or ("",))[0]

    def render_line(self, y: int) -> Strip:
        """The line (Textual's line API)."""
        return self._strip(self._pieces())

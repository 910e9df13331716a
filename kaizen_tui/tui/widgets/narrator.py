"""Two lines of the demonstration's board: which step of the story is played, and what happens in it."""

from textual.strip import Strip

from kaizen_tui.demo.telling import Told
from kaizen_tui.tui.celltext import clip, shown
from kaizen_tui.tui.widgets.bars import Bar, Piece

_START = Told("step", "the story begins")
OVER = "The story is over. Look around; q leaves and prints a summary."


class Narrator(Bar):
    """Hears what the story tells; output of commands is not for here."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._step = _START
        self._line = Told("say")

    def hear(self, told: Told) -> None:
        """Shows it, if it is for here."""
        if told.kind == "step":
            self._step, self._line = told, Told("say")
        elif told.kind in ("run", "say", "ask"):
            self._line = told
        elif told.kind == "over":
            self._line = Told("ask", f"{told.text}; q leaves" if told.text else OVER)
        else:
            return
        self.refresh()

    @property
    def plain(self) -> str:
        """What stands there."""
        return "\n".join("".join(text for text, _ in pieces) for pieces in (self._first(), self._second()))

    def _first(self) -> list[Piece]:
        tones, step = self.palette.normal, self._step
        number = f" {step.n}/{step.of} " if step.n else " "
        return [
            (" demo", tones.warning),
            (number, tones.muted),
            (self._clipped(step.text, 5 + len(number)), tones.text),
        ]

    def _second(self) -> list[Piece]:
        tones, line = self.palette.normal, self._line
        if line.kind == "ask":
            return [("      ", tones.muted), (self._clipped(line.text, 6), tones.accent)]
        if line.kind != "run":
            return [("      ", tones.muted), (self._clipped(line.text, 6), tones.muted)]
        who = f"   # {shown(line.actor)}" if line.actor else ""
        return [
            ("    $ ", self.palette.key),
            (self._clipped(line.text, 6 + len(who)), tones.text),
            (who, tones.muted),
        ]

    def _clipped(self, text: str, before: int) -> str:
        return clip(shown(text), max(0, self.size.width - before - 1))

    def render_line(self, y: int) -> Strip:
        """One of the two lines (Textual's line API)."""
        return self._strip(self._second() if y else self._first())

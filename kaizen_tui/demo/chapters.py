"""The numbered steps of a story, and how long each took."""

from collections.abc import Callable

from kaizen_tui.demo.stage import Stage
from kaizen_tui.demo.telling import Teller, Told

PAUSE = 2.0  # seconds before a step, so that the one before can be read


class Chapters:
    """of: how many there will be. now: seconds. unattended: nobody reads, so there are no pauses."""

    def __init__(self, stage: Stage, teller: Teller, of: int, now: Callable[[], float], *, unattended: bool) -> None:
        self._stage = stage
        self._teller = teller
        self._of = of
        self._now = now
        self._unattended = unattended
        self._began: list[tuple[str, float]] = []

    def begin(self, text: str) -> None:
        """The next step. Raises StoppedError."""
        if self._began and not self._unattended:
            self._stage.pause(PAUSE)
        self._began.append((text, self._now()))
        self._teller.tell(Told("step", text, n=len(self._began), of=self._of))

    @property
    def times(self) -> tuple[tuple[str, float], ...]:
        """Each step, and its seconds so far."""
        ends = [at for _, at in self._began[1:]] + [self._now()]
        return tuple((text, end - at) for (text, at), end in zip(self._began, ends, strict=True))

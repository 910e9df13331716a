"""What the demonstration tells while it plays: one JSON object a line, from the process that plays it to whoever shows
it."""

import json
import sys
import threading
from contextlib import suppress
from typing import IO, Literal, NamedTuple, get_args

Kind = Literal["place", "step", "run", "out", "say", "ask", "report", "over"]


class Told(NamedTuple):
    """place: the workspace's folder is `text`, it may be opened now, `data` is its trust's,
    `actor` who the viewer is there, where that isn't their own name. step: number `n` of `of`
    begins. run: a command of `actor`'s begins. out: it printed that. say: how things are going. ask: what the viewer
    should do. report: a line of the summary. over: the story has ended, with `code` as an exit code;
    `text` says what went wrong."""

    kind: Kind
    text: str = ""
    n: int = 0
    of: int = 0
    actor: str = ""
    data: str = ""
    code: int = 0

    @property
    def line(self) -> str:
        """As it is sent."""
        return json.dumps({key: value for key, value in self._asdict().items() if value or key == "kind"})


def read_told(line: str) -> Told:
    """The opposite of `line`. Raises ValueError."""
    found = json.loads(line)
    if not isinstance(found, dict) or found.get("kind") not in get_args(Kind):
        raise ValueError("nothing that the demonstration tells")
    try:
        return Told(**found)
    except TypeError as error:
        raise ValueError(str(error)) from None


class Teller:
    """Sends what is told to a stream; from any thread. Whoever listened may be gone."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = sys.stdout if stream is None else stream
        self._lock = threading.Lock()

    def tell(self, told: Told) -> None:
        with self._lock, suppress(OSError, ValueError):
            self._stream.write(told.line + "\n")
            self._stream.flush()

    def say(self, text: str) -> None:
        self.tell(Told("say", text))

    def ask(self, text: str) -> None:
        self.tell(Told("ask", text))

    def report(self, text: str) -> None:
        """text: may have several lines."""
        for line in text.splitlines() or [""]:
            self.tell(Told("report", line))

"""An evaluation in a process of its own, for a program that has other things to do: started, heard, interrupted.

The process (child.py) writes a JSON line for each thing that it tells. It ends when its stdin closes, and so also when
the program that started it is killed: worktrees and sandboxes go with it, the finished pairs stay.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from kaizen_tui.core.child_lines import how_ended, whole_lines
from kaizen_tui.core.errors import StoreError
from kaizen_tui.loop.evaluation.progress import Step

_CHILD = "kaizen_tui.loop.evaluation.child"


class Printed(NamedTuple):
    """A command failed. what: which, and how. text: the end of what it printed, hostile."""

    what: str
    text: str


class Finished(NamedTuple):
    """The score-card is written. verdict: its own. pairs: that counted. reasons: in words."""

    verdict: str
    pairs: int
    reasons: tuple[str, ...]


class Unfinished(NamedTuple):
    """There is no score-card. why: in one line."""

    why: str


Told: TypeAlias = Step | Printed | Finished | Unfinished
_KINDS: dict[str, Callable[..., Told]] = {
    "step": Step,
    "printed": Printed,
    "finished": lambda verdict, pairs, reasons: Finished(verdict, pairs, tuple(reasons)),
    "unfinished": Unfinished,
}


def encode(told: Told) -> str:
    """One line, without its end."""
    return json.dumps({type(told).__name__.lower(): told._asdict()})


def decode(line: bytes) -> Told:
    """The opposite of `encode`. Raises ValueError for a line of anything else."""
    said: Any = json.loads(line)
    try:
        ((kind, fields),) = said.items()
        return _KINDS[kind](**fields)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a line of an evaluation: {line[:80]!r}") from error


class Apart:
    """One evaluation under way. `told` is for one thread, `interrupt` for any."""

    def __init__(self, root: str, ticket_id: str, actor: str) -> None:
        """Starts it. root: of the workspace. actor: who evaluates. Raises StoreError when no process can be started."""
        self.interrupted = False
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _CHILD, root, ticket_id, actor],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl+C in the terminal is the other program's
            )
        except OSError as error:
            raise StoreError(f"the evaluation can't be started: {error.strerror}", where=sys.executable) from error

    def told(self) -> Iterator[Told]:
        """What it tells, until the process has ended; the last one is Finished or Unfinished."""
        last: Told | None = None
        process = self._process
        assert process.stdout is not None
        assert process.stdin is not None
        with process.stdin, process.stdout:
            for line in whole_lines(process.stdout):
                last = decode(line)
                yield last
            code = process.wait()
        if not isinstance(last, Finished | Unfinished):
            yield Unfinished("interrupted" if self.interrupted else _ended(code))

    def interrupt(self) -> None:
        """Asks it to end; it leaves its finished pairs and nothing else. Again does nothing."""
        self.interrupted = True
        assert self._process.stdin is not None
        self._process.stdin.close()


def _ended(code: int) -> str:
    return f"the evaluation {how_ended(code)}; its finished pairs are kept"

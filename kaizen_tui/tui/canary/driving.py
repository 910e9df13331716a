"""The board drives a canary that nobody else drives: in a process of its own, which ends with the board."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from kaizen_tui.core.canary_state import parts
from kaizen_tui.core.child_lines import how_ended, whole_lines
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.tui.canary.reading import MINE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from kaizen_tui.loop.canary_standing import Standing
    from kaizen_tui.tui.app import KaizenApp

GRACE = 10.0  # seconds without a driver: a `kaizen run` that is started again comes first
_AGAIN = 60.0  # the same after a process that ended or could not begin
_CHILD = "kaizen_tui.loop.drive_child"


class Process(Protocol):
    """What is needed of the process. pid: its number."""

    pid: int

    def told(self) -> "Iterable[tuple[str, str]]":
        """What it tells, as (ticket, words), until it has ended."""
        ...

    def stop(self) -> None:
        """Asks it to end. Again does nothing."""
        ...


class DriveProcess:
    """The process drive_child.py. actor: in whose name it acts. Raises OSError when it can't be started."""

    def __init__(self, root: str, actor: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _CHILD, root, actor],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C in the terminal is the board's
        )
        self.pid = self._process.pid

    def told(self) -> "Iterable[tuple[str, str]]":
        process, explained = self._process, False
        assert process.stdout is not None
        assert process.stdin is not None
        with process.stdin, process.stdout:
            for line in whole_lines(process.stdout):
                ticket_id, words = json.loads(line)
                explained = not ticket_id
                yield str(ticket_id), str(words)
            code = process.wait()
        if code and not explained:
            yield "", f"the process that drives canaries {how_ended(code)}; `kaizen run` says more"

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()


class Driving:
    """Begins when a canary has had no driver for a while, where this person let the workspace's commands run. Whether a
    canary can be driven from here, the process finds out. troubles: what it told last, by ticket ("": about itself)."""

    def __init__(self, app: "KaizenApp", start: Callable[[str, str], Process] = DriveProcess) -> None:
        self._app = app
        self._start = start
        self._process: Process | None = None
        self._begun = self._stopped = False
        self._grace = GRACE
        self._alone_since: dict[str, float] = {}
        self.troubles: dict[str, str] = {}
        self._said: dict[str, str] = {}

    def news(self) -> tuple[str, ...]:
        """The troubles that are new since the last call, in words (hostile)."""
        now, said = self.troubles, self._said
        self._said = now
        return tuple(
            f"{one}: {words}" if one else words for one, words in now.items() if words and words != said.get(one)
        )

    @property
    def mine(self) -> str:
        """How the process that drives is named in a standing, "" where there is none."""
        return f"process {self._process.pid}" if self._process is not None else ""

    def look(self, standings: "Collection[Standing]", now: float) -> None:
        """Canaries were read. now: seconds of any clock that only moves on."""
        app = self._app
        if not app.options.drive or app.desk.read_only or self._stopped:
            return
        alone = {one.id for one in standings if alive(one) and not one.driven_by}
        self._alone_since = {one: self._alone_since.get(one, now) for one in alone}
        if self._process is not None and not any(map(alive, standings)):
            self._process.stop()
        if not self._begun and any(now - since >= self._grace for since in self._alone_since.values()):
            self._begun = True
            app.jobs.start(self._drive, writes=True)

    def _drive(self) -> None:
        """In a worker, which the program waits for."""
        from kaizen_tui.store.trust import is_trusted

        app = self._app
        try:
            if is_trusted(app.workspace, os.environ):
                process = self._process = self._start(app.workspace.root, app.desk.writing().actor)
                if self._stopped:
                    process.stop()
                for ticket_id, words in process.told():
                    self.troubles = {**self.troubles, ticket_id: words}
        except (KaizenError, OSError) as error:
            self.troubles = {**self.troubles, "": str(error)}
        finally:
            self._process = None
            self._alone_since = {}
            self._grace = _AGAIN
            self._begun = False

    def stop(self) -> None:
        """The board ends."""
        self._stopped = True
        if self._process is not None:
            self._process.stop()

    def farewell(self, standings: "Iterable[Standing]") -> str:
        """What a person who leaves should know: which canaries nobody looks at from now on; or ""."""
        left = [one.id for one in standings if alive(one) and parts(one.state.wanted) and one.driven_by == MINE]
        if not left:
            return ""
        them = ", ".join(left)
        return f"Nobody drives {them} from now on: users keep the canary. `kaizen run {' '.join(left)}` drives on."


def alive(one: "Standing") -> bool:
    """Whether there is something to drive: it has begun, and its end is not reached."""
    return one.status == "canary" and (parts(one.state.share) > 0 or one.state.intent is not None)

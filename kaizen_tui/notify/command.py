"""An event to a command of config.yml: the JSON on its standard input, the main things in its environment."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO

from kaizen_tui.core.text import safe
from kaizen_tui.notify.sender import DELIVERED, Message, Outcome

_SAID = 300


class Command:
    """argv: no shell reads it. folder: where it runs. env: what it inherits. timeout: seconds, then it is killed with
    what it started."""

    def __init__(self, argv: Sequence[str], folder: str, env: Mapping[str, str], timeout: float) -> None:
        self._argv = list(argv)
        self._folder = folder
        self._env = dict(env)
        self._timeout = timeout

    def fault(self) -> str:
        program = self._argv[0]
        if "/" in program:
            path = os.path.join(self._folder, program)
            found = os.path.isfile(path) and os.access(path, os.X_OK)
        else:
            found = shutil.which(program, path=self._env.get("PATH", os.defpath)) is not None
        return "" if found else f"there is no program {safe(program)}"

    def send(self, message: Message, now: float) -> Outcome:
        with tempfile.TemporaryFile() as said:
            try:
                code = self._run(message, said)
            except subprocess.TimeoutExpired:
                return Outcome("unreachable", f"the command did not end within {self._timeout:g} s")
            except OSError as error:
                return Outcome("unreachable", f"the command can't be run: {error.strerror}")
            if code == 0:
                return DELIVERED
            words = _end_of(said)
        return Outcome("unreachable", f"the command ended with {code}" + (f": {words}" if words else ""))

    def _run(self, message: Message, said: IO[bytes]) -> int:
        # A session of its own: the command and all that it started can be ended together, and Ctrl+C isn't for it.
        with subprocess.Popen(
            self._argv, cwd=self._folder, env={**self._env, **_variables(message)}, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=said, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                process.communicate(message.body, timeout=self._timeout)
            except BaseException:
                _kill(process)
                raise
        return process.returncode


def _kill(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()


def _variables(message: Message) -> dict[str, str]:
    event = json.loads(message.body)
    return {
        "KAIZEN_EVENT": event["event"],
        "KAIZEN_EVENT_ID": message.id,
        "KAIZEN_PHASE": event["phase"],
        "KAIZEN_TICKET_ID": event["ticket"]["id"],
        "KAIZEN_TEXT": event["text"],
    }


def _end_of(said: IO[bytes]) -> str:
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - 4 * _SAID))
    return safe("; ".join(said.read().decode("utf-8", "replace").split("\n")).strip("; "))[-_SAID:]

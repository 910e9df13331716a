"""Where the demonstration plays: a folder of its own, and the programs that run in it until it ends."""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from kaizen_tui.core.errors import StoreError

PATIENCE = 60.0  # seconds for a program to answer for the first time
LONGEST_SOCKET = 90  # bytes of a folder's path, so that a socket in it still has a name that the system takes
_WAIT = 0.05
_FAREWELL = 8.0  # a program that is held has half of it before it is ended by force
_SHOWN = 600  # characters of a log's end


class StoppedError(Exception):
    """Whoever watched has left: nothing more is to be done."""


class Part:
    """A program that runs until `end`, or until the process that started it is gone. log: what it prints."""

    def __init__(self, name: str, process: "subprocess.Popen[str]", log: Path | None) -> None:
        self.name = name
        self.process = process
        self.log = log

    def cut(self) -> None:
        """Closes the pipe that holds it; it ends by itself then."""
        if self.process.stdin is not None:
            self.process.stdin.close()

    def end(self) -> None:
        """Returns when it has ended."""
        self.cut()
        try:
            self.process.wait(_FAREWELL)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def said(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-_SHOWN:] if self.log is not None and self.log.exists() else ""


class Stage:
    """folder: for everything but the workspace. root: the workspace, a folder `name`. kept: one for it that stays,
    else it goes with the rest. env: of everything that runs here: nothing of the person's own settings reaches it."""

    def __init__(self, env: Mapping[str, str], kept: str = "", name: str = "shop") -> None:
        base = tempfile.gettempdir()
        short = base if len(os.fsencode(base)) <= LONGEST_SOCKET - 30 else "/tmp"  # noqa: S108 - a socket's name is short
        self.folder = Path(tempfile.mkdtemp(prefix="kaizen-demo-", dir=short))
        self.root = Path(kept) if kept else self.folder / name
        self.data = self.folder / "data"
        self.env = stage_environment(env, self.folder, self.data)
        self._parts: list[Part] = []
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    # Programs

    def start(self, name: str, words: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None,
              *, own: bool = False, piped: bool = False) -> Part:  # fmt: skip
        """Starts a program; its output goes to a log, or with `piped` into `process.stdout`.

        own: it watches its standard input itself, as this package's do. Raises StoppedError, StoreError.
        """
        held = [] if own else [sys.executable, "-m", "kaizen_tui.demo.held"]
        log = None if piped else self.folder / f"{name}.log"
        with self._lock:
            self.check()
            out = subprocess.PIPE if log is None else log.open("ab")
            try:
                process = subprocess.Popen(
                    [*held, *words], cwd=cwd or self.folder, env=dict(env or self.env), stdin=subprocess.PIPE,
                    stdout=out, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
                    start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise StoreError(f"{name} can't be started: {error.strerror}", where=words[0]) from error
            finally:
                if not isinstance(out, int):
                    out.close()
            part = Part(name, process, log)
            self._parts.append(part)
        return part

    def done(self, part: Part) -> int:
        """Waits for a program that ends by itself; its exit code."""
        code = part.process.wait()
        with self._lock:
            part.cut()
            if part in self._parts:
                self._parts.remove(part)
        self.check()
        return code

    def answers(self, part: Part, port: int, path: str) -> None:
        """Returns when it answers on this port with 200. Raises StoreError where it ends or never does."""

        def answered() -> bool:
            if part.process.poll() is not None:
                what = f"{part.name} ended with {part.process.returncode}"
                raise StoreError(f"{what}: {' '.join(part.said.split())}" if part.said else what)
            return _get(port, path) == 200

        self.until(answered, f"{part.name} never answers")

    def until(self, holds: Callable[[], bool], otherwise: str) -> None:
        """Returns when the condition holds. Raises StoreError after PATIENCE, StoppedError."""
        for _ in range(int(PATIENCE / _WAIT)):
            if holds():
                return
            self.pause(_WAIT)
        raise StoreError(otherwise)

    # The end

    def check(self) -> None:
        """Raises StoppedError once `stop` was called."""
        if self._stopped.is_set():
            raise StoppedError

    def pause(self, seconds: float) -> None:
        """Waits. Raises StoppedError."""
        self._stopped.wait(seconds)
        self.check()

    def rest(self) -> None:
        """Waits for `stop`."""
        self._stopped.wait()

    def stop(self) -> None:
        """From any thread: no program is started any more, those that run are asked to end."""
        with self._lock:
            self._stopped.set()
            for part in self._parts:
                part.cut()

    def close(self) -> None:
        """Ends everything and removes the folder."""
        self.stop()
        for part in reversed(self._parts):
            part.end()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.exists():  # a program that wrote until the last moment
            shutil.rmtree(self.folder, ignore_errors=True)


def stage_environment(env: Mapping[str, str], folder: Path, data: Path) -> dict[str, str]:
    """The environment without the person's settings of Kaizen and git. Trust is kept in `data`, not in the home."""
    kept = {name: value for name, value in env.items() if not name.startswith(("KAIZEN_", "GIT_", "XDG_"))}
    own = {"XDG_DATA_HOME": str(data), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return {**kept, **own, "TMPDIR": str(folder), "NO_COLOR": "1", "COLUMNS": "120", "PYTHONUNBUFFERED": "1"}


def free_ports(count: int) -> list[int]:
    """So many TCP ports of 127.0.0.1 that nobody listens on now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()

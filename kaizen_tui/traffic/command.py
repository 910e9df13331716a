"""Any other splitter: a command of config.yml that sets the share, and says which share is in effect.

It finds in its environment: KAIZEN_ACTION `set` or `get`; for `set` KAIZEN_SHARE (0 to 1, such as 0.01);
KAIZEN_TICKET_ID and KAIZEN_SALT. Both times it prints the share in effect, a number from 0 to 1, as the last line of
its output, and ends with 0.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from kaizen_tui.core.canary_state import percent
from kaizen_tui.core.text import safe
from kaizen_tui.core.units import parse_number
from kaizen_tui.traffic.splitter import PARTS, Draw, SplitterError, parts_of

TIMEOUT = 10.0  # seconds
_SAID = 300


class ShareCommand:
    """Implements `Splitter`. argv: of the command, no shell. folder: where it runs. env: what it inherits."""

    def __init__(self, name: str, argv: Sequence[str], folder: str, env: Mapping[str, str] | None = None) -> None:
        self._name = name
        self._argv = list(argv)
        self._folder = folder
        self._env = dict(os.environ if env is None else env)

    @property
    def name(self) -> str:
        return self._name

    def set_share(self, fraction: float, draw: Draw) -> None:
        wanted = parts_of(fraction)
        words = {"KAIZEN_SHARE": f"{wanted / PARTS:.4f}".rstrip("0").rstrip(".") or "0"}
        words |= {"KAIZEN_TICKET_ID": draw.ticket_id, "KAIZEN_SALT": draw.salt}
        self._is(self._run("set", words), fraction)
        self.verify(fraction, draw)

    def share(self) -> float:
        return self._run("get", {})

    def verify(self, fraction: float, draw: Draw) -> None:
        self._is(self._run("get", {"KAIZEN_TICKET_ID": draw.ticket_id, "KAIZEN_SALT": draw.salt}), fraction)

    def _is(self, share: float, fraction: float) -> None:
        if parts_of(share) != parts_of(fraction):
            raise self._wrong(f"{percent(share)} of the users get the canary, not {percent(fraction)}")

    def _run(self, action: str, words: Mapping[str, str]) -> float:
        env = {**self._env, "KAIZEN_ACTION": action, **words}
        try:
            code, out, err = self._ended(env)
        except subprocess.TimeoutExpired:
            raise self._wrong(f"the command did not end within {TIMEOUT:g} s") from None
        except OSError as error:
            raise self._wrong(f"the command can't be run: {error.strerror}") from None
        said = safe(err.decode("utf-8", "replace").strip().replace("\n", "; "))[-_SAID:]
        if code:
            raise self._wrong(f"the command ended with {code}" + (f": {said}" if said else ""))
        lines = out.decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        try:
            share = parse_number(last)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            raise self._wrong(f"the command's last line is {safe(last)[:80] or 'empty'}, not the share from 0 to 1")
        return share

    def _ended(self, env: Mapping[str, str]) -> tuple[int, bytes, bytes]:
        """Exit code, stdout, stderr. What takes too long is ended with all that it started: it must not set a share
        later, when nobody expects it any more."""
        with subprocess.Popen(
            self._argv, env=env, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                out, err = process.communicate(timeout=TIMEOUT)
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise
            return process.returncode, out, err

    def _wrong(self, what: str) -> SplitterError:
        return SplitterError(what, where=safe(self._argv[0]), hint=f"see splitters.{safe(self._name)} in config.yml")

"""The board in a real terminal, driven as a person drives it: keys in, screen out. The terminal is tmux's."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOKS = 20_000  # each asks tmux once (some 5 ms); a board that hangs ends the test after them


class Terminal:
    """One program in a tmux server of its own, which sees none of the person's settings. Use it with `with`."""

    def __init__(
        self,
        tmux: str,
        folder: Path,
        *words: str,
        size: tuple[int, int] = (120, 36),
        cwd: Path | None = None,
        **env: str,
    ) -> None:
        folder.mkdir(exist_ok=True)
        self._tmux = [tmux, "-L", "kaizen", "-f", os.devnull]
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self._env = {**kept, "TMUX_TMPDIR": str(folder), "LC_ALL": "C.UTF-8"}
        given = {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "GIT_CONFIG_GLOBAL": os.devnull, **env}
        program = ["env", *(f"{name}={value}" for name, value in given.items()), *words]
        # What the program says last stays to be read.
        line = f"cd {shlex.quote(str(cwd or folder))} && {shlex.join(program)}; echo ended with $?; exec sleep 600"
        sides = ("-x", str(size[0]), "-y", str(size[1]))
        self._run("new-session", "-d", *sides, line, ";", "set-option", "-g", "status", "off")

    def _run(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], env=self._env, check=True, capture_output=True, text=True)
        return done.stdout

    @property
    def screen(self) -> str:
        """What is on the screen now."""
        return self._run("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Presses keys, by tmux's names: `j`, `Enter`, `Escape`, `Tab`."""
        for key in keys:
            self._run("send-keys", key)

    def type(self, text: str) -> None:
        """Types a text as it is."""
        self._run("send-keys", "-l", text)

    def signal(self, number: int) -> None:
        """Sends a signal to the program."""
        shell = self._run("display-message", "-p", "#{pane_pid}").strip()
        os.kill(int(Path(f"/proc/{shell}/task/{shell}/children").read_text(encoding="ascii").split()[0]), number)

    def until(self, holds: Callable[[str], bool], wanted: str) -> str:
        """Looks at the screen until it is as wanted; the screen then."""
        seen = ""
        for _ in range(LOOKS):
            seen = self.screen
            if holds(seen):
                return seen
        raise AssertionError(f"{wanted} never came about; the screen:\n{seen}")

    def see(self, *texts: str) -> str:
        """Waits until all these texts are on the screen."""
        return self.until(lambda seen: all(text in seen for text in texts), f"{texts}")

    def lose(self, text: str) -> str:
        """Waits until this text is not on the screen any more."""
        return self.until(lambda seen: text not in seen, f"the end of {text!r}")

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run([*self._tmux, "kill-server"], env=self._env, check=False, capture_output=True)


def board_command(root: Path, *more: str) -> list[str]:
    """The words that open a workspace."""
    return [sys.executable, "-m", "kaizen_tui.tui.entry", "-C", str(root), *more]

"""Starts the process that plays the story and hears what it tells; whoever shows it uses this."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Literal, NamedTuple

from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.core.text import safe
from kaizen_tui.demo.telling import Told, read_told

Which = Literal["real", "simulated"]


class Wish(NamedTuple):
    """Which story. unattended: nobody watches. keep: a folder for the workspace, which stays; "": it goes."""

    story: Which = "real"
    unattended: bool = False
    keep: str = ""


class Play:
    """A story under way. When this process is gone, however it ends, the story stops and cleans up."""

    def __init__(self, wish: Wish) -> None:
        words = [sys.executable, "-m", "kaizen_tui.demo.director", wish.story]
        words += ["--unattended"] if wish.unattended else []
        words += ["--keep", os.path.abspath(wish.keep)] if wish.keep else []
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True
        )

    def told(self) -> Iterator[Told]:
        """What it tells, until it ends."""
        for line in _of(self._process.stdout):
            with suppress(ValueError):  # not a word of the story
                yield read_told(line)

    def leave(self) -> int:
        """Stops the story, waits until everything is cleaned up; its exit code."""
        _of(self._process.stdin).close()
        return self._process.wait()


def _of(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise StoreError("the story has no pipe")
    return stream


def check_keep(folder: str) -> None:
    """Raises UsageError where a workspace can't be made in this folder: what is there stays as it is."""
    if folder and os.path.exists(folder) and (not os.path.isdir(folder) or os.listdir(folder)):
        raise UsageError(f"{folder} is there already", hint="with --demo, -C names a new folder for its workspace")


def play_unattended(wish: Wish, out: IO[str]) -> int:
    """Plays it without a terminal, each step as lines of text; the exit code."""
    check_keep(wish.keep)
    code = 1
    with left_by_signals():
        play = Play(wish)
        try:
            for told in play.told():
                if told.kind == "over":
                    code = told.code
                    _complain(told)
                line = line_of(told)
                if line is not None:
                    out.write(line + "\n")
                    out.flush()
        finally:
            play.leave()
    return code


def _complain(told: Told) -> None:
    if told.text:
        sys.stderr.write(f"kaizen-tui: error: {safe(told.text)}\n")


def line_of(told: Told) -> str | None:
    """As text for people; None for what isn't for them."""
    text = safe(told.text)
    who = f"    # {safe(told.actor)}" if told.actor else ""
    return {
        "step": f"\n[{told.n}/{told.of}] {text}",
        "run": f"  $ {text}{who}",
        "out": f"    {text}".rstrip(),
        "say": f"  {text}",
        "ask": f"  {text}",
        "report": text,
    }.get(told.kind)


@contextmanager
def left_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end it in order, as Ctrl+C does, with their own exit codes."""

    def end(number: int, _: object) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

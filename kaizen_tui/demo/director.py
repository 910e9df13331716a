"""The process that plays the story: `python -m kaizen_tui.demo.director real|simulated [--unattended] [--keep DIR]`.

Tells on standard output what happens. Everything that it started and its folder are gone when it ends, and it ends when
its standard input does: whoever watches holds the other end.
"""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.demo.stage import Stage, StoppedError
from kaizen_tui.demo.telling import Teller, Told


def main(words: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("story", choices=["real", "simulated"])
    parser.add_argument("--unattended", action="store_true")
    parser.add_argument("--keep", default="")
    given = parser.parse_args(words)
    teller = Teller()
    stage = Stage(os.environ, given.keep, "shop" if given.story == "real" else "platform-sample")
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the pipe says when to end
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=stage.stop).start())
    threading.Thread(target=_watch, args=(stage,), daemon=True).start()
    try:
        over = _play(given.story, stage, teller, unattended=given.unattended)
        teller.tell(over)
        if not given.unattended:
            stage.rest()
        return over.code
    except StoppedError:
        return 130
    finally:
        stage.close()


def _watch(stage: Stage) -> None:
    while os.read(0, 4096):
        pass
    stage.stop()


def _play(name: str, stage: Stage, teller: Teller, *, unattended: bool) -> Told:
    try:
        if name == "real":
            from kaizen_tui.demo import real
            from kaizen_tui.demo.parts import find_programs

            code = real.Story(stage, teller, find_programs(), time.monotonic, unattended=unattended).play()
        else:
            from kaizen_tui.demo import simulated

            code = simulated.Story(stage, teller, time.monotonic, unattended=unattended).play()
    except KaizenError as error:
        stage.check()
        return Told("over", str(error), code=error.exit_code)
    return Told("over", "" if code == 0 else "it did not end as it should", code=code)


if __name__ == "__main__":
    sys.exit(main())

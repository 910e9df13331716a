"""Where `kaizen` begins. Imports nothing that the command doesn't need."""

import gc
import os
import sys
import time

TYPE_CHECKING = False  # importing typing costs a list 3 ms; mypy takes the name for what it says
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> "NoReturn":
    """The console script: runs the command line and exits with the code of docs/cli.md."""
    if sys.stdin is None or sys.stdout is None or sys.stderr is None:
        fill_closed_streams()
    argv = sys.argv[1:]
    if "list" in argv:
        gc.disable()  # nothing here makes cycles, and 10,000 tickets make the collector run in vain
        from kaizen_tui.cli.fast import run as run_list

        code = run_list(argv, int(time.time()))
        if code is not None:
            leave(code)
        gc.enable()
    from kaizen_tui.cli.app import run

    sys.exit(run(argv))


def fill_closed_streams() -> None:
    """Puts the null device where the caller closed a stream (`>&-`): nobody reads it, and no file gets its number."""
    while True:
        descriptor = os.open(os.devnull, os.O_RDWR)
        if descriptor > 2:
            os.close(descriptor)
            break
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (they live as long as the process)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def leave(code: int) -> "NoReturn":
    """Ends the process without taking 10,000 tickets apart first. stdout and stderr must hold nothing that matters."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()

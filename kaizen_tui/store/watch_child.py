"""The process that watches folders for watch.py; run as `python -P watch_child.py FOLDER…`, never imported by others.

Writes `ready`, then one line for each burst of changes: a JSON list of absolute paths. Ends when stdin closes (that is
when the dashboard ends, however it does), with status 1 when watching doesn't work here.
"""

import json
import os
import select
import sys

DEBOUNCE_MS = 300  # a burst such as a git checkout is reported at least this often
STEP_MS = 25  # a change is reported when nothing else changed for this long
TIMEOUT_MS = 5000


class StdinClosed:
    """Asked by watchfiles at every step."""

    def is_set(self) -> bool:
        """True once whoever started this process is gone."""
        ready, _, _ = select.select([0], [], [], 0)
        return bool(ready) and not os.read(0, 1)


def main() -> int:
    """Watches the folders named on the command line; returns the exit status."""
    from watchfiles._rust_notify import RustNotify

    folders = [folder for folder in sys.argv[1:] if os.path.isdir(folder)]
    try:
        watcher = RustNotify(folders, False, False, 0, True, True)
    except Exception as error:  # noqa: BLE001 - whatever it is: the dashboard asks for times instead
        sys.stderr.write(f"{error}\n")
        return 1
    with watcher:
        report(b"ready\n")
        while True:
            found = watcher.watch(DEBOUNCE_MS, STEP_MS, TIMEOUT_MS, StdinClosed())
            if isinstance(found, set):
                report(json.dumps(sorted({path for _, path in found})).encode() + b"\n")
            elif found != "timeout":
                return 0


def report(line: bytes) -> None:
    """Writes a line at once."""
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(0)

"""Removes what an evaluation leaves when it is killed: `python -P -m kaizen_tui.sandbox.janitor`, started by a lease.

On standard input: the lease's folder and its name, each ended by a NUL. The pipe's other end is held by the process
that has the lease; when that is gone without having ended this one first, it was killed, and what it left goes now and
not only with the next evaluation.
"""

import os
import sys
import time

from kaizen_tui.core.errors import StoreError
from kaizen_tui.sandbox.lease import sweep

_PATIENCE = 60.0  # seconds for a git that outlives its parent, which keeps the lease locked
_PAUSE = 0.05


def main() -> int:
    """Returns 0 when nothing is left, 6 when something is: the next lease tries again, and says why it can't."""
    told = os.fsdecode(sys.stdin.buffer.read()).split("\0")
    if len(told) < 3:
        return 0  # killed before it said so, and so before it made anything
    folder, name, _ = told
    deadline = time.monotonic() + _PATIENCE
    while os.path.lexists(f"{folder}/{name}.lease"):
        if time.monotonic() > deadline:
            return StoreError.exit_code
        try:
            if not sweep(folder):
                time.sleep(_PAUSE)
        except StoreError as error:
            return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

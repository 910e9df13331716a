"""How soon the board of 10,000 tickets is there, as one sample for `kaizen evaluate`.

    python benchmarks/own_workspace.py && python benchmarks/own_paint.py

Prints {"first_paint_ms": ..., "tickets_shown_ms": ...}: from the start of the process until the columns' headings, and
until all tickets, came out of a pseudo-terminal of 160x48. The fastest of five starts each.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.own_workspace import TICKETS, WORKSPACE, environment
from benchmarks.pty_probe import PtyProgram

STARTS = 5
COLUMNS, LINES = 160, 48
PATIENCE = 60.0  # seconds


def main() -> int:
    argv = [sys.executable, "-m", "kaizen_tui.tui.entry", "-C", str(WORKSPACE)]
    env = {**environment(), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    painted, shown = [], []
    for _ in range(STARTS):
        with PtyProgram(argv, columns=COLUMNS, lines=LINES, env=env) as board:
            painted.append(board.wait_for(b"DRAFT", timeout=PATIENCE) - board.started)
            shown.append(board.wait_for(f"{TICKETS:,} ticket".encode(), timeout=PATIENCE) - board.started)
    found = {"first_paint_ms": min(painted), "tickets_shown_ms": min(shown)}
    print(json.dumps({name: round(seconds * 1000, 3) for name, seconds in found.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

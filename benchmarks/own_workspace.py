"""The setup of this repository's own evaluation: 10,000 tickets in build/own/, with an index that is trusted.

    python benchmarks/own_workspace.py

Made anew each time. `evaluation:` of registry/kaizen/components/kaizen-tui.yml runs it once in each worktree.
"""

import compileall
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.make_workspace import make_workspace  # noqa: E402

TICKETS = 10_000
WORKSPACE = ROOT / "build" / "own"
SETTLED = 2.1  # seconds after which the index trusts a file's stamp


def environment() -> dict[str, str]:
    """For a program of this checkout, and of no other that is installed; as on a person's machine bytecode is used."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT), "KAIZEN_ACTOR": "benchmark"}


def list_command() -> list[str]:
    """`kaizen list` of that workspace."""
    return [sys.executable, "-m", "kaizen_tui.cli.entry", "-C", str(WORKSPACE), "list"]


def main() -> int:
    compileall.compile_dir(str(ROOT / "kaizen_tui"), quiet=1)
    shutil.rmtree(WORKSPACE, ignore_errors=True)
    make_workspace(str(WORKSPACE), TICKETS)
    time.sleep(SETTLED)
    shown = subprocess.run(list_command(), env=environment(), capture_output=True, check=True).stdout
    lines = shown.count(b"\n")
    if lines != TICKETS:
        sys.exit(f"own_workspace: `kaizen list` printed {lines} lines, there are {TICKETS} tickets")
    return 0


if __name__ == "__main__":
    sys.exit(main())

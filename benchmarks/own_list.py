"""How long `kaizen list` of 10,000 tickets takes, as one sample for `kaizen evaluate`: {"list_ms": ...}.

    python benchmarks/own_workspace.py && python benchmarks/own_list.py

The fastest of seven runs, from the start of the process to its end, its output thrown away: what else the machine does
makes runs slower, never faster.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.own_workspace import environment, list_command

RUNS = 7


def main() -> int:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run(list_command(), env=environment(), stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - began)
    print(json.dumps({"list_ms": round(min(times) * 1000, 3)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

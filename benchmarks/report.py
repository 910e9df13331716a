"""What the benchmarks' reports have in common: the machine, and how a report ends."""

import json
import os
import platform
import sys
from collections.abc import Callable
from typing import Any, NoReturn

Report = dict[str, Any]


def this_machine() -> dict[str, str]:
    """Two fields of every report."""
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
    }


def mark(met: bool) -> str:
    """How a line of a table ends."""
    return "OK" if met else "MISS"


def finish(report: Report, print_table: Callable[[Report], None], *, as_json: bool, met: bool) -> NoReturn:
    """Prints the report and ends the program: with 0, or with 1 where a target is missed."""
    if as_json:
        print(json.dumps(report, indent=2))
    else:
        print_table(report)
    sys.exit(0 if met else 1)

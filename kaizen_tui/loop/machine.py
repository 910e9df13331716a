"""The machine that measures, for the score-card."""

import os
import platform

from kaizen_tui.core.scorecard import Machine


def this_machine() -> Machine:
    """What the system says of itself; what it doesn't say is left out. Not the host's name: cards are shared."""
    return Machine(
        system=f"{platform.system()} {platform.release()}".strip() or "unknown",
        arch=platform.machine() or "unknown",
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0,
        memory_bytes=_memory(),
        python=platform.python_version(),
    )


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()[:200]
    except OSError:
        return ""
    return ""


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0

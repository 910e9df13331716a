"""Limits of single processes (setrlimit(2)), set from outside while the process waits at its gate."""

import math
import os
import resource

from kaizen_tui.sandbox import processes
from kaizen_tui.sandbox.spec import Limits

_HEADROOM = 16  # processes of the sandbox itself, and some that this user starts meanwhile


def rlimits(
    limits: Limits, *, memory_group: bool, pids_group: bool, cpus: int, root: bool, others: int
) -> dict[int, int]:
    """RLIMIT_… -> value. Pure.

    memory_group, pids_group: a control group bounds them for all processes together, so that the coarser limit isn't
    needed: many programs reserve far more addresses than they use memory. root: the system ignores RLIMIT_NPROC.
    others: processes that the user has already, which RLIMIT_NPROC counts too.
    """
    found = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.disk,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CPU: math.ceil(limits.time) * cpus + 1,
    }
    if not memory_group:
        found[resource.RLIMIT_AS] = limits.memory
    if not pids_group and not root:
        found[resource.RLIMIT_NPROC] = limits.pids + others + _HEADROOM
    return found


def apply(pid: int, limits: Limits, *, memory_group: bool, pids_group: bool) -> None:
    """Sets them for a process; none is raised above what holds already. Raises OSError."""
    root = os.geteuid() == 0
    others = 0 if pids_group or root else processes.threads_of_user()
    wanted = rlimits(
        limits, memory_group=memory_group, pids_group=pids_group, cpus=os.cpu_count() or 1, root=root, others=others
    )
    for kind, value in wanted.items():
        hard = resource.prlimit(pid, kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.prlimit(pid, kind, (bound, bound))

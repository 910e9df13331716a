"""Which limits single processes get."""

import resource

from kaizen_tui.sandbox.limits import rlimits
from kaizen_tui.sandbox.spec import Limits

LIMITS = Limits(memory=1 << 30, pids=64, time=1.5, disk=1 << 20)


def test_with_control_groups_only_what_they_do_not_bound() -> None:
    found = rlimits(LIMITS, memory_group=True, pids_group=True, cpus=4, root=False, others=300)
    assert found[resource.RLIMIT_FSIZE] == 1 << 20
    assert found[resource.RLIMIT_CORE] == 0
    assert found[resource.RLIMIT_CPU] == 9
    assert resource.RLIMIT_AS not in found
    assert resource.RLIMIT_NPROC not in found


def test_without_them_the_coarser_ones() -> None:
    found = rlimits(LIMITS, memory_group=False, pids_group=False, cpus=1, root=False, others=300)
    assert found[resource.RLIMIT_AS] == 1 << 30
    assert 364 <= found[resource.RLIMIT_NPROC] <= 400


def test_root_gets_no_limit_that_the_system_ignores() -> None:
    found = rlimits(LIMITS, memory_group=True, pids_group=False, cpus=1, root=True, others=0)
    assert resource.RLIMIT_NPROC not in found

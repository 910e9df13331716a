"""A repository with two commits, a lease beside it, and commands that run in the sandbox of this machine."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kaizen_tui.sandbox.host import python_paths
from kaizen_tui.sandbox.lease import Lease
from kaizen_tui.sandbox.protections import Machine, look_at_machine
from kaizen_tui.sandbox.run import run
from kaizen_tui.sandbox.spec import Limits, Outcome, Spec
from kaizen_tui.sandbox.worktree import Worktree, add_worktree
from tests.conftest import IN_CI
from tests.sandbox.repository import Repository

Attack = Callable[..., Outcome]


@pytest.fixture(scope="session")
def machine() -> Machine:
    """This machine; without a working sandbox the test is skipped, and fails in CI."""
    found = look_at_machine()
    if not found.usable and IN_CI:
        pytest.fail(f"{found.fault}; {found.remedy}")
    if not found.usable:
        pytest.skip(found.fault)
    return found


@pytest.fixture
def repository(tmp_path: Path, require_program: Callable[[str], str]) -> Repository:
    require_program("git")
    return Repository(tmp_path / "repository")


@pytest.fixture
def lease(repository: Repository) -> Iterator[Lease]:
    with Lease(f"{repository.root}/.kaizen/sandbox") as lease:
        yield lease


@pytest.fixture
def worktree(lease: Lease, repository: Repository) -> Worktree:
    return add_worktree(lease, str(repository.root), "candidate", repository.second)


@pytest.fixture
def attack(machine: Machine, lease: Lease, worktree: Worktree) -> Attack:
    """`attack("print(1)")` runs Python code in the sandbox; `attack("sh", "-c", "…")` a command. Keywords: Spec's and
    Limits'."""

    def run_it(*words: str, **more: object) -> Outcome:
        argv = words if len(words) > 1 else (os.path.realpath(sys.executable), "-I", "-c", *words)
        bounds = {name: more.pop(name) for name in Limits.__dataclass_fields__ if name in more}
        limits = Limits(**{"memory": 256 << 20, "pids": 32, "time": 60.0, "disk": 32 << 20, **bounds})
        spec = Spec(argv, worktree.path, read_only=python_paths()[-1:], limits=limits, **more)
        return run(lease, spec, machine)

    return run_it


def printed(outcome: Outcome) -> str:
    """What a run printed, with what it said beside it if it failed."""
    said = outcome.stdout.read().decode()
    return said if outcome.exit_code == 0 else said + outcome.stderr.read().decode()


def commands_of_all() -> str:
    """The command lines of all processes of this machine."""
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout

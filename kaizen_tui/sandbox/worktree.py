"""Git worktrees that go with a lease: one commit each, checked out as it is recorded, without anything that runs.

git's own `.git` file in a worktree isn't relied on afterwards, since a run could have replaced it: `Worktree.git` names
the repository and the files explicitly.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.git_environment import QUIET, git_environment
from kaizen_tui.sandbox.lease import Lease
from kaizen_tui.sandbox.signals import undisturbed

TIMEOUT = 600.0  # seconds; a large checkout on a slow disk
_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
# Nothing but the commit decides what is checked out: no part of it, no other repository, no housekeeping meanwhile.
_PLAIN = (
    "-c", "core.sparseCheckout=false", "-c", "submodule.recurse=false", "-c", "gc.auto=0",
    "-c", "maintenance.auto=false", "-c", "advice.detachedHead=false", "-c", "core.attributesFile=/dev/null",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Worktree:
    """A checked-out commit. path: the folder; commit: the full hash; admin: git's own folder for it; filters: options
    that keep git from running the filters that the user's settings name."""

    path: str
    commit: str
    admin: str
    filters: tuple[str, ...] = ()

    def git(
        self,
        *args: str,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        cwd: str | None = None,
        fails: tuple[int, ...] = (),
    ) -> bytes:
        """What `git ARGS` prints in this worktree, whatever a run did to its `.git`. Raises StoreError.

        environment: set on top, such as another index. cwd: None is the worktree. fails: exit codes that mean
        "nothing" and not an error.
        """
        where = {"GIT_DIR": self.admin, "GIT_WORK_TREE": self.path, **(environment or {})}
        return _git(cwd or self.path, *self.filters, *args, stdin=stdin, extra=where, fails=fails)


def add_worktree(lease: Lease, repository: str, name: str, commit: str, *, branch: str | None = None) -> Worktree:
    """A worktree of `commit` (its full hash) in the lease's folder; it goes with the lease.

    repository: a folder in the checkout. name: letters, digits, `-`. branch: None for a detached worktree; else it is
    on this branch: at its tip where there is one, else the branch is made at `commit`. The branch stays.
    Raises StoreError: no such commit, the branch is checked out elsewhere, no space.
    """
    if not _NAME.fullmatch(name) or not _COMMIT.fullmatch(commit):
        raise ValueError("a worktree's name or commit is malformed (a mistake in kaizen)")
    # git calls its own folder as the worktree is called, but for a number behind it when that is taken.
    unique = f"{name}-{os.path.basename(lease.folder)}"
    path, admin = f"{lease.folder}/{unique}", f"{_common_folder(repository)}/worktrees/{unique}"
    lease.record("worktree", admin)
    filters = _no_filters(repository)
    what = ["--detach", path, commit]
    if branch is not None:
        there = _git(repository, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").decode().strip()
        what = [path, branch] if there else ["--no-track", "-b", branch, path, commit]
        commit = there or commit
    _git(repository, *_PLAIN, *filters, "worktree", "add", *what, keep=lease.fd)
    return Worktree(path, commit, admin, filters)


def plumbing(cwd: str, *args: str, fails: tuple[int, ...] = ()) -> bytes:
    """What `git ARGS` prints in a person's own checkout, without hooks. Raises StoreError in git's words."""
    quiet = ("-c", "submodule.recurse=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false")
    return _git(cwd, *quiet, *args, fails=fails)


def _common_folder(repository: str) -> str:
    out = _git(repository, "rev-parse", "--path-format=absolute", "--git-common-dir")
    return os.fsdecode(out).removesuffix("\n")


def _no_filters(repository: str) -> tuple[str, ...]:
    """Options that switch off each filter of the user's settings: which of them run, the commit's attributes decide."""
    out = _git(repository, "config", "--null", "--name-only", "--get-regexp", r"^filter\.", fails=(1,))
    drivers = {key.rpartition(".")[0] for key in os.fsdecode(out).split("\0") if key.count(".") > 1}
    options: list[str] = []
    for driver in sorted(drivers):
        for setting in ("clean=", "smudge=", "process=", "required=false"):
            options += ("-c", f"{driver}.{setting}")
    return tuple(options)


def _git(
    cwd: str, *args: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None, keep: int | None = None,
    fails: tuple[int, ...] = (),
) -> bytes:  # fmt: skip
    """keep: a descriptor that git inherits. fails: exit codes that mean "nothing" and not an error."""
    try:
        with undisturbed():  # of Ctrl+C in a terminal git hears itself
            done = subprocess.run(
                ["git", *QUIET, *args],
                cwd=cwd,
                env={**git_environment(os.environ), **(extra or {})},
                input=stdin,
                capture_output=True,
                timeout=TIMEOUT,
                pass_fds=() if keep is None else (keep,),
                check=False,
            )
    except FileNotFoundError as error:
        raise StoreError("git is not installed, or the repository is gone", where=cwd, hint="install git") from error
    except subprocess.TimeoutExpired as error:
        raise StoreError(f"git took longer than {TIMEOUT:g} s", where=cwd, hint="check the disk") from error
    if done.returncode and done.returncode not in fails:
        lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        said = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1] if lines else "")
        said = said.removeprefix("fatal: ").removeprefix("error: ")[:300]
        raise StoreError(
            f"git failed: {said or f'exit code {done.returncode}'}", where=cwd, hint="check the repository"
        )
    return done.stdout

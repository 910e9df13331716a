"""Worktrees: exactly the commit, nothing runs while they are made, nothing stays."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kaizen_tui.core.errors import StoreError
from kaizen_tui.sandbox.lease import Ended, Lease
from kaizen_tui.sandbox.worktree import Worktree, add_worktree, plumbing
from tests.sandbox.repository import Repository


def test_two_commits_side_by_side_and_gone_at_the_end(repository: Repository) -> None:
    room = repository.root / ".kaizen/sandbox"
    with Lease(str(room)) as lease:
        old = add_worktree(lease, str(repository.root), "baseline", repository.first)
        new = add_worktree(lease, str(repository.root), "candidate", repository.second)
        assert [Path(one.path, "version").read_text() for one in (old, new)] == ["1\n", "2\n"]
        assert [Path(one.path, "docs").exists() for one in (old, new)] == [False, True]
        assert new.git("rev-parse", "HEAD").decode().strip() == new.commit == repository.second
        assert new.git("branch", "--show-current") == b""
        assert repository.git("status", "--porcelain") == ""
        assert repository.worktrees() == 2
    assert os.listdir(room) == []
    assert repository.worktrees() == 0
    assert list((repository.root / ".git/worktrees").glob("*")) == []


def test_an_exception_leaves_nothing(repository: Repository) -> None:
    room = repository.root / ".kaizen/sandbox"

    def fail() -> None:
        with Lease(str(room)) as lease:
            add_worktree(lease, str(repository.root), "candidate", repository.second)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        fail()
    assert os.listdir(room) == []
    assert repository.worktrees() == 0


def test_another_worktree_of_the_user_stays(repository: Repository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "-q", "--detach", str(tmp_path / "mine"))
    with Lease(f"{repository.root}/.kaizen/sandbox") as lease:
        add_worktree(lease, str(repository.root), "candidate", repository.second)
    assert repository.worktrees() == 1
    assert (tmp_path / "mine/version").exists()


def test_no_hook_filter_or_sparse_setting_has_a_say(lease: Lease, repository: Repository, tmp_path: Path) -> None:
    commit = repository.commit(".gitattributes", "* filter=evil\n")
    ran = tmp_path / "ran"
    hook = repository.root / ".git/hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    repository.git("config", "core.fsmonitor", f"touch {ran}")
    repository.git("config", "filter.evil.smudge", f"touch {ran}; cat")
    repository.git("config", "filter.evil.process", f"touch {ran}")
    repository.git("config", "filter.evil.required", "true")
    repository.git("config", "core.sparseCheckout", "true")
    (repository.root / ".git/info/sparse-checkout").write_text("/version\n")
    worktree = add_worktree(lease, str(repository.root), "candidate", commit)
    assert Path(worktree.path, "docs/guide.md").read_text() == "read me\n"
    assert not ran.exists()


def test_on_a_branch_that_is_made_and_stays(repository: Repository) -> None:
    with Lease(f"{repository.root}/.kaizen/sandbox") as lease:
        worktree = add_worktree(lease, str(repository.root), "create", repository.first, branch="kaizen/KAIZ-001")
        Path(worktree.path, "version").write_text("3\n")
        worktree.git("commit", "-q", "-a", "-m", "Three")
        made = worktree.git("rev-parse", "HEAD").decode().strip()
    assert repository.git("rev-parse", "kaizen/KAIZ-001") == made
    assert repository.git("rev-parse", "kaizen/KAIZ-001~") == repository.first
    with Lease(f"{repository.root}/.kaizen/sandbox") as lease:
        again = add_worktree(lease, str(repository.root), "create", repository.first, branch="kaizen/KAIZ-001")
        assert again.commit == made
        with pytest.raises(StoreError, match="already"):
            add_worktree(lease, str(repository.root), "twice", repository.first, branch="kaizen/KAIZ-001")


def test_no_such_commit_is_told_in_words(lease: Lease, repository: Repository) -> None:
    with pytest.raises(StoreError, match="git failed: "):
        add_worktree(lease, str(repository.root), "candidate", "0" * 40)
    with pytest.raises(StoreError, match="not a git repository"):
        add_worktree(lease, "/", "candidate", repository.first)


def test_git_is_asked_about_the_worktree_whatever_its_git_file_says(
    worktree: Worktree, repository: Repository, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    evil = Path(worktree.path, "evil")
    evil.mkdir()
    repository.git("init", "-q", str(evil))
    (evil / ".git/config").write_text(f'[core]\n\tbare = false\n\tfsmonitor = "touch {ran}"\n\tworktree = /\n')
    Path(worktree.path, ".git").write_text(f"gitdir: {evil}/.git\n")
    Path(worktree.path, "version").write_text("9\n")
    assert worktree.git("diff", "--name-only") == b"version\n"
    assert not ran.exists()


def test_a_signal_waits_for_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raised while `subprocess.run` waits, it may leave a lock held, for which that then waits for ever."""
    run, done = subprocess.run, []

    def interrupted(*args: Any, **more: Any) -> Any:
        signal.raise_signal(signal.SIGTERM)
        done.append(run(*args, **more))
        return done[0]

    def end(number: int, frame: object) -> None:
        raise Ended(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    monkeypatch.setattr(subprocess, "run", interrupted)
    try:
        with pytest.raises(Ended):
            plumbing(str(repository.root), "status")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert [one.returncode for one in done] == [0]

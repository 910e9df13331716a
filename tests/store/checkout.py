"""Git repositories for the tests, with the person's own settings out of the way."""

import os
import subprocess
from pathlib import Path

ENVIRONMENT = {
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Com",
    "GIT_COMMITTER_EMAIL": "com@example.org",
    "GIT_AUTHOR_DATE": "2025-05-18T08:30:00Z",
    "GIT_COMMITTER_DATE": "2025-05-18T08:30:00Z",
}


def git(root: Path, *args: str, check: bool = True, **more: str) -> str:
    """What `git ARGS` prints. more: variables of its environment."""
    done = subprocess.run(
        ["git", *args],
        cwd=root,
        env={**os.environ, **ENVIRONMENT, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"git {args}: {done.stderr}{done.stdout}")
    return done.stdout


def start(root: Path) -> None:
    """An empty repository with the branch main."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q", "-b", "main")


def commit(root: Path, message: str = "change") -> str:
    """Commits everything; returns the hash."""
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD").strip()

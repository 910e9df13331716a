"""What Kaizen asks git: who the user is, which commit a name means. (Tickets on branches: branches.py.)

Only reading, plumbing commands, without hooks, prompts, pagers or the user's aliases, each in bounded time. Where git
is missing, the folder is no checkout or the repository is broken, the answer is None (or nothing), never an error.
"""

import os
import re
from collections.abc import Sequence

from kaizen_tui.core.git_environment import QUIET, git_environment

TIMEOUT = 10.0  # seconds

_AUTHOR = re.compile(rb"^author (.*?) ?<(.*?)> \d+ [+-]\d{4}$", re.MULTILINE)


def run(cwd: str, *args: str, stdin: bytes = b"", timeout: float = TIMEOUT) -> bytes | None:
    """What `git ARGS` prints; None when it fails, takes longer than `timeout` seconds, or there is no git."""
    import subprocess  # 10 ms that only those pay who ask git

    try:
        done = subprocess.run(
            ["git", *QUIET, *args],
            cwd=cwd,
            env=git_environment(os.environ),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def checkout_of(path: str) -> str | None:
    """The root of the git checkout at or above `path`, or None."""
    here = os.path.realpath(path)
    while not os.path.lexists(f"{here}/.git"):
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above
    return here


def version() -> str | None:
    """Such as "2.39.5"; None when there is no git."""
    out = run("/", "version")
    found = re.search(rb"\d+(\.\d+)+", out or b"")
    return found.group().decode() if found else None


def identity(cwd: str) -> str:
    """`user.name <user.email>` of git's configuration as seen in `cwd`; what is not set is left out, so maybe ""."""
    out = run(cwd, "config", "--null", "--get-regexp", r"^user\.(name|email)$") or b""
    found: dict[str, str] = {}
    for item in out.split(b"\0"):
        key, _, value = item.decode("utf-8", "replace").partition("\n")
        found[key.lower()] = value.strip()
    return _person(found.get("user.name", ""), found.get("user.email", ""))


def _person(name: str, email: str) -> str:
    return f"{name} <{email}>".strip() if email else name


def rev_parse(cwd: str, ref: str) -> str | None:
    """The full hash of the commit that `ref` names, or None."""
    if "\0" in ref or not ref:
        return None
    out = run(cwd, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    lines = (out or b"").decode("ascii", "replace").split()
    return lines[-1] if lines and re.fullmatch(r"[0-9a-f]{40,64}", lines[-1]) else None


def commit_author(cwd: str, commit: str) -> str | None:
    """`Name <email>` of a commit's author (not the committer), or None."""
    full = rev_parse(cwd, commit)
    out = run(cwd, "cat-file", "commit", full) if full else None
    found = _AUTHOR.search((out or b"").partition(b"\n\n")[0])
    if not found:
        return None
    name, email = (part.decode("utf-8", "replace") for part in found.groups())
    return _person(name, email)


def default_branch(cwd: str) -> str | None:
    """The branch that changes go into, as a full ref: the one that the remote `origin` names, else main or master."""
    out = run(cwd, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
    named = [(out or b"").decode("utf-8", "replace").strip()]
    usual = [f"{place}/{name}" for name in ("main", "master") for place in ("refs/heads", "refs/remotes/origin")]
    return next((ref for ref in (*named, *usual) if ref and rev_parse(cwd, ref)), None)


def changed_paths(cwd: str, old: str, new: str, paths: Sequence[str], most: int = 20) -> tuple[str, ...]:
    """Which of `paths`, or of the files in them, differ between two commits. Nothing where git can't say.

    paths: relative to the checkout's root, taken literally. most: names that are given.
    """
    root = checkout_of(cwd)
    if root is None or not paths:
        return ()
    out = run(
        root, "--literal-pathspecs", "diff-tree", "-r", "-z", "--name-only", "--no-ext-diff", old, new, "--", *paths
    )
    names = (out or b"").split(b"\0")[:most]
    return tuple(name.decode("utf-8", "replace") for name in names if name)

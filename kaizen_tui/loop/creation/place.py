"""Where a ticket's change lives: the branch kaizen/ID and its worktree. What is there is used again, never reset."""

import os
from typing import NamedTuple

from kaizen_tui.core.errors import ConflictError, StoreError, UsageError
from kaizen_tui.core.values import quoted
from kaizen_tui.loop.facts import CANDIDATE_BRANCH
from kaizen_tui.sandbox.worktree import plumbing
from kaizen_tui.store import git
from kaizen_tui.store.workspace import Workspace


class Place(NamedTuple):
    """root: the checkout. path: the worktree's folder. there: the branch is checked out in it now.

    tip: the branch's commit, "" without a branch. base: the commit to begin at: the tip, else the one asked for.
    """

    root: str
    branch: str
    path: str
    there: bool
    tip: str
    base: str


def find_place(workspace: Workspace, ticket_id: str, base: str | None) -> Place:
    """base: a revision for a new branch; None is the head of the default one. Raises UsageError, StoreError."""
    root = git.checkout_of(workspace.root)
    if root is None:
        raise UsageError("the workspace is in no git checkout", where=workspace.root, hint="keep it in one: `git init`")
    branch = CANDIDATE_BRANCH.format(id=ticket_id)
    tip = git.rev_parse(root, f"refs/heads/{branch}") or ""
    if tip and base is not None and git.rev_parse(root, base) != tip:
        raise UsageError(
            f"the branch {branch} exists already, and is never reset",
            hint=f"leave --base out, or `git branch -D {branch}`",
        )
    path = f"{workspace.state}/worktrees/{ticket_id}"
    home = _checked_out(root, branch)
    if home and not os.path.isdir(home):
        hint = f"`git worktree repair {path}`" if os.path.lexists(path) else "`git worktree prune` forgets it"
        raise StoreError(f"the worktree of {branch} is gone", where=home, hint=hint)
    if home and _repository(home) != _repository(root):
        what = f"the worktree of {branch} is another repository's, of which this one is a copy"
        raise StoreError(what, where=home, hint=f"remove {_repository(root)}/worktrees/{ticket_id} to forget it here")
    if not home and os.path.lexists(path):
        raise StoreError(f"this is no worktree of {branch}", where=path, hint="move it away, then repeat the command")
    return Place(root, branch, home or path, bool(home), tip, tip or _base(root, base))


def _base(root: str, named: str | None) -> str:
    if named is not None:
        found = git.rev_parse(root, named)
        if found is None:
            raise UsageError(f"git knows no commit {quoted(named)}", hint="name a branch, a tag or a hash")
        return found
    default = git.default_branch(root)
    found = git.rev_parse(root, default) if default is not None else None
    if found is None:
        raise UsageError(
            "git doesn't say which branch is the default one", hint="name a --base, or make a first commit"
        )
    return found


def _checked_out(root: str, branch: str) -> str:
    """The folder in which the branch is checked out, or ""."""
    folder = ""
    for line in os.fsdecode(plumbing(root, "worktree", "list", "--porcelain", "-z")).split("\0"):
        if line.startswith("worktree "):
            folder = line.removeprefix("worktree ")
        elif line == f"branch refs/heads/{branch}":
            return folder
    return ""


def _repository(folder: str) -> str:
    said = plumbing(folder, "rev-parse", "--path-format=absolute", "--git-common-dir")
    return os.path.realpath(os.fsdecode(said).removesuffix("\n"))


def refuse_unclean(place: Place) -> None:
    """Raises ConflictError when the worktree holds changes that aren't committed, which a new commit would meet."""
    if place.there and _is_changed(place.path):
        raise ConflictError(
            f"the worktree of {place.branch} has changes that aren't committed",
            where=place.path,
            hint="commit or stash them, then repeat the command",
        )


def uncommitted(workspace: Workspace, ticket_id: str) -> str:
    """The folder where the ticket's branch is checked out with changes that aren't committed; "" where none are.

    The workspace's own files don't count: in a checkout that people work in they are changed all the time.
    """
    root = git.checkout_of(workspace.root)
    home = _checked_out(root, CANDIDATE_BRANCH.format(id=ticket_id)) if root is not None else ""
    if root is None or not os.path.isdir(home):
        return ""
    below = os.path.relpath(os.path.realpath(workspace.root), os.path.realpath(root))
    own = [f":(top,exclude,literal){os.path.normpath(f'{below}/{name}')}" for name in ("registry", "tickets")]
    return home if _is_changed(home, ":(top)", *own) else ""


def _is_changed(folder: str, *paths: str) -> bool:
    status = ("status", "--porcelain", "-z", "--ignore-submodules=all", "--untracked-files=all")
    return bool(plumbing(folder, *status, "--", *paths))


def put(place: Place, commit: str) -> None:
    """The branch at `commit`, which follows its tip, and the worktree with it. After an error all is as it was."""
    if (git.rev_parse(place.root, f"refs/heads/{place.branch}") or "") != place.tip:
        raise ConflictError(f"the branch {place.branch} changed meanwhile", hint="repeat the command")
    try:
        if place.there:
            if commit != place.tip:
                plumbing(place.path, "merge", "--ff-only", "--no-verify", "--quiet", commit)
            return
        os.makedirs(os.path.dirname(place.path), exist_ok=True)
        plumbing(place.root, "update-ref", f"refs/heads/{place.branch}", commit, place.tip or "0" * len(commit))
        plumbing(place.root, "worktree", "add", "--quiet", place.path, place.branch)
    except BaseException:
        take_back(place, commit)
        raise


def take_back(place: Place, commit: str) -> None:
    """Undoes `put`, however far it came."""
    now = git.rev_parse(place.root, f"refs/heads/{place.branch}") or ""
    if place.there:
        if now == commit != place.tip:
            plumbing(place.path, "reset", "--keep", "--quiet", place.tip)
        return
    if os.path.lexists(place.path):
        plumbing(place.root, "worktree", "remove", "--force", "--force", place.path, fails=(1, 128))
    if now == commit != place.tip:
        plumbing(place.root, "update-ref", *_back(place, commit))


def _back(place: Place, commit: str) -> tuple[str, ...]:
    ref = f"refs/heads/{place.branch}"
    return (ref, place.tip, commit) if place.tip else ("-d", ref, commit)

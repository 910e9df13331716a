"""Which two commits an evaluation compares."""

from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.scorecard import Commits
from kaizen_tui.core.values import quoted
from kaizen_tui.loop.facts import CANDIDATE_BRANCH
from kaizen_tui.store import git
from kaizen_tui.store.workspace import Workspace


def find_commits(
    workspace: Workspace, ticket_id: str, baseline: str | None, candidate: str | None, *, or_head: bool = False
) -> Commits:
    """The full hashes of both.

    candidate: a revision; None is the head of the branch `kaizen/ID`, or with or_head HEAD where there is no such
    branch (a CI job checks out a commit, not a branch). baseline: None is where the candidate left the default branch.
    Raises UsageError.
    """
    root = git.checkout_of(workspace.root)
    if root is None:
        raise UsageError("the workspace is in no git checkout", where=workspace.root, hint="keep it in one: `git init`")
    new = _named(root, candidate) if candidate is not None else _branch(root, ticket_id, or_head=or_head)
    if baseline is not None:
        return Commits(baseline=_named(root, baseline), candidate=new)
    old = _forked_from(root, new)
    if old == new:
        raise UsageError(
            f"there is nothing to compare: commit {new[:10]} is on the default branch already",
            hint=f"commit the change to the branch kaizen/{ticket_id}, or name a --baseline",
        )
    return Commits(baseline=old, candidate=new)


def _named(root: str, revision: str) -> str:
    found = git.rev_parse(root, revision)
    if found is None:
        raise UsageError(f"git knows no commit {quoted(revision)}", hint="name a branch, a tag or a hash")
    return found


def _branch(root: str, ticket_id: str, *, or_head: bool) -> str:
    branch = CANDIDATE_BRANCH.format(id=ticket_id)
    found = git.rev_parse(root, f"refs/heads/{branch}") or (git.rev_parse(root, "HEAD") if or_head else None)
    if found is None:
        hint = f"`kaizen create {ticket_id}` makes it for the change; or name a --candidate"
        raise UsageError(f"no branch {branch} says which commit is the candidate", hint=hint)
    return found


def _forked_from(root: str, candidate: str) -> str:
    default = git.default_branch(root)
    if default is None:
        raise UsageError("git doesn't say which branch is the default one", hint="name a --baseline")
    out = git.run(root, "merge-base", default, candidate)
    found = (out or b"").decode("ascii", "replace").split()
    if not found:
        raise UsageError(
            f"the candidate and {default} have no commit in common",
            hint="name a --baseline; in CI check out with the history (fetch-depth: 0)",
        )
    return found[0]

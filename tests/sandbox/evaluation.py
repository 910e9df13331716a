"""Stands for an evaluation: `python evaluation.py REPOSITORY MARKER COMMIT…` until it is killed."""

import os
import sys

from kaizen_tui.sandbox.lease import Lease
from kaizen_tui.sandbox.protections import look_at_machine
from kaizen_tui.sandbox.run import run
from kaizen_tui.sandbox.spec import Spec
from kaizen_tui.sandbox.worktree import add_worktree

SCRIPT = "for n in 1 2 3 4 5 6 7 8; do echo x > made-$n; done; (setsid sh -c 'sleep 1000; :' $0 &); sleep 0.02"


def main() -> None:
    """A round after the other: two worktrees, a run in each that leaves a process behind. Prints what it makes."""
    repository, marker, *commits = sys.argv[1:]
    machine = look_at_machine()
    print("ready", flush=True)
    while True:
        with Lease(f"{repository}/.kaizen/sandbox") as lease:
            print(os.path.basename(lease.folder), flush=True)
            trees = [add_worktree(lease, repository, f"side-{side}", commit) for side, commit in enumerate(commits)]
            for tree in trees:
                run(lease, Spec(("sh", "-c", SCRIPT, marker), tree.path), machine)


if __name__ == "__main__":
    main()

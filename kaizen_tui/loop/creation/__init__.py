"""Create: a ticket's change in a worktree and on a branch of its own, by hand or proposed by a generator."""

"""`kaizen evaluate`: baseline and candidate in worktrees, tested and measured in the sandbox."""

"""Git worktrees of what is compared, and the sandbox that runs commands in them."""

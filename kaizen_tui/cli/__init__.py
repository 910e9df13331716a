"""The `kaizen` command: one file per family of commands."""

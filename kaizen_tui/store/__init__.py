"""The workspace on disk: strict YAML in, surgical edits out, locks, index, log file, ids, watching."""

"""Kaizen: a closed improvement loop for a platform's components, in the terminal and as files in git."""

__version__ = "0.1.0"

"""The rules. Pure: no files, no network, no clock, no user interface."""

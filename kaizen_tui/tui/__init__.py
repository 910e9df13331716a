"""The `kaizen-tui` dashboard."""

"""The vocabulary of a ticket: statuses, severities, tiers. Light: imported by the start-up path of `kaizen list`."""

# Lifecycle order; the board's columns follow it.
STATUSES: tuple[str, ...] = ("draft", "planned", "in_progress", "in_review", "canary", "complete", "aborted")
FINAL: frozenset[str] = frozenset({"complete", "aborted"})
# Most severe first.
SEVERITIES: tuple[str, ...] = ("critical", "high", "medium", "low")
# Component tiers: 0 mission-critical ... 3 experimental.
TIERS: tuple[int, ...] = (0, 1, 2, 3)

STATUS_TITLES: dict[str, str] = {
    "draft": "Draft",
    "planned": "Planned",
    "in_progress": "In progress",
    "in_review": "In review",
    "canary": "Canary",
    "complete": "Complete",
    "aborted": "Aborted",
}
# Shape, so that severity never depends on colour alone.
SEVERITY_SHAPES: dict[str, str] = {"critical": "▲", "high": "◆", "medium": "●", "low": "·"}

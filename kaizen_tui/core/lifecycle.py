"""Which status may follow which.

    draft -> planned -> in_progress -> in_review -> canary -> complete
    any state but complete and aborted -> aborted        in_review -> in_progress        planned -> draft

A forward move may pass over states before canary; canary is entered only from in_review, complete only from canary.
"""

from __future__ import annotations

from kaizen_tui.core.ids import did_you_mean
from kaizen_tui.core.states import FINAL, STATUSES
from kaizen_tui.core.unmet import Unmet, title
from kaizen_tui.core.values import quoted

EDGES: dict[str, tuple[str, ...]] = {
    "draft": ("planned", "in_progress", "in_review", "aborted"),
    "planned": ("in_progress", "in_review", "draft", "aborted"),
    "in_progress": ("in_review", "aborted"),
    "in_review": ("canary", "in_progress", "aborted"),
    "canary": ("complete", "aborted"),
    "complete": (),
    "aborted": (),
}
_ENTERED_ONLY_FROM = {"canary": "in_review", "complete": "canary"}


def order(status: str) -> int:
    """The place of a status in the lifecycle, draft being 0."""
    return STATUSES.index(status)


def gates_up_to(target: str) -> tuple[str, ...]:
    """The states whose conditions a ticket in `target` has to meet: gates are cumulative. Aborted stands alone."""
    if target == "aborted":
        return ("aborted",)
    return STATUSES[1 : order(target) + 1]


def next_status(status: str) -> str | None:
    """The next state forward, or None where there is none."""
    forward = [target for target in EDGES[status] if target != "aborted" and order(target) > order(status)]
    return forward[0] if forward else None


def check_move(old: str, new: str) -> Unmet | None:
    """None when the lifecycle has the edge `old` -> `new` (or they are equal), else why not, with what is possible."""
    if new not in STATUSES:
        return Unmet("edge", f"there is no status {quoted(new)}; {did_you_mean(new, STATUSES)}", "", overridable=False)
    if old == new or new in EDGES[old]:
        return None
    if old in FINAL:
        return Unmet(
            "edge", f"{title(old)} is final: the ticket can't move any more; open a new one", "kaizen new", False
        )
    only = _ENTERED_ONLY_FROM.get(new)
    reason = f"{title(new)} is entered only from {title(only)}" if only else f"{title(old)} never goes to {title(new)}"
    *others, last = (title(target) for target in EDGES[old])
    possible = f"{', '.join(others)} or {last}" if others else last
    return Unmet("edge", f"{reason}; from {title(old)} the ticket can go to {possible}", "", overridable=False)

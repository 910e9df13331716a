"""Limits of work in progress: how many tickets a column may hold before it is too full. Light."""

from collections.abc import Mapping

from kaizen_tui.core.states import FINAL, STATUSES
from kaizen_tui.core.values import Value


def wip_limits(config: Mapping[str, Value]) -> dict[str, int]:
    """`wip:` of the settings as read, status -> limit; a wrong entry is left out here and named by lint."""
    wanted = config.get("wip")
    if not isinstance(wanted, dict):
        return {}
    return {
        status: int(limit)
        for status, limit in wanted.items()
        if status in STATUSES
        and status not in FINAL
        and isinstance(limit, str)
        and limit.isascii()
        and limit.isdigit()
        and 0 < len(limit) <= 6
        and int(limit) > 0
    }


def over_limit(count: int, limit: int | None) -> bool:
    """Whether a column holds more than it should."""
    return limit is not None and count > limit

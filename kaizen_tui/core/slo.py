"""Is a metric within its objective? Pure arithmetic over values, targets, budgets and ages. Light.

Terms as in the Site Reliability Workbook, chapters 2 and 5: an SLI is measured, an SLO is its target, the error budget
is the share of events that may be bad, the burn rate is how many times faster than allowed the budget is being spent.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

SloState = Literal["ok", "at_risk", "breached", "no_data", "stale"]

# Worst first, for sorting and for the state of a whole component.
STATE_ORDER: tuple[SloState, ...] = ("breached", "at_risk", "stale", "no_data", "ok")
STATE_SHAPES: dict[SloState, str] = {"ok": "✔", "at_risk": "◐", "breached": "✖", "no_data": "○", "stale": "◌"}
STATE_WORDS: dict[SloState, str] = {
    "ok": "ok",
    "at_risk": "at risk",
    "breached": "breached",
    "no_data": "no data",
    "stale": "stale",
}

# Within this share of the target a metric that still meets it is at risk.
NEAR_TARGET = 0.05
NEAR_ABORT_WAY = 0.2
# A trend that reaches the target within this time puts the metric at risk.
TREND_HORIZON = 6 * 3600.0


class Target(NamedTuple):
    """What a metric should be.

    threshold: the target itself, met when reached exactly.
    abort:     roll back beyond this, or None.
    higher_is_better: the direction (of `message_broadcast_rate`, say).
    """

    threshold: float
    abort: float | None
    higher_is_better: bool

    def meets(self, value: float) -> bool:
        return value >= self.threshold if self.higher_is_better else value <= self.threshold

    def beyond_abort(self, value: float) -> bool:
        if self.abort is None:
            return False
        return value < self.abort if self.higher_is_better else value > self.abort

    def margin(self, value: float) -> float:
        """Room left up to the target as a share of the target; negative when it is missed."""
        room = value - self.threshold if self.higher_is_better else self.threshold - value
        return room / abs(self.threshold) if self.threshold else (0.0 if room == 0 else (1.0 if room > 0 else -1.0))

    def near(self, value: float) -> bool:
        """Whether a value that meets the target has little room left.

        Little is 5 % of the target, or 20 % of the way from it to the abort threshold where that is less: a share of
        98.5 % has no room of 5 % above it.
        """
        if not self.threshold:
            return False
        room = NEAR_TARGET * abs(self.threshold)
        if self.abort is not None and self.abort != self.threshold:
            room = min(room, NEAR_ABORT_WAY * abs(self.abort - self.threshold))
        return self.margin(value) * abs(self.threshold) < room


def slo_state(
    value: float | None,
    age: float | None,
    target: Target,
    *,
    stale_after: float,
    limit_in: float | None = None,
    burn_rate: float | None = None,
    budget: float | None = None,
) -> SloState:
    """The state of one metric.

    value:       present value in the metric's own unit, None when the source has none.
    age:         seconds since that value was measured.
    stale_after: seconds after which a value is no longer evidence of anything.
    limit_in:    seconds until the trend reaches the target (`time_to_limit`), if it does.
    burn_rate:   of the error budget over the last hour; above 1 the budget won't last its window.
    budget:      share of the error budget that is left; below 0 the objective is missed, however good the present is.
    """
    if value is None or value != value or age is None:
        return "no_data"
    if age > stale_after:
        return "stale"
    if not target.meets(value) or (budget is not None and budget < 0):
        return "breached"
    near = target.near(value)
    soon = limit_in is not None and limit_in <= TREND_HORIZON
    burning = burn_rate is not None and burn_rate > 1.0
    return "at_risk" if near or soon or burning else "ok"


def worst(states: Sequence[SloState]) -> SloState:
    """The state that a group is shown with: its worst member's; "no_data" for an empty group."""
    return min(states, key=STATE_ORDER.index) if states else "no_data"


def time_to_limit(values: Sequence[float | None], step: float, target: Target) -> float | None:
    """Seconds until the trend of evenly spaced values reaches the target; None when it doesn't approach it.

    The slope is Theil and Sen's median of pairwise slopes, which a single spike doesn't turn. A trend that explains
    less than the values' own scatter (median absolute residual) over the span seen is taken for noise.
    """
    points = [(index * step, value) for index, value in enumerate(values) if value is not None and value == value]
    if len(points) < 8:
        return None
    stride = max(1, len(points) // 24)
    thin = points[::stride]
    slopes = sorted((b[1] - a[1]) / (b[0] - a[0]) for i, a in enumerate(thin) for b in thin[i + 1 :])
    slope = slopes[len(slopes) // 2]
    offsets = sorted(value - slope * at for at, value in thin)
    level = offsets[len(offsets) // 2]
    scatter = sorted(abs(value - slope * at - level) for at, value in thin)[len(thin) // 2]
    span = thin[-1][0] - thin[0][0]
    if abs(slope) * span < 3 * scatter or slope == 0:
        return None
    now = level + slope * points[-1][0]
    if not target.meets(now):
        return 0.0
    ahead = (target.threshold - now) / slope
    return ahead if ahead >= 0 else None


def budget_left(bad: float, total: float, objective: float) -> float | None:
    """Share of the error budget that is left, event-weighted: 1 untouched, 0 spent, negative overspent.

    bad, total: events over the budget's window. objective: percent of good events (99.9).
    None when there were no events: an idle service has neither spent nor kept a budget.
    """
    allowed = 1.0 - objective / 100.0
    if total <= 0 or allowed <= 0:
        return None
    return 1.0 - (bad / total) / allowed


def burn_rate(bad: float, total: float, objective: float) -> float | None:
    """How many times faster than allowed the budget is spent; 1 spends exactly all of it over the window."""
    allowed = 1.0 - objective / 100.0
    if total <= 0 or allowed <= 0:
        return None
    return (bad / total) / allowed

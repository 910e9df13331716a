"""Multiwindow, multi-burn-rate alerting on an error budget. Pure arithmetic. Light.

Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts": an alert holds while the burn rate is above
a factor both over a long window (it matters) and over a short one (it is still going on).
"""

from typing import Literal, NamedTuple

BurnSeverity = Literal["page", "ticket"]

DAY = 86400.0


class BurnPair(NamedTuple):
    """One line of the table. long, short: seconds. share: of the budget that is gone after `long` at the factor."""

    severity: BurnSeverity
    long: float
    short: float
    share: float

    def factor(self, window: float) -> float:
        """The burn rate from which on the alert holds, for a budget over `window` seconds."""
        return self.share * window / self.long

    def can_fire(self, window: float, objective: float) -> bool:
        """False when not even 100 % bad events reach the factor. objective: percent of good events."""
        return self.factor(window) * (1.0 - objective / 100.0) <= 1.0


BURN_PAIRS: tuple[BurnPair, ...] = (
    BurnPair("page", 3600.0, 300.0, 0.02),
    BurnPair("page", 6 * 3600.0, 1800.0, 0.05),
    BurnPair("ticket", DAY, 2 * 3600.0, 0.10),
    BurnPair("ticket", 3 * DAY, 6 * 3600.0, 0.10),
)


class Burn(NamedTuple):
    """How fast a budget is spent over the two windows of a pair; None where nothing is known.

    factor: from which on the pair alerts.
    """

    pair: BurnPair
    factor: float
    long: float | None
    short: float | None

    @property
    def firing(self) -> bool:
        """Whether the alert of this pair holds."""
        return self.long is not None and self.long > self.factor and self.short is not None and self.short > self.factor


def burn_windows() -> tuple[float, ...]:
    """All windows of the table in seconds, shortest first."""
    return tuple(sorted({seconds for pair in BURN_PAIRS for seconds in (pair.long, pair.short)}))


def alerting(burns: tuple[Burn, ...]) -> BurnSeverity | None:
    """The most severe alert that holds."""
    severities = [burn.pair.severity for burn in burns if burn.firing]
    return "page" if "page" in severities else severities[0] if severities else None


def time_to_exhaustion(left: float | None, burn: float | None, window: float) -> float | None:
    """Seconds until the budget is spent if the burn rate stays; 0 when it is; None when it isn't being spent.

    left: share of the budget that is left. window: of the budget, seconds.
    """
    if left is None:
        return None
    if left <= 0:
        return 0.0
    if burn is None or burn <= 0:
        return None
    return left * window / burn

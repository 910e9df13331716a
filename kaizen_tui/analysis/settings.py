"""What a canary is judged by: its SLIs and the error rates of its verdicts."""

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["ratio", "histogram", "gauge"]

CAP = math.log(5.0)  # one look alone never decides
LATE_START = 0.5
PLANNED_LOOKS = 1440  # a day of looks, one a minute
_MOST_GUARDED = 0.999999  # a larger share has no candidates above it that differ from 1
BURN = 14.4  # the burn rate that pages at once (Google SRE Workbook, chapter 5: 2 % of a 30 days' budget in an hour)


@dataclass(frozen=True)
class Sli:
    """One indicator that decides, and against what.

    kind: "ratio" counts bad events of all; "histogram" counts events above each bound; "gauge" compares values.
    rollback_ratio: roll back when canary over baseline is larger than this. promote_ratio: promote when it is smaller
    than this; None never promotes. weight: its part of the error rate alpha, relative to the others'.
    dispersion: variance over that of independent events (analysis/dispersion.py), 1 or more.
    objective: of an SLO, a share of good events such as 0.999; turns on the absolute guard. promote_below: a bad share
    so small that a canary below it is as good as any; helps where failures are rare. block: looks in one mean of a
    gauge, two autocorrelation times or more. limit: of a gauge, above which the canary is rolled back in any case.
    """

    name: str
    kind: Kind = "ratio"
    rollback_ratio: float = 1.0
    promote_ratio: float | None = None
    weight: float = 1.0
    dispersion: float = 1.0
    objective: float | None = None
    promote_below: float | None = None
    block: int = 1
    limit: float | None = None

    def __post_init__(self) -> None:
        for what, value in (("rollback_ratio", self.rollback_ratio), ("promote_ratio", self.promote_ratio)):
            if value is not None and not 0.01 <= value <= 100:
                raise ValueError(f"`{what}` lies between 0.01 and 100")
        if not 1e-6 <= self.weight <= 1e6:
            raise ValueError("`weight` lies between 0.000001 and 1,000,000")
        if not 1 <= self.dispersion <= 1e6:
            raise ValueError("`dispersion` lies between 1 and 1,000,000")
        for what, share in (("objective", self.objective), ("promote_below", self.promote_below)):
            if share is not None and not 0 < share < 1:
                raise ValueError(f"`{what}` lies between 0 and 1")
        if self.kind != "ratio" and (self.objective is not None or self.promote_below is not None):
            raise ValueError("`objective` and `promote_below` are for a ratio")
        if self.kind != "gauge" and (self.limit is not None or self.block != 1):
            raise ValueError("`limit` and `block` are for a gauge")
        if not 1 <= self.block <= 1_000_000:
            raise ValueError("`block` lies between 1 and 1,000,000 looks")
        if self.limit is not None and not math.isfinite(self.limit):
            raise ValueError("`limit` is a finite number")

    @property
    def guard_share(self) -> float | None:
        """The bad share that the absolute guard holds against; None where there is no guard.

        A budget of a fourteenth or more can't burn 14.4 times as fast: such an objective has no guard.
        """
        if self.objective is None:
            return None
        share = BURN * (1.0 - self.objective)
        return share if share < _MOST_GUARDED else None


@dataclass(frozen=True)
class Settings:
    """All that the judge needs to know beside the numbers.

    alpha: how often a harmless canary may be rolled back, over all looks together; beta: how often a harmful one may be
    promoted. cap: most that one look may add to a log e-value, None for no cap. late_start: part of the evidence that
    waits for a fault which begins later; planned_looks: spread evenly over so many looks.
    """

    slis: tuple[Sli, ...]
    alpha: float = 0.05
    beta: float = 0.05
    cap: float | None = CAP
    late_start: float = LATE_START
    planned_looks: int = PLANNED_LOOKS

    def __post_init__(self) -> None:
        if not self.slis:
            raise ValueError("`slis` names at least one SLI")
        names = [sli.name for sli in self.slis]
        if len(set(names)) != len(names):
            raise ValueError("two SLIs have the same name")
        for what, value in (("alpha", self.alpha), ("beta", self.beta)):
            if not 1e-12 <= value < 1:
                raise ValueError(f"`{what}` lies between 0 and 1")
        if self.cap is not None and not 0 < self.cap < math.inf:
            raise ValueError("`cap` is above 0")
        if not 0 <= self.late_start < 1:
            raise ValueError("`late_start` is 0 or more, and below 1")
        if not 1 <= self.planned_looks <= 1_000_000_000:
            raise ValueError("`planned_looks` is 1 or more")

    @property
    def shares(self) -> tuple[float, ...]:
        """The SLIs' weights, of sum 1."""
        whole = math.fsum(sli.weight for sli in self.slis)
        return tuple(sli.weight / whole for sli in self.slis)

"""What the canary judge says after a look, and on which evidence."""

from typing import Literal, NamedTuple

Answer = Literal["wait", "hold", "rollback", "promote"]


class Counted(NamedTuple):
    """Events so far."""

    baseline_total: float
    baseline_bad: float
    canary_total: float
    canary_bad: float


class Evidence(NamedTuple):
    """What one SLI shows.

    log_e_rollback, log_e_promote: log e-values; the latter None where the SLI never promotes. low, high: the ratio of
    canary to baseline, an interval that holds at all looks together; 0 and infinity where nothing bounds it. looks:
    that counted. counted: events so far, None for a gauge; of a histogram the bad ones are those above `bound`, and
    the ratio is that of these. skipped: why this look didn't count, or "".
    """

    name: str
    log_e_rollback: float
    log_e_promote: float | None
    low: float
    high: float
    looks: int
    counted: Counted | None
    bound: float | None = None
    skipped: str = ""


class Verdict(NamedTuple):
    """The answer after one look.

    "rollback" and "promote" are final; "hold" (both versions burn the error budget, or the traffic isn't split as it
    was set: a person has to look) lasts as long as its reason. log_e_promote: None where an SLI never promotes.
    why: in words, "" while waiting. traffic: "too little" or "too much" where the canary's share of the traffic is not
    what was set, else "".
    """

    at: float
    answer: Answer
    log_e_rollback: float
    log_e_promote: float | None
    evidence: tuple[Evidence, ...]
    why: str = ""
    traffic: str = ""

    @property
    def final(self) -> bool:
        return self.answer in ("rollback", "promote")

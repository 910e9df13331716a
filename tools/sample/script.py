"""The words in which the sample tickets are told: a story is a ticket and what people and machines did to it, in order.

Times are `MM-DD HH:MM` of the year of the sample, UTC.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measured:
    """One metric of an evaluation: medians of baseline and candidate, and the interval of their ratio."""

    name: str
    baseline: float
    candidate: float
    low: float
    high: float


@dataclass(frozen=True)
class Card:
    """An evaluation's outcome; ratios, verdicts of metrics and criteria follow from it by the product's rules."""

    measured: tuple[Measured, ...]
    passed: int
    failed: int = 0
    skipped: int = 0
    seconds: float = 60.0
    pairs: int = 20


@dataclass(frozen=True)
class Act:
    """Something that happened. at: MM-DD HH:MM. who: the actor."""

    at: str
    who: str


@dataclass(frozen=True)
class Move(Act):
    target: str
    reason: str = ""
    override: str = ""


@dataclass(frozen=True)
class Approve(Act):
    note: str = ""


@dataclass(frozen=True)
class Reject(Act):
    note: str


@dataclass(frozen=True)
class SignOff(Act):
    criterion: str
    note: str = ""


@dataclass(frozen=True)
class Comment(Act):
    text: str


@dataclass(frozen=True)
class Links(Act):
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Objective(Act):
    text: str
    note: str = ""


@dataclass(frozen=True)
class Spec(Act):
    """The person has written Patch-Spec.md (the text is specs/NUMBER.md)."""


@dataclass(frozen=True)
class Evaluate(Act):
    card: Card


@dataclass(frozen=True)
class MeasuredCard(Act):
    """The score-card in measured/NUMBER.json, as `kaizen evaluate` made it of two commits of this repository."""


@dataclass(frozen=True)
class Rollout(Act):
    """The controller set the canary's share, in percent, and read it back. rollback: it was a rollback."""

    share: float
    note: str = ""
    rollback: bool = False


@dataclass(frozen=True)
class Verdict(Act):
    """The canary judge's word. e: evidence for it, of `needed`. ratio: interval of the canary's over the baseline's."""

    verdict: str
    sli: str
    e: float
    ratio: tuple[float, float]
    looks: int
    note: str = ""


@dataclass(frozen=True)
class Story:
    created: str
    by: str
    component: str
    title: str
    objective: str = ""
    severity: str = "medium"
    owner: str = ""
    success: tuple[str, ...] = ()
    abort: tuple[str, ...] = ()
    rollback_plan: str = ""
    labels: tuple[str, ...] = ()
    acts: tuple[Act, ...] = field(default=())


def repository(name: str) -> tuple[str, str]:
    return ("repository", f"https://git.kestrel.example/{name}")


def pull_request(name: str, number: int) -> tuple[str, str]:
    return ("pull_request", f"https://git.kestrel.example/{name}/pulls/{number}")

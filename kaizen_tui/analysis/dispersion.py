"""How much more the bad events vary than independent ones would: retries make failures come in clusters.

Estimated from history alone, the baseline's processes split in two halves that are the same version. Never from the
canary: an estimate from the data that are judged widens itself on the very fault that is looked for, and its own noise
gave 25 % false roll-backs.
"""

from collections.abc import Iterable
from typing import NamedTuple

FEWEST = 240  # looks below which the estimate is too rough
_NOTABLE = 1.3
_MARGIN = 1.2


class Halves(NamedTuple):
    """The increments of one past look in both halves of the baseline."""

    first_total: float
    first_bad: float
    second_total: float
    second_bad: float


class Dispersion(NamedTuple):
    """factor: for `Sli.dispersion`, 1 or more; None where the history is too short. looks: that could be used.
    mean: as measured, 1 for independent events."""

    factor: float | None
    looks: int
    mean: float | None


def dispersion(history: Iterable[Halves]) -> Dispersion:
    """The mean of (x - F th)^2 / (F th (1 - th)) over looks; F bad events of which x fell on the second half, which had
    the part th of the traffic. Its expectation is 1 for independent events, exactly, whatever the common bad share."""
    looks, whole = 0, 0.0
    for one in history:
        both = one.first_bad + one.second_bad
        if one.first_total <= 0 or one.second_total <= 0 or both <= 0:
            continue
        share = one.second_total / (one.first_total + one.second_total)
        looks += 1
        whole += (one.second_bad - both * share) ** 2 / (both * share * (1 - share))
    if looks < FEWEST:
        return Dispersion(None, looks, whole / looks if looks else None)
    mean = whole / looks
    return Dispersion(mean * _MARGIN if mean > _NOTABLE else 1.0, looks, mean)

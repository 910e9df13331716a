"""How much more the bad events vary than independent ones would: retries make failures come in clusters.

Estimated from history alone, the baseline split in two parts that are the same version (analysis/history.py). Never
from the canary: an estimate from the data that are judged widens itself on the very fault that is looked for, and its
own noise gave 25 % false roll-backs.
"""

from collections.abc import Iterable
from itertools import pairwise
from statistics import fmean, median
from typing import NamedTuple

FEWEST = 240  # looks below which the estimate is too rough
MOST = 1e6
# Judged as independent, harmless canaries whose failures vary 1.2 times as much are rolled back in 3.7 %, 1.3 in 5.8 %.
_NOTABLE = 1.2
_MARGIN = 1.2


class Halves(NamedTuple):
    """The increments of one past look in both parts of the baseline."""

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


def dispersion(history: Iterable[Halves], blocks: int = 1) -> Dispersion:
    """The mean of (x - F th)^2 / (F th (1 - th)) over looks; F bad events of which x fell on the second part, which had
    the share th of the traffic. Its expectation is 1 for independent events, exactly, whatever the common bad share.

    blocks: instead, the median of the means of so many spans of the history, on which an incident that falls into one
    or two of them has no say (median of means: Lugosi, Mendelson, Foundations of Computational Mathematics 19, 2019).
    """
    found: list[float] = []
    for one in history:
        both = one.first_bad + one.second_bad
        if one.first_total <= 0 or one.second_total <= 0 or both <= 0:
            continue
        share = one.second_total / (one.first_total + one.second_total)
        found.append((one.second_bad - both * share) ** 2 / (both * share * (1 - share)))
    looks = len(found)
    if not looks:
        return Dispersion(None, 0, None)
    edges = [looks * nth // blocks for nth in range(blocks + 1)] if looks >= FEWEST else [0, looks]
    mean = median(fmean(found[start:end]) for start, end in pairwise(edges))
    if looks < FEWEST:
        return Dispersion(None, looks, mean)
    return Dispersion(min(MOST, mean * _MARGIN) if mean > _NOTABLE else 1.0, looks, mean)

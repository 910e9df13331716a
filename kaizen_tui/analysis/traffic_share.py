"""Does the canary get the share of the traffic that the splitter was told? Without traffic no verdict means anything.

The same e-process of one share as the absolute guard's, both ways: sticky users differ in how much they ask for, so
that only a factor of two counts. A part of the evidence starts late, as for a roll-back: a splitter that was right for
hours and then fails is found within a dozen looks, and one that was mended is believed again as soon.
"""

import math
from collections.abc import Mapping
from typing import Literal

from kaizen_tui.analysis.gauge import log_add

TOLERANCE = 2.0
_STRETCH = (1.3, 2.0, 4.0, 8.0)
_LEAST = 1e-9

Finding = Literal["", "too little", "too much"]
IN_WORDS: Mapping[str, str] = {
    "too little": "the canary gets less than half of the traffic that its share should bring",
    "too much": "the canary gets more than double the traffic that its share should bring",
}


def testable(share: float) -> bool:
    """Whether users of both versions have a part of the traffic that numbers can tell from nothing and from all."""
    return _LEAST <= share <= 1 - _LEAST


class ShareTest:
    """Evidence that a splitter gives the canary less than half, or more than double, of what it was told.

    cap, late_start, planned: as of settings.
    """

    __slots__ = ("_begin", "_cap", "_high", "_low", "_number", "_planned")

    def __init__(self, cap: float, late_start: float = 0.0, planned: int = 1) -> None:
        self._cap = cap
        self._begin = math.log(late_start / planned) if late_start > 0 else None
        self._planned = planned
        self._number = -1
        self._low = [math.log1p(-late_start)] * len(_STRETCH)
        self._high = list(self._low)

    @property
    def looked(self) -> bool:
        """There was a look with a share."""
        return self._number >= 0

    def look(self, baseline: float, canary: float, share: float) -> None:
        """baseline, canary: events of one look; share: what was set then, `testable`."""
        self._number += 1
        if self._begin is not None and 1 <= self._number <= self._planned:
            self._low, self._high = ([log_add(log, self._begin) for log in logs] for logs in (self._low, self._high))
        low, high = share / TOLERANCE, min(share * TOLERANCE, 1.0)
        self._low = [
            log + min(self._cap, _log_ratio(canary, baseline, low / stretch, low))
            for log, stretch in zip(self._low, _STRETCH, strict=True)
        ]
        if high <= 1 - _LEAST:
            self._high = [
                log + min(self._cap, _log_ratio(canary, baseline, min(high * stretch, 1 - (1 - high) / stretch), high))
                for log, stretch in zip(self._high, _STRETCH, strict=True)
            ]

    def finding(self, alpha: float) -> Finding:
        """ "too little", "too much", or "" where the share may be as it was set."""
        bar = math.log(2.0 * len(_STRETCH) / alpha)
        if max(self._low) >= bar:
            return "too little"
        return "too much" if max(self._high) >= bar else ""


def _log_ratio(inside: float, outside: float, alternative: float, null: float) -> float:
    return inside * math.log(alternative / null) + outside * math.log((1 - alternative) / (1 - null))

"""Does the canary get the share of the traffic that the splitter was told? Without traffic no verdict means anything.

The same e-process of one share as the absolute guard's, both ways: sticky users differ in how much they ask for, so
that only a factor of two counts.
"""

import math

TOLERANCE = 2.0
_STRETCH = (1.3, 2.0, 4.0, 8.0)


class ShareTest:
    """Evidence that a splitter gives the canary less than half, or more than double, of what it was told."""

    __slots__ = ("_cap", "_high", "_low", "looked")

    def __init__(self, cap: float) -> None:
        self._cap = cap
        self.looked = False
        self._low = [0.0] * len(_STRETCH)
        self._high = [0.0] * len(_STRETCH)

    def look(self, baseline: float, canary: float, share: float) -> None:
        """baseline, canary: events of one look; share: what was set then, above 0 and below 1."""
        self.looked = True
        low, high = share / TOLERANCE, min(share * TOLERANCE, 1.0)
        self._low = [
            log + min(self._cap, _log_ratio(canary, baseline, low / stretch, low))
            for log, stretch in zip(self._low, _STRETCH, strict=True)
        ]
        if high < 1:
            self._high = [
                log + min(self._cap, _log_ratio(canary, baseline, min(high * stretch, 1 - (1 - high) / stretch), high))
                for log, stretch in zip(self._high, _STRETCH, strict=True)
            ]

    def finding(self, alpha: float) -> str:
        """ "too little", "too much", or "" where the share may be as it was set."""
        bar = math.log(2.0 * len(_STRETCH) / alpha)
        if max(self._low) >= bar:
            return "too little"
        return "too much" if max(self._high) >= bar else ""


def _log_ratio(inside: float, outside: float, alternative: float, null: float) -> float:
    return inside * math.log(alternative / null) + outside * math.log((1 - alternative) / (1 - null))

"""The canary judge: observations in, a verdict with its evidence out. It may look as often as it likes.

    canary = Canary(Settings((Sli("errors", promote_ratio=2.0),)))
    verdict = canary.look(Look(60.0, {"errors": Ratio(59400, 297)}, {"errors": Ratio(600, 9)}))

Over all looks together a harmless canary is rolled back with a chance of at most alpha, and one as bad as the limit of
the promotion is promoted with at most beta. Several SLIs share alpha by their weights: their e-values are averaged, and
never multiplied, as SLIs of one service fail together. `judging.judge` takes looks of many canaries at once.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from kaizen_tui.analysis.counters import LATE
from kaizen_tui.analysis.eprocess import Advanced
from kaizen_tui.analysis.interval import intervals
from kaizen_tui.analysis.measures import Histogram, Look, Measure, Ratio
from kaizen_tui.analysis.parts import GaugePart, SliPart, Tally, carry, part_of
from kaizen_tui.analysis.settings import BURN, Settings
from kaizen_tui.analysis.traffic_share import IN_WORDS, Finding, ShareTest
from kaizen_tui.analysis.verdict import Answer, Verdict


class Seen(NamedTuple):
    """A look that waits to be judged. place: the caller's."""

    place: int
    at: float
    skipped: Mapping[str, str]
    traffic: Finding


class Due(NamedTuple):
    """The answer to a look. look: its number in the batch."""

    seen: Seen
    look: int
    answer: Answer
    rollback: float
    promote: float | None
    why: str = ""


class Canary:
    """One canary under judgement. at: of its latest look; answer: the present one; last: the latest verdict told."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.parts: tuple[SliPart, ...] = tuple(
            part_of(sli, settings, share) for sli, share in zip(settings.slis, settings.shares, strict=True)
        )
        self.at = -math.inf
        self.answer: Answer = "wait"
        self.staying = False
        self.tallies: list[Tally] = []
        self.last: Verdict | None = None
        self._waiting: list[Seen] = []
        cap = math.inf if settings.cap is None else settings.cap
        self._traffic = ShareTest(cap, settings.late_start, settings.planned_looks)
        self._share_logs = [math.log(share) for share in settings.shares]
        self._rollback_bar = -math.log(settings.alpha)
        self._promote_bar = -math.log(settings.beta)

    def look(self, look: Look) -> Verdict:
        """The verdict after one more look. One that isn't later than the last changes nothing."""
        from kaizen_tui.analysis.judging import judge

        return judge([(self, look)])[0][1]

    def next_step(self, promote_ratios: Mapping[str, float | None]) -> "Canary":
        """This canary at its next share of the traffic: promotion is tested anew, against the ratios of the SLIs that
        are named (the others keep theirs); the evidence for a roll-back, the intervals and the counts carry on."""
        slis = tuple(
            replace(sli, promote_ratio=promote_ratios.get(sli.name, sli.promote_ratio)) for sli in self.settings.slis
        )
        canary = Canary(replace(self.settings, slis=slis))
        for old, new in zip(self.parts, canary.parts, strict=True):
            carry(old, new)
        canary.at = self.at
        canary._traffic = self._traffic
        return canary

    @property
    def ended(self) -> bool:
        """Whether its answer is final."""
        return self.answer == "rollback" or (self.answer == "promote" and not self.staying)

    def stay(self) -> None:
        """The promotion is decided and not yet done, while people are asked: all evidence goes on from where it is, and
        "promote" is the answer only for as long as that for a promotion suffices. A roll-back is final as ever."""
        self.staying = True

    def take(self, place: int, look: Look) -> None:
        """Notes a look; `settle` answers it."""
        waiting = len(self._waiting)
        if look.at <= self.at:
            skipped = {part.sli.name: LATE for part in self.parts}
            for part in self.parts:
                part.wait()
        else:
            self.at = look.at
            skipped = {}
            for part in self.parts:
                name = part.sli.name
                why = look.skipped.get(name, "") if look.skipped else ""
                if why:
                    part.wait()
                else:
                    why = part.look(look.baseline.get(name), look.canary.get(name), waiting)
                if why:
                    skipped[name] = why
            if look.share is not None:
                self._test_traffic(look, look.share)
        traffic: Finding = self._traffic.finding(self.settings.alpha) if self._traffic.looked else ""
        self._waiting.append(Seen(place, look.at, skipped, traffic))

    def settle(self, results: Mapping[int, tuple[Advanced, int]]) -> list[Due]:
        """The answers to the looks that waited; after a final one each look gets that one again. None where the answer
        was final before: of a promoted canary all evidence goes on all the same, for its next step.

        results: of each unit, by identity: what it was advanced by, and its row there.
        """
        seen, self._waiting = self._waiting, []
        self.tallies = [part.tally(results, len(seen)) for part in self.parts]
        if self.ended:
            return []
        due: list[Due] = []
        for number, one in enumerate(seen):
            if self.ended:
                due.append(due[-1]._replace(seen=due[-1].seen._replace(place=one.place, at=one.at)))
                continue
            due.append(self._answer(one, number))
            self.answer = due[-1].answer
        return due

    def release(self) -> None:
        """Lets go of what only the looks of a batch need."""
        self.tallies = []
        for part in self.parts:
            for unit in part.units:
                unit.path = unit.state[None, :]

    def _answer(self, seen: Seen, look: int) -> Due:
        tallies = self.tallies
        rollback = tallies[0].rollback[look] if len(tallies) == 1 else self._averaged(look)
        promotes = [one.promote[look] for one in tallies if one.promote is not None]
        promote = min(promotes) if len(promotes) == len(tallies) else None
        if rollback >= self._rollback_bar:
            return Due(seen, look, "rollback", rollback, promote, self._blame(look))
        held = ""
        for part, one in zip(self.parts, tallies, strict=True):
            alone, both = one.alone is not None and one.alone[look], one.both is not None and one.both[look]
            if not alone and not both:
                continue
            what, too = _beyond(part)
            if alone or not self._may_be_no_worse(part, look):
                return Due(seen, look, "rollback", rollback, promote, what)
            held = held or f"{what}, and so {too}"
        if held:
            return Due(seen, look, "hold", rollback, promote, held)
        if seen.traffic:
            return Due(seen, look, "hold", rollback, promote, IN_WORDS[seen.traffic])
        alarmed = any(one.alarmed is not None and one.alarmed[look] for one in tallies)
        if promote is not None and promote >= self._promote_bar and not alarmed:
            return Due(seen, look, "promote", rollback, promote, "each SLI has the evidence for the promotion")
        return Due(seen, look, "wait", rollback, promote)

    def _averaged(self, look: int) -> float:
        logs = [share + one.rollback[look] for share, one in zip(self._share_logs, self.tallies, strict=True)]
        top = max(logs)
        return top + math.log(math.fsum(math.exp(log - top) for log in logs))

    def _may_be_no_worse(self, part: SliPart, look: int) -> bool:
        """The interval doesn't lie above 1. Of a gauge no more is asked than that both are beyond the limit."""
        if part.shown is None:
            return True
        points, row = part.shown.points, part.shown.path[look]
        low, _ = intervals(
            row[points.counts][3:], row[None, points.nodes], self.settings.alpha, points.comparison.dispersion
        )
        return bool(low[0] <= 1.0)

    def _blame(self, look: int) -> str:
        """The SLI that gave most of the evidence."""
        places = range(len(self.parts))
        worst = max(places, key=lambda place: self._share_logs[place] + self.tallies[place].rollback[look])
        return f"`{self.parts[worst].sli.name}` is worse than the baseline's"

    def _test_traffic(self, look: Look, share: float) -> None:
        for part in self.parts:
            totals = [_total(arm.get(part.sli.name)) for arm in (look.baseline, look.canary)]
            if totals[0] is not None and totals[1] is not None:
                self._traffic.look(totals[0], totals[1], share)
                return


def _total(measure: Measure | None) -> float | None:
    if isinstance(measure, Ratio):
        return measure.total
    return math.fsum(measure.counts) if isinstance(measure, Histogram) else None


def _beyond(part: SliPart) -> tuple[str, str]:
    """What is said of the canary, and of the baseline where that is so as well."""
    if isinstance(part, GaugePart):
        return f"`{part.sli.name}` is above its limit", "was the baseline's"
    return f"`{part.sli.name}` burns the error budget more than {BURN:g} times too fast", "does the baseline"

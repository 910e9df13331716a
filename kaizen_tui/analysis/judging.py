"""Looks of any number of canaries, judged together in numpy.

What comes out doesn't depend on the portions in which the looks come, nor on the order of the canaries: each state is
advanced look by look by the same operations on the same numbers.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from kaizen_tui.analysis.canary import Canary, Due
from kaizen_tui.analysis.eprocess import Advanced, Counts, advance
from kaizen_tui.analysis.interval import intervals
from kaizen_tui.analysis.measures import Look
from kaizen_tui.analysis.parts import GaugePart, HistogramPart, SliPart, Tally, Unit
from kaizen_tui.analysis.points import Points
from kaizen_tui.analysis.verdict import Counted, Evidence, Verdict


def judge(looks: Sequence[tuple[Canary, Look]], *, changes: bool = False) -> list[tuple[int, Verdict]]:
    """Each look's place in `looks` and its verdict, in that order; with `changes` only where the answer is another one
    than before. The looks of one canary stand in the order of time."""
    canaries: dict[int, Canary] = {}
    verdicts: list[tuple[int, Verdict]] = []
    for place, (canary, look) in enumerate(looks):
        if canary.last is not None and canary.ended and not changes:
            verdicts.append((place, canary.last._replace(at=look.at)))
        if canary.answer != "rollback":
            canaries[id(canary)] = canary
            canary.take(place, look)
    before = {key: canary.answer for key, canary in canaries.items()}
    results = _advance(unit for canary in canaries.values() for part in canary.parts for unit in part.units)
    told: list[tuple[Canary, list[Due]]] = []
    for key, canary in canaries.items():
        due = canary.settle(results)
        if changes:
            due = _changed(due, before[key])
        if due:
            told.append((canary, due))
    verdicts += _tell(told, results)
    verdicts.sort(key=lambda item: item[0])
    for canary in canaries.values():
        canary.release()
    return verdicts


def _changed(due: Iterable[Due], answer: str) -> list[Due]:
    changed = []
    for one in due:
        if one.answer != answer:
            answer = one.answer
            changed.append(one)
    return changed


def _advance(units: Iterable[Unit]) -> dict[int, tuple[Advanced, int]]:
    """Advances each unit over its waiting rows, those of one kind and of about as many rows together."""
    groups: dict[tuple[int, int], list[Unit]] = {}
    for unit in units:
        if unit.rows:
            groups.setdefault((id(unit.points), len(unit.rows).bit_length()), []).append(unit)
    results = {}
    for group in groups.values():
        done = _together(group[0].points, group)
        for row, unit in enumerate(group):
            rows = len(unit.rows)
            unit.take(done.path[row, :rows], done.looks[row, :rows].tolist())
            results[id(unit)] = (done, row)
    return results


def _together(points: Points, units: list[Unit]) -> Advanced:
    longest = max(len(unit.rows) for unit in units)
    counts = np.zeros((len(units), longest, 4))
    counted = np.zeros((len(units), longest), dtype=bool)
    for place, unit in enumerate(units):
        rows = unit.rows
        counts[place, : len(rows)] = [row or _NOTHING for row in rows]
        counted[place, : len(rows)] = [row is not None for row in rows]
    state = np.stack([unit.state for unit in units])
    looks = np.array([unit.looks for unit in units])
    total, bad, canary_total, canary_bad = (counts[:, :, place] for place in range(4))
    return advance(points, state, looks, Counts(total, bad, canary_total, canary_bad, counted))


_NOTHING = (0.0, 0.0, 0.0, 0.0)
_Shown = tuple[float, float, int, Counted | None]  # the interval, looks that counted, events
_NO_EVENTS: _Shown = (0.0, math.inf, 0, None)


class _Group:
    """Looks whose intervals and counts are wanted, of one kind of test and one alpha: found in one go."""

    def __init__(self, done: Advanced, points: Points, alpha: float) -> None:
        self._done, self._points, self._alpha = done, points, alpha
        self._rows: list[int] = []
        self._looks: list[int] = []

    def add(self, row: int, looks: list[int]) -> int:
        """Where the first of them will stand."""
        self._rows += [row] * len(looks)
        self._looks += looks
        return len(self._rows) - len(looks)

    def find(self) -> list[_Shown]:
        points = self._points
        path = self._done.path[self._rows, self._looks]
        counts = path[:, points.counts]
        low, high = intervals(counts[:, 3], path[:, points.nodes], self._alpha, points.comparison.dispersion)
        looks = self._done.looks[self._rows, self._looks]
        columns = (low.tolist(), high.tolist(), looks.tolist(), map(Counted._make, counts.tolist()))
        return list(zip(*columns, strict=True))


def _tell(told: list[tuple[Canary, list[Due]]], results: dict[int, tuple[Advanced, int]]) -> list[tuple[int, Verdict]]:
    groups: dict[tuple[int, float], _Group] = {}
    places: dict[int, tuple[tuple[int, float], int]] = {}
    for canary, due in told:
        looks = [one.look for one in due]
        for part in canary.parts:
            unit = part.shown
            if unit is not None and id(unit) in results:
                done, row = results[id(unit)]
                key = (id(done), canary.settings.alpha)
                group = groups.get(key)
                if group is None:
                    group = groups[key] = _Group(done, unit.points, canary.settings.alpha)
                places[id(unit)] = (key, group.add(row, looks))
    found = {key: group.find() for key, group in groups.items()}
    verdicts = []
    for canary, due in told:
        columns = []
        for part, tally in zip(canary.parts, canary.tallies, strict=True):
            place = places.get(id(part.shown))
            shown = _shown(canary, part, due) if place is None else found[place[0]][place[1] : place[1] + len(due)]
            if isinstance(part, HistogramPart):
                shown = [
                    _NO_EVENTS if part.bound_at(one.look) is None else was for one, was in zip(due, shown, strict=True)
                ]
            columns.append(_evidence(part, tally, due, shown))
        for one, evidence in zip(due, zip(*columns, strict=True), strict=True):
            seen = one.seen
            verdict = Verdict(seen.at, one.answer, one.rollback, one.promote, evidence, one.why, seen.traffic)
            verdicts.append((seen.place, verdict))
        canary.last = verdicts[-1][1]
    return verdicts


def _shown(canary: Canary, part: SliPart, due: list[Due]) -> list[_Shown]:
    """Of an SLI without counts: a gauge, or a histogram without a usable bound."""
    if isinstance(part, GaugePart):
        alpha = canary.settings.alpha
        return [(*part.interval(one.look, alpha), part.looks_by(one.look), None) for one in due]
    return [_NO_EVENTS] * len(due)


def _evidence(part: SliPart, tally: Tally, due: list[Due], shown: list[_Shown]) -> list[Evidence]:
    """What one SLI shows at each of the looks."""
    name, rollback, promote = part.sli.name, tally.rollback, tally.promote
    bounds = [part.bound_at(one.look) if isinstance(part, HistogramPart) else None for one in due]
    return [
        Evidence(
            name,
            rollback[one.look],
            None if promote is None else promote[one.look],
            low,
            high,
            looks,
            counted,
            bound,
            one.seen.skipped.get(name, "") if one.seen.skipped else "",
        )
        for one, bound, (low, high, looks, counted) in zip(due, bounds, shown, strict=True)
    ]

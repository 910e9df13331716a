"""Answers of both versions compared, pass by pass: what differs between the baseline's own passes is noise.

A candidate's answer that differs otherwise, in any pass, is a mismatch.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, NamedTuple

from kaizen_tui.core.unmet import count
from kaizen_tui.loop.evaluation.bench import Side
from kaizen_tui.traffic.answers import (
    Answer,
    Mismatch,
    Noise,
    Place,
    answer_of_json,
    answer_to_json,
    covered,
    differing,
    learn,
    mismatch,
    named,
    route_of,
)
from kaizen_tui.traffic.recording import Request

if TYPE_CHECKING:
    from kaizen_tui.traffic.player import Played

    Passes = tuple[Played, Played]  # at pace, at full speed

_LISTED = 200  # mismatches in the report
_ROUTES = 3  # of them in a reason
_STATUS: Place = ("status",)
_BUSY = 20.0  # milliseconds that 1 of 100 requests was sent late


class Compared(NamedTuple):
    """failures, doubts, notes: in words, for the score-card. report: all mismatches with both answers, as JSON."""

    failures: tuple[str, ...]
    doubts: tuple[str, ...]
    notes: tuple[str, ...]
    report: bytes


class Comparison:
    """All passes so far. `state` is what an interrupted evaluation keeps of them."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._requests = requests
        self._paced, self._fast = _Side(requests), _Side(requests)
        self._late: list[float] = []  # milliseconds, p99 of each pass

    def add(self, side: Side, passes: "Passes") -> None:
        for known, played in zip((self._paced, self._fast), passes, strict=True):
            (known.baseline if side == "baseline" else known.candidate)(played.answers)
        self._late.append(percentile(passes[0].late, 99) * 1000)

    def state(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {"paced": self._paced.state(), "fast": self._fast.state(), "late": self._late}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Raises ValueError, TypeError, KeyError for what `state` did not give, of the same requests."""
        paced, fast = _Side(self._requests), _Side(self._requests)
        paced.restore(state["paced"])
        fast.restore(state["fast"])
        self._late = [float(one) for one in state["late"]]
        self._paced, self._fast = paced, fast

    def result(self, expect: Sequence[str], report_path: str) -> Compared:
        """expect: the differences that were meant, as in the settings. report_path: as people are shown it."""
        expected = tuple(_Expected.read(text) for text in expect)
        found = self._paced.mismatches()
        seen = {(one.request, one.places) for one in found}
        found += [one for one in self._fast.mismatches() if (one.request, one.places) not in seen]
        bad = [one for one in found if not any(wish.covers(one) for wish in expected)]
        failures = (f"{self._said(bad)}; {report_path} shows both answers",) if bad else ()
        other, late = self._recorded_otherwise(), median(self._late)
        busy = f"the machine was busy: 1 of 100 requests was sent more than {late:.0f} ms after its moment"
        doubts = tuple(doubt for doubt in (other, self._unsteady(expected)) if doubt)
        return Compared(failures, doubts, (busy,) if late > _BUSY else (), self._report(found, bad, late))

    def _said(self, bad: Sequence[Mismatch]) -> str:
        routes: dict[str, list[Mismatch]] = {}
        for one in bad:
            routes.setdefault(one.route, []).append(one)
        most = sorted(routes.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        words = [f"{route} {those[0].what} ({len(those)})" for route, those in most[:_ROUTES]]
        more = f" and {count(len(most) - _ROUTES, 'more route')}" if len(most) > _ROUTES else ""
        of = count(len(self._requests), "recorded request")
        return f"{len(bad)} of {of} answered otherwise: {'; '.join(words)}{more}"

    def _unsteady(self, expected: Sequence["_Expected"]) -> str:
        """Routes where the baseline's own status changes: it is noise then, and the candidate's could be any."""
        noise = (*self._paced.noise.items(), *self._fast.noise.items())
        meant = {wish.route for wish in expected if wish.place in ("", _STATUS[0])}
        routes = sorted({route for route, places in noise if _STATUS in places} - meant)
        if not routes:
            return ""
        more = f" and {count(len(routes) - _ROUTES, 'more route')}" if len(routes) > _ROUTES else ""
        return f"the baseline itself answers {', '.join(routes[:_ROUTES])}{more} with now one status, now another"

    def _recorded_otherwise(self) -> str:
        """Such as 401 for all of it, which compares well and shows nothing."""
        pairs = [(r.status, a.status) for r, a in zip(self._requests, self._paced.first, strict=True) if r.status]
        other = [pair for pair in pairs if pair[0] != pair[1]]
        if 2 * len(other) <= len(pairs):
            return ""
        old, new = max(set(other), key=other.count)
        return (
            f"the baseline answers {len(other)} of {len(pairs)} requests with another status than was recorded, such "
            f"as {new} for {old}: the replay shows little"
        )

    def _report(self, found: Sequence[Mismatch], bad: Sequence[Mismatch], late: float) -> bytes:
        failing = {id(one) for one in bad}
        # Those that count first.
        listed = sorted(found, key=lambda one: id(one) not in failing)[:_LISTED]
        raw = {
            "schema": "kaizen.replay/1",
            "requests": len(self._requests),
            "mismatches": len(found),
            "unexpected": len(bad),
            "sent_late_p99_ms": round(late, 3),
            "noise": {route: named(sorted(places)) for route, places in sorted(self._paced.noise.items()) if places},
            "listed": [
                {
                    "request": one.request,
                    "route": one.route,
                    "what": one.what,
                    "places": [".".join(place) for place in one.places[:50]],
                    "expected": id(one) not in failing,
                    "diff": one.diff,
                }
                for one in listed
            ],
        }
        return json.dumps(raw, indent=1).encode() + b"\n"


@dataclass
class _Kept:
    """An answer of the candidate that differs. places: where, beyond the noise known then."""

    answer: Answer
    places: tuple[Place, ...]


class _Side:
    """One of the two passes (at pace, at full speed): the noise so far, and what differs beyond it."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._requests = requests
        self._routes = [route_of(request) for request in requests]
        self.first: Sequence[Answer] = ()
        self.noise: Noise = {}
        self._kept: dict[int, _Kept] = {}

    def baseline(self, answers: Sequence[Answer]) -> None:
        if self.first:
            self.noise = learn(self._requests, self.first, answers, self.noise)
        else:
            self.first = answers

    def candidate(self, answers: Sequence[Answer]) -> None:
        for nth, answer in enumerate(answers):
            noise = self.noise.get(self._routes[nth], frozenset())
            places = differing(self.first[nth], answer, noise)
            if not places:
                continue
            known = self._kept.get(nth)
            still = [place for place in known.places if not covered(place, noise)] if known else []
            if known is None or not still:
                self._kept[nth] = _Kept(answer, places)
            else:
                known.places = tuple(sorted({*still, *places}))

    def state(self) -> dict[str, Any]:
        return {
            "first": [answer_to_json(answer) for answer in self.first],
            "noise": {route: sorted(places) for route, places in self.noise.items()},
            "kept": [[nth, answer_to_json(one.answer), one.places] for nth, one in self._kept.items()],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        first = [answer_of_json(raw) for raw in state["first"]]
        if len(first) != len(self._requests):
            raise ValueError("answers to other requests")
        self.first = first
        self.noise = {str(route): frozenset(map(_place, places)) for route, places in state["noise"].items()}
        self._kept = {
            range(len(first))[nth]: _Kept(answer_of_json(raw), tuple(map(_place, places)))
            for nth, raw, places in state["kept"]
        }

    def mismatches(self) -> list[Mismatch]:
        found = []
        for nth, kept in sorted(self._kept.items()):
            noise = self.noise.get(self._routes[nth], frozenset())
            places = tuple(place for place in kept.places if not covered(place, noise))
            if places:
                found.append(mismatch(self._requests[nth], self.first[nth], kept.answer, places))
        return found


def _place(raw: Sequence[Any]) -> Place:
    return tuple(str(part) for part in raw)


class _Expected(NamedTuple):
    """A line of `expect`: a route and the place below which its answers may differ, "" for all of it."""

    route: str
    place: str

    @classmethod
    def read(cls, text: str) -> "_Expected":
        method, path, *place = text.split(None, 2)
        return cls(f"{method} {path}", "".join(place))

    def covers(self, one: Mismatch) -> bool:
        def below(place: Place) -> bool:
            text = ".".join(place)
            return text == self.place or text.startswith(f"{self.place}.")

        return one.route == self.route and (not self.place or all(map(below, one.places)))


def percentile(values: Sequence[float], percent: int) -> float:
    """0 of nothing."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else sum(values)

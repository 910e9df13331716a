"""Recorded requests played to both versions in turn: their answers compared, their latencies measured.

Each pass starts the version's server anew in the sandbox, plays the recording at its pace and once more at full speed.
The first pass of each version warms up: its answers count, its times don't. What differs between the baseline's own
passes is noise; a candidate's answer that differs otherwise, in any pass, is a mismatch.
"""

import json
import os
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import quantiles
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.analysis.formats.measurement import Direction
from kaizen_tui.analysis.series import Series
from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.core.evaluation import Replay
from kaizen_tui.core.unmet import count
from kaizen_tui.loop.evaluation.bench import SIDES, Bench, CommandError, Side, how, shown, tail
from kaizen_tui.loop.evaluation.progress import Listener, Step
from kaizen_tui.sandbox.host import python_paths
from kaizen_tui.sandbox.inside import read_inside
from kaizen_tui.traffic.answers import (
    Answer,
    Mismatch,
    Noise,
    Place,
    covered,
    differing,
    learn,
    mismatch,
    named,
    route_of,
)
from kaizen_tui.traffic.recording import CREATOR, MAX_BYTES, Request, allowed, read_har

if TYPE_CHECKING:
    from kaizen_tui.traffic.player import Played

    _Passes = tuple[Played, Played]  # at pace, at full speed
    _Timed = dict[Side, list[_Passes]]

_LISTED = 200  # mismatches in the report
_ROUTES = 3  # of them in a reason


class Replayed(NamedTuple):
    """What a replay found. report: every mismatch with both answers, as JSON; None where nothing was compared."""

    series: tuple[Series, ...] = ()
    failures: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    report: bytes | None = None


def replay(bench: Bench, settings: Replay, seed: int, listener: Listener, report_path: str) -> Replayed:
    """seed: of the order. report_path: as people are shown it.

    Raises UsageError for a recording that can't be played; CommandError when the baseline's server fails, StoreError.
    """
    if find_spec("aiohttp") is None:
        raise UsageError("`evaluation.replay` needs aiohttp", hint='pip install "kaizen-tui[replay]"')
    har, requests = _recording(bench, settings)
    comparison = _Comparison(requests)
    timed: _Timed = {"baseline": [], "candidate": []}
    for number in range(settings.pairs + 1):
        listener.step(Step(f"{settings.har} replayed: {f'pair {number} of {settings.pairs}' if number else 'warm-up'}"))
        order = SIDES if number == 0 or random.Random(f"{seed}/replay/{number}").random() < 0.5 else SIDES[::-1]
        for side in order:
            try:
                passes = _pass(bench, settings, side, har)
            except CommandError as error:
                if side == "baseline":
                    raise
                listener.output(error.what, error.printed)
                return Replayed(failures=(error.what,))
            comparison.add(side, passes)
            if number:
                timed[side].append(passes)
    return comparison.result(timed, settings, report_path)


def _recording(bench: Bench, settings: Replay) -> tuple[bytes, tuple[Request, ...]]:
    """The candidate's recording, played to both."""
    har = read_inside(bench.trees["candidate"].path, settings.har, MAX_BYTES)
    recording = read_har(har, settings.har)
    if recording.creator != CREATOR:
        raise UsageError(
            "the recording may hold credentials: it wasn't made by `kaizen replay`",
            where=settings.har,
            hint=f"`kaizen replay import {settings.har} -o …`, and commit that",
        )
    requests = allowed(recording.requests, settings.routes)
    if not requests:
        hint = "GET, HEAD, OPTIONS are; others need `evaluation.replay.routes`"
        raise UsageError("the recording has no request that may be played", where=settings.har, hint=hint)
    return har, requests


def _pass(bench: Bench, settings: Replay, side: Side, har: bytes) -> "_Passes":
    from kaizen_tui.traffic.inside import ENDED, NEVER_LISTENED, Plan, read_result

    # Not from the folder that it starts in: that is the version's, which may have modules of these names.
    argv = (sys.executable, "-P", "-m", "kaizen_tui.traffic.inside", *settings.serve)
    plan = Plan({method: list(paths) for method, paths in settings.routes.items()}, settings.speed)
    outcome = bench.run(
        side, argv, "replay", stdin=plan.to_json().encode() + har, read_only=_own_code(), output=_OUTPUT
    )
    server = f"{shown(settings.serve)} of the {side}"
    if outcome.exit_code == NEVER_LISTENED and not outcome.troubles:
        what = f"{server} took no connection at $SOCKET or 127.0.0.1:$PORT"
        raise CommandError(what, side, tail(outcome), "listen at one of them")
    if outcome.exit_code == ENDED and not outcome.troubles:
        raise CommandError(f"{server} ended while it was asked", side, tail(outcome), "run it there by hand to see why")
    if not outcome.ok or outcome.stdout.truncated:
        why = how(outcome) if not outcome.ok else "answered with more than could be kept"
        raise CommandError(f"the replay to {server} {why}", side, tail(outcome), "record less, or allow more")
    try:
        return read_result(outcome.stdout.read())
    except ValueError as error:
        raise StoreError(f"the replay to {server} left no result: {error}", hint="this is a bug in kaizen") from error


_OUTPUT = 64 << 20  # bytes: the answers that are kept, in base64, and the rest


def _own_code() -> tuple[str, ...]:
    """This package, where it isn't in the environment that the sandbox sees anyway, but in a checkout."""
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    within = any(own.startswith(f"{path}/") for path in (*python_paths(), "/usr"))
    return () if within else (own,)


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

    def mismatches(self) -> list[Mismatch]:
        found = []
        for nth, kept in sorted(self._kept.items()):
            noise = self.noise.get(self._routes[nth], frozenset())
            places = tuple(place for place in kept.places if not covered(place, noise))
            if places:
                found.append(mismatch(self._requests[nth], self.first[nth], kept.answer, places))
        return found


class _Comparison:
    def __init__(self, requests: Sequence[Request]) -> None:
        self._requests = requests
        self._paced, self._fast = _Side(requests), _Side(requests)

    def add(self, side: Side, passes: "_Passes") -> None:
        for known, played in zip((self._paced, self._fast), passes, strict=True):
            (known.baseline if side == "baseline" else known.candidate)(played.answers)

    def result(self, timed: "_Timed", settings: Replay, report_path: str) -> Replayed:
        expected = tuple(_Expected.read(text) for text in settings.expect)
        found = self._paced.mismatches()
        seen = {(one.request, one.places) for one in found}
        found += [one for one in self._fast.mismatches() if (one.request, one.places) not in seen]
        bad = [one for one in found if not any(wish.covers(one) for wish in expected)]
        failures, doubts = [], []
        if bad:
            failures.append(f"{self._said(bad)}; {report_path} shows both answers")
        other = self._recorded_otherwise()
        if other:
            doubts.append(other)
        return Replayed(self._series(timed), tuple(failures), tuple(doubts), self._report(found, bad, timed))

    def _said(self, bad: Sequence[Mismatch]) -> str:
        routes: dict[str, list[Mismatch]] = {}
        for one in bad:
            routes.setdefault(one.route, []).append(one)
        most = sorted(routes.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        words = [f"{route} {those[0].what} ({len(those)})" for route, those in most[:_ROUTES]]
        more = f" and {count(len(most) - _ROUTES, 'more route')}" if len(most) > _ROUTES else ""
        of = count(len(self._requests), "recorded request")
        return f"{len(bad)} of {of} answered otherwise: {'; '.join(words)}{more}"

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

    def _series(self, timed: "_Timed") -> tuple[Series, ...]:
        found = [_series("replay_p50_ms", "ms", "lower", timed, lambda paced, _: _quantile(paced, 50))]
        for percent, fewest in ((95, 20), (99, 100)):
            if len(self._requests) >= fewest:
                name, get = f"replay_p{percent}_ms", _getter(percent)
                found.append(_series(name, "ms", "lower", timed, get, decisive=False))
        found.append(
            _series("replay_requests_per_s", "", "higher", timed, lambda _, fast: len(fast.answers) / fast.seconds)
        )
        return tuple(found)

    def _report(self, found: Sequence[Mismatch], bad: Sequence[Mismatch], timed: "_Timed") -> bytes:
        late = [moment for passes in timed.values() for paced, _ in passes for moment in paced.late]
        failing = {id(one) for one in bad}
        # Those that count first.
        listed = sorted(found, key=lambda one: id(one) not in failing)[:_LISTED]
        raw = {
            "schema": "kaizen.replay/1",
            "requests": len(self._requests),
            "mismatches": len(found),
            "unexpected": len(bad),
            "sent_late_p99_ms": round(_percentile(late, 99) * 1000, 3),
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


def _series(
    name: str,
    unit: str,
    direction: Direction,
    timed: "_Timed",
    get: "Callable[[Played, Played], float]",
    *,
    decisive: bool = True,
) -> Series:
    old, new = (tuple(get(*passes) for passes in timed[side]) for side in SIDES)
    return Series(name, unit, direction, old, new, decisive)


def _getter(percent: int) -> "Callable[[Played, Played], float]":
    return lambda paced, _: _quantile(paced, percent)


def _quantile(played: "Played", percent: int) -> float:
    """Of the latencies, in milliseconds."""
    return _percentile([answer.latency for answer in played.answers], percent) * 1000


def _percentile(values: Sequence[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else sum(values)

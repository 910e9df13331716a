"""Recorded requests played to both versions in turn: their answers compared, their latencies measured.

Each pass starts the version's server anew in the sandbox, plays the recording at its pace and once more at full speed.
The first pass of each version warms up: its answers count, its times don't.
"""

import os
import random
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.analysis.formats.measurement import Measurement
from kaizen_tui.analysis.series import Series, placed
from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.core.evaluation import Replay
from kaizen_tui.loop.evaluation.bench import SIDES, Bench, CommandError, Side, how, shown, tail
from kaizen_tui.loop.evaluation.comparing import Comparison, percentile
from kaizen_tui.loop.evaluation.kept import Kept, Sample
from kaizen_tui.loop.evaluation.meter import Meter
from kaizen_tui.loop.evaluation.pairs import refuse_twice, series_of
from kaizen_tui.sandbox.host import python_paths
from kaizen_tui.sandbox.inside import read_inside
from kaizen_tui.traffic.recording import CREATOR, MAX_BYTES, Request, allowed, read_har

if TYPE_CHECKING:
    from kaizen_tui.loop.evaluation.comparing import Passes
    from kaizen_tui.traffic.player import Played


class Replayed(NamedTuple):
    """What a replay found. notes: no verdict hangs on them. report: as JSON; None where nothing was compared."""

    series: tuple[Series, ...] = ()
    failures: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    report: bytes | None = None


class Replaying:
    """Plays the pairs that aren't kept yet, and keeps each as it is finished with what was learned of the answers."""

    def __init__(self, bench: Bench, settings: Replay, kept: Kept, meter: Meter, report: str) -> None:
        """report: where the report will be, as people are shown it.

        Raises UsageError without the libraries that it takes, and for a recording that can't be played; StoreError.
        """
        if find_spec("aiohttp") is None:
            raise UsageError("`evaluation.replay` needs aiohttp", hint='pip install "kaizen-tui[replay]"')
        self._bench, self._settings, self._kept, self._meter = bench, settings, kept, meter
        self._shown = report
        self._har, self._requests = _recording(bench, settings)

    def replay(self, known: tuple[Series, ...]) -> Replayed:
        """known: what benchmarks measured. Raises CommandError when the baseline's server fails, StoreError."""
        comparison = Comparison(self._requests)
        done = self._restored(comparison)
        try:
            if done < self._meter.wanted:
                self._pair(0, comparison)
            for number in range(done + 1, self._meter.wanted + 1):
                self._pair(number, comparison)
        except CommandError as error:
            if error.side == "baseline":
                raise
            self._meter.listener.output(error.what, error.printed)
            return Replayed(failures=(error.what,))
        self._meter.tell(f"{self._settings.har} replayed")
        pairs = [self._kept.pair(self._meter.place, number) for number in range(self._meter.wanted)]
        found, _ = series_of([pair for pair in pairs if pair is not None])
        refuse_twice(known, found, "the replay")
        return Replayed(tuple(found), *comparison.result(self._settings.expect, self._shown))

    def _restored(self, comparison: Comparison) -> int:
        """How many pairs are finished, of which it is known as well what their answers were."""
        done = self._kept.count(self._meter.place, self._meter.wanted)
        state = self._kept.answers()
        try:
            done = 0 if state is None else min(done, int(state["pairs"]))
            if state is not None and done:
                comparison.restore(state)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            done = 0  # the file was damaged
        self._kept.drop(self._meter.place, done)
        return done

    def _pair(self, number: int, comparison: Comparison) -> None:
        self._meter.tell(f"{self._settings.har} {'replayed' if number else 'warms up'}")
        # To warm up, the baseline first: what fails there is not the candidate's fault.
        order = SIDES if number == 0 or self._random(number) < 0.5 else SIDES[::-1]
        samples: dict[Side, Sample] = {}
        with self._meter.timed():
            for side in order:
                passes = self._pass(side)
                comparison.add(side, passes)
                samples[side] = placed(_measured(*passes), self._settings.metrics, self._bench.known, "the replay")
        if number:
            # Before the pair: where only this is written, the pair is played again, and its answers count twice.
            self._kept.keep_answers({"pairs": number, **comparison.state()})
            self._kept.add(self._meter.place, number - 1, (samples["baseline"], samples["candidate"]))

    def _random(self, number: int) -> float:
        return random.Random(f"{self._kept.seed}/replay/{number}").random()

    def _pass(self, side: Side) -> "Passes":
        from kaizen_tui.traffic.inside import ENDED, NEVER_LISTENED, Plan, read_result

        settings = self._settings
        # Not from the folder that it starts in: that is the version's, which may have modules of these names.
        argv = (sys.executable, "-P", "-m", "kaizen_tui.traffic.inside", *settings.serve)
        plan = Plan({method: list(paths) for method, paths in settings.routes.items()}, settings.speed)
        outcome = self._bench.run(
            side, argv, "replay", stdin=plan.to_json().encode() + self._har, read_only=_own_code(), output=_OUTPUT
        )
        server = f"{shown(settings.serve)} of the {side}"
        if outcome.exit_code == NEVER_LISTENED and not outcome.troubles:
            what = f"{server} took no connection at $SOCKET or 127.0.0.1:$PORT"
            raise CommandError(what, side, tail(outcome), "listen at one of them")
        if outcome.exit_code == ENDED and not outcome.troubles:
            what = f"{server} ended while it was asked"
            raise CommandError(what, side, tail(outcome), "run it there by hand to see why")
        if not outcome.ok or outcome.stdout.truncated:
            why = how(outcome) if not outcome.ok else "answered with more than could be kept"
            raise CommandError(f"the replay to {server} {why}", side, tail(outcome), "record less, or allow more")
        try:
            return read_result(outcome.stdout.read())
        except ValueError as error:
            what = f"the replay to {server} left no result: {error}"
            raise StoreError(what, hint="this is a bug in kaizen") from error


def _recording(bench: Bench, settings: Replay) -> tuple[bytes, tuple[Request, ...]]:
    """The candidate's recording, played to both."""
    tree = bench.trees["candidate"].path
    if not os.path.lexists(f"{tree}/{settings.har}"):
        hint = "make it with `kaizen replay` and commit it, or mend `evaluation.replay.har`"
        raise UsageError("the candidate's commit has no such recording", where=settings.har, hint=hint)
    har = read_inside(tree, settings.har, MAX_BYTES)
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
    seconds, most = requests[-1].at / settings.speed, bench.limits.time
    if seconds >= most:
        what = f"the recording takes {seconds:.0f} s to play, and a run may take {most:g} s"
        hint = "play it faster (`evaluation.replay.speed`), allow more (`evaluation.sandbox.time`), or record less"
        raise UsageError(what, where=settings.har, hint=hint)
    return har, requests


_OUTPUT = 64 << 20  # bytes: the answers that are kept, in base64, and the rest


def _own_code() -> tuple[str, ...]:
    """This package, where it isn't in the environment that the sandbox sees anyway, but in a checkout."""
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    within = any(own.startswith(f"{path}/") for path in (*python_paths(), "/usr"))
    return () if within else (own,)


def _measured(paced: "Played", fast: "Played") -> tuple[Measurement, ...]:
    """Of one pass. The 95th and 99th percentile only of as many requests as say something of it."""
    latencies = [answer.latency * 1000 for answer in paced.answers]
    found = [Measurement("replay_p50_ms", percentile(latencies, 50), "ms")]
    for percent, fewest in ((95, 20), (99, 100)):
        if len(latencies) >= fewest:
            found.append(Measurement(f"replay_p{percent}_ms", percentile(latencies, percent), "ms", decisive=False))
    speed = len(fast.answers) / fast.seconds
    return (*found, Measurement("replay_requests_per_s", speed, "", "higher"))

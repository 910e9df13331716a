"""Observations as JSON Lines, of any number of canaries, through the judge: what `kaizen judge` does. Pure.

Configurations, observations and steps come in as lines; verdicts go out as lines, in the order of the observations.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, NoReturn

from kaizen_tui.analysis.canary import Canary
from kaizen_tui.analysis.counters import PairedTotals
from kaizen_tui.analysis.judging import judge
from kaizen_tui.analysis.line_format import (
    DEFAULT_STREAM,
    Configuration,
    LineError,
    configuration_of,
    measure_of,
    number_of,
    text_of,
)
from kaizen_tui.analysis.measures import Look, Measure
from kaizen_tui.analysis.traffic_share import testable
from kaizen_tui.analysis.verdict import Verdict
from kaizen_tui.analysis.verdict_line import StreamNames, verdict_line

LONGEST = 1 << 20  # bytes of a line
_AT_ONCE = 4000


class Remark(NamedTuple):
    """What is to be said of an input line. level: "error" where the line was not taken."""

    line: int
    message: str
    hint: str = ""
    level: str = "error"


class Tally(NamedTuple):
    """How the streams stand: how many of each answer."""

    promote: int
    rollback: int
    wait: int
    hold: int


class _Stream:
    """One canary and how its lines are read."""

    __slots__ = ("at", "canary", "changes", "names", "totals")

    def __init__(self, name: str, configuration: Configuration) -> None:
        settings = configuration.settings
        self.canary = Canary(settings)
        self.at: float | None = None
        self.changes = configuration.changes
        self.names = StreamNames.of(name, settings)
        self.totals = tuple(PairedTotals() for _ in settings.slis) if configuration.cumulative else None


def _no_constant(name: str) -> NoReturn:
    raise LineError(f"{name} is no JSON")


_scan = json.JSONDecoder(parse_constant=_no_constant).raw_decode


class Replay:
    """alpha, beta: go before what configurations say; None leaves them."""

    def __init__(self, alpha: float | None = None, beta: float | None = None) -> None:
        self._alpha, self._beta = alpha, beta
        self._configurations: dict[str, Configuration] = {}
        self._streams: dict[str, _Stream] = {}
        self._waiting: list[tuple[_Stream, Look]] = []
        self._out: list[str] = []
        self.remarks: list[Remark] = []

    def feed(self, lines: Sequence[bytes], first: int) -> list[str]:
        """Takes whole lines, the first of which has the number `first`; returns the verdicts to tell. What was wrong
        is added to `remarks`, which the caller empties."""
        for number, line in enumerate(lines, first):
            try:
                self._take(line, number)
            except LineError as error:
                self.remarks.append(Remark(number, str(error), error.hint))
            except RecursionError:
                self.remarks.append(Remark(number, "nested too deeply"))
            except ValueError as error:
                self.remarks.append(Remark(number, _in_words(error)))
            if len(self._waiting) >= _AT_ONCE:
                self._judge()
        self._judge()
        out, self._out = self._out, []
        return out

    @property
    def tally(self) -> Tally:
        answers = [stream.canary.answer for stream in self._streams.values()]
        return Tally(*(answers.count(answer) for answer in ("promote", "rollback", "wait", "hold")))

    def _take(self, text: bytes, number: int) -> None:
        if len(text) > LONGEST:
            raise LineError("longer than 1 MiB")
        if not text or text.isspace():
            return
        line = _parsed(text.decode().strip())
        if type(line) is not dict:
            raise LineError("a line is a JSON object")
        kind = line.get("type")
        if kind == "obs":
            self._observe(line)
        elif kind == "config":
            self._configure(configuration_of(line), number)
        elif kind == "step":
            self._step(line)
        elif kind == "stay":
            self._stay(line)
        else:
            raise LineError("`type` is `config`, `obs`, `step` or `stay`")

    def _configure(self, configuration: Configuration, number: int) -> None:
        if configuration.stream in self._streams:
            raise LineError(f"stream `{configuration.stream}` has observations already: its configuration stays")
        for key, hint in configuration.unknown:
            self.remarks.append(Remark(number, f"`{key}` means nothing here", hint, "warning"))
        settings = configuration.settings
        if self._alpha is not None:
            settings = replace(settings, alpha=self._alpha)
        if self._beta is not None:
            settings = replace(settings, beta=self._beta)
        self._configurations[configuration.stream] = configuration._replace(settings=settings)

    def _stream(self, name: str) -> _Stream:
        stream = self._streams.get(name)
        if stream is None:
            configuration = self._configurations.get(name) or self._configurations.get(DEFAULT_STREAM)
            if configuration is None:
                raise LineError(
                    f"no configuration for stream `{name}`", 'one for all: {"type":"config","stream":"*",…}'
                )
            stream = _Stream(name, configuration)
        return stream

    def _observe(self, line: dict[str, Any]) -> None:
        name = text_of(line, "stream")
        stream = self._stream(name)
        at = number_of(line.get("t"), "t")
        if stream.at is not None and at <= stream.at:
            look = Look(at, {}, {})
        else:
            look = self._look(stream, at, line)
            stream.at = at
        self._streams[name] = stream
        self._waiting.append((stream, look))

    def _look(self, stream: _Stream, at: float, line: dict[str, Any]) -> Look:
        """All of the line is read before any of it counts."""
        there, here = _arm(line, "baseline"), _arm(line, "canary")
        share = line.get("share")
        if share is not None:
            share = number_of(share, "share")
            if not testable(share):
                raise LineError("`share` is above 0 and below 1: the canary's part of the traffic")
        baseline: dict[str, Measure] = {}
        canary: dict[str, Measure] = {}
        for sli in stream.canary.settings.slis:
            name = sli.name
            value = there.get(name)
            if value is not None:
                baseline[name] = measure_of(sli, value)
            value = here.get(name)
            if value is not None:
                canary[name] = measure_of(sli, value)
        if stream.totals is None:
            return Look(at, baseline, canary, share)
        skipped: dict[str, str] = {}
        for sli, totals in zip(stream.canary.settings.slis, stream.totals, strict=True):
            rise = totals.advance(baseline.pop(sli.name, None), canary.pop(sli.name, None))
            if rise.baseline is None or rise.canary is None:
                skipped[sli.name] = rise.why
            else:
                baseline[sli.name], canary[sli.name] = rise.baseline, rise.canary
        return Look(at, baseline, canary, share, skipped)

    def _step(self, line: dict[str, Any]) -> None:
        name = text_of(line, "stream")
        ratios = line.get("promote_ratio")
        stream = self._streams.get(name)
        if stream is None or not isinstance(ratios, dict):
            raise LineError("a step is for a stream with observations, and names SLIs: `promote_ratio` {name: ratio}")
        found = {key: None if value is None else number_of(value, key) for key, value in ratios.items()}
        missing = [key for key in found if key not in (sli.name for sli in stream.canary.settings.slis)]
        if missing:
            raise LineError(f"stream `{name}` has no SLI `{missing[0]}`")
        self._judge()
        if stream.canary.answer == "rollback":
            raise LineError(f"stream `{name}` was rolled back: there is no next step")
        try:
            stream.canary = stream.canary.next_step(found)
        except ValueError as error:
            raise LineError(str(error)) from None

    def _stay(self, line: dict[str, Any]) -> None:
        stream = self._streams.get(text_of(line, "stream"))
        if stream is None:
            raise LineError("what stays is a stream with observations")
        self._judge()
        stream.canary.stay()

    def _judge(self) -> None:
        waiting, self._waiting = self._waiting, []
        told: list[tuple[int, Verdict]] = []
        for changes in (False, True):
            places = [place for place, (stream, _) in enumerate(waiting) if stream.changes is changes]
            if places:
                looks = [(waiting[place][0].canary, waiting[place][1]) for place in places]
                told += [(places[place], verdict) for place, verdict in judge(looks, changes=changes)]
        told.sort(key=lambda item: item[0])
        self._out += [verdict_line(waiting[place][0].names, verdict) for place, verdict in told]


def _parsed(text: str) -> Any:
    """What `json.loads` gives, in two thirds of the time."""
    value, end = _scan(text)
    if end != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def _arm(line: dict[str, Any], key: str) -> dict[str, Any]:
    arm = line.get(key)
    if arm is None:
        return {}
    if type(arm) is not dict:
        raise LineError(f"`{key}` is an object of SLIs")
    return arm


def _in_words(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON: {error.msg} at character {error.pos + 1}"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return "a number has too many digits"

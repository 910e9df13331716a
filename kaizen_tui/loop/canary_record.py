"""One canary's observations and the judge fed with them. All of it is in observations.jsonl: `load` brings it back.

A look is written before it is judged, and judged from the line that was written: what `kaizen judge` says of the file
is what was decided.
"""

import json
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from kaizen_tui.analysis.canary import Canary
from kaizen_tui.analysis.counters import LATE, Increments, Tracker
from kaizen_tui.analysis.judging import judge
from kaizen_tui.analysis.line_format import LineError, configuration_of, measure_of, number_of
from kaizen_tui.analysis.measures import Look, Measure
from kaizen_tui.analysis.settings import Settings
from kaizen_tui.analysis.traffic_share import IN_WORDS, testable
from kaizen_tui.analysis.verdict import Evidence, Verdict
from kaizen_tui.core.canary_estimate import e_value
from kaizen_tui.core.canary_plan import ABORT_LOOKS, Judged, promote_ratio
from kaizen_tui.core.canary_state import CRITERION, same_share
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.times import format_epoch
from kaizen_tui.loop.canary_lines import (
    Scrapes,
    begins_a_canary,
    config_line,
    encoded,
    look_line,
    scrapes_of,
    stay_line,
    step_line,
)  # fmt: skip
from kaizen_tui.store.observations import ObservationFile
from kaizen_tui.store.workspace import Workspace

_PORTION = 256  # looks that are judged at once: their states are kept meanwhile


class Looked(NamedTuple):
    """What became of a look. why: SLI -> why it didn't count; counted: at least one did. unasked: why nobody knows
    whether an abort criterion holds, or ""."""

    why: dict[str, str]
    counted: bool
    unasked: str = ""


class Held(NamedTuple):
    """An abort criterion that held at the last `looks` looks. value: what it measured at the last of them."""

    criterion: str
    value: float
    looks: int


Heard = Callable[[Look, Verdict, float], object]


class Record:
    """The observations of one ticket's canary. data_at: when the newest numbers of both versions were measured, epoch
    seconds, None before the first.

    began: when the ticket entered canary, epoch seconds (CanaryState.since). What the file says of an earlier canary of
    the ticket is not evidence about this one; None takes the last one, whichever it is.
    heard: told each look with its verdict and the share of its step; from the first on again where the file is another.
    notes: of each SLI, where its dispersion or its block comes from.
    """

    def __init__(
        self, workspace: Workspace, ticket_id: str, began: int | None = None, heard: Heard | None = None
    ) -> None:
        self._ws = workspace
        self._id = ticket_id
        self._heard = heard
        self._file = ObservationFile(workspace, ticket_id)
        self.began: int | None = None
        self._clear()
        self.load(began)

    def _clear(self) -> None:
        self._canary: Canary | None = None
        self._stream = self._id
        self._trackers: dict[str, Tracker] = {}
        self._lines = 0
        self.notes: Mapping[str, str] = {}
        self.share = 0.0
        self.data_at: float | None = None
        self.verdict: Verdict | None = None
        self._held_at = self._astray_at = 0.0
        self._held: dict[str, Held] = {}

    @property
    def begun(self) -> bool:
        return self._canary is not None

    @property
    def settings(self) -> Settings | None:
        """What the judge was told at the first look; it stays, whatever the files say later."""
        return self._canary.settings if self._canary is not None else None

    @property
    def extent(self) -> tuple[str, int]:
        """SHA-256 (hex) and bytes of the file as far as it was read."""
        return self._file.digest, self._file.size

    @property
    def judged(self) -> Judged:
        """The judge's present answer."""
        if self._canary is None:
            return Judged()
        why = self.verdict.why if self.verdict is not None else ""
        astray = IN_WORDS.get(self.verdict.traffic, "") if self.verdict is not None else ""
        return Judged(self._canary.answer, why, self.share, self._held_at, astray, self._astray_at)

    @property
    def aborting(self) -> tuple[Held, ...]:
        """The abort criteria that held at enough looks in a row."""
        return tuple(one for one in self._held.values() if one.looks >= ABORT_LOOKS)

    def load(self, began: int | None = None) -> None:
        """Everything from the file, when it or the canary that is asked about is another than was read last. Raises
        StoreError."""
        if self._canary is not None and began == self.began and not self._file.changed():
            return
        self.began = began
        self._clear()
        lines = self._file.read().splitlines()
        first = next((number for number in range(len(lines) - 1, 0, -1) if begins_a_canary(lines[number])), 0)
        self._lines = first
        self._take_all(lines[first:])

    def follow(self, began: int | None = None) -> None:
        """As `load`, of a file that others append to: what was read of it isn't read again. Raises StoreError."""
        if self._canary is None or began != self.began or not self.catch_up():
            self._clear()
            self.load(began)

    def catch_up(self) -> bool:
        """What others appended since; False where it is another file by now, and nothing of it was taken. Raises
        StoreError."""
        more = self._file.read_more()
        lines = more.splitlines() if more is not None else []
        if more is None or any(map(begins_a_canary, lines)):
            return False
        self._take_all(lines)
        return True

    def _take_all(self, lines: Sequence[bytes]) -> None:
        """Of one canary. Looks that follow each other are judged together: the verdicts are the same, and sooner."""
        waiting: list[tuple[Look, float]] = []
        rest = deque(lines)
        while rest:
            line = rest.popleft()
            self._lines += 1
            try:
                told = json.loads(line)
                if told.get("type") == "config" and not self._is_mine(told):
                    self._lines += len(rest)
                    return
                if told.get("type") == "obs" and self._canary is not None:
                    waiting.append((self._look_of(self._canary, told, live=False), self.share))
                    if len(waiting) < _PORTION:
                        continue
                    told = None
                self._judge(waiting)
                waiting = []
                if told is not None:
                    self._take(told)
            except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, LineError) as error:
                where = f"{self._ws.relative(self._ws.observations_path(self._id))}:{self._lines}"
                hint = "restore the file, for example with `git checkout`"
                self._canary = None
                raise StoreError(f"the observations can't be read: {error}", where=where, hint=hint) from None
        self._judge(waiting)

    def begin(self, settings: Settings, share: float, notes: Mapping[str, str]) -> None:
        """The canary's first line. Nothing where there is one already. notes: as of `config_line`.

        Raises ValueError for a record of no canary in particular.
        """
        if self._canary is None:
            if self.began is None:
                raise ValueError("nobody said when the canary began")
            began = format_epoch(self.began)
            # Two canaries of one ticket are two streams for `kaizen judge`.
            self._stream = f"{self._id}@{began}" if self._file.size else self._id
            self._write(config_line(self._stream, began, settings, notes))
            self.share = share

    def _is_mine(self, line: Mapping[str, Any]) -> bool:
        return self.began is None or line.get("began") in (None, format_epoch(self.began))

    def step(self, share: float) -> None:
        """The share of the step in effect. Promotion is tested anew at the next step; the evidence for a roll-back goes
        on. What was promoted and stays where it is, until its least time is over or while people are asked, is judged
        on as well: it may still be rolled back."""
        canary = self._canary
        if canary is None or canary.answer == "rollback":
            return
        if same_share(share, self.share):
            if canary.answer == "promote" and not canary.staying:
                self._write(stay_line(self._stream, share))
            return
        ratios = {sli.name: promote_ratio(share) for sli in canary.settings.slis}
        if self.verdict is None and ratios == {sli.name: sli.promote_ratio for sli in canary.settings.slis}:
            self.share = share  # read again before the first look: it began with this step
        else:
            self._write(step_line(self._stream, ratios, share))

    def look(
        self, at: float, share: float | None, scrapes: Scrapes, aborts: Mapping[str, float] | None = None
    ) -> Looked:
        """One look, written and judged. share, aborts: as of `look_line`. A look at numbers that are no newer isn't
        kept; where those of one version are, it is, and doesn't count."""
        if self._canary is None:
            raise ValueError("no settings yet")
        rises: dict[str, Increments] = {
            name: self._tracker(name).advance(*scrapes.get(name, (None, None)))
            for name in (sli.name for sli in self._canary.settings.slis)
        }
        why = {name: rise.why for name, rise in rises.items() if rise.why}
        late = bool(why) and len(why) == len(rises) and set(why.values()) == {LATE}
        if late and self.data_at is not None and _measured_at(scrapes) <= self.data_at:
            return Looked(why, False)
        try:
            self._write(look_line(self._stream, at, self.share, share, rises, scrapes, aborts))
        except BaseException:
            self._trackers = {}  # they have seen what isn't kept
            self._canary = None
            raise
        return Looked(why, len(why) < len(rises))

    def evidence(self, cause: str = "") -> dict[str, Any]:
        """What the present verdict rests on, for the log; with the hash of the file as far as it goes.

        cause: of a roll-back, as of canary_state: an abort criterion has evidence of its own.
        """
        fields: dict[str, Any] = {"observations": {"sha256": self._file.digest, "bytes": self._file.size}}
        if cause == CRITERION and self.aborting:
            held = self.aborting[0]
            return {**fields, "criterion": held.criterion, "value": held.value, "held_looks": held.looks}
        verdict, settings = self.verdict, self.settings
        if verdict is None or settings is None or not verdict.evidence:
            return fields
        promoting = verdict.answer == "promote"
        one = _telling(verdict, promoting=promoting)
        log = one.log_e_promote if promoting and one.log_e_promote is not None else verdict.log_e_rollback
        fields |= {
            "sli": one.name,
            "evidence": round(e_value(log), 3),
            "needed": round(1.0 / (settings.beta if promoting else settings.alpha), 3),
            "looks": one.looks,
        }
        if math.isfinite(one.high):
            fields["ratio"] = [round(one.low, 3), round(one.high, 3)]
        if one.name in self.notes:
            fields["history"] = self.notes[one.name]
        if verdict.traffic:
            fields["traffic"] = verdict.traffic
        if one.counted is not None:
            fields["events"] = {key: round(value) for key, value in one.counted._asdict().items()}
        return fields

    def _tracker(self, name: str) -> Tracker:
        return self._trackers.setdefault(name, Tracker())

    def _write(self, line: dict[str, Any]) -> None:
        data = encoded(line)
        self._file.append(data)
        self._lines += 1
        self._take(json.loads(data), live=True)

    def _take(self, line: dict[str, Any], *, live: bool = False) -> None:
        kind = line.get("type")
        if kind == "config":
            if self._canary is None:
                configuration = configuration_of(line)
                self._canary, self._stream = Canary(configuration.settings), configuration.stream
                self.notes = {sli["name"]: str(sli["note"]) for sli in line["slis"] if "note" in sli}
            return
        if self._canary is None:
            raise ValueError("no configuration comes first")
        if kind == "step":
            self._canary = self._canary.next_step(dict(line["promote_ratio"]))
            self.share = _share_of(line["share"])
        elif kind == "stay":
            self._canary.stay()
        elif kind == "obs":
            self._judge([(self._look_of(self._canary, line, live=live), self.share)])
        else:
            raise ValueError("`type` is config, obs, step or stay")

    def _look_of(self, canary: Canary, line: dict[str, Any], *, live: bool) -> Look:
        arms: list[dict[str, Measure]] = [
            {sli.name: measure_of(sli, line[arm][sli.name]) for sli in canary.settings.slis if sli.name in line[arm]}
            for arm in ("baseline", "canary")
        ]
        seen = scrapes_of(line)
        if not live:
            for name, scrapes in seen.items():
                self._tracker(name).advance(*scrapes)
        at = number_of(line["t"], "t")
        # The first reading of all has no increments, and is as fresh as any.
        read = _measured_at(seen)
        if read > -math.inf:
            self.data_at = read if self.data_at is None else max(self.data_at, read)
        self.share = _share_of(line["step"])
        aborts = line.get("aborts")
        if aborts is not None:
            before = self._held
            self._held = {
                text: Held(text, number_of(value, "aborts"), before[text].looks + 1 if text in before else 1)
                for text, value in aborts.items()
            }
        share = _share_of(line["share"]) if "share" in line else None
        if share is not None and not testable(share):
            raise ValueError("a look that tests its share has users of both versions")
        return Look(at, arms[0], arms[1], share)

    def _judge(self, looks: Sequence[tuple[Look, float]]) -> None:
        """looks: with the share of the step that each is about."""
        canary = self._canary
        if canary is None or not looks:
            return
        for place, verdict in judge([(canary, look) for look, _ in looks]):
            self.verdict = verdict
            self._held_at = (self._held_at or verdict.at) if verdict.answer == "hold" else 0.0
            self._astray_at = (self._astray_at or verdict.at) if verdict.traffic else 0.0
            if self._heard is not None:
                look, share = looks[place]
                self._heard(look, verdict, share)


def _measured_at(scrapes: Scrapes) -> float:
    """When the newest numbers of both versions were measured; minus infinity where one has none."""
    return max((min(one.at, other.at) for one, other in scrapes.values() if one and other), default=-math.inf)


def _share_of(value: Any) -> float:
    """Of the users. Raises ValueError, LineError."""
    share = number_of(value, "share")
    if not 0 <= share <= 1:
        raise ValueError("a share lies between 0 and 1")
    return share


def _telling(verdict: Verdict, *, promoting: bool) -> Evidence:
    """The SLI that decides: with the least evidence for a promotion, with the most for a roll-back."""
    if promoting:
        return min(verdict.evidence, key=lambda one: one.log_e_promote if one.log_e_promote is not None else -math.inf)
    return max(verdict.evidence, key=lambda one: one.log_e_rollback)

"""The baseline's last hours, read once before a canary is judged: how its bad events cluster, how long gauges remember.

What comes of it is written with the settings into the first line of observations.jsonl and stays: whoever judges the
canary, now or later, uses the same.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from kaizen_tui.analysis.counters import Reading, Scrape
from kaizen_tui.analysis.history import Learnt, learn
from kaizen_tui.analysis.settings import Settings, Sli
from kaizen_tui.metrics.asking import ask_all
from kaizen_tui.metrics.source import MetricSource

PIECE = 240  # looks asked for at once: an answer has a size
_ALWAYS, _MOST = 6, 24  # pieces: as many are read in any case, and at the most where the estimate needs more


class Prepared(NamedTuple):
    """settings: of the judge, with what the past says. notes: SLI -> where that comes from, in words. thin: the SLIs of
    which the past says too little."""

    settings: Settings
    notes: Mapping[str, str]
    thin: tuple[str, ...]


def prepared(settings: Settings, source: MetricSource, component: str, now: float, look: float) -> Prepared:
    """The settings with each SLI's dispersion or block from the baseline's past, at intervals of `look` seconds.

    Raises UnreachableError, OSError; a past that the server refuses to tell is too short, and the note says why.
    """

    def question(sli: Sli) -> Callable[[], Learnt]:
        return lambda: _learnt(sli, source, component, now, look)

    found = ask_all(source.width, [question(sli) for sli in settings.slis])
    notes = {one.sli.name: one.note for one in found}
    thin = tuple(one.sli.name for one in found if not one.enough)
    return Prepared(replace(settings, slis=tuple(one.sli for one in found)), notes, thin)


def _learnt(sli: Sli, source: MetricSource, component: str, now: float, look: float) -> Learnt:
    step = float(max(1, round(look)))
    past: list[Scrape | None] = []
    end, error = float(math.floor(now)), ""
    for piece in range(1, _MOST + 1):
        found = source.past_counters(component, sli.name, end - (PIECE - 1) * step, end, step, "baseline")
        error = found.error
        scrapes = [Scrape(one.at, tuple(Reading(*part) for part in one.counters)) for one in found.looks]
        if not any(one.readings for one in scrapes):
            break
        past[:0] = scrapes
        end -= PIECE * step
        if piece >= _ALWAYS:
            learnt = learn(sli, past)
            if learnt.enough:
                return learnt
    learnt = learn(sli, past)
    return learnt if learnt.enough or not error else learnt._replace(note=f"{learnt.note} ({error})")

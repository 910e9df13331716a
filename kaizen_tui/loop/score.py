"""`kaizen score`: a score-card of results that somebody else measured, such as a CI job."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from kaizen_tui.analysis import formats
from kaizen_tui.analysis.formats.measurement import Measurement
from kaizen_tui.analysis.junit import read_junit, together
from kaizen_tui.analysis.scoring import Evidence, Setting, score
from kaizen_tui.analysis.series import Series, placed
from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.fields import MetricFields
from kaizen_tui.core.scorecard import Commits, SandboxRecord
from kaizen_tui.loop.cards import Saved, save, subject_of
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.machine import this_machine


class Given(NamedTuple):
    """A result that was handed in. name: of the file, for messages."""

    name: str
    data: bytes


class Results(NamedTuple):
    """All of them. Each benchmark's file is one sample of what it measures, in the order of the pairs.

    form: of all benchmarks, None to find it out of each. metrics: the output's name -> the component's, {} for all.
    """

    junit: Sequence[Given] = ()
    candidate: Sequence[Given] = ()
    baseline: Sequence[Given] = ()
    form: str | None = None
    metrics: Mapping[str, str] = {}


def score_results(
    session: Session, ticket_id: str, commits: Commits, results: Results, seed: Callable[[], int] | None = None
) -> Saved:
    """The score-card, written. seed: of the statistics, a fresh one by default.

    Raises NotFoundError, RefusedError, UsageError, StoreError.
    """
    if not results.junit and not results.candidate:
        raise UsageError("there are no results to score", hint="name them: --junit FILE, --benchmark FILE")
    promise, _ = subject_of(session, ticket_id)
    tests = together([read_junit(one.data, one.name) for one in results.junit]) if results.junit else None
    known = promise.metrics
    series = paired(_measured(results, results.baseline, known), _measured(results, results.candidate, known))
    setting = Setting(session.stamp(), commits, this_machine(), SandboxRecord(kind="external"), (seed or fresh_seed)())
    return save(session, score(promise, Evidence(series, tests), setting))


def fresh_seed() -> int:
    """From the system's random source."""
    return secrets.randbits(48)


def _measured(results: Results, given: Sequence[Given], known: Sequence[MetricFields]) -> list[tuple[Measurement, ...]]:
    found = []
    for one in given:
        form = results.form or formats.guess_format(one.data, one.name)
        found.append(placed(formats.measurements(one.data, form, one.name), results.metrics, known, one.name))
    return found


def paired(baseline: Sequence[Sequence[Measurement]], candidate: Sequence[Sequence[Measurement]]) -> tuple[Series, ...]:
    """The series of every metric: the nth measurement of the baseline and of the candidate are a pair.

    Where each side has but one and that consists of several runs, the runs are the samples. Raises UsageError for sides
    of different length.
    """
    old, new = _by_name(baseline), _by_name(candidate)
    return tuple(_series(name, old.get(name, []), new.get(name, [])) for name in dict.fromkeys((*new, *old)))


def _by_name(found: Sequence[Sequence[Measurement]]) -> dict[str, list[Measurement]]:
    by_name: dict[str, list[Measurement]] = {}
    for one in found:
        for item in one:
            by_name.setdefault(item.name, []).append(item)
    return by_name


def _series(name: str, old: list[Measurement], new: list[Measurement]) -> Series:
    first = (new or old)[0]
    for item in (*old, *new):
        if item.terms != first.terms:
            raise UsageError(f"{name} can't be compared: it was measured {first.terms} and {item.terms}")
    if len(old) == len(new) == 1 and old[0].runs and new[0].runs:
        size = min(len(old[0].runs), len(new[0].runs), formats.MOST_RUNS)
        return Series(name, first.unit, first.direction, old[0].runs[:size], new[0].runs[:size], first.decisive)
    if old and new and len(old) != len(new):
        raise UsageError(
            f"{name} has {len(old)} results of the baseline and {len(new)} of the candidate",
            hint="give as many of each, in the order in which they were measured",
        )
    before, after = (tuple(item.value for item in side) for side in (old, new))
    return Series(name, first.unit, first.direction, before, after, first.decisive)

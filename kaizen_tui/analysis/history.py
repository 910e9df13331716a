"""What the baseline's past tells the judge before a canary begins: how bad events cluster, how long a gauge remembers.

The baseline is split in two parts that run the same version, so that they differ by chance alone:

- by its processes, every second one by name, where there are two or more. What all of them go through, a drift or an
  incident, cancels. Retries that reach another process than the failed request did are not seen as clusters.
- by time, where there is one process: each third look against the two around it. A cluster is over within seconds and
  so within a look; a drift of the bad share cancels as far as it is even over three looks; the median over spans of the
  history leaves incidents out. What still remains of either makes the dispersion larger: the canary is found later,
  and not falsely.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from kaizen_tui.analysis.counters import Key, Scrape, by_process, measured, risen, summed
from kaizen_tui.analysis.dispersion import FEWEST, Dispersion, Halves, dispersion
from kaizen_tui.analysis.gauge import autocorrelation_time, block_of
from kaizen_tui.analysis.histogram import above_bounds, tails, usable_bounds
from kaizen_tui.analysis.measures import Histogram, Measure, Ratio, torn
from kaizen_tui.analysis.settings import Sli

ROUGH_BLOCK = 20  # looks in one mean of a gauge of which no history says more
_SPANS = 8

Rises = dict[str, Measure]  # process -> what it did since the look before


class Learnt(NamedTuple):
    """sli: with its `dispersion` or `block`. note: where that comes from, in words. enough: the history was as long as
    the estimate needs."""

    sli: Sli
    note: str
    enough: bool


def learn(sli: Sli, past: Sequence[Scrape | None]) -> Learnt:
    """What the baseline's raw counters, look by look and oldest first, say of an SLI. None: a look without numbers."""
    if sli.kind == "gauge":
        return _block(sli, past)
    rises = list(rises_of(past))
    if sli.kind == "ratio":
        found, processes = clustering([{name: _ratio(one) for name, one in look.items()} for look in rises])
        return _told(sli, found, processes, "bad events")
    return _above_bounds(sli, rises)


def rises_of(past: Iterable[Scrape | None]) -> Iterator[Rises]:
    """What each process did between one look and the next. A look that is torn or missing falls to the next one."""
    known: dict[str, dict[Key, float]] = {}
    for scrape in past:
        if scrape is None or not scrape.readings:
            continue
        now = by_process(scrape.readings)
        rose = {name: measured(rise) for name, rise in risen(known, now).items()}
        if any(measure is not None and torn(measure) for measure in rose.values()):
            continue
        known.update(now)
        yield {name: measure for name, measure in rose.items() if measure is not None}


def clustering(looks: Sequence[dict[str, tuple[float, float]]]) -> tuple[Dispersion, int]:
    """The dispersion, and how many processes told it. looks: of each process, total and bad events."""
    processes = len({name for look in looks for name in look})
    apart = dispersion(_by_process(looks))
    if apart.looks >= FEWEST:
        return apart, processes
    in_time = dispersion(_by_time(looks), blocks=_SPANS)
    return (in_time, 1) if in_time.looks > apart.looks else (apart, processes)


def _by_process(looks: Iterable[dict[str, tuple[float, float]]]) -> Iterator[Halves]:
    """Where one of the parts had no events, as its processes were not scraped meanwhile, the looks count together."""
    sums = [0.0] * 4
    for look in looks:
        for nth, name in enumerate(sorted(look)):
            total, bad = look[name]
            sums[nth % 2 * 2] += total
            sums[nth % 2 * 2 + 1] += bad
        if sums[0] > 0 and sums[2] > 0:
            yield Halves(*sums)
            sums = [0.0] * 4


def _by_time(looks: Iterable[dict[str, tuple[float, float]]]) -> Iterator[Halves]:
    rows = [(sum(total for total, _ in look.values()), sum(bad for _, bad in look.values())) for look in looks]
    rows = [row for row in rows if row[0] > 0]
    for before, here, after in zip(rows[::3], rows[1::3], rows[2::3], strict=False):
        yield Halves(before[0] + after[0], before[1] + after[1], *here)


def _ratio(measure: Measure) -> tuple[float, float]:
    return (measure.total, measure.bad) if isinstance(measure, Ratio) else (0.0, 0.0)


def _above_bounds(sli: Sli, rises: Sequence[Rises]) -> Learnt:
    """Of a histogram the largest dispersion of the events above any bound that will be tested."""
    histograms = [{name: one for name, one in look.items() if isinstance(one, Histogram)} for look in rises]
    le = next((one.le for look in reversed(histograms) for one in look.values()), ())
    same = [{name: one for name, one in look.items() if one.le == le} for look in histograms]
    counts = [sum(column) for column in zip(*(one.counts for look in same for one in look.values()), strict=True)]
    worst, processes, at = Dispersion(None, 0, None), 0, 0.0
    for bound in usable_bounds(Histogram(le, tuple(counts))) if counts else ():
        found, told = clustering([{name: _above(one, bound) for name, one in look.items()} for look in same])
        if (found.factor or 0.0, found.looks) > (worst.factor or 0.0, worst.looks):
            worst, processes, at = found, told, bound
    return _told(sli, worst, processes, f"events above {at:g}" if at else "slow events")


def _above(histogram: Histogram, bound: float) -> tuple[float, float]:
    found = above_bounds(histogram, (bound,))
    return (found[0], found[1][0]) if found is not None else (tails(histogram)[0], 0.0)


def _told(sli: Sli, found: Dispersion, processes: int, what: str) -> Learnt:
    if found.factor is None or found.mean is None:
        note = f"too little history ({found.looks} of {FEWEST} looks with {what}): they are taken for independent"
        return Learnt(sli, note, False)
    split = f"in {processes:,} processes" if processes > 1 else "in time"
    note = f"{what} vary {found.mean:.2g} times as much as independent ones, by {found.looks:,} looks {split}"
    if found.factor > 1:
        note += f"; judged by {found.factor:.2g}"
    return Learnt(replace(sli, dispersion=found.factor), note, True)


def _block(sli: Sli, past: Sequence[Scrape | None]) -> Learnt:
    values = []
    for scrape in past:
        processes = by_process(scrape.readings) if scrape is not None else {}
        value = summed([one for one in processes.values() if ("value", 0.0) in one])
        if isinstance(value, float):
            values.append(value)
    block = block_of(values)
    if block is None:
        note = f"too little history ({len(values):,} looks) to say how long its values hang together"
        return Learnt(replace(sli, block=ROUGH_BLOCK), f"{note}: blocks of {ROUGH_BLOCK} looks, a guess", False)
    time = autocorrelation_time(values) or 1.0
    note = f"its values hang together for {time:.2g} looks, by {len(values):,} looks: blocks of {block}"
    return Learnt(replace(sli, block=block), note, True)

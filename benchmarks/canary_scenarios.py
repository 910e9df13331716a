"""Traffic of many canaries at once, made from a seed: what the judge and its peers are measured on.

An array of shape [canary, look] holds what each look saw. Counts are Poisson; the common bad share may do as it likes.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kaizen_tui.analysis.canary import Canary
from kaizen_tui.analysis.counters import Reading, Scrape, Tracker
from kaizen_tui.analysis.eprocess import Advanced, Counts, advance
from kaizen_tui.analysis.gauge import block_of
from kaizen_tui.analysis.history import learn
from kaizen_tui.analysis.interval import intervals
from kaizen_tui.analysis.judging import judge
from kaizen_tui.analysis.measures import Histogram, Look, Ratio
from kaizen_tui.analysis.points import Comparison, points_of
from kaizen_tui.analysis.settings import CAP, LATE_START, Settings, Sli

Array = NDArray[np.float64]
DAY = 86_400.0


class Traffic(NamedTuple):
    """Increments of each look, [canary, look]; look: its length in seconds."""

    baseline_total: Array
    baseline_bad: Array
    canary_total: Array
    canary_bad: Array
    look: float


class World(NamedTuple):
    """How the traffic is made. rps: of both versions; share: the canary's; bad: the common bad share; ratio: how many
    times that the canary's is. All may be arrays [canary, look], or [look]."""

    canaries: int
    hours: float = 24.0
    look: float = 60.0
    rps: float = 1000.0
    share: "float | Array" = 0.01
    bad: "float | Array" = 0.005
    ratio: "float | Array" = 1.0

    @property
    def shape(self) -> tuple[int, int]:
        return self.canaries, round(self.hours * 3600 / self.look)


def plain(rng: np.random.Generator, world: World) -> Traffic:
    """Independent events."""
    shape, look = world.shape, world.look
    total = rng.poisson(np.broadcast_to(world.rps * look * (1 - np.asarray(world.share)), shape))
    canary = rng.poisson(np.broadcast_to(world.rps * look * np.asarray(world.share), shape))
    bad = np.minimum(rng.poisson(total * np.asarray(world.bad)), total)
    canary_bad = np.minimum(rng.poisson(canary * np.minimum(np.asarray(world.bad) * world.ratio, 1.0)), canary)
    return Traffic(*(part.astype(float) for part in (total, bad, canary, canary_bad)), look)


def drifting(rng: np.random.Generator, shape: tuple[int, int], level: float, look: float) -> Array:
    """A bad share that wanders by a third an hour, with an incident of 10 minutes at 20 times as much every 6 hours."""
    steps = rng.normal(0.0, 0.33 * math.sqrt(look / 3600), shape)
    wander = np.exp(np.clip(np.cumsum(steps, axis=1), -2, 2))
    length = max(1, round(600 / look))
    begins = (rng.random(shape) < look / (6 * 3600)).astype(float)
    burning = np.apply_along_axis(lambda row: np.convolve(row, np.ones(length))[: shape[1]], 1, begins) > 0
    return np.minimum(level * wander * np.where(burning, 20.0, 1.0), 0.5)


def ramping(looks: int) -> Array:
    """1, 5 and 25 % of the traffic, a third of the time each."""
    return np.repeat([0.01, 0.05, 0.25], -(-looks // 3))[:looks]


def clustered(rng: np.random.Generator, world: World, mean_size: float = 3.0) -> Traffic:
    """Failures that are retried: each fails a geometric number of times, all in one look."""
    shape, look = world.shape, world.look
    bad = np.asarray(world.bad)
    total = rng.poisson(np.broadcast_to(world.rps * look * (1 - np.asarray(world.share)), shape))
    canary = rng.poisson(np.broadcast_to(world.rps * look * np.asarray(world.share), shape))
    found = []
    for traffic, share in ((total, bad), (canary, bad * world.ratio)):
        clusters = rng.poisson(traffic * share / mean_size)
        # The sum of k geometric sizes is k plus a negative binomial number.
        more = np.where(clusters > 0, rng.negative_binomial(np.maximum(clusters, 1), 1 / mean_size), 0)
        found.append(np.minimum(clusters + more, traffic))
    return Traffic(*(part.astype(float) for part in (total, found[0], canary, found[1])), look)


def measured_dispersion(rng: np.random.Generator, world: World, looks: int = 1440, pods: int = 2) -> float:
    """The dispersion as the product finds it: from the raw counters that the baseline's processes had before."""
    past = clustered(rng, world._replace(canaries=1, hours=looks * world.look / 3600, share=0.5))
    found = learn(Sli("errors"), past_scrapes(past, pods))
    if not found.enough:
        raise ValueError(found.note)
    return found.sli.dispersion


def past_scrapes(traffic: Traffic, pods: int) -> list[Scrape]:
    """The first canary's traffic as what a baseline's processes exported: both parts of it are a process each, or one
    together."""
    parts = [np.cumsum(part[0]) for part in traffic[:4]]
    if pods == 1:
        parts = [parts[0] + parts[2], parts[1] + parts[3]]
    columns = [list(zip(parts[at], parts[at + 1], strict=True)) for at in range(0, len(parts), 2)]
    return [
        _scrape((nth + 1) * traffic.look, [list(map(float, process[nth])) for process in columns])
        for nth in range(len(columns[0]))
    ]


def skewed(rng: np.random.Generator, traffic: Traffic, worst: float = 5.0) -> Traffic:
    """The same, the canary's counters read up to `worst` seconds earlier or later than the baseline's: what happened
    in between falls into the neighbouring look."""
    moved = []
    lag = rng.uniform(0, worst / traffic.look, (len(traffic.canary_total), traffic.canary_total.shape[1] + 1))
    for part in (traffic.canary_total, traffic.canary_bad):
        late = rng.binomial(part.astype(np.int64), lag[:, 1:])
        early = np.concatenate([np.zeros((len(part), 1)), late[:, :-1]], axis=1)
        moved.append(part - late + early)
    return traffic._replace(canary_total=moved[0], canary_bad=np.minimum(moved[1], moved[0]))


def restarting(rng: np.random.Generator, traffic: Traffic, pods: int = 4, every: float = 7200.0) -> Traffic:
    """The same through raw counters of processes that restart, on average every two hours each; read by the tracker.

    A look that the tracker doesn't count has zeros.
    """
    shape = traffic.baseline_total.shape
    out = np.zeros((4, *shape))
    for canary in range(shape[0]):
        tracker = Tracker()
        states: list[list[list[float]]] = [[[0.0, 0.0] for _ in range(pods)], [[0.0, 0.0]]]
        arms = ((traffic.baseline_total, traffic.baseline_bad), (traffic.canary_total, traffic.canary_bad))
        tracker.advance(*(_scrape(0.0, one) for one in states))
        for look in range(shape[1]):
            for arm, processes in zip(arms, states, strict=True):
                parts = [_split(rng, arm[kind][canary, look], len(processes)) for kind in (0, 1)]
                for place, process in enumerate(processes):
                    lost = rng.random() if rng.random() < traffic.look / every else None
                    for kind in (0, 1):
                        value = parts[kind][place]
                        process[kind] = rng.binomial(int(value), lost) if lost is not None else process[kind] + value
            found = tracker.advance(*(_scrape((look + 1) * traffic.look, one) for one in states))
            if isinstance(found.baseline, Ratio) and isinstance(found.canary, Ratio):
                out[:, canary, look] = (*found.baseline, *found.canary)
    return Traffic(*out, traffic.look)


def _split(rng: np.random.Generator, count: float, parts: int) -> list[float]:
    return [count] if parts == 1 else [float(part) for part in rng.multinomial(int(count), [1 / parts] * parts)]


def _scrape(at: float, processes: list[list[float]]) -> Scrape:
    return Scrape(
        at,
        tuple(
            reading
            for place, (total, bad) in enumerate(processes)
            for reading in (Reading("total", f"pod-{place}", total), Reading("bad", f"pod-{place}", bad))
        ),
    )


def planned_test(
    hours: float,
    look: float,
    *,
    promote: float | None = None,
    dispersion: float = 1.0,
    cap: float | None = CAP,
    late_start: float = LATE_START,
) -> Comparison:
    """The test that the judge makes of an SLI, planned for so many hours."""
    return Comparison(1.0, promote, dispersion, cap, late_start, max(1, round(hours * 3600 / look)))


def judged(test: Comparison, traffic: Traffic, use: Callable[[Advanced, slice], None]) -> None:
    """Runs the judge's formulas over all canaries, some at a time; `use` gets what came out and for which rows."""
    points = points_of(test)
    canaries, looks = traffic.baseline_total.shape
    at_once = max(1, 60_000 // looks)
    for start in range(0, canaries, at_once):
        rows = slice(start, min(canaries, start + at_once))
        some = [part[rows] for part in traffic[:4]]
        counted = (some[0] > 0) & (some[2] > 0)
        state = np.tile(points.initial(), (len(some[0]), 1))
        use(advance(points, state, np.zeros(len(some[0]), dtype=np.int64), Counts(*some, counted)), rows)


def decisions(test: Comparison, traffic: Traffic, alpha: float = 0.05, *, promote: bool = False) -> Array:
    """Seconds to the roll-back (or the promotion) of each canary; infinity where there is none."""
    found = np.full(len(traffic.baseline_total), np.inf)

    def use(done: Advanced, rows: slice) -> None:
        logs = done.promote if promote else done.rollback
        assert logs is not None
        hit = logs >= -math.log(alpha)
        found[rows] = np.where(hit.any(axis=1), (hit.argmax(axis=1) + 1) * traffic.look, np.inf)

    judged(test, traffic, use)
    return found


def coverage(test: Comparison, traffic: Traffic, ratio: float, alpha: float = 0.05) -> float:
    """How many canaries' intervals held the true ratio at all their looks."""
    kept = np.zeros(len(traffic.baseline_total), dtype=bool)
    points = points_of(test)

    def use(done: Advanced, rows: slice) -> None:
        path = done.path.reshape(-1, points.columns)
        low, high = intervals(path[:, points.counts][:, 3], path[:, points.nodes], alpha, test.dispersion)
        inside = (low <= ratio) & (ratio <= high)
        kept[rows] = inside.reshape(done.rollback.shape).all(axis=1)

    judged(test, traffic, use)
    return float(kept.mean())


def latencies(
    rng: np.random.Generator, canaries: int, looks: int, seconds: float, rps: tuple[float, float], slower: float
) -> tuple[Array, Array, tuple[float, ...]]:
    """Histograms of log-normal latencies (median 100 ms, sigma 0.6), counts [canary, look, bucket] of baseline and
    canary, and the bounds: those of Prometheus and some between. slower: the canary's factor."""
    bounds = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0)
    found = []
    for rate, factor in zip(rps, (1.0, slower), strict=True):
        logs = (np.log(bounds) - math.log(0.1 * factor)) / 0.6
        below = np.array([0.5 * (1 + math.erf(log / math.sqrt(2))) for log in logs])
        parts = np.diff([0.0, *below, 1.0])
        found.append(rng.poisson(rate * seconds * parts, (canaries, looks, len(parts))).astype(float))
    return found[0], found[1], bounds


def guarded_rollbacks(traffic: Traffic, objective: float) -> Array:
    """Seconds to the roll-back of each canary, judged whole: by its ratio, and by an SLO's budget that burns."""
    canaries, looks = traffic.canary_total.shape
    settings = Settings((Sli("errors", objective=objective),), planned_looks=looks)
    found = np.full(canaries, np.inf)
    for one in range(canaries):
        subject = Canary(settings)
        rows = zip(*(part[one].tolist() for part in traffic[:4]), strict=True)
        batch = [
            (subject, Look((n + 1) * traffic.look, {"errors": Ratio(*row[:2])}, {"errors": Ratio(*row[2:])}))
            for n, row in enumerate(rows)
        ]
        for _, verdict in judge(batch, changes=True):
            if verdict.answer == "rollback":
                found[one] = verdict.at
    return found


def latency_rollbacks(
    rng: np.random.Generator, canaries: int, looks: int, *, slower: float, look: float = 15.0, planned: int = 5760
) -> Array:
    """Seconds to the roll-back of canaries that are `slower` times as slow; 10 of 1,000 rps are theirs."""
    sli = Sli("latency", "histogram")
    baseline, canary, bounds = latencies(rng, canaries, looks, look, (990.0, 10.0), slower)
    judges = [Canary(Settings((sli,), planned_looks=planned)) for _ in range(canaries)]
    found = np.full(canaries, np.inf)
    for start in range(0, looks, 60):
        batch = [
            (
                judges[one],
                Look(
                    (number + 1) * look,
                    {"latency": Histogram(bounds, tuple(baseline[one, number].tolist()))},
                    {"latency": Histogram(bounds, tuple(canary[one, number].tolist()))},
                ),
            )
            for one in range(canaries)
            for number in range(start, min(looks, start + 60))
        ]
        for place, verdict in judge(batch, changes=True):
            found[judges.index(batch[place][0])] = verdict.at
    return found


def gauge_rollbacks(
    rng: np.random.Generator, canaries: int, hours: float, *, ratio: float, look: float = 60.0, memory: float = 5.0
) -> Array:
    """Seconds to the roll-back of gauges (memory, say) whose logs are autoregressive: sd 0.1, correlation e^-1 after
    `memory` looks; the block is found from a history of two weeks of the baseline; a tolerance of 5 %."""
    looks, keep = round(hours * 3600 / look), math.exp(-1 / memory)
    past = round(14 * DAY / look)
    block = block_of(np.exp(wandering(rng, (1, past), keep))[0].tolist())
    if block is None:
        raise ValueError("the history is too short")
    values = 200.0 * np.exp(wandering(rng, (2 * canaries, looks), keep)).reshape(2, canaries, looks)
    values[1] *= ratio
    sli = Sli("memory", "gauge", rollback_ratio=1.05, block=block)
    found = np.full(canaries, np.inf)
    for one in range(canaries):
        subject = Canary(Settings((sli,), planned_looks=looks))
        batch = [
            (subject, Look((n + 1) * look, {"memory": float(values[0, one, n])}, {"memory": float(values[1, one, n])}))
            for n in range(looks)
        ]
        for _, verdict in judge(batch, changes=True):
            found[one] = verdict.at
    return found


def wandering(rng: np.random.Generator, shape: tuple[int, int], keep: float) -> Array:
    """Autoregressive rows with a standard deviation of 0.1."""
    noise = rng.normal(0, 0.1 * math.sqrt(1 - keep * keep), shape)
    logs = np.empty_like(noise)
    logs[:, 0] = rng.normal(0, 0.1, shape[0])
    for number in range(1, shape[1]):
        logs[:, number] = keep * logs[:, number - 1] + noise[:, number]
    return logs

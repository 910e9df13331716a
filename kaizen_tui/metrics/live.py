"""What automatic criteria measure right now: present values beside the bounds, and whether they hold. Light."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from kaizen_tui.core.criterion_text import Reading, bound_of, holds, wants_all_traffic
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.fields import ComponentFields
from kaizen_tui.core.numbers import with_unit
from kaizen_tui.core.slo import STATE_SHAPES
from kaizen_tui.core.times import age
from kaizen_tui.metrics.asking import ask_all
from kaizen_tui.metrics.panels import STALE_AFTER
from kaizen_tui.metrics.source import Instant, MetricSource, Version

NO_VERSIONS = "the component has no `versions` to compare"
LiveMark = Literal["met", "missed", "unknown", "stale"]
MARK_SHAPES: dict[LiveMark, str] = {
    "met": STATE_SHAPES["ok"],
    "missed": STATE_SHAPES["breached"],
    "unknown": STATE_SHAPES["no_data"],
    "stale": STATE_SHAPES["stale"],
}


class Live(NamedTuple):
    """What a metric measures. now: of `version`, "" for all of them. baseline: of that version, None where it was not
    asked for. asked_at: epoch seconds. kind: of the metric, as of MetricFields."""

    now: Instant
    baseline: Instant | None
    asked_at: float
    version: Version = ""
    kind: str = ""


class Judged(NamedTuple):
    """A criterion against the present value. words: `now 7.4 ms ✔` (hostile: escape on output)."""

    words: str
    mark: LiveMark


def read_live(
    source: MetricSource,
    component: ComponentFields,
    readings: Iterable[Reading],
    at: float,
    trouble: str = "",
    *,
    status: str = "",
) -> dict[str, Live]:
    """The present values that the criteria need, by metric. at: epoch seconds. What a server did is said, not raised.

    trouble: why the source couldn't be asked a moment ago; then it isn't asked again here, where a person waits.
    status: of the ticket. In canary it is the canary that has to keep what the criteria promise: beside the many users
    of the baseline its own numbers wouldn't show.
    """
    version: Version = "canary" if status == "canary" and component.versioned else ""
    named = [one for one in readings if one.kind == "automatic"]
    relative = {one.metric for one in named if one.value is None}
    names = list(dict.fromkeys(one.metric for one in named))
    wanted: list[tuple[str, Version]] = [(name, version) for name in names]
    if component.versioned:
        wanted += [(name, "baseline") for name in sorted(relative)]
    if trouble:
        answers = [Instant(None, None, trouble)] * len(wanted)
    else:
        answers = _ask(source, component.id, wanted, at)
    found = dict(zip(wanted, answers, strict=True))
    kinds = {metric.name: metric.kind for metric in component.metrics}
    return {
        name: Live(found[name, version], found.get((name, "baseline")), at, version, kinds.get(name, ""))
        for name in names
    }


def _ask(source: MetricSource, component: str, wanted: Sequence[tuple[str, Version]], at: float) -> list[Instant]:
    def question(metric: str, version: Version) -> Callable[[], Instant]:
        return lambda: source.instant(component, metric, at, version)

    try:
        return ask_all(source.width, [question(metric, version) for metric, version in wanted])
    except (KaizenError, OSError) as error:
        return [Instant(None, None, str(error))] * len(wanted)


def judge(reading: Reading, live: Mapping[str, Live], *, abort: bool = False) -> Judged | None:
    """How a criterion stands now; None for a manual one, and for a metric that nobody asked about.

    An abort criterion that holds is bad news: it is "missed".
    """
    known = live.get(reading.metric) if reading.kind == "automatic" else None
    if known is None:
        return None
    value, at = known.now.value, known.now.at
    where = " in the canary" if known.version else ""
    if value is None or at is None:
        return _said(f"no data{where}: {known.now.error}" if known.now.error else f"no data{where}", "unknown")
    words = f"now {with_unit(value, reading.unit)}{where}"
    old = max(0.0, known.asked_at - at)
    if old > STALE_AFTER:
        return _said(f"{words}, {age(int(old))} old", "stale")
    if known.version and wants_all_traffic(reading, known.kind, abort=abort):
        return _said(f"{words}, of its users alone: not compared", "unknown")
    baseline = known.baseline.value if known.baseline is not None else None
    if reading.value is None:
        if known.baseline is None:
            return _said(f"{words}; {NO_VERSIONS}", "unknown")
        if baseline is None:
            return _said(f"{words}, baseline without data: {known.baseline.error}".rstrip(": "), "unknown")
        words += f", baseline {with_unit(baseline, reading.unit)}"
    held = holds(reading, value, baseline)
    if held is None or bound_of(reading, baseline) is None:
        return _said(words, "unknown")
    if abort:
        return _said(f"{words}: it holds" if held else words, "missed" if held else "met")
    return _said(words, "met" if held else "missed")


def _said(words: str, mark: LiveMark) -> Judged:
    return Judged(f"{words} {MARK_SHAPES[mark]}", mark)

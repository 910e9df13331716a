"""One look at a canary: the raw counters of both versions at the same instant, recorded and judged."""

import math
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import NamedTuple

from kaizen_tui.analysis.counters import LATE, Scrape
from kaizen_tui.analysis.counters import Reading as Counted
from kaizen_tui.core.canary_state import CanaryState, parts, shares_over_time
from kaizen_tui.core.criterion_text import Reading, holds, read_criterion, wants_all_traffic
from kaizen_tui.core.errors import KaizenError, UsageError
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.core.times import age
from kaizen_tui.loop.canary_lines import Scrapes
from kaizen_tui.loop.canary_past import prepared
from kaizen_tui.loop.canary_record import Looked, Record
from kaizen_tui.loop.rollouts import Plan, deciding, judge_settings
from kaizen_tui.metrics.asking import ask_all
from kaizen_tui.metrics.configured import configured_source
from kaizen_tui.metrics.promql import VALUE_WINDOW
from kaizen_tui.metrics.source import Counters, MetricSource, Version
from kaizen_tui.store.index import load_snapshot
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.reading import list_components, read_config_file
from kaizen_tui.store.workspace import Workspace

VERSIONS: tuple[Version, Version] = ("baseline", "canary")


class Baseline(NamedTuple):
    """How one metric of the baseline stands. value: None where there is none, and error says why."""

    metric: str
    value: float | None
    beyond: bool
    error: str = ""


def source_of(workspace: Workspace) -> MetricSource:
    """The source that the settings name. Raises UsageError where they name none, YamlProblems."""
    config = read_config_file(workspace)
    shares = cache(lambda component: shares_given(workspace, component))
    source = configured_source(config, list_components(workspace)[0], folder=workspace.registry, shares=shares)
    if not source.name:
        raise UsageError(
            "no metrics server configured, so nothing can be judged",
            hint="set metrics.source and metrics.url in registry/kaizen/config.yml",
        )
    return source


def shares_given(workspace: Workspace, component: str) -> tuple[tuple[float, float], ...]:
    """What share of the users a component's canaries had since when, as the logs say: a simulated platform follows it.
    Raises StoreError."""
    lives = []
    for row in load_snapshot(workspace).rows:
        if row.component == component and row.status in ("canary", "complete", "aborted"):
            life = shares_over_time(read_log(read_log_bytes(workspace.log_path(row.id))))
            lives += [(row.status == "canary", life)] if life else []
    found: tuple[tuple[float, float], ...] = ()
    for _, life in sorted(lives):  # one after the other; the one that has users now is the last
        found = (*(one for one in found if one[0] < life[0][0]), *life)
    return found


def look(record: Record, plan: Plan, state: CanaryState, source: MetricSource, now: float) -> Looked:
    """Takes one look.

    An abort criterion that nobody can answer for doesn't keep the rest of the look from being taken. Raises
    UnreachableError and OSError where the source can't be asked, StoreError where the look can't be written; then
    nothing is recorded.
    """
    share, thin = state.share, {}
    if record.settings is None:
        past = prepared(judge_settings(plan, share), source, plan.component.id, now, plan.rollout.look)
        record.begin(past.settings, share, past.notes)
        thin = {name: past.notes[name] for name in past.thin}
    record.step(share)
    settings = record.settings
    names = [sli.name for sli in settings.slis] if settings is not None else []
    at = float(math.floor(now))
    scrapes, errors = counters(source, plan.component.id, names, at)
    aborts, unasked = _aborts(source, plan, at, state.since) if parts(state.wanted) else ({}, "")
    # What came in since the look before tells of the share only where that was in effect all the time.
    steady = record.verdict is not None and record.verdict.at > state.share_at and state.intent is None
    told = share if steady and 0 < parts(state.wanted) < parts(1.0) else None
    looked = record.look(now, told, scrapes, aborts)
    why = {name: errors.get(name) or _in_time(why, record, plan, now) for name, why in looked.why.items()}
    told_why = {name: "; ".join(filter(None, (why.get(name), thin.get(name)))) for name in why | thin}
    return Looked({name: words for name, words in told_why.items() if words}, looked.counted, unasked)


def _in_time(why: str, record: Record, plan: Plan, now: float) -> str:
    """Looks may be taken more often than numbers come in: that is said when the canary is soon taken from everybody."""
    if why != LATE or record.data_at is None:
        return why
    old = now - record.data_at
    return f"no newer numbers for {age(int(old))}" if old > plan.rollout.max_blind / 2 else ""


def _aborts(source: MetricSource, plan: Plan, at: float, since: float) -> tuple[dict[str, float] | None, str]:
    """The abort criteria that hold now; None, and why, where nobody can say."""
    try:
        return aborting(source, plan, at, since), ""
    except (KaizenError, OSError) as error:
        return None, f"the abort criteria can't be looked at: {error}"


def counters(source: MetricSource, component: str, names: Sequence[str], at: float) -> tuple[Scrapes, dict[str, str]]:
    """The counters of both versions at one instant, and per SLI why a version has none."""
    wanted = [(name, version) for name in names for version in VERSIONS]

    def question(name: str, version: Version) -> Callable[[], Counters]:
        return lambda: source.counters(component, name, at, version)

    answers = ask_all(source.width, [question(name, version) for name, version in wanted])
    scrapes: dict[str, tuple[Scrape | None, Scrape | None]] = {}
    errors: dict[str, str] = {}
    for name, baseline, canary in zip(names, answers[::2], answers[1::2], strict=True):
        scrapes[name] = (_scrape(baseline), _scrape(canary))
        for version, one in zip(VERSIONS, (baseline, canary), strict=True):
            if one.error:
                errors.setdefault(name, f"{version}: {one.error}")
    return scrapes, errors


def _scrape(found: Counters) -> Scrape | None:
    return Scrape(found.at, tuple(Counted(*one) for one in found.counters)) if found.counters else None


def baseline_now(source: MetricSource, plan: Plan, now: float) -> tuple[Baseline, ...]:
    """How the baseline stands after a roll-back. What the source did is said, not raised."""
    found = []
    for metric in deciding(plan):
        try:
            instant = source.instant(plan.component.id, metric.name, now, "baseline")
        except (KaizenError, OSError) as error:
            found.append(Baseline(metric.name, None, False, str(error)))
            continue
        value = instant.value
        better = metric.direction == "higher"
        beyond = value is not None and (value < metric.threshold if better else value > metric.threshold)
        found.append(Baseline(metric.name, value, beyond, instant.error))
    return tuple(found)


def aborting(source: MetricSource, plan: Plan, now: float, since: float) -> dict[str, float]:
    """The automatic abort criteria with a bound of their own that hold for the canary now: text -> what it measures.
    A rate that is too low is none: it is that of the canary's users alone. Nor is what the canary before did, as far
    back as a value reaches. since: when this one began.

    Raises UnreachableError, OSError.
    """
    metrics = plan.component.metric_fields
    kinds = {metric.name: metric.kind for metric in metrics}
    readings = [read_criterion(text, metrics) for text in plan.ticket.abort_criteria]
    automatic = [one for one in readings if one.kind == "automatic" and one.value is not None]
    bounds = [one for one in automatic if not wants_all_traffic(one, kinds[one.metric], abort=True)]
    canary: Version = "canary"

    def held(readings: Sequence[Reading], at: float) -> dict[str, float]:
        asked = [partial(source.instant, plan.component.id, one.metric, at, canary) for one in readings]
        return {
            one.text: instant.value
            for one, instant in zip(readings, ask_all(source.width, asked), strict=True)
            if instant.value is not None and math.isfinite(instant.value) and holds(one, instant.value, None)
        }

    found = held(bounds, now)
    if now - since >= VALUE_WINDOW:
        return found
    old = [one for one in bounds if one.text in found and kinds[one.metric] != "gauge"]
    before = held(old, since)
    return {text: value for text, value in found.items() if text not in before}

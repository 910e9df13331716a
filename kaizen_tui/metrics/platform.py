"""All components as the board shows them, read in one go. What a source last said survives its silence."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.fields import ComponentFields
from kaizen_tui.core.slo import STATE_ORDER, slo_state, worst
from kaizen_tui.core.times import age
from kaizen_tui.core.units import parse_duration
from kaizen_tui.core.values import Value
from kaizen_tui.metrics.configured import NO_SERVER, Definition, SilentSource, configured_source
from kaizen_tui.metrics.panels import STALE_AFTER, ComponentPanel, Depth, MetricPanel, read_components
from kaizen_tui.metrics.source import MetricSource

DEFAULT_REFRESH = 15.0
SHORTEST_REFRESH = 1.0
# Values per series: as many as a chart is wide.
POINTS = 120
LONGEST_PAUSE = 120.0  # seconds between two tries to reach a server
UNSEEN_REFRESH = 60.0
KNOWN_FOR = 3600.0  # seconds for which the last value of a metric that is gone is shown, with its age

Connection = Literal["connected", "no_server", "unreachable"]


class Platform(NamedTuple):
    """What a source said of every component.

    source:     its name, "" without one.
    connection: whether there is a source, and whether it answered. trouble: why not, in words.
    read_at:    when it was last asked with success (epoch seconds); None: never.
    data_at:    the newest measurement (epoch seconds); None: there is none.
    as_of:      the instant that was asked about; None: the present.
    components: worst first.
    """

    source: str
    connection: Connection
    trouble: str
    read_at: float | None
    data_at: float | None
    as_of: float | None
    components: tuple[ComponentPanel, ...]


class Words(NamedTuple):
    """How the header names a source. bad: people should notice."""

    text: str
    bad: bool


def source_words(platform: Platform, now: float) -> Words:
    """ "simulated · 4 s ago", "no metrics server configured", "prometheus unreachable, data 3 min old"."""
    if platform.connection == "no_server":
        return Words(platform.trouble, bad=False)
    since = None if platform.data_at is None else age(int(now - platform.data_at))
    if platform.connection == "unreachable":
        old = f", data {since} old" if since is not None else ", no data yet"
        return Words(f"{platform.source} unreachable{old}", bad=True)
    if platform.as_of is not None:
        return Words(platform.source, bad=False)
    return Words(f"{platform.source} · {since} ago" if since is not None else f"{platform.source} · no data", bad=False)


def worst_first(components: Sequence[ComponentPanel]) -> tuple[ComponentPanel, ...]:
    """The order of the panels: by state, then the more critical tier, then the one with more breached metrics."""

    def place(panel: ComponentPanel) -> tuple[int, int, int, str]:
        breached = sum(metric.state == "breached" for metric in panel.metrics)
        return STATE_ORDER.index(panel.state) if panel.metrics else len(STATE_ORDER), panel.tier, -breached, panel.id

    return tuple(sorted(components, key=place))


def aged(panel: ComponentPanel, now: float) -> ComponentPanel:
    """A component of which nothing new is known, some time later: its values are older, and stale at last."""
    metrics = tuple(_aged(metric, now) for metric in panel.metrics)
    return panel._replace(metrics=metrics, state=worst([metric.state for metric in metrics]))


def _aged(metric: MetricPanel, now: float) -> MetricPanel:
    if metric.at is None:
        return metric
    old = max(0.0, now - metric.at)
    state = slo_state(metric.value, old, metric.target, stale_after=STALE_AFTER) if old > STALE_AFTER else metric.state
    return metric._replace(age=old, state=state)


def refresh_of(config: Mapping[str, Value]) -> float:
    """Seconds between two readings, of `metrics.refresh`; what is wrong with it is for lint to say."""
    metrics = config.get("metrics")
    text = metrics.get("refresh") if isinstance(metrics, dict) else None
    try:
        seconds = parse_duration(text) if isinstance(text, str) else DEFAULT_REFRESH
    except ValueError:
        seconds = DEFAULT_REFRESH
    return max(SHORTEST_REFRESH, seconds)


class Looked(NamedTuple):
    """What is looked at. visible: the ids of the components on the screen, None for all of them. focus: the one whose
    burn rates are shown in full, "" for none. burns: those of all visible ones are."""

    visible: frozenset[str] | None = None
    focus: str = ""
    burns: bool = False


EVERYTHING = Looked()


def _definite(config: Mapping[str, Value], definitions: Sequence[Definition]) -> MetricSource:
    return configured_source(config, definitions)


class PlatformReader:
    """Reads a platform again and again, in one worker at a time.

    make_source: the source for settings and components; `configured_source` unless a test says otherwise.
    chance: a number in [0, 1), anew at each call.
    """

    def __init__(
        self,
        make_source: Callable[[Mapping[str, Value], Sequence[Definition]], MetricSource] = _definite,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._make = make_source
        self._chance = chance
        self._source: MetricSource = SilentSource("", NO_SERVER)
        self._components: tuple[ComponentFields, ...] = ()
        self._last: Platform | None = None
        # When each component was last asked about, and when in full.
        self._read_at: dict[str, float] = {}
        self._full_at: dict[str, float] = {}
        self._failures = 0
        self._trouble = ""

    @property
    def source(self) -> MetricSource:
        """The present source, for a single chart. Of immutable settings, so that another thread may ask it."""
        return self._source

    @property
    def trouble(self) -> str:
        """Why the last reading failed, "" after one that did not: who asks then need not wait to hear it again."""
        return self._trouble

    def pause(self, refresh: float) -> float:
        """Seconds until the next reading: longer each time that the server couldn't be asked, and never the same for
        all boards at once."""
        if not self._failures:
            return refresh
        return max(refresh, min(LONGEST_PAUSE, refresh * 2.0**self._failures) * (0.75 + 0.5 * self._chance()))

    def configure(self, config: Mapping[str, Value], definitions: Sequence[Definition]) -> None:
        """Takes other settings and components; what the former source said is forgotten."""
        self._source = self._make(config, definitions)
        self._components = tuple(definition.fields for definition in definitions)
        self._last = None
        self._read_at, self._full_at = {}, {}
        self._failures, self._trouble = 0, ""

    def read(self, now: float, as_of: float | None = None, looked: Looked = EVERYTHING) -> Platform:
        """Every component at `as_of` (epoch seconds), or now. Never raises for what a server did.

        Of a component out of sight, what the order of the panels needs is asked once a minute.
        """
        source = self._source
        if isinstance(source, SilentSource):
            silent = self._silent(source, now, as_of)
            return silent if not source.name else silent._replace(source=source.name, connection="unreachable")
        at = now if as_of is None else as_of
        wanted = self._components if as_of is not None else self._due(now, looked)
        depths = self._depths(wanted, looked)
        try:
            panels = read_components(source, wanted, at, depths=depths)
        except (KaizenError, OSError) as error:
            self._failures, self._trouble = self._failures + 1, str(error)
            return self._unreachable(str(error), now, as_of)
        self._failures, self._trouble = 0, ""
        if as_of is None:
            panels = self._with_last(panels, now)
        answers = [metric for panel in panels for metric in panel.metrics]
        platform = Platform(
            source.name,
            "connected",
            "",
            now,
            max((metric.at for metric in answers if metric.at is not None), default=None),
            as_of,
            worst_first(panels),
        )
        if as_of is None:
            self._last = platform
            self._read_at |= {component.id: now for component in wanted}
            self._full_at |= {component: now for component, depth in depths.items() if depth.points}
        return platform

    def knows(self, looked: Looked, since: float) -> bool:
        """Whether everything looked at was read in full since then (epoch seconds), or can't be read at all."""
        if isinstance(self._source, SilentSource) or self._trouble:
            return True
        ids = frozenset(component.id for component in self._components)
        visible = ids if looked.visible is None else looked.visible & ids
        return all(self._full_at.get(component, 0.0) >= since for component in visible)

    def _due(self, now: float, looked: Looked) -> tuple[ComponentFields, ...]:
        """The components to ask about: those on the screen, and the others that nobody asked about for a while."""

        def due(component: ComponentFields) -> bool:
            seen = looked.visible is None or component.id in looked.visible or component.id == looked.focus
            return seen or now - self._read_at.get(component.id, 0.0) >= UNSEEN_REFRESH

        return tuple(component for component in self._components if due(component))

    def _depths(self, wanted: Sequence[ComponentFields], looked: Looked) -> dict[str, Depth]:
        """How much is asked about each."""
        seen, focus, unseen = (
            Depth(points=POINTS, burns=looked.burns),
            Depth(points=POINTS, burns=True),
            Depth(points=0),
        )

        def depth(component: str) -> Depth:
            if component == looked.focus:
                return focus
            return seen if looked.visible is None or component in looked.visible else unseen

        return {component.id: depth(component.id) for component in wanted}

    def _with_last(self, panels: Sequence[ComponentPanel], now: float) -> tuple[ComponentPanel, ...]:
        """All components: those just read, and what is known of the others, older by now."""
        known = {panel.id: panel for panel in self._last.components} if self._last is not None else {}
        fresh = {panel.id: panel for panel in panels}
        found = []
        for component in self._components:
            old, new = known.get(component.id), fresh.get(component.id)
            if new is not None:
                found.append(_kept(new, old, now) if old is not None else new)
            elif old is not None:
                found.append(aged(old, now))
        return tuple(found)

    def _silent(self, source: SilentSource, now: float, as_of: float | None) -> Platform:
        at = now if as_of is None else as_of
        panels = read_components(source, self._components, at)
        return Platform("", "no_server", source.reason, None, None, as_of, worst_first(panels))

    def _unreachable(self, why: str, now: float, as_of: float | None) -> Platform:
        """The last good data with their age. Of another instant nothing is known then."""
        last = self._last
        if last is not None and as_of is None:
            components = worst_first([aged(panel, now) for panel in last.components])
            return last._replace(connection="unreachable", trouble=why, components=components)
        panels = read_components(SilentSource(self._source.name, why), self._components, now)
        return Platform(self._source.name, "unreachable", why, None, None, as_of, worst_first(panels))


def _kept(new: ComponentPanel, old: ComponentPanel, now: float) -> ComponentPanel:
    """A panel just read: what a metric last had stays where the server said nothing of it this time, and its series
    where none was asked for."""
    before = {metric.name: metric for metric in old.metrics}
    metrics = tuple(_metric_kept(metric, before.get(metric.name), now) for metric in new.metrics)
    return new._replace(metrics=metrics, state=worst([metric.state for metric in metrics]))


def _metric_kept(new: MetricPanel, old: MetricPanel | None, now: float) -> MetricPanel:
    if old is None or old.target != new.target:
        return new
    series = new.series if new.series.values or new.series.error else old.series
    new = new._replace(series=series)
    if old.value is None or old.at is None or not new.error or now - old.at > KNOWN_FOR:
        return new
    idle = new.value is None and new.at is not None
    if idle or (new.at is not None and new.at >= old.at):
        return new
    return _aged(new._replace(value=old.value, at=old.at, state=old.state), now)

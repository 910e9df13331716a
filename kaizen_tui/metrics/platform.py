"""All components as the board shows them, read in one go. What a source last said survives its silence."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.fields import ComponentFields
from kaizen_tui.core.slo import STATE_ORDER, slo_state, worst
from kaizen_tui.core.times import age
from kaizen_tui.core.units import parse_duration
from kaizen_tui.core.values import Value
from kaizen_tui.metrics.configured import NO_SERVER, SilentSource, configured_source
from kaizen_tui.metrics.panels import STALE_AFTER, ComponentPanel, MetricPanel, read_component
from kaizen_tui.metrics.source import MetricSource, UnreachableError

DEFAULT_REFRESH = 15.0
SHORTEST_REFRESH = 1.0
# Values per series: as many as a chart is wide.
POINTS = 120

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


class PlatformReader:
    """Reads a platform again and again, in one worker at a time.

    make_source: the source for settings and components; `configured_source` unless a test says otherwise.
    """

    def __init__(
        self,
        make_source: Callable[[Mapping[str, Value], Sequence[ComponentFields]], MetricSource] = configured_source,
    ) -> None:
        self._make = make_source
        self._source: MetricSource = SilentSource("", NO_SERVER)
        self._components: tuple[ComponentFields, ...] = ()
        self._last: Platform | None = None

    @property
    def source(self) -> MetricSource:
        """The present source, for a single chart. Of immutable settings, so that another thread may ask it."""
        return self._source

    def configure(self, config: Mapping[str, Value], components: Sequence[ComponentFields]) -> None:
        """Takes other settings and components; what the former source said is forgotten."""
        self._source = self._make(config, components)
        self._components = tuple(components)
        self._last = None

    def read(self, now: float, as_of: float | None = None) -> Platform:
        """Every component at `as_of` (epoch seconds), or now. Never raises for what a server did."""
        source = self._source
        if isinstance(source, SilentSource) and not source.name:
            return self._silent(source, now, as_of)
        at = now if as_of is None else as_of
        try:
            panels = tuple(read_component(source, component, at, points=POINTS) for component in self._components)
        except (KaizenError, OSError) as error:
            return self._unreachable(str(error), now, as_of)
        answers = [metric for panel in panels for metric in panel.metrics]
        if answers and all(metric.error and metric.value is None for metric in answers):
            return self._unreachable(answers[0].error, now, as_of)
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
        return platform

    def _silent(self, source: SilentSource, now: float, as_of: float | None) -> Platform:
        at = now if as_of is None else as_of
        panels = [read_component(source, component, at) for component in self._components]
        return Platform("", "no_server", source.reason, None, None, as_of, worst_first(panels))

    def _unreachable(self, why: str, now: float, as_of: float | None) -> Platform:
        """The last good data with their age. Of another instant nothing is known then."""
        last = self._last
        if last is not None and as_of is None:
            components = worst_first([aged(panel, now) for panel in last.components])
            return last._replace(connection="unreachable", trouble=why, components=components)
        silent = SilentSource(self._source.name, why)
        panels = [read_component(silent, component, now) for component in self._components]
        return Platform(self._source.name, "unreachable", why, None, None, as_of, worst_first(panels))


__all__ = ["Platform", "PlatformReader", "UnreachableError", "aged", "refresh_of", "source_words", "worst_first"]

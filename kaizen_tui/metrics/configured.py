"""Which source the settings name. Light: takes the settings as read, not the models."""

from collections.abc import Mapping, Sequence

from kaizen_tui.core.fields import ComponentFields
from kaizen_tui.core.values import Value
from kaizen_tui.metrics.simulated import SimulatedSource
from kaizen_tui.metrics.source import Counters, Events, Instant, MetricSource, Series, Version

NO_SERVER = "no metrics server configured"
NOT_READ = "this version doesn't read from Prometheus yet"


class SilentSource:
    """Answers every question with the reason why there is no answer."""

    def __init__(self, name: str, reason: str) -> None:
        self._name = name
        self._reason = reason

    @property
    def name(self) -> str:
        return self._name

    @property
    def reason(self) -> str:
        """Why there is no answer."""
        return self._reason

    @property
    def width(self) -> int:
        return 1

    def query(self, component: str, metric: str) -> str:
        return ""

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
        return Instant(None, None, self._reason)

    def series(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Series:
        return Series(start, step, (), self._reason)

    def events(self, component: str, metric: str, start: float, end: float, version: Version = "") -> Events:
        return Events(0.0, 0.0, self._reason)

    def counters(self, component: str, metric: str, at: float, version: Version = "") -> Counters:
        return Counters(at, (), self._reason)


def configured_source(config: Mapping[str, Value], components: Sequence[ComponentFields]) -> MetricSource:
    """The source that `metrics:` of config.yml names; without one, a source that says that there is none."""
    metrics = config.get("metrics")
    if not isinstance(metrics, dict) or not metrics.get("source"):
        return SilentSource("", NO_SERVER)
    if metrics.get("source") == "simulated":
        return SimulatedSource(components)
    return SilentSource(str(metrics.get("source")), NOT_READ)

"""A made-up source for the tests of panels: each metric's state is what its name says."""

from pathlib import Path

from textual.pilot import Pilot

from kaizen_tui.metrics.platform import PlatformReader
from kaizen_tui.metrics.source import Counters, Events, Instant, Past, Series, UnreachableError, Version
from kaizen_tui.tui.app import KaizenApp
from tests.tui.boards import NOW, Place, calm

STATES = ("fine", "burning", "over", "absent", "old", "drifting", "beyond")


class Named:
    """Implements MetricSource. down: why it can't be asked. asked: the instants of all questions."""

    def __init__(self) -> None:
        self.down: Exception | None = None
        self.refused = ""
        self.asked: list[float] = []

    @property
    def name(self) -> str:
        return "prometheus"

    @property
    def width(self) -> int:
        return 1

    def query(self, component: str, metric: str) -> str:
        return f"query of {metric}"

    def counters(self, component: str, metric: str, at: float, version: Version = "") -> Counters:
        return Counters(at, ())

    def past_counters(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Past:
        return Past(())

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
        self.asked.append(at)
        if self.down is not None:
            raise self.down
        if self.refused or metric == "absent":
            return Instant(None, None, self.refused or "the query returned [/] no series")
        value = {"over": 12.0, "beyond": 20.0, "drifting": 9.0}.get(metric, 5.0)
        return Instant(value, at - (900.0 if metric == "old" else 4.0))

    def series(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Series:
        if self.down is not None:
            raise self.down
        count = int((end - start) / step) + 1
        if self.refused or metric == "absent":
            return Series(start, step, (None,) * count, self.refused or "the query returned no series")
        if metric == "drifting":
            return Series(start, step, tuple(4.0 + 5.0 * nth / count for nth in range(count)))
        top = {"over": 12.0, "beyond": 20.0}.get(metric, 5.0)
        return Series(start, step, tuple(top if nth > count // 2 else 5.0 for nth in range(count)))

    def events(self, component: str, metric: str, start: float, end: float, version: Version = "") -> Events:
        burning = metric == "burning" and end - start <= 3600
        return Events(300.0 if burning else 10.0, 100_000.0)


UNREACHABLE = UnreachableError("connection refused", hint="is [/] the server up?")


def component(name: str, *metrics: str, tier: int = 1, objective: str = "") -> str:
    """A component's file; every metric has the target 10 and the abort threshold 15."""
    lines = [f"id: {name}", f"name: {name.upper()}", f"tier: {tier}", "owner: backend-team", "slo:", "  metrics:"]
    for metric in metrics:
        slo = ", objective: 99.9, window: 30d" if metric == "burning" else ""
        lines.append(f'    - {{name: {metric}, threshold: "10", abort_threshold: "15", unit: ms{slo}}}')
    return "\n".join([*lines, 'rollback_plan: "restart"', ""])


def world(tmp_path: Path, *, config: str = "metrics: {source: simulated}\n") -> Place:
    """A workspace with three components and four tickets; `pcc-main` is boards.py's own."""
    place = Place(tmp_path)
    folder = tmp_path / "registry" / "kaizen" / "components"
    (folder / "calm.yml").write_text(component("calm", "fine", tier=3), encoding="utf-8")
    (folder / "mixed.yml").write_text(component("mixed", *STATES, tier=0), encoding="utf-8")
    (tmp_path / "registry" / "kaizen" / "config.yml").write_text(config, encoding="utf-8")
    place.ticket(1, component="calm")
    place.ticket(2, "in_progress")
    place.ticket(3, "in_progress", component="mixed")
    place.ticket(4, "complete")
    return place


def with_source(app: KaizenApp, source: Named) -> KaizenApp:
    """The app, its metrics read from `source`."""
    app.main.slo.reading.reader = PlatformReader(lambda config, components: source)
    return app


EPOCH = int(NOW.timestamp())


async def ready(pilot: Pilot[int], app: KaizenApp) -> None:
    """Until the metrics were read and are shown."""
    await calm(pilot, app)
    for _ in range(200):  # bounded: what never comes must fail a test, not hang it
        if app.main.slo.platform is not None:
            break
        await calm(pilot, app)
    assert app.main.slo.platform is not None, "the metrics were never read"
    await calm(pilot, app)

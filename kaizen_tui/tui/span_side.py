"""A component's metrics over another span than the panels': asked in a worker, shown when they are there."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.metrics.asking import ask_all
from kaizen_tui.metrics.panels import ComponentPanel
from kaizen_tui.metrics.platform import POINTS, Platform
from kaizen_tui.metrics.source import Series
from kaizen_tui.tui.latest import Latest
from kaizen_tui.tui.platform_messages import SpanReady
from kaizen_tui.tui.spans import SPANS

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp


class _Wish(NamedTuple):
    key: tuple[object, ...]
    component: str
    metrics: tuple[str, ...]
    at: float
    seconds: float


class SpanSide:
    """Which span is chosen, and what is known of it. The hour is the panels' own."""

    def __init__(self, app: "KaizenApp", post: Callable[[Message], object]) -> None:
        self._app = app
        self.nth = 0
        self._series: dict[str, Series] = {}
        self._known: tuple[object, ...] = ()
        self._asked: tuple[object, ...] = ()
        self._latest: Latest[_Wish] = Latest(app.jobs, self._answer, post)

    @property
    def words(self) -> str:
        """What is shown: "last hour"; "last week, reading …" until its numbers are there."""
        reading = self.nth and self._known[:2] != self._asked[:2]
        return SPANS[self.nth].words + (", reading …" if reading else "")

    def choose(self, nth: int) -> None:
        """Takes another span, the nearest there is."""
        self.nth = max(0, min(len(SPANS) - 1, nth))

    def seen(self, component: ComponentPanel, platform: Platform | None) -> ComponentPanel:
        """The component with its charts over the chosen span. Asks for them where they are not known or older than the
        numbers beside them."""
        if not self.nth or platform is None:
            return component
        at = platform.as_of if platform.as_of is not None else platform.read_at
        key = (component.id, self.nth, at)
        if key != self._asked:
            self._asked = key
            names = tuple(metric.name for metric in component.metrics)
            when = self._app.now() if at is None else at
            self._latest.want(_Wish(key, component.id, names, when, SPANS[self.nth].seconds))
        known = self._series if self._known[:2] == key[:2] else {}
        unknown = Series(0.0, 1.0, ())
        metrics = tuple(one._replace(series=known.get(one.name, unknown)) for one in component.metrics)
        return component._replace(metrics=metrics)

    def take(self, message: SpanReady) -> bool:
        """Takes an answer; False for one that nobody waits for any more."""
        if message.key != self._asked:
            return False
        self._known, self._series = message.key, message.series
        return True

    def _answer(self, generation: int, wish: _Wish) -> SpanReady:
        """In a worker."""
        source = self._app.main.slo.reading.reader.source
        start, step = wish.at - wish.seconds, wish.seconds / (POINTS - 1)

        def question(metric: str) -> Callable[[], Series]:
            return lambda: source.series(wish.component, metric, start, wish.at, step)

        try:
            found = ask_all(source.width, [question(metric) for metric in wish.metrics])
        except (KaizenError, OSError) as error:
            found = [Series(start, step, (), str(error))] * len(wish.metrics)
        return SpanReady(wish.key, dict(zip(wish.metrics, found, strict=True)))

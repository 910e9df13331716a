"""One metric over an hour, or a month: a large chart with its target and its abort threshold."""

from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.times import age
from kaizen_tui.metrics.panels import ComponentPanel, MetricPanel
from kaizen_tui.metrics.source import Version
from kaizen_tui.tui.celltext import shown
from kaizen_tui.tui.latest import Latest
from kaizen_tui.tui.platform_actions import CHART
from kaizen_tui.tui.platform_messages import ChartReady, PlatformShown
from kaizen_tui.tui.plot import ABORT_WORD, SECOND, TARGET_WORD, draw_plot, edge_of, with_marks
from kaizen_tui.tui.promotion_marks import LETTERS, MEANINGS, Mark, read_marks, tickets_to_read
from kaizen_tui.tui.screens.components import open_ticket_about
from kaizen_tui.tui.screens.full import FullScreen
from kaizen_tui.tui.spans import SPANS
from kaizen_tui.tui.widgets.bars import Piece
from kaizen_tui.tui.widgets.cards import Line
from kaizen_tui.tui.widgets.component_lines import describe
from kaizen_tui.tui.widgets.slo_lines import fit

if TYPE_CHECKING:
    from kaizen_tui.core.slo import Target
    from kaizen_tui.tui.app import KaizenApp

_HEAD_LINES = 4


class _Wish(NamedTuple):
    """What is drawn: the key of the answer, and what the worker needs."""

    key: tuple[object, ...]
    target: "Target"
    at: float
    span: int
    versions: bool
    tickets: tuple[str, ...]
    width: int
    height: int


class MetricScreen(FullScreen):
    """A chart in focus. It is drawn anew when new numbers come; until then the last one stays."""

    CONTEXT = CHART

    def __init__(self, app: "KaizenApp", component: str, metric: str, span: int = 0) -> None:
        super().__init__(app)
        self._component = component
        self._metric = metric
        self.span = span
        self.chart: tuple[str, ...] = ()
        self.trouble = ""
        self.versions = False
        self.marks: tuple[Mark, ...] = ()
        self._key: tuple[object, ...] = ()
        self._latest: Latest[_Wish] = Latest(app.jobs, self._answer, self.post_message)

    @property
    def component(self) -> ComponentPanel | None:
        """The component, if it is still there."""
        platform = self.platform
        found = platform.components if platform is not None else ()
        return next((one for one in found if one.id == self._component), None)

    @property
    def focus_component(self) -> str:
        """Whose metrics are asked about in full."""
        return self._component

    @property
    def metric(self) -> MetricPanel | None:
        """The metric, if it is still there."""
        metrics = self.component.metrics if self.component is not None else ()
        return next((one for one in metrics if one.name == self._metric), None)

    def on_platform_shown(self, message: PlatformShown) -> None:
        self.draw()

    def draw(self) -> None:
        """Shows what is known and asks for the chart of this size."""
        tones = self.head.palette.normal
        title: list[Piece] = [
            (f" {shown(self._metric)} ", tones.accent),
            (f" {shown(self._component)}", tones.text),
        ]
        self.head.show(title, self.source_pieces())
        self.body.show(self._lines())
        metric, platform = self.metric, self.platform
        if metric is None or platform is None or not self.body.size.width:
            return
        at = platform.as_of if platform.as_of is not None else platform.read_at
        width, height = self.body.size.width - 2, max(6, self.body.size.height - _HEAD_LINES)
        key = (self.span, self.versions, at, width, height)
        if key != self._key:
            self._key = key
            piles = self.kaizen.main.all_tickets.cards
            tickets = tickets_to_read((row for pile in piles for row in pile), self._component)
            when = at or self.kaizen.now()
            self._latest.want(_Wish(key, metric.target, when, self.span, self.versions, tickets, width, height))

    def _answer(self, generation: int, wish: _Wish) -> ChartReady:
        """In a worker: asks the source and draws."""
        _, seconds, _, first, middle = SPANS[wish.span]
        step = seconds / (max(30, wish.width * 2) - 1)
        source, start = self.kaizen.main.slo.reading.reader.source, wish.at - seconds
        curves: tuple[Version, ...] = ("baseline", "canary") if wish.versions else ("",)
        try:
            found = [source.series(self._component, self._metric, start, wish.at, step, which) for which in curves]
        except (KaizenError, OSError) as error:
            return ChartReady(wish.key, (), str(error))
        if not any(value is not None for series in found for value in series.values):
            return ChartReady(wish.key, (), found[0].error or "there is no data in this span")
        marks = read_marks(self.kaizen.workspace, wish.tickets, start, wish.at)
        second = found[1].values if wish.versions else ()
        times = (first, middle, "now")
        lines = draw_plot(found[0].values, wish.target, wish.width, wish.height, times, second)
        places = [((mark.at - start) / seconds, LETTERS[mark.kind]) for mark in marks]
        return ChartReady(wish.key, with_marks(lines, wish.width, places), "", marks)

    def on_chart_ready(self, message: ChartReady) -> None:
        if message.key == self._key:
            self.chart, self.trouble, self.marks = message.lines, message.trouble, message.marks
            self.body.show(self._lines())

    def _lines(self) -> list[Line]:
        palette, width = self.body.palette, self.body.size.width
        tones, metric = palette.normal, self.metric
        spans: list[Piece] = [(" ", tones.text)]
        for nth, (name, *_) in enumerate(SPANS):
            chosen = nth == self.span
            spans.append((f"[{name}]" if chosen else f" {name} ", tones.accent if chosen else tones.muted))
        blank = fit([], width, tones.text)
        if metric is None:
            return [blank, fit([(" This metric is no longer in the registry.", tones.text)], width, tones.text)]
        lines = [fit([(" ", tones.text), *describe(metric, palette)], width, tones.text), blank,
                 fit(spans, width, tones.text), fit(self._legend(), width, tones.text)]  # fmt: skip
        if self.trouble:
            return [*lines, fit([(f" ○ {shown(self.trouble)}", tones.warning)], width, tones.text)]
        if not self.chart:
            return [*lines, fit([(" drawing …", tones.muted)], width, tones.text)]
        return [*lines, *(fit(self._colour(line), width, tones.text) for line in self.chart)]

    def _legend(self) -> list[Piece]:
        """Which curve is which, and what the marks are, the latest first."""
        tones = self.body.palette.normal
        said: list[Piece] = []
        if self.versions:
            said = [(" ⠤⠤ baseline", tones.text), (f"   {SECOND}{SECOND} canary  ", tones.warning)]
        now = self.kaizen.now()
        for mark in reversed(self.marks):
            ago = age(max(0, int(now - mark.at)))
            said.append((f" {LETTERS[mark.kind]} {mark.ticket_id} {MEANINGS[mark.kind]} {ago} ago ", tones.muted))
        return said

    def _colour(self, line: str) -> list[Piece]:
        """A line of the chart: axes and labels quiet, the curve in the text's colour, the thresholds in their own."""
        palette = self.body.palette
        tones = palette.normal
        edge = edge_of(line)
        label = line[: edge + 1]
        level = tones.error if ABORT_WORD in label else tones.accent if TARGET_WORD in label else palette.rule
        pieces: list[Piece] = [(" ", tones.text), (label, tones.muted)]
        for char in line[edge + 1 :]:
            curve = "\u2800" <= char <= "\u28ff"
            style = tones.text if curve else level if char in "┈┼" else tones.warning if char == SECOND else tones.muted
            if pieces[-1][1] is style:
                pieces[-1] = (pieces[-1][0] + char, style)
            else:
                pieces.append((char, style))
        return pieces

    # Keys

    def action_span(self, nth: int) -> None:
        self.span = nth
        self.draw()

    def action_longer(self, steps: int) -> None:
        self.action_span(max(0, min(len(SPANS) - 1, self.span + steps)))

    def action_versions(self) -> None:
        self.versions = not self.versions
        self.draw()

    def action_new_ticket(self) -> None:
        open_ticket_about(self, self.component, self.metric)

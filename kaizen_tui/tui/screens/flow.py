"""How work flows: how long it takes, how much gets done, where it piles up, how often it fails."""

from typing import TYPE_CHECKING

from kaizen_tui.core.flow import Flow
from kaizen_tui.tui.latest import Latest
from kaizen_tui.tui.platform_actions import FLOW
from kaizen_tui.tui.platform_messages import ChartReady, FlowReady
from kaizen_tui.tui.plot import draw_areas
from kaizen_tui.tui.screens.full import FullScreen
from kaizen_tui.tui.widgets.bars import Piece
from kaizen_tui.tui.widgets.flow_areas import Days, dates_of, layers_of
from kaizen_tui.tui.widgets.flow_lines import flow_lines
from kaizen_tui.tui.widgets.slo_lines import fit

if TYPE_CHECKING:
    from kaizen_tui.core.row import TicketRow
    from kaizen_tui.tui.app import KaizenApp

# Weeks of throughput and days of the cumulative flow.
SPANS: tuple[tuple[int, int], ...] = ((4, 30), (12, 60), (26, 180), (52, 365))


class FlowScreen(FullScreen):
    """The figures at the instant that the board shows, with their chart; both are made in workers.

    Until a new chart is there the last one stays.
    """

    CONTEXT = FLOW

    def __init__(self, app: "KaizenApp") -> None:
        super().__init__(app)
        self.span = 1
        self.flow: Flow | None = None
        self._limits: dict[str, int] = {}
        self.chart: tuple[str, ...] = ()
        self._drawn: tuple[Days, int, int] | None = None
        self._charts: Latest[tuple[Days, int, int]] = Latest(app.jobs, self._draw_chart, self.post_message)
        self._latest: Latest[tuple[tuple[TicketRow, ...], int, int]] = Latest(app.jobs, self._answer, self.post_message)

    def on_mount(self) -> None:
        super().on_mount()
        self._ask()

    def _ask(self) -> None:
        tickets = self.kaizen.main.all_tickets
        rows = tuple(row for pile in tickets.cards for row in pile)
        self._latest.want((rows, self.kaizen.main.travel.now(), self.span))

    def _answer(self, generation: int, wish: "tuple[tuple[TicketRow, ...], int, int]") -> FlowReady:
        """In a worker."""
        from kaizen_tui.core.flow import flow, until
        from kaizen_tui.store.history import histories

        rows, now, span = wish
        weeks, days = SPANS[span]
        ways = until(histories(self.kaizen.workspace, rows), now)
        return FlowReady(flow(ways, now, weeks=weeks, days=days), self.kaizen.main.slo.reading.limits)

    def on_flow_ready(self, message: FlowReady) -> None:
        self.flow, self._limits = message.flow, message.limits
        self.draw()

    def _chart(self, width: int, height: int) -> tuple[str, ...]:
        """The chart as it is; asks for another one when the figures or the size are not those that it was drawn for."""
        wanted = (self.flow.cumulative if self.flow is not None else (), width, height)
        if wanted != self._drawn:
            self._drawn = wanted
            self._charts.want(wanted)
        return self.chart

    def _draw_chart(self, generation: int, wish: tuple[Days, int, int]) -> ChartReady:
        """In a worker."""
        days, width, height = wish
        return ChartReady(wish, draw_areas(layers_of(days), width, height, dates_of(days)))

    def on_chart_ready(self, message: ChartReady) -> None:
        if message.key == self._drawn:
            self.chart = message.lines
            self.draw()

    def on_workspace_touched(self) -> None:
        """Tickets changed on disk: the board reads them first, then the figures are counted anew."""
        self.call_later(self._ask)

    def draw(self) -> None:
        """Draws head and figures."""
        tones = self.head.palette.normal
        weeks, days = SPANS[self.span]
        self.head.show(
            [(" Flow ", tones.accent), (f" {weeks} weeks of throughput, {days} days of flow", tones.muted)],
            self._then(),
        )
        width, height = self.body.size
        if self.flow is None:
            self.body.show([fit([(" Reading the logs …", tones.muted)], width, tones.text)])
        elif width:
            self.body.show(flow_lines(self.flow, self._limits, width, height, self.body.palette, self._chart))

    def _then(self) -> list[Piece]:
        at = self.kaizen.main.travel.at
        if at is None:
            return []
        from kaizen_tui.tui.travel_side import instant_text

        return [(f"as of {instant_text(at)}", self.head.palette.normal.warning)]

    def action_longer(self, steps: int) -> None:
        self.span = max(0, min(len(SPANS) - 1, self.span + steps))
        self._ask()
        self.draw()

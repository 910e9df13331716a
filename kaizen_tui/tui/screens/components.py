"""The components: how each keeps its objectives, and the selected one's metrics as charts."""

from collections import Counter
from typing import TYPE_CHECKING

from textual import events

from kaizen_tui.core.slo import STATE_SHAPES
from kaizen_tui.core.states import FINAL
from kaizen_tui.metrics.panels import ComponentPanel, MetricPanel
from kaizen_tui.tui.platform_actions import COMPONENTS
from kaizen_tui.tui.platform_messages import PlatformShown, SpanReady
from kaizen_tui.tui.screens.full import FullScreen, Lines
from kaizen_tui.tui.span_side import SpanSide
from kaizen_tui.tui.widgets.bars import Piece
from kaizen_tui.tui.widgets.cards import Line
from kaizen_tui.tui.widgets.component_lines import beside, list_lines, list_width, metric_lines, row_at
from kaizen_tui.tui.widgets.figure_lines import ROOMY, Reading, figure_lines
from kaizen_tui.tui.widgets.slo_lines import fit, state_style, worst_metric

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp


class ClickLines(Lines):
    """Lines of which the screen wants to know where they were clicked."""

    def on_click(self, event: events.Click) -> None:
        screen = self.screen
        if isinstance(screen, ComponentScreen):
            screen.clicked(event.x, event.y)


class ComponentScreen(FullScreen):
    """A list and the selected component. It stays on its component and metric when new numbers come."""

    CONTEXT = COMPONENTS

    def __init__(self, app: "KaizenApp", component: str = "") -> None:
        super().__init__(app)
        self.body = ClickLines(id="panel-lines")
        self._component = component
        self._metric = ""
        self._tickets: Counter[str] = Counter()
        self.spans = SpanSide(app, self.post_message)
        self._figures: bool | None = None

    def on_mount(self) -> None:
        super().on_mount()
        if self.platform is None:
            self.kaizen.main.slo.ask()
        else:
            self.kaizen.main.slo.look()

    @property
    def components(self) -> tuple[ComponentPanel, ...]:
        """All of them, the worst first."""
        return self.platform.components if self.platform is not None else ()

    @property
    def place(self) -> int:
        """Which component is selected."""
        return next((nth for nth, one in enumerate(self.components) if one.id == self._component), 0)

    @property
    def selected(self) -> ComponentPanel | None:
        """The selected component."""
        return self.components[self.place] if self.components else None

    @property
    def focus_component(self) -> str:
        """Whose metrics are asked about in full."""
        return self._component or (self.components[0].id if self.components else "")

    @property
    def metric_place(self) -> int:
        """Which metric of it is selected: the worst, until a person chooses."""
        component = self.selected
        if component is None or not component.metrics:
            return 0
        worst = worst_metric(component)
        name = self._metric or (worst.name if worst is not None else "")
        return next((nth for nth, one in enumerate(component.metrics) if one.name == name), 0)

    @property
    def metric(self) -> MetricPanel | None:
        """The selected metric."""
        component = self.selected
        return component.metrics[self.metric_place] if component is not None and component.metrics else None

    def on_platform_shown(self, message: PlatformShown) -> None:
        self.draw()

    def on_span_ready(self, message: SpanReady) -> None:
        if self.spans.take(message):
            self.draw()

    @property
    def figures(self) -> bool:
        """Whether the figures behind the selected metric are shown: where there is room, until a person chooses."""
        return self.body.size.height >= ROOMY if self._figures is None else self._figures

    def draw(self) -> None:
        """Draws list, metrics and head."""
        tickets = self.kaizen.main.all_tickets
        self._tickets = Counter(row.component for pile in tickets.cards for row in pile if row.status not in FINAL)
        self.head.show(self._title(), self.source_pieces())
        self.body.show(self._lines())

    def _title(self) -> list[Piece]:
        palette = self.head.palette
        pieces: list[Piece] = [
            (" Components ", palette.normal.accent),
            (f" {len(self.components)}", palette.normal.text),
        ]
        states = Counter(one.state for one in self.components if one.metrics)
        for state, shape in STATE_SHAPES.items():
            if states[state]:
                pieces += [(f"   {shape}", state_style(state, palette)), (f" {states[state]}", palette.normal.text)]
        return pieces

    def _lines(self) -> list[Line]:
        width, height = self.body.size
        palette = self.body.palette
        component = self.selected
        if component is None:
            words = "Reading the components …" if self.platform is None else "This workspace has no components yet."
            hint = "" if self.platform is None else "`kaizen component ID --name …` writes the first one."
            blank = fit([], width, palette.normal.text)
            return [blank, fit([(f" {words}", palette.normal.text)], width, palette.normal.text), blank,
                    fit([(f" {hint}", palette.normal.muted)], width, palette.normal.text)]  # fmt: skip
        left = list_width(width)
        right = max(10, width - left - 1)
        below = self._figure_lines(right)
        open_tickets, room = self._tickets[component.id], max(4, height - len(below))
        seen, words = self.spans.seen(component, self.platform), self.spans.words
        above = metric_lines(seen, self.metric_place, open_tickets, words, right, room, palette)[:room]
        if below:
            above += [fit([], right, palette.normal.text)] * (room - len(above))
        listed = list_lines(self.components, self.place, self._tickets, left, height, palette)
        return beside(listed, [*above, *below], left, height, palette)

    def _figure_lines(self, width: int) -> list[Line]:
        metric, platform = self.metric, self.platform
        if not self.figures or metric is None or platform is None:
            return []
        ago = None if platform.read_at is None else max(0.0, self.kaizen.now() - platform.read_at)
        reading = Reading(platform.source, ago, self.kaizen.main.slo.reading.refresh, platform.trouble)
        return figure_lines(metric, reading, width, self.body.palette)

    def clicked(self, x: int, y: int) -> None:
        """Selects the component in a line of the list."""
        if x < list_width(self.body.size.width):
            nth = row_at(y, self.place, len(self.components), self.body.size.height)
            if nth is not None:
                self._select(nth)

    # Keys

    def _select(self, nth: int) -> None:
        if self.components:
            self._component = self.components[max(0, min(len(self.components) - 1, nth))].id
            self._metric = ""
            self.draw()
            self.kaizen.main.slo.look()

    def action_step(self, down: int) -> None:
        self._select(self.place + down)

    def action_end(self, last: int) -> None:
        self._select(len(self.components) - 1 if last else 0)

    def action_metric(self, down: int) -> None:
        component = self.selected
        if component is not None and component.metrics:
            self._component = component.id
            self._metric = component.metrics[(self.metric_place + down) % len(component.metrics)].name
            self.draw()

    def action_chart(self) -> None:
        component, metric = self.selected, self.metric
        if component is None or metric is None:
            self.key_bar.say(self._none() if component is None else "this component has no metrics yet")
            return
        from kaizen_tui.tui.screens.metric import MetricScreen

        self.kaizen.push_screen(MetricScreen(self.kaizen, component.id, metric.name, self.spans.nth))

    def action_new_ticket(self) -> None:
        open_ticket_about(self, self.selected, self.metric)

    def action_span(self, nth: int) -> None:
        self.spans.choose(nth)
        self.draw()

    def action_longer(self, steps: int) -> None:
        self.action_span(self.spans.nth + steps)

    def action_propose(self) -> None:
        component = self.selected
        if component is None:
            self.key_bar.say(self._none())
            return
        from kaizen_tui.tui.screens.propose import ProposeScreen

        self.kaizen.push_screen(ProposeScreen(self.kaizen, component.id))

    def _none(self) -> str:
        """Why no component is selected."""
        return (
            "the components are still being read" if self.platform is None else "this workspace has no components yet"
        )

    def action_figures(self) -> None:
        self._figures = not self.figures
        self.draw()


def open_ticket_about(screen: FullScreen, component: ComponentPanel | None, metric: MetricPanel | None) -> None:
    """Opens the form of a new ticket about a metric (or only about its component)."""
    from kaizen_tui.tui.forms.opening import open_new_ticket
    from kaizen_tui.tui.slo_ticket import prefill_for

    if component is None or metric is None:
        open_new_ticket(screen.kaizen, component=component.id if component is not None else "")
    else:
        platform = screen.platform
        source = platform.source if platform is not None else ""
        open_new_ticket(screen.kaizen, prefill_for(component, metric, source or "no source"))

"""The panels below the board: how the components keep their objectives. Drawn by hand, only when something is new."""

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from kaizen_tui.metrics.panels import ComponentPanel, MetricPanel
from kaizen_tui.tui.platform_messages import ComponentPicked
from kaizen_tui.tui.widgets.bars import Bar
from kaizen_tui.tui.widgets.cards import Line
from kaizen_tui.tui.widgets.slo_lines import NO_PANELS, Plan, needing, panel_lines, plan, preferred


class SloPanels(Bar, can_focus=False):
    """Shows components, the worst first, that of the selected card before all."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self.components: tuple[ComponentPanel, ...] = ()
        self.first = ""
        self.key = ""  # of a new ticket about a metric
        self.layout_plan: Plan = NO_PANELS
        self._drawn: list[Line] | None = None

    def show(self, components: tuple[ComponentPanel, ...]) -> None:
        """Shows other numbers; nothing is drawn when they are the same."""
        if components != self.components:
            self.components = components
            self._again()

    def prefer(self, component: str) -> None:
        """Puts a component in front."""
        if component != self.first:
            self.first = component
            self._again()

    @property
    def about(self) -> tuple[ComponentPanel, MetricPanel] | None:
        """The metric that a new ticket should be about."""
        return needing(self.components, self.first)

    def take_size(self, width: int, height: int) -> int:
        """Takes the size of the screen; returns how many lines the panels need of it."""
        found = plan(self.components, width, height)
        if found != self.layout_plan:
            self.layout_plan = found
            self._again()
        return found.height

    @property
    def in_sight(self) -> frozenset[str]:
        """The ids of the components that there is room for."""
        shape = self.layout_plan
        shown = preferred(self.components, self.first)[: shape.bands * max(1, shape.across)]
        return frozenset(component.id for component in shown)

    def _again(self) -> None:
        self._drawn = None
        self.refresh()

    def notify_style_update(self) -> None:
        """Textual's call when styles changed."""
        self._drawn = None
        super().notify_style_update()

    def on_resize(self) -> None:
        self._drawn = None

    def render_line(self, y: int) -> Strip:
        """One line (Textual's line API)."""
        width = self.size.width
        if self._drawn is None:
            shape = self.layout_plan
            self._drawn = (
                panel_lines(self.components, shape, width, self.palette, self.first, self.key) if shape.bands else []
            )
        if y >= len(self._drawn):
            return Strip([Segment(" " * width, self.palette.normal.text)], width)
        return Strip(self._drawn[y]).adjust_cell_length(width, self.palette.normal.text)

    def component_at(self, x: int, y: int) -> ComponentPanel | None:
        """The component that stands at a cell."""
        shape = self.layout_plan
        if y < 1 or not shape.bands:
            return None
        if shape.folded:
            nth = y - 1
        else:
            nth = (y - 1) // (1 + shape.metrics) * shape.across + x // max(1, self.size.width // shape.across)
        ordered = preferred(self.components, self.first)
        return ordered[nth] if nth < len(ordered) else None

    def on_click(self, event: events.Click) -> None:
        found = self.component_at(event.x, event.y)
        if found is not None:
            self.post_message(ComponentPicked(found.id))

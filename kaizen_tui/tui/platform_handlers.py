"""What a board screen does with messages about metrics and the past, and how it opens the screens that show them."""

from typing import TYPE_CHECKING

from kaizen_tui.tui.canary.messages import CanariesReady
from kaizen_tui.tui.canary.side import CanarySide
from kaizen_tui.tui.messages import Said
from kaizen_tui.tui.platform_messages import ComponentPicked, PastReady, PlatformReady
from kaizen_tui.tui.platform_side import PlatformSide
from kaizen_tui.tui.travel_side import TravelSide
from kaizen_tui.tui.widgets.bars import HeaderBar, HeaderState

if TYPE_CHECKING:
    from kaizen_tui.core.problem import Problem
    from kaizen_tui.tui.app import KaizenApp
    from kaizen_tui.tui.columns import Columns
    from kaizen_tui.tui.deeds.news import NewsSide
    from kaizen_tui.tui.filtering import FilterSide
    from kaizen_tui.tui.widgets.board import Board


class PlatformHandlers:
    """A part of the board screen: see screens/board.py."""

    kaizen: "KaizenApp"
    board: "Board"
    slo: PlatformSide
    travel: TravelSide
    canaries: CanarySide
    news: "NewsSide"
    header: HeaderBar
    filter: "FilterSide"
    _all: "Columns"
    _shown: "Columns"
    _trouble: str

    @property
    def problems(self) -> "tuple[Problem, ...]":
        """What is wrong with files, worst first."""
        raise NotImplementedError

    @property
    def all_tickets(self) -> "Columns":
        """Every ticket of the workspace as it is now, whatever the filter."""
        return self._all

    def on_screen_resume(self) -> None:
        self.slo.back()

    async def on_platform_ready(self, message: PlatformReady) -> None:
        await self.slo.ready(message)

    def on_past_ready(self, message: PastReady) -> None:
        self.travel.ready(message)

    def on_canaries_ready(self, message: CanariesReady) -> None:
        self.canaries.ready(message)

    def on_component_picked(self, message: ComponentPicked) -> None:
        self.show_components(message.component)

    def action_components(self) -> None:
        """The components, that of the selected card first."""
        row = self.board.selected
        self.show_components(row.component if row is not None else "")

    def show_components(self, component: str) -> None:
        """Opens the screen of components. component: where it begins, "" for the worst."""
        from kaizen_tui.tui.screens.components import ComponentScreen

        self.kaizen.push_screen(ComponentScreen(self.kaizen, component))

    def action_new_about_slo(self) -> None:
        """The form of a new ticket about the metric that the line above the panels names."""
        from kaizen_tui.tui.forms.opening import open_new_ticket
        from kaizen_tui.tui.slo_ticket import prefill_for

        found = self.slo.panels.about if self.slo.panels is not None else None
        if found is None or self.slo.platform is None:
            self.kaizen.main.post_message(
                Said("no metric misses its target or burns its budget: n writes any other ticket")
            )
            return
        open_new_ticket(self.kaizen, prefill_for(*found, self.slo.platform.source))

    def action_flow(self) -> None:
        """The flow figures."""
        from kaizen_tui.tui.screens.flow import FlowScreen

        self.kaizen.push_screen(FlowScreen(self.kaizen))

    def head(self) -> None:
        """Looks again at what the header says."""
        self._head()

    def _head(self) -> None:
        broken = {problem.path for problem in self.problems if problem.level == "error"}
        self.header.show(
            HeaderState(
                self.kaizen.workspace_name,
                self.filter.filter.text,
                self.filter.filter.error,
                self._shown.shown,
                self.travel.shown(self._all).total,
                len(broken),
                self.kaizen.desk.read_only,
                self.board.waiting,
                self._trouble,
                *self.slo.source(),
                unread=len(self.news.unread),
                running=self.kaizen.evaluations.header if self.kaizen.evaluating else "",
            )
        )

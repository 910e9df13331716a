"""The metrics of a board screen: when they are read, where they are shown, what the header says of their source."""

from typing import TYPE_CHECKING, Protocol, TypeGuard

from kaizen_tui.metrics.platform import EVERYTHING, Looked, Platform, source_words
from kaizen_tui.tui.latest import Latest
from kaizen_tui.tui.platform_messages import PlatformReady, PlatformShown
from kaizen_tui.tui.platform_reading import WorkspacePlatform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.timer import Timer

    from kaizen_tui.core.criterion_text import Reading
    from kaizen_tui.core.fields import ComponentFields
    from kaizen_tui.metrics.live import Live
    from kaizen_tui.tui.screens.board import BoardScreen
    from kaizen_tui.tui.widgets.slo_panels import SloPanels

_AGE_EVERY = 5.0  # seconds after which the header's age of the data is looked at again
_REST = 0.08  # seconds the cursor must rest before its component comes first
_ROOMY = 40  # lines of a screen on which words fit below the board beside the panels


class _Wants(Protocol):
    """A screen that shows metrics, so that they are read on while the panels are out of sight."""

    @property
    def focus_component(self) -> str:
        """The component whose metrics it shows, "" for none."""


def _wants(screen: object) -> TypeGuard[_Wants]:
    return hasattr(screen, "focus_component")


class PlatformSide:
    """Reads in workers, one reading at a time; a slow source never queues up and never holds up a key."""

    def __init__(self, screen: "BoardScreen") -> None:
        self._screen = screen
        self._app = screen.kaizen
        self.reading = WorkspacePlatform(screen.kaizen.workspace)
        self.platform: Platform | None = None
        self.panels: SloPanels | None = None
        self._latest: Latest[float | None] = Latest(screen.kaizen.jobs, self._read, screen.post_message)
        self._generation = 0
        self._timer: Timer | None = None
        self._rest: Timer | None = None
        self._refresh = 0.0
        self._suspended = False
        self._as_of: float | None = None
        self._giving_way = False

    # When

    def start(self) -> None:
        """Called once the first tickets are shown."""
        app = self._app
        app.app_suspend_signal.subscribe(self._screen, lambda _: self._pause(True), immediate=True)
        app.app_resume_signal.subscribe(self._screen, lambda _: self._pause(False), immediate=True)
        self._screen.set_interval(_AGE_EVERY, self._screen.head)
        self.ask()

    def _pause(self, suspended: bool) -> None:
        self._suspended = suspended
        if not suspended:
            self.poll()

    @property
    def suspended(self) -> bool:
        """Whether another program has the terminal."""
        return self._suspended

    @property
    def wanted(self) -> bool:
        """Whether anything that shows metrics is on the screen."""
        if self._suspended:
            return False
        stack = self._app.screen_stack
        if any(_wants(screen) for screen in stack[1:]):
            return True
        top = stack[-1]
        return (top is self._screen or top.is_modal) and (self.panels is None or self.panels.layout_plan.bands > 0)

    def poll(self) -> None:
        """A reading is due. Of the past nothing new is to be had."""
        if self._as_of is None and self.wanted:
            self.ask()

    def registry_changed(self) -> None:
        """Components or settings may be others: they are read with the metrics."""
        if self._timer is not None:
            self.ask()

    def ask(self) -> None:
        """Reads now, whoever looks."""
        self._latest.want(self._as_of)

    def travel(self, as_of: float | None) -> None:
        """Shows another instant (epoch seconds; None: the present)."""
        if as_of != self._as_of:
            self._as_of = as_of
            self.ask()

    def _read(self, generation: int, as_of: float | None) -> PlatformReady:
        """In a worker."""
        platform = self.reading.read(self._app.now(), as_of, self._looked())
        return PlatformReady(generation, platform, self.reading.limits, self.reading.pause)

    def _looked(self) -> Looked:
        """What is on the screen, as a worker sees it: what changes meanwhile is in the next reading."""
        if self.platform is None or self.panels is None:
            return EVERYTHING
        focus = next((screen.focus_component for screen in self._app.screen_stack[1:] if _wants(screen)), "")
        return Looked(frozenset({focus}), focus) if focus else Looked(self.panels.in_sight)

    def look(self) -> None:
        """Other components came into sight: those that were not read lately are read now."""
        looked, reader = self._looked(), self.reading.reader
        if self._as_of is not None or not self.wanted:
            return
        if not reader.knows(looked, self._app.now() - self._refresh) or self._lacks_burns(looked.focus):
            self.ask()

    def back(self) -> None:
        """The board is on the screen again: what was read before another one hid it may be old."""
        if self._timer is not None:
            self.look()

    def _lacks_burns(self, component: str) -> bool:
        """Whether a component has budgets whose burn rates nobody asked for yet."""
        platform = self.platform
        if platform is None or platform.connection != "connected":
            return False
        found = next((one for one in platform.components if one.id == component), None)
        return found is not None and any(metric.window and not metric.burns for metric in found.metrics)

    # What

    async def ready(self, message: PlatformReady) -> None:
        """Takes a reading; one of another instant than is wanted now comes too late."""
        if message.generation <= self._generation or message.platform.as_of != self._as_of:
            return
        self._generation = message.generation
        again = self.platform is not None and self.platform.as_of == message.platform.as_of
        self.platform = message.platform
        if self.panels is None and message.platform.components:
            from kaizen_tui.tui.widgets.slo_panels import SloPanels

            self.panels = SloPanels(id="slo-panels")
            if not self._app.desk.read_only:
                self.panels.key = next(iter(self._app.keymap.keys_of("ticket.about_slo")), "")
            await self._screen.mount(self.panels, before=self._screen.words or self._screen.key_bar)
        with self._app.batch_update():
            if self.panels is not None:
                self.panels.show(message.platform.components)
                self._prefer()
            self._fit()
            self._screen.board.set_limits(message.limits)
            self._screen.head()
        if self._app.screen is self._screen:
            self._screen.detail.want(again=again)
        for screen in self._app.screen_stack[1:]:
            screen.post_message(PlatformShown(message.platform))
        if message.refresh != self._refresh:
            self._refresh = message.refresh
            if self._timer is not None:
                self._timer.stop()
            self._timer = self._screen.set_interval(message.refresh, self.poll)

    def fit(self) -> None:
        """The screen has another size: panels that come into sight need new numbers."""
        hidden = self.panels is not None and not self.panels.layout_plan.bands
        self._fit()
        if hidden and self.panels is not None and self.panels.layout_plan.bands:
            self.poll()

    def _fit(self) -> None:
        """Gives the panels the lines that the screen's size allows."""
        if self.panels is None:
            return
        size = self._screen.size
        height = self.panels.take_size(size.width, size.height)
        way = self._giving_way and size.height < _ROOMY
        self.panels.display = height > 0 and not way
        self.panels.styles.height = height

    def give_way(self, away: bool) -> None:
        """On a small screen, words below the board take the panels' place."""
        if away != self._giving_way:
            self._giving_way = away
            self._fit()

    # What tickets' criteria measure

    @property
    def far(self) -> bool:
        """Whether a server has to be asked, which may take its time. In a worker."""
        return self.reading.source.name not in ("", "simulated")

    def measure(
        self, component: "ComponentFields", readings: "Sequence[Reading]", status: str = ""
    ) -> "dict[str, Live]":
        """In a worker: what criteria of a ticket with this status measure at the instant that the board shows."""
        at = self._as_of
        return self.reading.live(component, readings, self._app.now() if at is None else at, status)

    def source(self) -> tuple[str, bool]:
        """What the header says of the source, and whether people should notice."""
        if self.platform is None or (self.panels is not None and not self.panels.layout_plan.bands):
            return "", False
        found = source_words(self.platform, self._app.now())
        return found.text, found.bad

    # The cursor

    def cursor_moved(self) -> None:
        """When the cursor comes to rest, its component comes first."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self._screen.set_timer(_REST, self._prefer)

    def _prefer(self) -> None:
        row = self._screen.board.selected
        if self.panels is not None and row is not None:
            self.panels.prefer(row.component)
            self.look()

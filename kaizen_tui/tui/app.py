"""The dashboard's application: one workspace, its tickets kept fresh, and the screens that show them."""

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text
from textual.app import App
from textual.events import Event, Key
from textual.message import Message
from textual.screen import Screen
from textual.theme import Theme

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.problem import Problem
from kaizen_tui.store.workspace import OBSERVATIONS_FILE, Workspace
from kaizen_tui.tui.actions import Keymap
from kaizen_tui.tui.desk import Desk
from kaizen_tui.tui.jobs import Jobs, Loader
from kaizen_tui.tui.messages import (
    FilesChanged,
    JobCrashed,
    LoadFailed,
    Progress,
    RegistryRead,
    SnapshotReady,
    WorkspaceTouched,
)
from kaizen_tui.tui.reading import Asked, TicketReader
from kaizen_tui.tui.screens.board import BoardScreen
from kaizen_tui.tui.styles import style_sheet
from kaizen_tui.tui.tokens import DEFAULT_THEME, KAIZEN_THEMES, derived_tokens, tokens_of_greys

if TYPE_CHECKING:
    from kaizen_tui.loop.context import Session
    from kaizen_tui.store.watch import Watcher
    from kaizen_tui.tui.evaluating import Evaluations, EvaluationTold
    from kaizen_tui.tui.ticket.messages import EvaluationAsked

_MINUTE = 60.0


# Seconds. Workers that read must not hold up a key for Python's usual 5 ms: sixteen of them ask a metrics server at
# once, and the event loop may have to wait for each.
SWITCH_INTERVAL = 0.0002


class Options(NamedTuple):
    """How the dashboard was started.

    theme: a theme's name. keys: action id -> keys, of config.yml. problems: what is wrong with settings read so far.
    watch: notice changes on disk. drive: drive canaries that nobody drives.
    """

    read_only: bool = False
    theme: str = DEFAULT_THEME
    keys: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()
    watch: bool = True
    drive: bool = False


class KaizenApp(App[int], inherit_bindings=False):
    """Shows one workspace. now: seconds since the epoch."""

    CSS_PATH = style_sheet("app")
    ENABLE_COMMAND_PALETTE = False
    TITLE = "kaizen"

    def __init__(
        self,
        workspace: Workspace,
        options: Options,
        open_session: "Callable[[], Session]",
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self.animation_level = "none"
        workspace.read_only = workspace.read_only or options.read_only
        self.workspace = workspace
        self.options = options
        self.desk = Desk(open_session, read_only=options.read_only)
        self.keymap = Keymap(dict(options.keys))
        self.jobs = Jobs(lambda error: self.post_message(JobCrashed(error)))
        self.me = ""
        # Seconds of the countdown after an approval; and the notes of approvals that were left without one.
        self.clock: Callable[[], float] = time.monotonic
        self.approval_notes: dict[str, str] = {}
        self._now = now
        self._watcher: Watcher | None = None
        self._evaluations: Evaluations | None = None
        for theme in KAIZEN_THEMES:
            self.register_theme(theme)
        self.theme = options.theme
        self.main = BoardScreen(self)
        self.reader = TicketReader(workspace, write=not options.read_only, progress=self._progress)
        self.loader = Loader(self.jobs, self._read_tickets, self._post_to_main)

    @property
    def workspace_name(self) -> str:
        """The name of the workspace's folder."""
        return self.workspace.root.rpartition("/")[2] or "/"

    def now(self) -> float:
        """The present in seconds."""
        return self._now()

    def epoch(self) -> int:
        """The present in whole seconds."""
        return int(self._now())

    def get_default_screen(self) -> Screen[None]:
        return self.main

    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        variables.update(derived_tokens(variables))
        if self.no_color:
            variables.update(tokens_of_greys(variables, dark=self.current_theme.dark))
        self.theme_variables = variables
        return variables

    def themes(self) -> list[Theme]:
        """All themes there are."""
        return list(self.available_themes.values())

    async def on_event(self, event: Event) -> None:
        """A key of the board is handled before the next one is looked at: what is typed in one go with the key that
        opens a form or the filter arrives there, in its order."""
        own = isinstance(event, Key) and not event.is_forwarded and self.screen is self.main
        if not (own and isinstance(event, Key) and await self.main.press(event.key)):
            await super().on_event(event)

    # Reading

    def _post_to_main(self, message: Message) -> object:
        return self.main.post_message(message)

    def start_reading(self) -> None:
        """Called when the empty board has been painted."""
        self.loader.request(Asked(deep=False))
        self.set_interval(_MINUTE, self.main.tick)

    def _read_tickets(self, generation: int, asked: Asked) -> Message:
        """In a worker: the tickets that may have changed; all of them in their columns."""
        try:
            columns = self.reader.read(asked)
        except KaizenError as error:
            return LoadFailed(generation, str(error))
        if generation == 1:
            self.jobs.start(self._after_first_reading)
        return SnapshotReady(generation, columns, self.reader.problems, self.reader.version)

    def _progress(self, done: int, total: int) -> None:
        self._post_to_main(Progress(done, total))

    def _after_first_reading(self) -> None:
        """In a worker, once the first tickets are known: what nobody waits for."""
        if self.options.watch:
            from kaizen_tui.store.watch import Watcher

            self._watcher = Watcher(self.workspace, self._files_changed)
            self._watcher.start()
        self._read_registry()
        try:
            self.me = self.desk.session.actor
        except KaizenError:
            # Said when it matters: `owner:me` finds nothing, and the first act explains who is missing.
            self.me = ""

    def _read_registry(self) -> None:
        from kaizen_tui.tui.registry_check import has_component, registry_problems

        found = (*self.options.problems, *registry_problems(self.workspace, self.keymap.problems))
        self._post_to_main(RegistryRead(found, bare=not has_component(self.workspace)))

    def _files_changed(self, paths: frozenset[str]) -> None:
        """In the watcher's thread."""
        self.post_message(FilesChanged(paths))

    def on_files_changed(self, message: FilesChanged) -> None:
        paths = message.paths
        looked = {path for path in paths if path.endswith(OBSERVATIONS_FILE)}
        if looked:  # a canary was looked at: its ticket is the same
            self.main.canaries.want()
            paths -= looked
            if not paths:
                return
        if not paths or any(path.startswith(self.workspace.registry) for path in paths):
            self.jobs.start(self._read_registry)
        self.loader.request(Asked(self.reader.tickets_of(paths)))
        self.main.detail.want()
        for screen in self.screen_stack[1:]:
            screen.post_message(WorkspaceTouched(paths))

    # Evaluations

    @property
    def evaluations(self) -> "Evaluations":
        """What is evaluated from here. Made when it is first asked for: the first paint doesn't wait for it."""
        if self._evaluations is None:
            from kaizen_tui.tui.evaluating import Evaluations

            self._evaluations = Evaluations(self)
        return self._evaluations

    @property
    def evaluating(self) -> str:
        """The ticket that is evaluated from here, or ""."""
        return self._evaluations.ticket_id if self._evaluations is not None else ""

    def on_evaluation_asked(self, message: "EvaluationAsked") -> None:
        self.evaluations.asked(message.ticket_id, has_card=message.has_card)

    def on_evaluation_told(self, message: "EvaluationTold") -> None:
        self.evaluations.heard(message)

    def end_evaluation(self) -> None:
        """Interrupts what runs, without a question: the board ends."""
        if self._evaluations is not None:
            self._evaluations.end_with_board()

    def leave(self, message: Text | None = None) -> None:
        """Ends the program; an evaluation that runs is interrupted, after a question. message: for the terminal."""
        words = self.main.canaries.farewell()
        if words:
            message = Text(f"{message.plain}\n{words}" if message is not None else words)
        if self.evaluating:
            self.evaluations.ask_to_leave(message)
        else:
            self.exit(0, message=message)

    def on_mount(self) -> None:
        """A signal ends the board as `q` does, without a question: the terminal is as it was, drafts are kept."""
        if not self.is_headless:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.exit, 128 + number)

    def settled_in(self) -> None:
        """Called when the first tickets are shown: what was made until now stays, and is not searched for garbage."""
        gc.freeze()
        gc.enable()
        self.main.slo.start()

    def notify_desktop(self, words: str) -> None:
        """A notification of the terminal's (OSC 9). words: safe; a control character would end the sequence early."""
        if self._driver is not None and words.isprintable():
            self._driver.write(f"\x1b]9;{words}\x07")

    def on_job_crashed(self, message: JobCrashed) -> None:
        raise message.error

    def on_unmount(self) -> None:
        if self._watcher is not None:
            self._watcher.stop()
        self.end_evaluation()
        self.main.canaries.stop()


def run(workspace: Workspace, options: Options, open_session: "Callable[[], Session]") -> int:
    """Shows the dashboard until the person leaves; returns the exit code."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    app = KaizenApp(workspace, options, open_session)
    try:
        code = app.run()
    finally:  # also after a bug: the program would wait for it
        app.end_evaluation()
    return app.return_code or 0 if code is None else code


__all__ = ["KaizenApp", "Options", "run"]

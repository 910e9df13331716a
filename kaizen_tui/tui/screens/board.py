"""The main screen: header, board, the gates' words below it, keys; the detail pane beside the board."""

import inspect
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from kaizen_tui.core.problem import Problem
from kaizen_tui.tui import layout, notices
from kaizen_tui.tui.actions import BOARD, DETAIL, FILTER, MOVE, Action
from kaizen_tui.tui.canary.side import CanarySide
from kaizen_tui.tui.columns import EMPTY, Columns
from kaizen_tui.tui.cursor_actions import CursorActions
from kaizen_tui.tui.deeds.handlers import DeedHandlers
from kaizen_tui.tui.detail_side import DetailSide
from kaizen_tui.tui.filtering import FilterSide
from kaizen_tui.tui.forms import opening
from kaizen_tui.tui.messages import (
    ActionPressed,
    CardOpened,
    ColumnAimed,
    CursorMoved,
    DecisionsReady,
    DetailReady,
    Failed,
    LoadFailed,
    MoveAnswered,
    Progress,
    RegistryRead,
    Said,
    SnapshotReady,
    TicketCreated,
)
from kaizen_tui.tui.platform_handlers import PlatformHandlers
from kaizen_tui.tui.platform_side import PlatformSide
from kaizen_tui.tui.reading import Asked
from kaizen_tui.tui.ticket.messages import CriteriaReady, Told
from kaizen_tui.tui.ticket_work import TicketWork
from kaizen_tui.tui.travel_side import TravelSide
from kaizen_tui.tui.widgets.bars import HeaderBar, HeaderState, KeyBar
from kaizen_tui.tui.widgets.board import Board
from kaizen_tui.tui.widgets.notice import Notice

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp
    from kaizen_tui.tui.forms.external import CopyMade, TextRefused
    from kaizen_tui.tui.widgets.panes import WordsPane

_NEEDS_CARD = frozenset(
    {"open_ticket", "open_full", "move_ticket", "approve_ticket", "reject_ticket", "sign_off_ticket", "abort_ticket",
     "edit_ticket", "edit_file", "evaluate_ticket"}
)  # fmt: skip


class BoardScreen(DeedHandlers, PlatformHandlers, Screen[None], inherit_bindings=False):
    """Owns what the board shows and what keys do. Workers only post messages here."""

    AUTO_FOCUS = ""

    def __init__(self, app: "KaizenApp") -> None:
        super().__init__(id="board-screen")
        self.kaizen = app
        self._all: Columns = EMPTY
        self._shown: Columns = EMPTY
        self._generation = 0
        self._same_as: int | None = None
        self._ticket_problems: tuple[Problem, ...] = ()
        self._registry_problems: tuple[Problem, ...] = ()
        self._bare = False  # no component is registered
        self._trouble = ""
        self._follow = ""
        self.header = HeaderBar(HeaderState(app.workspace_name, read_only=app.desk.read_only), id="header")
        self.board = Board(now=app.epoch(), id="board")
        self.key_bar = KeyBar(app.keymap, id="keys")
        self.words: WordsPane | None = None
        self._too_small: Static | None = None
        self.filter = FilterSide(self)
        self.detail = DetailSide(self)
        self.work = TicketWork(self)
        self.slo = PlatformSide(self)
        self.travel = TravelSide(self)
        self.canaries = CanarySide(self)
        # Where `action_<method>` of the registry's actions is looked for, in this order.
        self.handlers: list[object] = [
            self,
            *self.deed_sides(),
            CursorActions(self.board),
            self.work,
            self.filter,
            self.detail,
            self.travel,
        ]

    def compose(self) -> ComposeResult:
        yield self.header
        yield Horizontal(self.board, id="main")
        yield self.key_bar

    def on_mount(self) -> None:
        self.board.focus(scroll_visible=False)
        self.offer()
        self.call_after_refresh(self.kaizen.start_reading)

    async def on_resize(self, event: events.Resize) -> None:
        small = event.size.width < layout.SMALLEST_WIDTH or event.size.height < layout.SMALLEST_HEIGHT
        self.set_class(small, "-too-small")
        if small:
            if self._too_small is None:
                self._too_small = Static(id="too-small")
                await self.mount(self._too_small)
            needed = f"{layout.SMALLEST_WIDTH} × {layout.SMALLEST_HEIGHT}"
            has = f"{event.size.width} × {event.size.height}"
            self._too_small.update(Content(f"The board needs {needed};\nthis window is {has}.\nMake it larger, or q."))
        self.filter.fit(too_small=small)
        await self.detail.fit()
        self.slo.fit()

    # Keys

    @property
    def context(self) -> str:
        """Which of the registry's contexts the keys are in now."""
        if self.work.moving is not None:
            return MOVE
        if self.detail.focused:
            return DETAIL
        return FILTER if self.filter.typing else BOARD

    async def on_key(self, event: events.Key) -> None:
        if self.kaizen.screen is not self:  # typed in one go with the key that opened the other screen
            self.kaizen.post_message(events.Key(event.key, event.character))
            return
        if await self.press(event.key):
            event.stop()
            event.prevent_default()

    async def press(self, key: str) -> bool:
        """Does what the registry says of `key` in the present context; False when that is nothing."""
        action = self.kaizen.keymap.find(self.context, key)
        if action is not None:
            await self.run(action)
        return action is not None

    async def on_action_pressed(self, message: ActionPressed) -> None:
        await self.run(message.action)

    async def run(self, action: Action) -> None:
        """Runs an action of the registry."""
        refusal = self.refusal(action)
        self.key_bar.say(refusal, bad=bool(refusal))
        if refusal:
            return
        if self.work.moving is None and action.method != "back":
            self.hush()
        name = f"action_{action.method}"
        method = next(getattr(handler, name) for handler in self.handlers if hasattr(handler, name))
        done = method() if action.argument is None else method(action.argument)
        if inspect.isawaitable(done):
            await done
        self.offer()

    def offer(self) -> None:
        """Shows in the footer the keys that work right now."""
        footer = self.kaizen.keymap.footer(self.context)
        self.key_bar.offer(tuple(action for action in footer if not self.why_not(action)))

    def _offered(self, action: Action) -> bool:
        if action.writes and (self.kaizen.desk.read_only or self.travel.at is not None):
            return False
        if action.method in _NEEDS_CARD:
            return self.board.selected is not None
        if action.method == "problems":
            return bool(self.problems)
        moving = self.work.moving
        if action.method == "override_move":
            return moving is not None and moving.can_override
        return action.method != "commit_move" or (moving is not None and moving.can_commit and not moving.shut)

    # What is read from disk

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with files, worst first."""
        found = (*self._ticket_problems, *self._registry_problems)
        return tuple(sorted(found, key=lambda problem: problem.level != "error"))

    def follow(self, ticket_id: str) -> None:
        """Reads the tickets again; the cursor goes to this one."""
        self._follow = ticket_id
        self.kaizen.loader.request(Asked(frozenset({ticket_id})))

    def on_snapshot_ready(self, message: SnapshotReady) -> None:
        if message.generation <= self._generation:
            return
        self._generation = message.generation
        self._trouble = ""
        if message.same_as != self._same_as:
            if self.board.waiting:
                self.key_bar.say("")
                self.call_after_refresh(self.kaizen.settled_in)
            self._same_as = message.same_as
            self._all, self._ticket_problems = message.columns, message.problems
            self.show_tickets()
            self.offer()
        if self._follow and (self.board.select(self._follow) or self.work.moving is None):
            self._follow = ""
        self._head()
        self.news.look()
        self.canaries.tickets_read()
        self.detail.want()

    def on_load_failed(self, message: LoadFailed) -> None:
        self._generation = message.generation
        self._trouble = message.reason
        if self.board.waiting:
            self.board.show(EMPTY, Notice("The tickets can't be read.", message.reason))
            self.kaizen.settled_in()
        self._head()

    def on_progress(self, message: Progress) -> None:
        if self.board.waiting:
            self.key_bar.say(f"Reading {message.done:,} of {message.total:,} tickets; the next start is faster")

    def on_registry_read(self, message: RegistryRead) -> None:
        self._registry_problems = message.problems
        if message.bare != self._bare:
            self._bare = message.bare
            if not self.board.waiting:  # else the first tickets are still to come: they begin what waits for them
                self.show_tickets()
        self.slo.registry_changed()
        self._head()
        self.offer()

    def show_tickets(self) -> None:
        """Filters and shows what was read."""
        now = self.travel.now()
        self._shown = self.filter.filter.apply(self.travel.shown(self._all), now, self.kaizen.me)
        there, then = bool(self._all.total), bool(self.travel.shown(self._all).total)
        read_only = self.kaizen.desk.read_only
        notice = notices.empty(there, then, bool(self._shown.shown), bare=self._bare, read_only=read_only)
        self.board.set_now(now)
        self.canaries.show()
        self.board.show(self._shown, notice)
        self._head()

    def tick(self) -> None:
        """A minute has gone by: ages go on."""
        self.board.set_now(self.travel.now())

    # The cursor

    def on_cursor_moved(self, message: CursorMoved) -> None:
        self.offer()
        self.detail.want()
        self.slo.cursor_moved()

    # Words below the board

    async def ensure_words(self) -> None:
        """Makes the pane of words on first use."""
        if self.words is None:
            from kaizen_tui.tui.widgets.panes import WordsPane

            self.words = WordsPane(id="words")
            await self.mount(self.words, before=self.key_bar)

    def say(self, content: Content) -> None:
        """Shows words below the board until the next key."""
        if self.words is not None:
            self.words.say(content)
            self.slo.give_way(True)
        else:
            self.call_later(self._say_later, content)
        self.offer()

    async def _say_later(self, content: Content) -> None:
        await self.ensure_words()
        self.say(content)

    def hush(self) -> bool:
        """Takes the words away; False when there were none."""
        if self.words is None or not self.words.display:
            return False
        self.words.display = False
        self.slo.give_way(False)
        return True

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self.filter.typed()

    # The detail pane

    async def on_card_opened(self, message: CardOpened) -> None:
        await self.work.action_open_ticket()
        self.offer()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.offer()

    def on_detail_ready(self, message: DetailReady) -> None:
        self.detail.ready(message, self.board.selected)

    async def back_to_board(self) -> None:
        """Closes the detail pane where it is in the way."""
        if self.detail.focused or not self.board.display:
            await self.detail.close()

    async def action_back(self) -> None:
        """Closes what is open, one thing at a time; then clears the filter."""
        if self.hush():
            return
        if self.detail.focused or self.detail.closable:
            await self.detail.close()
        elif self.picks.clear():
            return
        elif self.filter.filter.text:
            self.filter.apply("")
        else:
            self.travel.leave()

    # What is done to tickets

    def on_column_aimed(self, message: ColumnAimed) -> None:
        if self.work.moving is not None:
            self.work.moving.aim(message.column)
            self.offer()

    def action_scroll_words(self, down: int) -> None:
        if self.words is not None:
            self.words.scroll_relative(y=down, animate=False)

    def on_decisions_ready(self, message: DecisionsReady) -> None:
        self.work.decisions_ready(message)
        self.offer()

    def on_move_answered(self, message: MoveAnswered) -> None:
        self.work.move_answered(message)
        self.offer()

    def action_new_ticket(self) -> opening.Opening:
        return opening.new_at_cursor(self)

    def action_edit_ticket(self) -> opening.Opening:
        return opening.edit_at_cursor(self)

    def action_edit_file(self) -> None:
        opening.edit_file_at_cursor(self)

    def on_copy_made(self, message: "CopyMade") -> None:
        message.visit.edit(message.copy, message.argv)

    def on_text_refused(self, message: "TextRefused") -> None:
        message.visit.ask(message.refusal)

    def on_criteria_ready(self, message: CriteriaReady) -> None:
        self.work.criteria_ready(message)

    def on_told(self, message: Told) -> None:
        self.work.told(message)

    def on_ticket_created(self, message: TicketCreated) -> None:
        self.work.created(message)

    def on_said(self, message: Said) -> None:
        self.key_bar.say(message.word, bad=message.bad)
        self.kaizen.loader.request(Asked())

    def on_failed(self, message: Failed) -> None:
        if not self.detail.failed(message.about, message.error, self.board.selected):
            self.work.failed(message)
            self.kaizen.loader.request(Asked())
        self.offer()

    # Other screens

    def action_help(self) -> None:
        from kaizen_tui.tui.screens.help import HelpScreen

        self.kaizen.push_screen(HelpScreen(self.kaizen.keymap, self.context))

    def action_problems(self) -> None:
        from kaizen_tui.tui.screens.problems import ProblemsScreen

        self.kaizen.push_screen(ProblemsScreen(self.problems))

    def action_quit(self) -> None:
        self.kaizen.leave()

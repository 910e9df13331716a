"""One ticket on the whole screen, in six pages: ticket, patch spec, score-card, log, gates, canary."""

import inspect
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from kaizen_tui.core.states import FINAL
from kaizen_tui.core.text import safe
from kaizen_tui.tui import words
from kaizen_tui.tui.action import Action
from kaizen_tui.tui.canary.messages import CanariesShown
from kaizen_tui.tui.celltext import clip
from kaizen_tui.tui.messages import ActionPressed, Failed, Said, WorkspaceTouched
from kaizen_tui.tui.screens.left_once import LeftOnce
from kaizen_tui.tui.styles import style_sheet
from kaizen_tui.tui.ticket import acts
from kaizen_tui.tui.ticket.messages import CriteriaReady, PagesReady, ReadingFailed, Told
from kaizen_tui.tui.ticket.pages import TABS, Pages, read_pages
from kaizen_tui.tui.ticket_actions import CANARY_METHODS, TICKET, UNTIL_FINAL
from kaizen_tui.tui.widgets.bars import KeyBar
from kaizen_tui.tui.widgets.panes import WordsPane
from kaizen_tui.tui.widgets.prose import Prose
from kaizen_tui.tui.words import ACCENT, MUTED, STRONG, text

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp
    from kaizen_tui.tui.evaluating import EvaluationMoved

_SHORT_TABS = ("Ticket", "Spec", "Score", "Log", "Gates", "Canary")
SCORE_CARD, _CANARY = TABS.index("Score-card"), TABS.index("Canary")
_REFRESH = 15.0  # seconds between two readings: what criteria measure changes without a file that does


class TabLine(Static):
    """The names of the pages; a click turns to one."""

    def __init__(self) -> None:
        super().__init__(Content(""), id="ticket-tabs")
        self._ends: list[int] = []

    def draw(self, shown: int, marks: tuple[str, ...]) -> None:
        """shown: the page that is on the screen. marks: behind each name, or ""."""
        labels, gap = _tab_labels(marks, self.screen.size.width)
        parts, x = [Content(" ")], 1
        self._ends = []
        for nth, label in enumerate(labels):
            parts += [text(label, f"{ACCENT} bold" if nth == shown else MUTED), Content(" " * gap)]
            x += cell_len(label) + gap
            self._ends.append(x)
        self.update(Content.assemble(*parts))

    def on_click(self, event: events.Click) -> None:
        nth = next((nth for nth, end in enumerate(self._ends) if event.x < end), None)
        if nth is not None and isinstance(self.screen, TicketScreen):
            self.screen.action_show_tab(nth)


def _tab_labels(marks: tuple[str, ...], width: int) -> tuple[list[str], int]:
    """The labels and the blanks between them: as wide as there is room, so that each page is in sight."""
    for names, gap in ((TABS, 3), (TABS, 2), (_SHORT_TABS, 2), (_SHORT_TABS, 1)):
        labels = [f"{nth} {name} {mark}".rstrip() for nth, (name, mark) in
                  enumerate(zip(names, marks or ("",) * len(names), strict=True), 1)]  # fmt: skip
        if 1 + sum(map(cell_len, labels)) + gap * (len(labels) - 1) <= width:
            break
    return labels, gap


class TicketScreen(LeftOnce[str], inherit_bindings=False):
    """Reads the ticket in a worker and shows it. The answer is "move" when the person wants to move it, else None."""

    CSS_PATH = style_sheet("ticket")
    AUTO_FOCUS = ""

    def __init__(self, app: "KaizenApp", ticket_id: str, tab: int = 0) -> None:
        """tab: the page that is shown first."""
        super().__init__()
        self.kaizen = app
        self.ticket_id = ticket_id
        self.tab = tab
        self._pages: Pages | None = None
        self._generation = 0
        self._places = [0.0] * len(TABS)
        self._head = Static(Content(""), id="ticket-head")
        self._tabs = TabLine()
        self._body = VerticalScroll(id="ticket-body", can_focus=False)
        self._page = Prose(text("Reading …", MUTED))
        self._words = WordsPane(id="words")
        self.key_bar = KeyBar(app.keymap, id="ticket-keys")

    @property
    def plain(self) -> str:
        """The page that is shown, as plain text."""
        return self._page.words.plain

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._tabs
        with self._body:
            yield self._page
        yield self._words
        yield self.key_bar

    def on_mount(self) -> None:
        self._draw_tabs()
        self._draw_head()
        self.offer()
        self.set_interval(_REFRESH, self.read)

    def on_screen_resume(self) -> None:
        self.read()

    def read(self) -> None:
        """Asks for the pages as they are on disk now."""
        self._generation += 1
        app, generation, ticket_id, slo = self.kaizen, self._generation, self.ticket_id, self.kaizen.main.slo
        stands = app.main.canaries.reader.one
        first = self._pages is None

        def read(*, quick: bool = False) -> PagesReady:
            pages = read_pages(app.desk, app.workspace, ticket_id, app.epoch(), slo.measure, quick=quick, stands=stands)
            return PagesReady(generation, pages)

        def pages() -> PagesReady:
            if first and slo.far:  # what lies on disk is shown while a server is asked for the rest
                self.post_message(read(quick=True))
            return read()

        app.jobs.ask(
            pages,
            self.post_message,
            lambda error: ReadingFailed(generation, error),
        )

    def on_pages_ready(self, message: PagesReady) -> None:
        if message.generation != self._generation:
            return
        changed = self._pages is None or self._pages.stamp != message.pages.stamp or self.tab == _CANARY
        self._pages = message.pages
        if changed:
            self._draw_tabs()
            self._draw_head()
            self._draw()
            self.offer()

    def on_canaries_shown(self, message: CanariesShown) -> None:
        found = message.standings.get(self.ticket_id)
        self.offer()
        if found is not None and self._pages is not None and found.at >= _at(self._pages):
            self._pages = self._pages._replace(canary=found)
            if self.tab == _CANARY:
                self._draw()

    def on_reading_failed(self, message: ReadingFailed) -> None:
        if message.generation == self._generation:
            self._pages = None
            self._page.say(words.failure(message.error))

    def on_workspace_touched(self, message: WorkspaceTouched) -> None:
        folder, registry = self.kaizen.workspace.ticket_dir(self.ticket_id), self.kaizen.workspace.registry
        if not message.paths or any(path.startswith((folder, registry)) for path in message.paths):
            self.read()

    def on_resize(self) -> None:
        self._draw_tabs()
        self._draw_head()
        self._draw()

    def _draw_tabs(self) -> None:
        self._tabs.draw(self.tab, self._pages.marks if self._pages is not None else ())

    def _draw_head(self) -> None:
        pages, width = self._pages, self.size.width
        status = words.title(pages.status) if pages is not None else ""
        title = safe(pages.title) if pages is not None else ""
        room = max(4, width - len(self.ticket_id) - len(status) - 7)
        shown = clip(title, room)
        gap = " " * max(1, width - len(self.ticket_id) - cell_len(shown) - len(status) - 5)
        head = (text(f" {self.ticket_id}", STRONG), text(f"  {shown}"), Content(gap), text(status, ACCENT))
        self._head.update(Content.assemble(*head))

    def _draw(self) -> None:
        pages = self._pages
        if pages is None or not self.size.width:
            return
        content = pages.contents[self.tab]
        if self.tab == SCORE_CARD:
            if pages.card is not None:
                from kaizen_tui.tui.ticket.card import card_page

                content = words.lines(card_page(pages.card, self.size.width - 4))
            content = self.kaizen.evaluations.with_card(self.ticket_id, content)
        elif self.tab == _CANARY and pages.canary is not None:
            from kaizen_tui.tui.canary.page import canary_lines

            content = words.lines(canary_lines(pages.canary, self.size.width - 4))
        self._page.say(content)

    def on_evaluation_moved(self, message: "EvaluationMoved") -> None:
        if message.ticket_id != self.ticket_id:
            return
        if message.said is not None:
            self.read()
        if message.said is not None and self.tab != SCORE_CARD:
            self.say(message.said)
        self._draw()

    # Keys

    async def on_key(self, event: events.Key) -> None:
        if self.kaizen.screen is not self:  # typed in one go with the key that opened the other screen
            self.kaizen.post_message(events.Key(event.key, event.character))
            return
        action = self.kaizen.keymap.find(TICKET, event.key)
        if action is not None:
            event.stop()
            event.prevent_default()
            await self.run(action)

    async def on_action_pressed(self, message: ActionPressed) -> None:
        message.stop()
        await self.run(message.action)

    async def run(self, action: Action) -> None:
        """Runs an action of the registry."""
        self.key_bar.say("")
        quiet = self._words.display
        self._words.display = False
        if action.method == "leave" and quiet:
            return
        if action.writes and acts.refused(self):
            return
        method = getattr(self, f"action_{action.method}")
        done = method() if action.argument is None else method(action.argument)
        if inspect.isawaitable(done):
            await done

    def offer(self) -> None:
        """Shows the keys that work right now."""
        running = self.ticket_id in self.kaizen.main.canaries.standings
        final = self._pages is not None and self._pages.status in FINAL
        off = (CANARY_METHODS if not running else frozenset()) | (UNTIL_FINAL if final else frozenset())
        read_only = self.kaizen.desk.read_only
        footer = self.kaizen.keymap.footer(TICKET)
        self.key_bar.offer(tuple(one for one in footer if not (one.writes and read_only) and one.method not in off))

    def action_show_tab(self, nth: int) -> None:
        self._places[self.tab] = self._body.scroll_offset.y
        self.tab = nth % len(TABS)
        self._draw_tabs()
        self._draw()
        self.call_after_refresh(self._body.scroll_to, y=self._places[self.tab], animate=False)

    def action_turn(self, by: int) -> None:
        self.action_show_tab(self.tab + by)

    def action_scroll(self, down: int) -> None:
        scroll_by(self._body, down)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_move_ticket(self) -> None:
        self.dismiss("move")

    def action_quit(self) -> None:
        self.kaizen.leave()

    def action_help(self) -> None:
        from kaizen_tui.tui.screens.help import HelpScreen

        self.kaizen.push_screen(HelpScreen(self.kaizen.keymap, TICKET))

    # What is decided

    def action_approve_ticket(self) -> acts.Opening:
        return acts.approve(self, self.ticket_id)

    def action_evaluate_ticket(self) -> acts.Opening:
        return acts.evaluate(self, self.ticket_id)

    def action_reject_ticket(self) -> acts.Opening:
        return acts.reject(self, self.ticket_id)

    def action_abort_ticket(self) -> acts.Opening:
        return acts.abort(self, self.ticket_id)

    def action_watch(self) -> None:
        self.key_bar.say(self.kaizen.main.news.watch(self.ticket_id))

    def action_pause_canary(self) -> acts.Opening:
        return acts.canary_act(self, self.ticket_id, "pause")

    def action_step_canary(self) -> acts.Opening:
        return acts.canary_act(self, self.ticket_id, "step")

    def action_roll_back(self) -> acts.Opening:
        return acts.canary_act(self, self.ticket_id, "roll_back")

    def action_sign_off_ticket(self) -> None:
        acts.start_sign_off(self, self.ticket_id)

    def action_edit_ticket(self) -> acts.Opening:
        from kaizen_tui.tui.forms.opening import open_edit_form

        return open_edit_form(self.kaizen, self.ticket_id)

    def action_edit_file(self) -> None:
        from kaizen_tui.tui.forms.external import EditorVisit

        EditorVisit(self.kaizen, self.ticket_id).begin()

    def on_criteria_ready(self, message: CriteriaReady) -> None:
        message.stop()
        if self.kaizen.screen is self:
            acts.sign_off(self, message.ticket_id, message.criteria)

    def on_told(self, message: Told) -> None:
        message.stop()
        self.kaizen.main.follow(message.ticket_id)
        self.say(message.content)
        self.read()

    def on_said(self, message: Said) -> None:
        message.stop()
        self.key_bar.say(message.word, bad=message.bad)

    def on_failed(self, message: Failed) -> None:
        message.stop()
        self.say(words.failure(message.error))
        self.read()

    def say(self, content: Content) -> None:
        """Shows words below the page until the next key."""
        self._words.say(content)


def _at(pages: Pages) -> float:
    """When its canary was read."""
    return pages.canary.at if pages.canary is not None else 0.0


def scroll_by(pane: VerticalScroll, lines: int) -> None:
    """Scrolls by lines; 10 is a page, 100 an end."""
    if abs(lines) == 100:
        pane.scroll_to(y=0 if lines < 0 else pane.max_scroll_y, animate=False)
    else:
        step = max(1, pane.size.height - 2) if abs(lines) == 10 else 1
        pane.scroll_relative(y=step if lines > 0 else -step, animate=False)

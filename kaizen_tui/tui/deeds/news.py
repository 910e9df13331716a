"""What changed since I last looked: marks on cards, a count in the header, a digest; and tickets that are watched."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.text import safe
from kaizen_tui.store.seen import Mark, load_seen, marks_of, save_seen
from kaizen_tui.tui.deeds.events_words import entries_of, one_line, rings
from kaizen_tui.tui.messages import Failed
from kaizen_tui.tui.widgets.bars import KeyBar
from kaizen_tui.tui.widgets.cards import PICKED, UNREAD, WATCHED_MARK

if TYPE_CHECKING:
    from kaizen_tui.store.workspace import Workspace
    from kaizen_tui.tui.screens.board import BoardScreen

NEWS = "news"


class NewsReady(Message):
    """Each ticket as it is now. generation: an older one than was shown is dropped.

    seen: what was seen before this run, on the first reading. rang: what happened to watched tickets, in words.
    """

    def __init__(
        self, generation: int, marks: dict[str, Mark], seen: dict[str, Mark] | None, rang: tuple[str, ...]
    ) -> None:
        super().__init__()
        self.generation = generation
        self.marks = marks
        self.seen = seen
        self.rang = rang


class NewsItem(NamedTuple):
    """A ticket with what happened to it, one line each (hostile: escape on output)."""

    row: TicketRow
    lines: tuple[str, ...]


class DigestReady(Message):
    """What changed since last time."""

    def __init__(self, items: tuple[NewsItem, ...]) -> None:
        super().__init__()
        self.items = items


def since(workspace: "Workspace", row: TicketRow, mark: Mark | None) -> tuple[str, ...]:
    """What the ticket's log says beyond `mark`."""
    from kaizen_tui.store.log_file import read_log_bytes

    try:
        data = read_log_bytes(workspace.log_path(row.id))
    except KaizenError as error:
        return (str(error),)
    said = tuple(one_line(entry) for entry in entries_of(data[mark.log if mark is not None else 0 :]))
    return said or ("its files were changed by hand",)


def alarms(workspace: "Workspace", rows: Iterable[TicketRow], before: dict[str, Mark], marks: dict[str, Mark],
           me: str, own: frozenset[str]) -> tuple[str, ...]:  # fmt: skip
    """What happened to these watched tickets that is worth a bell. own: hashes of what was written here."""
    from kaizen_tui.store.log_file import read_log_bytes

    said = []
    for row in rows:
        old = before.get(row.id)
        if old is None or marks.get(row.id) == old:
            continue
        if marks[row.id].verdict != old.verdict:
            said.append(f"{row.id}: score-card {marks[row.id].verdict or 'gone'}")
        try:
            entries = entries_of(read_log_bytes(workspace.log_path(row.id))[old.log :])
        except KaizenError:
            continue  # the list of broken files says what is wrong with it
        said += [
            f"{row.id}: {one_line(entry)}" for entry in entries if entry.get("hash") not in own and rings(entry, me)
        ]
    return tuple(said)


class NewsSide:
    """Unread and watched tickets of a board screen. unread: the ids of those that changed since they were seen."""

    def __init__(self, screen: "BoardScreen") -> None:
        self._screen = screen
        self._app = screen.kaizen
        self._marks: dict[str, Mark] = {}
        self._seen: dict[str, Mark] | None = None
        self.watched: set[str] = set()
        self.unread: list[str] = []
        self._asked = self._answered = 0

    def _count(self) -> None:
        seen = self._seen
        self.unread = [] if seen is None else [name for name, mark in self._marks.items() if seen.get(name) != mark]

    def look(self) -> None:
        """Tickets were read: compares them, in a worker, with what was seen."""
        app, before = self._app, self._marks
        rows = [row for pile in self._screen.all_tickets.cards for row in pile]
        watched = [row for row in rows if row.id in self.watched]
        first = self._seen is None
        self._asked += 1
        generation = self._asked

        def news() -> NewsReady:
            marks = marks_of(app.workspace, rows, before)
            me = app.desk.session.actor if first or watched else ""
            seen = load_seen(app.workspace, me) if first else None
            own = app.desk.own_entries
            return NewsReady(generation, marks, seen, alarms(app.workspace, watched, before, marks, me, own))

        app.jobs.ask(news, self._screen.post_message, lambda error: Failed(NEWS, error))

    def ready(self, message: NewsReady) -> None:
        """Shows what is new; without any memory, everything counts as seen."""
        if message.generation < self._answered:
            return
        self._answered, self._marks = message.generation, message.marks
        if self._seen is None:
            seen = message.marks if message.seen is None else message.seen
            # One object where both are equal: with 10,000 tickets that is a megabyte.
            self._seen = {
                name: mark if message.marks.get(name) != mark else message.marks[name] for name, mark in seen.items()
            }
            if message.seen is None:
                self._save()
        self._screen.picks.keep(frozenset(message.marks))
        own = self._app.desk.take_own()
        for ticket_id in own:
            self._note_seen(ticket_id)
        if own:
            self._save()
        self._count()
        self.mark()
        for words in message.rang:
            self.ring(words)

    def mark(self) -> None:
        """Shows on the cards what is picked, unread and watched."""
        marks = dict.fromkeys(self.unread, UNREAD)
        for ticket_id in self._screen.picks.ids:
            marks[ticket_id] = marks.get(ticket_id, 0) | PICKED
        for ticket_id in self.watched:
            marks[ticket_id] = marks.get(ticket_id, 0) | WATCHED_MARK
        self._screen.board.mark(marks)
        self._screen.head()

    def _note_seen(self, ticket_id: str) -> bool:
        mark = self._marks.get(ticket_id)
        if self._seen is None or mark is None or self._seen.get(ticket_id) == mark:
            return False
        self._seen[ticket_id] = mark
        return True

    def read(self, ticket_id: str) -> None:
        """The ticket was opened."""
        if self._note_seen(ticket_id):
            self._count()
            self.mark()
            self._save()

    def action_mark_read(self) -> None:
        """All of them were seen."""
        if self._seen is not None and self.unread:
            self._seen = dict(self._marks)
            self._count()
            self.mark()
            self._save()

    def _save(self) -> None:
        app = self._app
        if app.desk.read_only or self._seen is None:
            return
        kept = {name: mark for name, mark in self._seen.items() if name in self._marks}

        def save() -> None:
            try:
                save_seen(app.workspace, app.desk.session.actor, kept)
            except KaizenError as error:
                self._screen.post_message(Failed(NEWS, error))

        app.jobs.start(save, writes=True)

    def action_digest(self) -> None:
        """Reads what happened to the unread tickets."""
        if not self.unread:
            self._screen.key_bar.say("Nothing has changed since you last looked")
            return
        app, seen, unread = self._app, dict(self._seen or {}), set(self.unread)
        rows = [row for pile in self._screen.all_tickets.cards for row in pile if row.id in unread]
        app.jobs.ask(
            lambda: DigestReady(tuple(NewsItem(row, since(app.workspace, row, seen.get(row.id))) for row in rows)),
            self._screen.post_message,
            lambda error: Failed(NEWS, error),
        )

    def show_digest(self, message: DigestReady) -> None:
        """Opens the digest."""
        from kaizen_tui.tui.screens.digest import DigestScreen

        self._app.push_screen(DigestScreen(message.items), lambda read: self.action_mark_read() if read else None)

    # Watching

    def action_watch(self) -> None:
        """Tells, or no longer, when something happens to the ticket under the cursor."""
        row = self._screen.board.selected
        if row is not None:
            self._screen.key_bar.say(self.watch(row.id))

    def watch(self, ticket_id: str) -> str:
        """Watches the ticket, or no longer; says which. It lasts until the board is left."""
        self.watched ^= {ticket_id}
        self.mark()
        if ticket_id not in self.watched:
            return f"{ticket_id} is no longer watched"
        return f"{ticket_id} is watched: a bell when it is moved, judged, approved or rolled back"

    def ring(self, words: str) -> None:
        """Bell and desktop notification (OSC 9), whatever screen is shown. Control characters of anybody's text never
        reach the terminal."""
        for screen in {self._screen, self._app.screen}:
            bar = getattr(screen, "key_bar", None)
            if isinstance(bar, KeyBar):
                bar.say(words)
        self._app.bell()
        self._app.notify_desktop(safe(words))

"""The evaluation that was started from the board: it runs in a process of its own, and what it tells arrives here.

At most one: two at once would disturb each other's measurements. It ends with the board.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from rich.text import Text
from textual.content import Content
from textual.message import Message

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.unmet import count
from kaizen_tui.loop.evaluation.apart import Apart, Finished, Printed, Told, Unfinished
from kaizen_tui.loop.evaluation.progress import Step, said_of
from kaizen_tui.tui import words
from kaizen_tui.tui.reading import Asked
from kaizen_tui.tui.words import ACCENT, BAD, MUTED, STRONG, WARN, text

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp

MARK = "⧗"
_BAR = 24  # cells
_PRINTED_LINES = 8  # of a failed command's output, below the board; the ticket's page has all that was kept
_SHAPES = {"pass": ("✔", words.GOOD), "fail": ("✖", BAD), "inconclusive": ("◌", WARN)}


class EvaluationTold(Message, bubble=False):
    """An evaluation tells something. Of two steps in the queue the later one counts."""

    def __init__(self, ticket_id: str, told: Told) -> None:
        super().__init__()
        self.ticket_id = ticket_id
        self.told = told

    def can_replace(self, message: Message) -> bool:
        both = isinstance(message, EvaluationTold) and isinstance(message.told, Step)
        return both and isinstance(self.told, Step)


class EvaluationMoved(Message, bubble=False):
    """For the screens above the board: the evaluation of a ticket is further. said: how it ended, once it has."""

    def __init__(self, ticket_id: str, said: Content | None) -> None:
        super().__init__()
        self.ticket_id = ticket_id
        self.said = said


class Evaluations:
    """What is evaluated now, and how the last evaluation of each ticket ended.

    ticket_id: "" when nothing runs. step: what it does now.
    """

    def __init__(self, app: "KaizenApp") -> None:
        self._app = app
        self._apart: Apart | None = None
        self._printed: list[Printed] = []
        self._ends: dict[str, Content] = {}
        self.ticket_id = ""
        self.step = Step("")
        self.interrupting = False

    # What a person wants

    def asked(self, ticket_id: str, *, has_card: bool) -> None:
        """Begins one; where it would replace a score-card, after a question."""
        if self.ticket_id:  # asked for twice
            return
        if not has_card:
            self.start(ticket_id)
            return
        from kaizen_tui.tui.screens.confirm import ConfirmScreen

        why = "There is a score-card already. It is replaced when the evaluation is finished, whatever its verdict."
        self._app.push_screen(
            ConfirmScreen(f"Evaluate {ticket_id} anew?", why, "evaluate"),
            lambda yes: self.asked(ticket_id, has_card=False) if yes else None,
        )

    def ask_to_interrupt(self) -> Awaitable[object]:
        """Interrupts what runs, after a question."""
        return self._ask("Interrupt it?", "interrupt it", self.interrupt)

    def ask_to_leave(self, message: Text | None) -> None:
        """Interrupts what runs and ends the program, after a question. message: for the terminal, afterwards."""
        app, said = self._app, f"The evaluation of {self.ticket_id} was interrupted; its finished pairs are kept."

        def leave() -> None:
            told = [message.plain] if message is not None else []
            told += [said] if self.ticket_id else []
            app.exit(0, message=Text("\n".join(told)) if told else None)

        self._ask("Leave, and interrupt it?", "leave", leave)

    def _ask(self, question: str, yes: str, then: Callable[[], None]) -> Awaitable[object]:
        from kaizen_tui.tui.screens.confirm import ConfirmScreen

        kept = f"Its finished pairs are kept; the next evaluation of {self.ticket_id} goes on with them."
        return self._app.push_screen(
            ConfirmScreen(f"{self.sentence}. {question}", kept, yes), lambda agreed: then() if agreed else None
        )

    # What runs

    def start(self, ticket_id: str) -> None:
        """Begins one; nothing must be running."""
        app = self._app
        self.ticket_id, self.step, self.interrupting = ticket_id, Step("starts"), False
        self._printed = []
        self._ends.pop(ticket_id, None)

        def work() -> None:
            post = app.post_message
            try:
                session = app.desk.writing()
                apart = Apart(app.workspace.root, ticket_id, session.actor)
            except KaizenError as error:
                post(EvaluationTold(ticket_id, Unfinished(str(error))))
                return
            self._apart = apart
            if self.interrupting:
                apart.interrupt()
            for told in apart.told():
                post(EvaluationTold(ticket_id, told))

        # The program waits for it before it ends: until then worktrees and sandboxes are being removed.
        app.jobs.start(work, writes=True)
        self._moved()

    def interrupt(self) -> None:
        """Ends it; the finished pairs are kept. Nothing is waited for."""
        if not self.ticket_id:
            return
        self.interrupting = True
        if self._apart is not None:
            self._apart.interrupt()
        self._moved()

    def end_with_board(self) -> None:
        """The board is gone. What is not finished is removed before the program ends."""
        self.interrupting = True
        if self._apart is not None:
            self._apart.interrupt()

    def heard(self, message: EvaluationTold) -> None:
        """It told something."""
        told = message.told
        if isinstance(told, Step):
            self.step = told
        elif isinstance(told, Printed):
            self._printed.append(told)
        else:
            self._end(told)
            return
        self._moved()

    def _end(self, told: Finished | Unfinished) -> None:
        ticket_id, kept = self.ticket_id, self.step.done
        if isinstance(told, Finished):
            shape, style = _SHAPES[told.verdict]
            head = Content.assemble(
                text(f" {ticket_id}", STRONG),
                text(" is evaluated: "),
                text(f"{shape} {told.verdict}", f"{style} bold"),
                text(f" · {count(told.pairs, 'pair')}", MUTED),
            )
            said = [head, *(text(f"   · {reason}", MUTED) for reason in told.reasons)]
        elif self.interrupting:
            again = f"; {count(kept, 'finished pair')} kept, the next evaluation goes on with them" if kept else ""
            said = [Content.assemble(text(f" {ticket_id}", STRONG), text(f": the evaluation was interrupted{again}"))]
        else:
            said = [Content.assemble(text(" ✖ ", BAD), text(f"{ticket_id} is not evaluated: {told.why}"))]
        printed = [line for one in self._printed for line in _output(one)]
        if printed or isinstance(told, Unfinished):
            self._ends[ticket_id] = words.lines([*said, *printed])
        self._apart, self.ticket_id, self.interrupting = None, "", False
        self._app.loader.request(Asked(frozenset({ticket_id})))
        self._moved(ticket_id, words.lines([*said, *printed[-_PRINTED_LINES:]]))

    def _moved(self, ended: str = "", said: Content | None = None) -> None:
        """Lets it be seen. ended: the ticket whose evaluation is over, and said: how."""
        main = self._app.main
        main.work.evaluation_moved(said)
        for screen in self._app.screen_stack[1:]:
            screen.post_message(EvaluationMoved(ended or self.ticket_id, said))

    # In words

    @property
    def brief(self) -> str:
        """ "⧗ 12/40" for a card, "" when nothing runs."""
        if not self.ticket_id:
            return ""
        return f"{MARK} {self.step.done}/{self.step.total}" if self.step.total else f"{MARK} …"

    @property
    def sentence(self) -> str:
        """ "KAIZ-022 is being evaluated: 12 of 40 pairs, about 2 min left"."""
        return f"{self.ticket_id} is being evaluated: {said_of(self.step) or self.step.text}"

    @property
    def header(self) -> str:
        """ "⧗ KAIZ-022 12/40" for the first line."""
        return self.brief.replace(MARK, f"{MARK} {self.ticket_id}")

    @property
    def key(self) -> str:
        """The key that starts and interrupts, as people write it."""
        return next(iter(self._app.keymap.keys_of("ticket.evaluate")), "the palette")

    def progress(self, ticket_id: str) -> list[Content]:
        """How far the evaluation of this ticket is, in two lines; nothing when it isn't evaluated."""
        if ticket_id != self.ticket_id or not ticket_id:
            return []
        if self.interrupting:
            return [text(f"{MARK} the evaluation is being interrupted …", WARN)]
        step = self.step
        first = Content.assemble(text(f"{MARK} evaluating: ", f"{ACCENT} bold"), text(step.text))
        if not step.total:
            return [first, text(f"  {self.key} interrupts it", MUTED)]
        done = round(_BAR * step.done / step.total)
        bar = Content.assemble("  ", text("━" * done, ACCENT), text("╌" * (_BAR - done), MUTED))
        return [first, Content.assemble(bar, text(f"  {said_of(step)}")), text(f"  {self.key} interrupts it", MUTED)]

    def with_card(self, ticket_id: str, card: Content) -> Content:
        """The ticket's score-card with how far its evaluation is above it, or why the last one made none."""
        above = self.progress(ticket_id)
        if not above and ticket_id in self._ends:
            above = [self._ends[ticket_id]]
        return words.lines([*above, Content(""), card]) if above else card


def _output(printed: Printed) -> list[Content]:
    """What a failed command printed."""
    lines = words.block(printed.text, MUTED).split("\n") if printed.text else []
    return [text(f"   {printed.what}", WARN), *(Content.assemble(text("   │ ", MUTED), line) for line in lines)]

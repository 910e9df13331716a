"""What a person does about one ticket, from the board and from the ticket's page alike: open, approve, reject, sign
off, abort. Questions are screens; answers are written in workers and told to the screen that asked."""

import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from textual.content import Content
from textual.message import Message

from kaizen_tui.tui import words
from kaizen_tui.tui.desk import ReadOnlyError
from kaizen_tui.tui.messages import Failed
from kaizen_tui.tui.ticket.messages import CriteriaReady, EvaluationAsked, Told

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp
    from kaizen_tui.tui.canary.doing import Deed
    from kaizen_tui.tui.screens.sign_off import SignOff
    from kaizen_tui.tui.ticket.signing import Signable

Opening: TypeAlias = Awaitable[object] | None
DECIDING = "deciding"


class Host(Protocol):
    """The screen that asks: it is told what became of it (Told, Failed, CriteriaReady)."""

    kaizen: "KaizenApp"

    def post_message(self, message: Message) -> bool: ...

    def say(self, content: Content) -> None: ...


def refused(host: Host) -> bool:
    """Whether the board is read-only; it is then said."""
    if host.kaizen.desk.read_only:
        host.say(words.failure(ReadOnlyError()))
    return host.kaizen.desk.read_only


def open_ticket(app: "KaizenApp", ticket_id: str) -> Opening:
    """The ticket on the whole screen. Await what is returned where keys may follow at once."""
    from kaizen_tui.tui.screens.ticket import TicketScreen

    def left(then: str | None) -> None:
        if then == "move" and app.main.board.select(ticket_id):
            app.main.call_later(app.main.work.action_move_ticket)

    return app.push_screen(TicketScreen(app, ticket_id), left)


def approve(host: Host, ticket_id: str) -> Opening:
    """The approval screen."""
    if refused(host):
        return None
    from kaizen_tui.tui.screens.approval import ApprovalScreen

    if any(isinstance(screen, ApprovalScreen) for screen in host.kaizen.screen_stack):
        host.kaizen.pop_screen()  # it opened this page
        return None

    def answered(said: Content | None) -> None:
        if said is not None:
            host.post_message(Told(ticket_id, said))

    return host.kaizen.push_screen(ApprovalScreen(host.kaizen, ticket_id), answered)


def open_score_card(app: "KaizenApp", ticket_id: str, leave: Callable[[], object]) -> Opening:
    """The ticket's page with its score-card, from another screen of the ticket. leave: ends that one, for when the
    ticket is to be moved on the board, and where the page lies below it already."""
    from kaizen_tui.tui.screens.ticket import SCORE_CARD, TicketScreen

    below = app.screen_stack[-2]
    if isinstance(below, TicketScreen):
        leave()
        below.action_show_tab(SCORE_CARD)
        return None

    def left(then: str | None) -> None:
        if then == "move":
            leave()
            if app.main.board.select(ticket_id):
                app.main.call_later(app.main.work.action_move_ticket)

    return app.push_screen(TicketScreen(app, ticket_id, SCORE_CARD), left)


def evaluate(host: Host, ticket_id: str) -> Opening:
    """Asks for an evaluation; where there is a score-card, a question comes first. The one of this ticket that runs is
    interrupted, after a question."""
    if refused(host):
        return None
    app = host.kaizen
    if app.evaluating == ticket_id:
        return app.evaluations.ask_to_interrupt()
    if app.evaluating:
        said = f" {app.evaluations.sentence}. One runs at a time; {app.evaluations.key} on it interrupts it."
        host.say(words.text(said, words.WARN))
        return None
    path = app.workspace.score_card_path(ticket_id)
    app.jobs.ask(
        lambda: EvaluationAsked(ticket_id, has_card=os.path.lexists(path)),
        app.post_message,
        lambda error: Failed(DECIDING, error),
    )
    return None


def reject(host: Host, ticket_id: str) -> Opening:
    """Asks for the reason, then rejects."""
    desk = host.kaizen.desk

    def write(reason: str) -> Content:
        desk.reject(ticket_id, reason)
        return words.text(f" {ticket_id} is rejected; its gate stays shut until you approve.")

    return _ask(host, ticket_id, f"Reject {ticket_id}?", "Others read the reason at the shut gate.", write)


def abort(host: Host, ticket_id: str) -> Opening:
    """Asks for the reason, then aborts it if the gate lets it; a canary is rolled back first."""
    desk, canary = host.kaizen.desk, host.kaizen.main.canaries.standings.get(ticket_id)
    if canary is not None and canary.status == "canary" and canary.state.share:
        return canary_act(host, ticket_id, "roll_back")

    def write(reason: str) -> Content:
        return words.outcome(ticket_id, desk.abort(ticket_id, reason))

    return _ask(host, ticket_id, f"Why is {ticket_id} aborted?", "The reason is logged; aborted is final.", write)


def canary_act(host: Host, ticket_id: str, deed: "Deed") -> Opening:
    """Asks about something that is done to its canary, then does it."""
    from kaizen_tui.tui.canary.acts import ask

    return ask(host, ticket_id, deed)


def _ask(host: Host, ticket_id: str, question: str, explanation: str, write: Callable[[str], Content]) -> Opening:
    if refused(host):
        return None
    from kaizen_tui.tui.screens.reason import ReasonScreen

    def answered(reason: str | None) -> None:
        if reason:
            _write(host, ticket_id, lambda: write(reason))

    return host.kaizen.push_screen(ReasonScreen(question, explanation), answered)


def _write(host: Host, ticket_id: str, act: Callable[[], Content]) -> None:
    host.kaizen.jobs.ask(
        lambda: Told(ticket_id, act()), host.post_message, lambda error: Failed(DECIDING, error), writes=True
    )


def start_sign_off(host: Host, ticket_id: str) -> Opening:
    """Reads which criteria can be signed off; the pick list opens with the answer."""
    if refused(host):
        return None
    desk, slo = host.kaizen.desk, host.kaizen.main.slo

    def read() -> CriteriaReady:
        from kaizen_tui.tui.ticket.signing import signable

        return CriteriaReady(ticket_id, signable(desk.session, ticket_id, slo.measure))

    host.kaizen.jobs.ask(read, host.post_message, lambda error: Failed(DECIDING, error))
    return None


def sign_off(host: Host, ticket_id: str, found: "Signable") -> Opening:
    """The pick list; what is picked is signed off, one log entry each."""
    if not found.criteria:
        host.say(words.text(f" {ticket_id} has no criterion that a person signs off: its others are measured."))
        return None
    from kaizen_tui.tui.screens.sign_off import SignOffScreen

    desk = host.kaizen.desk

    def write(picked: "SignOff") -> Content:
        doubts = [desk.sign_off(ticket_id, text, picked.note) for text in picked.criteria]
        said = [words.text(f" {ticket_id}: signed off {text}") for text in picked.criteria]
        said += [words.text(f" ⚠ it does not count: {doubt}", words.WARN) for doubt in dict.fromkeys(doubts) if doubt]
        return words.lines(said)

    def answered(picked: "SignOff | None") -> None:
        if picked is not None:
            _write(host, ticket_id, lambda: write(picked))

    return host.kaizen.push_screen(SignOffScreen(host.kaizen, ticket_id, found), answered)

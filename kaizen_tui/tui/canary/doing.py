"""What a person does to a canary, carried out in a worker: the commands' own acts, with the same notifications."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from textual.content import Content
from textual.message import Message

from kaizen_tui.core.canary_state import percent
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.tui import words
from kaizen_tui.tui.words import text

if TYPE_CHECKING:
    from kaizen_tui.tui.desk import Desk

Deed = Literal["pause", "resume", "step", "roll_back"]


class Asked(NamedTuple):
    """share: of a step."""

    deed: Deed
    ticket_id: str
    share: float
    reason: str


def do(desk: "Desk", asked: Asked, answer: Callable[[Content], object]) -> None:
    """Does it and answers in words as soon as it is done. Raises KaizenError, OSError."""
    from kaizen_tui.loop import learn
    from kaizen_tui.loop.deploy import deploy
    from kaizen_tui.loop.notifying import telling

    deed, ticket_id, share, reason = asked
    # What goes wrong with receivers `kaizen doctor` says.
    with telling(desk.writing(), os.environ, lambda _who, _words: None, ticket_id) as notifier:
        session = notifier.session
        if deed == "pause":
            learn.pause(session, ticket_id, reason, os.environ)
            said = text(f" {ticket_id} is paused: nobody gets the canary")
        elif deed == "resume":
            given = learn.resume(session, ticket_id, reason, os.environ)
            said = text(f" {ticket_id}: {percent(given)} of the users get the canary again")
        elif deed == "step":
            deploy(session, ticket_id, share, os.environ)
            said = text(f" {ticket_id}: {percent(share)} of the users get the canary, read back")
        else:
            decision = learn.abort(session, ticket_id, reason, os.environ)
            said = words.outcome(ticket_id, decision)
            if decision.allowed:
                said = Content.assemble(said, text("; nobody gets the canary any more, read back"))
        answer(said)


def job(work: Callable[[], object], post: Callable[[Message], object], failed: Callable[[Exception], Message]) -> None:
    """Runs `work`; posts what `failed` makes of an error that is said in words."""
    try:
        work()
    except (KaizenError, OSError) as error:
        post(failed(error))

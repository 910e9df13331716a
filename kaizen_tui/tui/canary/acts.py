"""Pause and go on, the next step, back at once: asked about as much as there is at stake, from the board and from the
ticket's page alike."""

from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core.canary_state import ASKED, parts, percent
from kaizen_tui.tui import words
from kaizen_tui.tui.canary.doing import Asked, Deed, do, job
from kaizen_tui.tui.messages import Failed
from kaizen_tui.tui.ticket.confirm import Way, way_of
from kaizen_tui.tui.ticket.messages import Told

if TYPE_CHECKING:
    from kaizen_tui.loop.canary_standing import Standing
    from kaizen_tui.tui.ticket.acts import Host, Opening

DOING = "canary"


class Question(NamedTuple):
    """What is asked before a deed. needs_reason: an empty one won't do. way: how it is confirmed."""

    deed: Deed
    title: str
    means: tuple[str, ...]
    way: Way
    needs_reason: bool
    share: float = 0.0


def question(deed: Deed, one: "Standing") -> "Question | str":
    """The question, or in words why there is nothing to do."""
    state = one.state
    if one.status != "canary" or not parts(state.share):
        return f"{one.id} has no running canary"
    if state.ending is not None and deed != "roll_back":
        return f"{one.id} is being rolled back"
    now, way = percent(state.wanted), way_of(one.tier)
    means: tuple[str, ...]
    if deed == "roll_back":
        means = (f"{now} of the users get it now; nobody will, and that is read back.", "Then the ticket is aborted.")
        return Question(deed, f"Roll {one.id} back now?", means, way, True)
    if deed == "pause":
        means = (f"{now} of the users get it now; nobody will until it goes on.",)
        return Question(deed, f"Pause the canary of {one.id}?", means, "key", False)
    if deed == "resume":
        means = (f"{percent(state.share)} of the users get it again.", f"Paused: {_why(one)}")
        return Question(deed, f"Let the canary of {one.id} go on?", means, way, False)
    if state.pause is not None:
        return f"{one.id} is paused: let it go on first"
    share = one.next_share
    if share is None:
        return f"{one.id} is at its last step: what follows is the release, by approval"
    return Question(
        deed, f"Give {one.id} its next step by hand?", (_step(one, share), _evidence(one)), way, False, share
    )


def _why(one: "Standing") -> str:
    pause = one.state.pause
    return (pause.reason or "no reason was given") if pause is not None else ""


def _step(one: "Standing", share: float) -> str:
    return f"{percent(one.state.share)} of the users get it now; {percent(share)} will."


def _evidence(one: "Standing") -> str:
    if one.judged.answer == "promote":
        return "The evidence for this step is there."
    known = [sli.promote for sli in one.slis if sli.promote is not None]
    least = min(known, default=0.0)
    return f"The evidence for it is not there yet: {least:.3g} of {one.needed_promote:g}."


def deed_of_pause(one: "Standing") -> Deed:
    """The one key pauses what runs and lets go on what a person has paused, or what has no numbers."""
    return "resume" if one.state.pause is not None and one.state.pause.cause == ASKED else "pause"


def ask(host: "Host", ticket_id: str, deed: Deed) -> "Opening":
    """Asks, then does it. "pause" of a paused canary lets it go on."""
    from kaizen_tui.tui.ticket.acts import refused

    if refused(host):
        return None
    app = host.kaizen
    one = app.main.canaries.standings.get(ticket_id)
    if one is None:
        host.say(words.text(f" {ticket_id} has no running canary"))
        return None
    asked = question(deed_of_pause(one) if deed == "pause" else deed, one)
    if isinstance(asked, str):
        host.say(words.text(f" {asked}"))
        return None
    from kaizen_tui.tui.screens.canary_act import CanaryActScreen

    chosen = asked

    def answered(reason: str | None) -> None:
        if reason is None:
            return
        host.say(words.text(f" {ticket_id}: {chosen.deed.replace('_', ' ')} …"))

        def work() -> None:
            asked = Asked(chosen.deed, ticket_id, chosen.share, reason)
            do(app.desk, asked, lambda said: host.post_message(Told(ticket_id, said)))

        app.jobs.start(
            lambda: job(work, host.post_message, lambda error: Failed(DOING, error)),
            writes=True,
        )

    return app.push_screen(CanaryActScreen(ticket_id, chosen), answered)

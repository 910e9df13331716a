"""A canary as a card shows it: all that is drawn and nothing else, so that equal ones need no drawing. Pure."""

from typing import Literal, NamedTuple

from kaizen_tui.core.canary_state import BLIND, parts, percent
from kaizen_tui.core.times import age
from kaizen_tui.loop.canary_standing import Standing
from kaizen_tui.tui.canary.drawing import filled

Tone = Literal["muted", "success", "warning", "error"]
CELLS = 5  # of a gauge where there is room


class Mini(NamedTuple):
    """share: such as "5 %". place: "2/3". here: time in the step. against, ahead: eighths of CELLS cells, how far the
    evidence for going back and for going on has come. word: what it waits for, at most ten cells; tone: of it."""

    share: str
    place: str
    here: str
    against: int
    ahead: int
    word: str
    tone: Tone


def about(seconds: float) -> str:
    """ "~3 min"."""
    return f"~{age(max(1, int(seconds)))}"


def mini_of(one: Standing) -> Mini:
    """The canary for its card."""
    word, tone = word_of(one)
    promote = min((sli.promote for sli in one.slis if sli.promote is not None), default=0.0)
    state = one.state
    step = f"{min(one.step, len(one.steps))}/{len(one.steps)}" if parts(state.share) < parts(1.0) else ""
    return Mini(
        percent(state.wanted),
        step,
        age(int(max(0.0, one.at - state.share_at))) if parts(state.share) else "",
        filled(one.rollback, one.needed_rollback, CELLS),
        filled(promote, one.needed_promote, CELLS),
        word,
        tone,
    )


def word_of(one: Standing) -> tuple[str, Tone]:
    """What matters most about it, in at most ten cells."""
    state = one.state
    if state.ending is not None:
        return ("back", "error") if state.ending.verified else ("going back", "error")
    if state.lost:
        return "splitter!", "error"
    if one.trouble:
        return "unreadable", "error"
    if state.pause is not None:
        return ("no data", "error") if state.pause.cause == BLIND else ("paused", "warning")
    if not parts(state.share):
        return "not begun", "muted"
    if one.judged.answer == "rollback":
        return "✖ go back", "error"
    if not one.driven_by:
        return "no driver", "warning"
    if one.stale:
        return ("no data", "warning") if one.data_age is None else (f"old {age(int(one.data_age))}", "warning")
    return _answer(one)


def _answer(one: Standing) -> tuple[str, Tone]:
    if parts(one.state.share) >= parts(1.0):
        return "released", "success"
    if one.in_doubt:
        return "in doubt", "warning"
    if one.state.verdict == "promote":
        return "✔ promote", "success"
    if one.judged.astray:
        return "traffic?", "warning"
    if one.held:
        return "hold", "warning"
    if one.judged.answer == "promote":
        return "✔ go on", "success"
    estimate = one.estimate
    if estimate is None:
        return "waits", "muted"
    mark, tone = ("✔", "success") if estimate.kind == "promote" else ("✖", "error")
    return f"{mark} {about(estimate.seconds)}", "muted" if tone == "success" else "error"

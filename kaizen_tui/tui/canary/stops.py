"""Why a promotion can't be approved now, as far as the canary is the reason."""

from typing import TYPE_CHECKING

from kaizen_tui.core import governance
from kaizen_tui.core.canary_state import parts
from kaizen_tui.core.numbers import human_number
from kaizen_tui.core.times import age
from kaizen_tui.tui.canary.mini import about

if TYPE_CHECKING:
    from kaizen_tui.loop.canary_standing import Standing
    from kaizen_tui.tui.desk import Sheet

# What an approval provides: a gate that waits for these alone is no reason against giving one.
_PROVIDED = frozenset({"final_approvals", "approvals", "verdict", "edge"})


def canary_stops(sheet: "Sheet", one: "Standing | None") -> list[str]:
    """In words; none where no user has the canary, so that nothing is known of it but its log."""
    if one is None or one.status != "canary":
        return []
    state = one.state
    if state.ending is not None:
        return [f"the canary is being rolled back: {state.ending.reason}"]
    said = []
    if state.pause is not None:
        said.append("the canary is paused: nobody has it")
    elif not parts(state.share):
        said.append("no user has the canary")
    elif one.stale:
        old = "there are none" if one.data_age is None else f"{age(int(one.data_age))} old"
        said.append(f"the canary's numbers are not fresh ({old})")
    if one.judged.astray:
        said.append(one.judged.astray)
    if one.judged.answer == "rollback":
        said.append(f"the canary has to go back: {one.judged.why}")
    elif governance.last_verdict(sheet.facts) == governance.NO_VERDICT:
        said.append(_no_verdict(one))
    decision = sheet.decision
    shut = [unmet.text for unmet in decision.refused if unmet.code not in _PROVIDED] if decision is not None else []
    more = f" (and {len(shut) - 1} more)" if len(shut) > 1 else ""
    return [*said, *(f"the gate is shut: {text}{more}" for text in shut[:1])]


def _no_verdict(one: "Standing") -> str:
    """An approval before the verdict counts for nothing: how far the evidence is from it."""
    known = [sli.promote for sli in one.slis if sli.promote is not None]
    said = "the canary has no verdict yet, and only an approval after it counts"
    if not known:
        return said
    left = f", {about(one.estimate.seconds)[1:]} to go, about" if one.estimate is not None else ""
    if one.judged.answer == "promote" and one.stays:
        left = f", {age(int(one.stays))} longer as `min_duration` asks"
    at = f"step {one.step} of {len(one.steps)}"
    return f"{said} ({at}: evidence {human_number(min(known))} of {one.needed_promote:g}{left})"

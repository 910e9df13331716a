"""Log entries as one line each, for the digest and for what is watched. Pure; text is as in the log (hostile)."""

import json
from typing import Any

from kaizen_tui.core.actors import parse_actor
from kaizen_tui.core.canary_state import percent
from kaizen_tui.core.states import STATUS_TITLES

WATCHED = frozenset({"status", "verdict", "approve", "reject", "evaluate"})


def rings(entry: dict[str, Any], me: str) -> bool:
    """Whether it is worth a bell to who watches the ticket: other people's moves and votes, and whatever is decided
    about a canary, in whose name it may be: who drives it does so with this person's."""
    event = _text(entry, "event")
    if event == "rollout":
        return _text(entry, "action") in ("rollback", "lost") or _text(entry, "cause") == "blind"
    return event == "verdict" or (event in WATCHED and entry.get("actor") != me)


def entries_of(data: bytes) -> list[dict[str, Any]]:
    """The entries in a piece of a log; lines that can't be read are passed over, `kaizen verify` names them."""
    found = []
    for line in data.split(b"\n"):
        if not line.startswith(b"{"):
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            found.append(entry)
    return found


def one_line(entry: dict[str, Any]) -> str:
    """ "Grace Hopper approved it: fine", without time."""
    who, event = parse_actor(_text(entry, "actor")).shown, _text(entry, "event")
    back = " (undo)" if _text(entry, "undoes") else ""
    if event == "status":
        what = f"moved it to {STATUS_TITLES.get(_text(entry, 'to'), _text(entry, 'to'))}{back}"
        return f"{who} {what}" + _more(entry, "override", "reason")
    if event == "edit":
        changes = entry.get("changes")
        names = ", ".join(map(str, changes)) if isinstance(changes, dict) and changes else "the file"
        return f"{who} changed {names}{back}" + _more(entry, "note")
    verbs = {
        "created": "created it",
        "approve": "approved it",
        "reject": "rejected it",
        "comment": "wrote",
        "evaluate": "evaluated it",
        "verdict": "gave the canary's verdict",
        "rollout": "moved the canary",
    }
    if event == "signoff":
        return f"{who} signed off" + _more(entry, "criterion")
    if event == "withdraw":
        return f"{who} withdrew: {_text(entry, 'what')}"
    if event == "rollout":
        return f"{who} {_rollout(entry)}" + _more(entry, "reason")
    return f"{who} {verbs.get(event, event)}" + _more(entry, "verdict", "text", "note") * (event != "created")


def _rollout(entry: dict[str, Any]) -> str:
    """What was done to the canary, or begun."""
    action, to, done = _text(entry, "action"), entry.get("to"), entry.get("verified") is True
    share = percent(to) if isinstance(to, int | float) and not isinstance(to, bool) else "another share"
    if action == "rollback":
        return "rolled the canary back, read back" if done else "begins to roll the canary back"
    told = {
        "set_share": f"gave the canary {share} of the users" if done else f"gives the canary {share} of the users",
        "pause": "paused the canary" if done else "pauses the canary",
        "resume": "let the canary go on",
        "to_baseline": "gave the baseline's servers all users" if done else "gives the baseline's servers all users",
        "lost": "can't reach the splitter",
        "found": "reached the splitter again",
    }
    return told.get(action, "moved the canary")


def _more(entry: dict[str, Any], *names: str) -> str:
    found = next((_text(entry, name) for name in names if _text(entry, name) not in ("", "none")), "")
    return f": {found}" if found else ""


def _text(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""

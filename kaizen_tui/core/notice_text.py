"""An event as it is sent: one JSON object with a sentence for people in it. Pure.

Chat programs (Slack, Mattermost, Rocket.Chat) show the field `text` and leave the others alone: none of the names here
means something to them, as `type` and `channel` would. In `text` nothing is a link, a mention or markup of theirs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from kaizen_tui.core.canary_state import percent
from kaizen_tui.core.commands import to_baseline
from kaizen_tui.core.notice import BEGUN, ENDED, VERIFIED, Notice
from kaizen_tui.core.text import safe

SCHEMA = "kaizen.event/1"
_MOST = 500  # characters of a text that people wrote
_CHAT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "\uff20"})


class Subject(NamedTuple):
    """The ticket as the event tells of it. Texts are hostile."""

    id: str
    title: str = ""
    component: str = ""
    owner: str = ""
    severity: str = ""


def sentence(notice: Notice, subject: Subject) -> str:
    """The event in one line, safe to show in a terminal."""
    head = f"{subject.id} {_short(subject.title, 120)}".strip() or "kaizen"
    return safe(f"{head}: {_said(notice, subject)}")


def payload(notice: Notice, subject: Subject, *, chat: bool) -> bytes:
    """The JSON object, in ASCII. chat: `text` is for a chat program, which has mentions and links."""
    text = sentence(notice, subject)
    told = {
        "schema": SCHEMA,
        "id": notice.id,
        "event": notice.event,
        "phase": notice.phase,
        "at": notice.at,
        "text": text.translate(_CHAT) if chat else text,
        "ticket": {name: _short(value, _MOST) for name, value in subject._asdict().items()},
        "reason": _short(notice.reason, _MOST),
        "data": _plain(notice.fields),
    }
    return json.dumps(told, allow_nan=False).encode("ascii")


def _said(notice: Notice, subject: Subject) -> str:
    reason = _short(notice.reason, _MOST)
    tail = f": {reason}" if reason else ""
    share = notice.fields.get("share")
    at = f" at {percent(share)} of the users" if isinstance(share, int | float) else ""
    match notice.event, notice.phase:
        case "verdict", _:
            advice = "advice, " if notice.fields.get("advice") else ""
            return f"{advice}verdict {_short(str(notice.fields.get('verdict', '')), 40)}{at}{tail}"
        case "hold", _:
            return f"the canary is held{at}, a person has to look{tail}"
        case "approval_needed", _:
            return f"the canary is good; its release waits{tail} (kaizen approve {subject.id})"
        case "rollback", phase if phase == BEGUN:
            return f"the canary is being rolled back{tail}"
        case "rollback", phase if phase == VERIFIED:
            return f"rolled back, nobody gets the canary any more{tail}"
        case "rollback", _:
            return f"THE ROLL-BACK IS NOT CONFIRMED, users may still get the canary{tail}"
        case "test", _:
            return "a test event; nothing happened"
        case "complete", _:
            return f"released to all users (once the baseline's servers run it: {to_baseline(subject.id)})"
        case "blind", phase:
            return "the canary can be judged again" if phase == ENDED else f"the canary can't be judged{tail}"
        case _, phase:
            return "the splitter answers again" if phase == ENDED else f"the splitter can't be reached{tail}"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _plain(fields: Mapping[str, Any], depth: int = 3) -> dict[str, Any]:
    """The fields without what is long or deep: an entry may be a megabyte."""
    return {_short(str(key), 80): _value(value, depth) for key, value in list(fields.items())[:40]}


def _value(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _short(value, _MOST)
    if isinstance(value, Mapping):
        return _plain(value, depth - 1) if depth else None
    if isinstance(value, list | tuple):
        return [_value(item, depth - 1) for item in value[:40]] if depth else None
    return value

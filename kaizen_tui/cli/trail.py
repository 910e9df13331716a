"""How the audit trail is shown: one line an entry, with a mark for what is proven. Light: no pydantic of its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from kaizen_tui.cli.output import Painter
from kaizen_tui.core.canary_state import rollout_words
from kaizen_tui.core.text import safe
from kaizen_tui.core.values import quoted

if TYPE_CHECKING:
    from kaizen_tui.core.log_view import LogRow, LogView
    from kaizen_tui.loop.glance import LogLine

# A mark and a word: the trail must be readable without colour.
PROVEN, UNPROVEN = "✔", "✖"
MOST_SHOWN = 100  # characters of a text in one line of the trail


class TrailRow(NamedTuple):
    """One line of a log.

    line: 1-based. verified: None where nobody checked. entry: as in the file, None for a line of the older format,
    whose text, time and message then stand in the last three. All texts are hostile.
    """

    line: int
    verified: bool | None
    entry: Mapping[str, Any] | None
    signed_by: str | None = None
    text: str = ""
    at: str = ""
    message: str = ""


def proven_rows(log: "LogView") -> list[TrailRow]:
    """The rows of a log that was verified."""
    return [_proven_row(row, log.signed_by) for row in log.rows]


def _proven_row(row: "LogRow", signed_by: Mapping[str, str]) -> TrailRow:
    from kaizen_tui.core.log_view import LegacyEntry

    if isinstance(row.entry, LegacyEntry):
        return TrailRow(row.line, False, None, None, row.entry.text, row.entry.at, row.entry.message)
    return TrailRow(row.line, row.proven, row.entry.as_dict(), signed_by.get(row.entry.hash))


def unchecked_rows(lines: "Iterable[LogLine]") -> list[TrailRow]:
    """The rows of a log that was only looked at."""
    return [TrailRow(line.line, None, line.entry, None, line.text, "", line.text) for line in lines]


def trail_lines(rows: Sequence[TrailRow], paint: Painter, *, plain: bool = False) -> list[str]:
    """The log from its beginning, a line each, safe for a terminal."""
    return [_plain_line(row) if plain else _row_line(row, paint) for row in rows] or ["the log is empty"]


def problem_lines(log: "LogView", paint: Painter) -> list[str]:
    """What could not be proven, and why."""
    return [paint(safe(f"line {problem.line}: {problem.message}"), "red") for problem in log.problems]


def _plain_line(row: TrailRow) -> str:
    """Whether it is proven (where that was looked at), when, who, what, the details: a tab between each two."""
    start = [] if row.verified is None else ["verified" if row.verified else "unverified"]
    if row.entry is None:
        return "\t".join([*start, safe(row.text)])
    signed = f"(signed by {safe(row.signed_by)})" if row.signed_by else ""
    details = "  ".join(part for part in (_details(row.entry).strip(), signed) if part)
    fields = [safe(_text(row.entry, name)) for name in ("at", "actor", "event")]
    return "\t".join([*start, *fields, details])


def _row_line(row: TrailRow, paint: Painter) -> str:
    mark = _mark(row, paint)
    if row.entry is None:
        return f"{mark}{safe(row.text)}"
    signed = f"  (signed by {safe(row.signed_by)})" if row.signed_by else ""
    what = paint(safe(_text(row.entry, "event")), bold=True)
    who = safe(_text(row.entry, "actor"))
    return f"{mark}{safe(_text(row.entry, 'at'))}  {who}  {what}{_details(row.entry)}{signed}"


def _mark(row: TrailRow, paint: Painter) -> str:
    if row.verified is None:
        return ""
    word = "verified" if row.verified else "unverified"
    pad = " " * (len("unverified") - len(word) + 2)
    colour = "green" if row.verified else "red" if row.entry is not None else "yellow"
    return paint(f"{PROVEN if row.verified else UNPROVEN} {word}", colour) + pad


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def _details(entry: Mapping[str, Any]) -> str:
    """What the entry says, in words; texts are made safe."""
    parts = [*_WORDS.get(_text(entry, "event"), _other)(entry), _text(entry, "note")]
    found = [part for part in parts if part]
    return "  " + safe("; ".join(found)) if found else ""


def _status(entry: Mapping[str, Any]) -> list[str]:
    parts = [f"{_text(entry, 'from') or '?'} -> {_text(entry, 'to') or '?'}", _text(entry, "reason")]
    unmet = entry.get("unmet")
    if isinstance(unmet, list) and unmet:
        parts.append(f"unmet: {', '.join(str(code) for code in unmet)}")
    if _text(entry, "override"):
        parts.append(f"OVERRIDDEN: {_text(entry, 'override')}")
    return parts


def _vote(entry: Mapping[str, Any]) -> list[str]:
    status, verdict = _text(entry, "status"), _text(entry, "verdict")
    return [
        f"while {status}" if status else "",
        f"knowing the verdict {verdict}" if verdict not in ("", "none") else "",
    ]


def _signoff(entry: Mapping[str, Any]) -> list[str]:
    return [quoted(_text(entry, "criterion"), MOST_SHOWN)]


def _edit(entry: Mapping[str, Any]) -> list[str]:
    """`title: old -> new` where both are short texts, else the field's name."""
    changes = entry.get("changes")
    if not isinstance(changes, dict):
        return []
    shown = []
    for key, change in changes.items():
        old, new = (change.get("from"), change.get("to")) if isinstance(change, dict) else (None, None)
        both = isinstance(old, str) and isinstance(new, str) and len(old) + len(new) <= MOST_SHOWN
        shown.append(f"{key}: {old} -> {new}" if both else str(key))
    return [", ".join(shown)]


def _rollout(entry: Mapping[str, Any]) -> list[str]:
    return [rollout_words(entry, "->"), _text(entry, "reason")]


def _other(entry: Mapping[str, Any]) -> list[str]:
    return [_text(entry, name) for name in ("title", "text", "action", "verdict", "reason", "what")]


_WORDS: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "status": _status,
    "approve": _vote,
    "reject": _vote,
    "signoff": _signoff,
    "edit": _edit,
    "rollout": _rollout,
}


def trail_json(rows: Iterable[TrailRow]) -> list[dict[str, Any]]:
    """The log rows of docs/json.md."""
    return [_row_json(row) for row in rows]


def _row_json(row: TrailRow) -> dict[str, Any]:
    if row.entry is None:
        legacy = {"text": row.text, "at": row.at or None, "message": row.message}
        return {"line": row.line, "verified": row.verified, "legacy": True, **legacy}
    return {
        "line": row.line,
        "verified": row.verified,
        "legacy": False,
        "signed_by": row.signed_by,
        "entry": dict(row.entry),
    }

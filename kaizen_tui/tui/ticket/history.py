"""The Promotion-Log in words: the newest entry first, each with whether it is proven."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from textual.content import Content

from kaizen_tui.core.actors import parse_actor
from kaizen_tui.core.canary_state import rollout_words
from kaizen_tui.core.log_view import LogEntry, LogRow, LogView
from kaizen_tui.core.seen import seen_problems
from kaizen_tui.core.times import age, parse_rfc3339
from kaizen_tui.core.unmet import count
from kaizen_tui.core.values import quoted
from kaizen_tui.tui.words import BAD, GOOD, MUTED, STRONG, WARN, text

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ENTRIES = 500
_LONGEST = 200


def log_page(log: LogView, now: int) -> list[Content]:
    """All of it. now: epoch seconds."""
    problems = (*log.problems, *seen_problems(log))
    said = [_state(log, len(problems))]
    said += [Content.assemble(text("✖ ", BAD), text(f"line {p.line}: {p.message}", BAD)) for p in problems[:20]]
    said.append(Content(""))
    for row in list(reversed(log.rows))[:MOST_ENTRIES]:
        said += _row(row, log.signed_by, now)
    if len(log.rows) > MOST_ENTRIES:
        said.append(text(f"… {len(log.rows) - MOST_ENTRIES} earlier: kaizen log", MUTED))
    return said


def _state(log: LogView, problems: int) -> Content:
    old = sum(not isinstance(row.entry, LogEntry) for row in log.rows)
    proven = len(log.proven)
    counts = f"  {proven} {'entry' if proven == 1 else 'entries'} proven"
    counts += f", {count(old, 'old line')} without proof" if old else ""
    if not log.rows and not problems:
        return text("the log is empty", MUTED)
    if problems:
        return Content.assemble(text("✖ not proven", f"{BAD} bold"), text(counts, MUTED))
    return Content.assemble(text("✔ verified", f"{GOOD} bold"), text(counts, MUTED))


def _row(row: LogRow, signers: "Mapping[str, str]", now: int) -> list[Content]:
    entry = row.entry
    if not isinstance(entry, LogEntry):
        return [Content.assemble(text("○ ", WARN), text(entry.text), text("  unverified (old form)", WARN))]
    mark, style = ("✔", GOOD) if row.proven else ("✖", BAD)
    override = entry.text("override")
    parts = [text(f"{mark} ", style), text(f"{_ago(entry.at, now):>6}  ", MUTED), text(entry.event, STRONG)]
    details = "; ".join(part for part in _WORDS.get(entry.event, _other)(entry) if part)
    parts.append(text(f"  {details}" if details else ""))
    parts.append(text(f"  {parse_actor(entry.actor).shown}", MUTED))
    if not row.proven:
        parts.append(text("  unverified", BAD))
    if entry.hash in signers:
        parts.append(text(f"  signed by {signers[entry.hash]}", GOOD))
    lines = [Content.assemble(*parts)]
    if override:
        lines.append(text(f"          ⚑ gate overridden: {override}", BAD))
    note = entry.text("note") or entry.text("reason")
    if note:
        lines.append(text(f"          {note}", MUTED))
    seen = entry.text("seen_sha256")
    if seen:
        lines.append(text(f"          the numbers seen are frozen in it, sha256 {seen[:12]}…", MUTED))
    return lines


def _status(entry: LogEntry) -> Iterable[str]:
    yield f"{entry.text('from') or '?'} → {entry.text('to') or '?'}"
    unmet = entry.fields.get("unmet")
    if isinstance(unmet, list) and unmet:
        yield f"unmet: {', '.join(str(code)[:60] for code in unmet[:8])}"


def _vote(entry: LogEntry) -> Iterable[str]:
    yield f"while {entry.text('status').replace('_', ' ')}" if entry.text("status") else ""
    yield f"knowing the verdict {entry.text('verdict')}" if entry.text("verdict") not in ("", "none") else ""


def _signoff(entry: LogEntry) -> Iterable[str]:
    yield quoted(entry.text("criterion"), _LONGEST)


def _edit(entry: LogEntry) -> Iterable[str]:
    changes = entry.fields.get("changes")
    yield ", ".join(str(name)[:40] for name in changes) if isinstance(changes, dict) else ""


def _rollout(entry: LogEntry) -> Iterable[str]:
    yield rollout_words(entry.fields, "→")[:_LONGEST]


def _other(entry: LogEntry) -> Iterable[str]:
    return (entry.text(name)[:_LONGEST] for name in ("title", "text", "action", "verdict"))


_WORDS: dict[str, Callable[[LogEntry], Iterable[str]]] = {
    "status": _status, "approve": _vote, "reject": _vote, "signoff": _signoff, "edit": _edit,
    "rollout": _rollout,
}  # fmt: skip


def _ago(stamp: str, now: int) -> str:
    try:
        return age(max(0, now - parse_rfc3339(stamp)))
    except ValueError:
        return stamp

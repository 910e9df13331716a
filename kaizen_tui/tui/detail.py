"""A ticket in full, for the detail pane: read in a worker, handed over as Content."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from textual.content import Content

from kaizen_tui.core.criterion_text import Reading, explain
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.fields import ComponentFields
from kaizen_tui.core.states import SEVERITY_SHAPES, STATUSES
from kaizen_tui.core.times import age, parse_rfc3339
from kaizen_tui.core.unmet import Decision
from kaizen_tui.metrics.live import Judged, Live, judge
from kaizen_tui.tui import words
from kaizen_tui.tui.words import ACCENT, BAD, GOOD, MUTED, STRONG, WARN, block, lines, text

if TYPE_CHECKING:
    from kaizen_tui.core.log_view import LogView
    from kaizen_tui.loop.glance import TicketGlance
    from kaizen_tui.store.workspace import Workspace

# Reads what criteria of a ticket with a status measure now.
Measure: TypeAlias = Callable[[ComponentFields, Sequence[Reading], str], Mapping[str, Live]]

_LOG_LINES = 12
LIVE_STYLES = {"met": GOOD, "missed": BAD, "unknown": MUTED, "stale": WARN}
_BLANK = Content("")
_INDENT = "  "


def read_detail(
    workspace: "Workspace",
    ticket_id: str,
    now: int,
    decisions: Callable[[str], Mapping[str, Decision]] | None,
    measure: Measure | None = None,
) -> Content:
    """Everything about a ticket. now: epoch seconds. Raises KaizenError when the ticket's file can't be read.

    decisions, measure: what the gates and the metrics say; both may wait for a server. Without them, their places say
    that they are being asked.
    """
    from kaizen_tui.core.promotion_log import read_log
    from kaizen_tui.loop.glance import glance
    from kaizen_tui.store.log_file import read_log_bytes

    seen = glance(workspace, ticket_id)
    log = read_log(read_log_bytes(workspace.log_path(ticket_id)))
    live: Mapping[str, Live] = {}
    if measure is not None and seen.component:
        live = measure(seen.component, (*seen.success, *seen.abort), seen.file.fields.status)
    parts = [*_head(seen, now), *_criteria(seen, live), *_plan(seen)]
    try:
        asking = [_heading("GATES"), text(f"{_INDENT}asking …", MUTED)]
        gates = asking if decisions is None else _gates(seen.file.fields.status, decisions(ticket_id))
    except KaizenError as error:
        gates = [_heading("GATES"), words.failure(error)]
    return lines([*parts, *gates, *_log(log, now)])


def _heading(name: str) -> Content:
    return Content.assemble("\n", text(name, f"{ACCENT} bold"))


def _head(seen: "TicketGlance", now: int) -> list[Content]:
    fields = seen.file.fields
    shape = SEVERITY_SHAPES.get(fields.severity, "?")
    first = [
        text(f"{shape} ", f"$severity-{fields.severity} bold"),
        text(fields.id, STRONG),
        text(f"  {fields.severity}", f"$severity-{fields.severity}"),
        text(f"  {words.title(fields.status)}", STRONG),
    ]
    since = seen.log.since or fields.updated_at
    if since:
        first.append(text(f" for {_ago(since, now)}", MUTED))
    if seen.log.overridden:
        first.append(text("  ⚑ a gate was overridden", BAD))
    component = seen.component
    where = text(fields.component, STRONG)
    if component is not None:
        where = Content.assemble(where, text(f"  {component.name} · tier {component.tier}", MUTED))
    else:
        where = Content.assemble(where, text(f"  {seen.trouble}", BAD))
    head = [Content.assemble(*first), text(fields.title, STRONG), where]
    head.append(Content.assemble(text("owner ", MUTED), text(fields.owner or "nobody", "" if fields.owner else WARN)))
    if fields.labels:
        head.append(Content.assemble(text("labels ", MUTED), text(", ".join(fields.labels))))
    return head


def _ago(stamp: str, now: int) -> str:
    try:
        return age(now - parse_rfc3339(stamp))
    except ValueError:
        return stamp


def _criteria(seen: "TicketGlance", live: Mapping[str, Live]) -> list[Content]:
    said = [_heading("OBJECTIVE"), block(seen.file.fields.objective or "none yet", "")]
    for name, readings in (("SUCCESS", seen.success), ("ABORT", seen.abort)):
        said.append(_heading(name))
        if not readings:
            said.append(text(f"{_INDENT}none yet", WARN))
        for reading in readings:
            said += _criterion(reading, seen, judge(reading, live, abort=name == "ABORT"), success=name == "SUCCESS")
    return said


def live_words(judged: Judged) -> Content:
    """`now 7.4 ms ✔`, in its colour."""
    return text(judged.words, LIVE_STYLES[judged.mark])


def _criterion(reading: Reading, seen: "TicketGlance", judged: Judged | None, *, success: bool) -> list[Content]:
    signers = [voice for voice in seen.log.voices if voice.event == "signoff" and voice.criterion == reading.text]
    if reading.kind == "automatic":
        mark, style, meaning = "◇", ACCENT, explain(reading)
    elif not success:
        mark, style, meaning = "☐", MUTED, "manual: a person watches it"
    elif signers:
        mark, style, meaning = "☑", GOOD, f"manual: signed off by {signers[-1].actor}"
    else:
        mark, style, meaning = "☐", WARN, explain(reading)
    first = Content.assemble(text(f"{_INDENT}{mark} ", style), text(reading.text))
    if judged is not None:
        first = Content.assemble(first, "   ", live_words(judged))
    said = [first, text(f"{_INDENT}  {meaning}", MUTED)]
    if reading.looks_automatic and reading.problem not in meaning:
        said.append(text(f"{_INDENT}  {reading.problem}", WARN))
    return said


def _plan(seen: "TicketGlance") -> list[Content]:
    fields = seen.file.fields
    said = [_heading("ROLLBACK"), block(fields.rollback_plan or "none yet", "" if fields.rollback_plan else WARN)]
    if fields.links:
        said.append(_heading("LINKS"))
        said += [Content.assemble(text(f"{_INDENT}{name} ", MUTED), text(url)) for name, url in fields.links]
    spec = "Patch-Spec.md" if seen.has_spec else "no Patch-Spec.md"
    card = "Score-card.json" if seen.has_score_card else "not evaluated yet"
    said += [_heading("FILES"), text(f"{_INDENT}{spec} · {card}", MUTED)]
    return said


def _gates(status: str, decisions: Mapping[str, Decision]) -> list[Content]:
    """The way forward, gate by gate, up to the first that refuses."""
    said: list[Content] = []
    place = STATUSES.index(status)
    known: set[str] = set()
    for target in STATUSES[place + 1 : -1]:
        decision = decisions.get(target)
        if decision is None:
            continue
        unmet = [one for one in (*decision.refused, *decision.warnings) if one.code not in known | {"edge"}]
        known.update(one.code for one in unmet)
        # That the ticket isn't next to this column yet is no condition of the gate.
        shut = any(one.code != "edge" for one in decision.refused)
        state, style = ("shut", BAD) if shut else ("open, warns", WARN) if unmet else ("open", GOOD)
        said.append(Content.assemble(text(f"{_INDENT}into {words.title(target)}: ", ""), text(state, style)))
        for one in unmet:
            said += [
                Content.assemble(Content(_INDENT), part) for part in words.condition(one, "✖" if shut else "⚠", style)
            ]
        if shut:
            break
    return [_heading("GATES"), *said] if said else []


def _log(log: "LogView", now: int) -> list[Content]:
    from kaizen_tui.core.log_view import LogEntry

    state = text("verified", GOOD) if not log.problems else text(f"{len(log.problems)} problems: kaizen verify", BAD)
    said = [Content.assemble(_heading("LOG"), text(f"  {len(log.rows)} entries, ", MUTED), state)]
    for row in reversed(log.rows[-_LOG_LINES:]):
        entry = row.entry
        if isinstance(entry, LogEntry):
            what = Content.assemble(
                text(f"{_ago(entry.at, now):>6}  ", MUTED), text(_told(entry)), text(f"  {entry.actor}", MUTED)
            )
        else:
            what = Content.assemble(text("   old  ", MUTED), text(entry.text), text("  unverified", MUTED))
        said.append(Content.assemble(Content(_INDENT), what))
        note = entry.text("note") or entry.text("reason") if isinstance(entry, LogEntry) else ""
        if note:
            said.append(text(f"{_INDENT}        {note}", MUTED))
    if len(log.rows) > _LOG_LINES:
        said.append(text(f"{_INDENT}… {len(log.rows) - _LOG_LINES} earlier", MUTED))
    return said


def _told(entry: "object") -> str:
    from kaizen_tui.core.log_view import LogEntry

    assert isinstance(entry, LogEntry)
    if entry.event == "status":
        past = " (overridden)" if entry.text("override") else ""
        return f"moved {entry.text('from')} → {entry.text('to')}{past}"
    named = entry.text("criterion") or entry.text("verdict") or entry.text("title")
    if entry.event in ("signoff", "verdict") and named:
        return f"{entry.event}: {named}"
    return entry.event

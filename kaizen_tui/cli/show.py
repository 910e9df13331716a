"""What `kaizen show` prints: one ticket on one screen, or its JSON. Light: no pydantic, no rich."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kaizen_tui.cli.listing import display_width
from kaizen_tui.cli.output import SEVERITY_COLOURS, STATUS_COLOURS, Painter
from kaizen_tui.core.criterion_text import Reading, explain
from kaizen_tui.core.states import SEVERITY_SHAPES
from kaizen_tui.core.text import safe, safe_block
from kaizen_tui.core.times import age, parse_rfc3339

if TYPE_CHECKING:
    from kaizen_tui.loop.glance import TicketGlance, Voice
    from kaizen_tui.metrics.live import Live
    from kaizen_tui.store.workspace import Workspace

_LABEL = 13
_VERBS = {"approve": "approved", "reject": "rejected", "signoff": "signed off"}


def ticket_lines(
    workspace: "Workspace", seen: "TicketGlance", paint: Painter, live: "Mapping[str, Live] | None" = None
) -> list[str]:
    """The whole screen, safe for a terminal. live: what its criteria measure, where that was asked."""
    fields = seen.file.fields
    lines = [f"{paint(fields.id, bold=True)}  {paint(safe(fields.title), bold=True)}", ""]
    lines += _pairs(_facts(seen, paint), paint)
    for success, readings in ((True, seen.success), (False, seen.abort)):
        lines += _criteria(readings, seen.log.voices, paint, live, success=success)
    if fields.rollback_plan:
        lines += ["", paint("Rollback plan", bold=True)]
        lines += ["  " + line for line in safe_block(fields.rollback_plan.rstrip("\n")).split("\n")]
    if fields.links:
        lines += ["", paint("Links", bold=True)]
        width = max(display_width(safe(name)) for name, _ in fields.links)
        lines += [
            f"  {safe(name)}{' ' * (width - display_width(safe(name)))}  {safe(url)}" for name, url in fields.links
        ]
    lines += _voices(seen.log.voices, paint)
    lines += _files(workspace, seen, paint)
    lines += ["", paint(f"`kaizen why {fields.id}` says what comes next.", dim=True)]
    return lines


def _facts(seen: "TicketGlance", paint: Painter) -> list[tuple[str, str]]:
    fields = seen.file.fields
    status = paint(fields.status, STATUS_COLOURS.get(fields.status), bold=True)
    since = _ago(seen.log.since)
    if since:
        status += f" for {since}"
    if seen.log.unmet:
        status += paint(f"  ⚠ {_count(len(seen.log.unmet), 'condition')} unmet when it moved", "yellow")
    if seen.log.overridden:
        status += paint("  a gate was overridden", "red")
    severity = paint(
        f"{SEVERITY_SHAPES[fields.severity]} {fields.severity}", SEVERITY_COLOURS.get(fields.severity), bold=True
    )
    component = safe(fields.component)
    if seen.component is not None:
        component += f" · {safe(seen.component.name)} · tier {seen.component.tier}"
    else:
        component += paint(f"  ⚠ {safe(seen.trouble)}", "yellow")
    facts = [
        ("Status", status),
        ("Severity", severity),
        ("Component", component),
        ("Owner", safe(fields.owner) or "none"),
        ("Objective", _hanging(safe_block(fields.objective.strip())) or "none"),
    ]
    if fields.labels:
        facts.append(("Labels", ", ".join(safe(label) for label in fields.labels)))
    if fields.alert is not None:
        parts = (fields.alert.name, fields.alert.fingerprint, fields.alert.starts_at)
        before = (f"before: {fields.alert.former}",) if fields.alert.former else ()
        facts.append(("Alert", " · ".join(safe(part) for part in (*parts, *before) if part)))
    times = [(name, text) for name, text in (("created", fields.created_at), ("updated", fields.updated_at)) if text]
    if times:
        facts.append((times[0][0].capitalize(), safe(times[0][1]) + "".join(f" · {n} {safe(t)}" for n, t in times[1:])))
    return facts


def _pairs(pairs: Iterable[tuple[str, str]], paint: Painter) -> list[str]:
    return [f"{paint(name.ljust(_LABEL), dim=True)}{value}" for name, value in pairs]


def _hanging(block: str) -> str:
    """Further lines of a block stand under its first."""
    return block.replace("\n", "\n" + " " * _LABEL)


def _criteria(
    readings: Sequence[Reading],
    voices: "Sequence[Voice]",
    paint: Painter,
    live: "Mapping[str, Live] | None",
    *,
    success: bool,
) -> list[str]:
    lines = ["", paint("Success criteria" if success else "Abort criteria", bold=True)]
    if not readings:
        return [*lines, paint("  none", "yellow")]
    for number, reading in enumerate(readings, start=1):
        now = _now(reading, live, paint, success=success)
        lines.append(f"  {number}  {safe(reading.text)}{now}")
        lines.append("     " + paint(safe(meaning(reading, voices, success=success)), dim=True))
    return lines


def _now(reading: Reading, live: "Mapping[str, Live] | None", paint: Painter, *, success: bool) -> str:
    """`   now 7.4 ms ✔`; "" where nobody asked."""
    if live is None:
        return ""
    from kaizen_tui.cli.criteria_now import now_text

    text = now_text(reading, live, paint, abort=not success)
    return f"   {text}" if text else ""


def meaning(reading: Reading, voices: "Sequence[Voice]", *, success: bool) -> str:
    """How a criterion is read; for a manual success criterion also who signed it off last."""
    if reading.kind != "manual":
        return explain(reading)
    if not success:
        return "manual: a person watches it" + (f" ({reading.problem})" if reading.problem else "")
    signed = [voice for voice in voices if voice.event == "signoff" and voice.criterion == reading.text]
    if not signed:
        return explain(reading)
    return f"manual: signed off by {signed[-1].actor}, {signed[-1].at}"


def _voices(voices: "Sequence[Voice]", paint: Painter) -> list[str]:
    if not voices:
        return []
    lines = ["", paint("Approvals and sign-offs", bold=True) + paint("  (`kaizen verify` proves them)", dim=True)]
    for voice in voices:
        what = _VERBS[voice.event]
        colour = "red" if voice.event == "reject" else "green"
        about = (
            f" `{safe(voice.criterion)}`" if voice.criterion else f" while {safe(voice.stage)}" if voice.stage else ""
        )
        said = f": {safe(voice.note)}" if voice.note else ""
        lines.append(f"  {safe(voice.at)}  {safe(voice.actor)} {paint(what, colour)}{about}{said}")
    return lines


def _files(workspace: "Workspace", seen: "TicketGlance", paint: Painter) -> list[str]:
    ticket_id = seen.file.id
    spec = "" if seen.has_spec else "  (absent)"
    card = "" if seen.has_score_card else "  (absent: not evaluated yet)"
    log = f"  ({_count(seen.log.entries, 'entry', 'entries')})"
    shown = [
        (seen.file.path, ""),
        (workspace.spec_path(ticket_id), spec),
        (workspace.score_card_path(ticket_id), card),
        (workspace.log_path(ticket_id), log),
    ]
    return ["", paint("Files", bold=True)] + [f"  {safe(workspace.relative(path))}{note}" for path, note in shown]


def plain_lines(seen: "TicketGlance", live: "Mapping[str, Live] | None" = None) -> list[str]:
    """`key: value`, one record a line, in the order of the JSON; lists as one line for each item."""
    lines = []
    for key, value in ticket_json(seen, live).items():
        if isinstance(value, list):
            lines += [f"{key}: {safe(_plain_item(item))}" for item in value]
        elif isinstance(value, dict):
            lines += [f"{key}: {safe(name)}={safe(str(item))}" for name, item in value.items()]
        elif value not in ("", None):
            lines.append(f"{key}: {safe(str(value))}")
    return lines


def _plain_item(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    if "reading" in item:
        now = item.get("now")
        return f"{item['text']}  ({item['reading']})" + (f"  {now['text']}" if now else "")
    return " ".join(str(value) for value in item.values() if value)


def ticket_json(seen: "TicketGlance", live: "Mapping[str, Live] | None" = None) -> dict[str, Any]:
    """The `Ticket` object of docs/json.md. live: what its criteria measure, where that was asked."""
    fields = seen.file.fields
    return {
        "id": fields.id,
        "title": fields.title,
        "component": fields.component,
        "owner": fields.owner,
        "severity": fields.severity,
        "status": fields.status,
        "objective": fields.objective,
        "success_criteria": [
            _criterion_json(reading, meaning(reading, seen.log.voices, success=True), live, success=True)
            for reading in seen.success
        ],
        "abort_criteria": [
            _criterion_json(reading, meaning(reading, (), success=False), live, success=False) for reading in seen.abort
        ],
        "rollback_plan": fields.rollback_plan,
        "labels": list(fields.labels),
        "links": dict(fields.links),
        "alert": fields.alert._asdict() if fields.alert is not None else None,
        "created_at": fields.created_at or None,
        "updated_at": fields.updated_at or None,
        "status_since": seen.log.since or None,
        "unmet": list(seen.log.unmet),
        "overridden": seen.log.overridden,
        "uid": fields.uid or None,
        "approvals": [
            {
                "event": v.event,
                "at": v.at,
                "actor": v.actor,
                "status": v.stage,
                "criterion": v.criterion,
                "note": v.note,
            }
            for v in seen.log.voices
        ],
        "path": seen.file.path,
        "etag": seen.file.etag,
    }


def _criterion_json(
    reading: Reading, words: str, live: "Mapping[str, Live] | None", *, success: bool
) -> dict[str, Any]:
    found = {"text": reading.text, "kind": reading.kind, "metric": reading.metric or None, "reading": words}
    if live is None:
        return found
    from kaizen_tui.cli.criteria_now import now_json

    return {**found, "now": now_json(reading, live, abort=not success)}


def _ago(stamp: str) -> str:
    try:
        return age(int(time.time()) - parse_rfc3339(stamp))
    except ValueError:
        return ""


def _count(number: int, word: str, plural: str = "") -> str:
    return f"{number} {word if number == 1 else plural or word + 's'}"

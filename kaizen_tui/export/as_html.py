"""The export as one self-contained page: no script, no request to anywhere, every text escaped."""

from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files

from kaizen_tui.core.numbers import human_percent
from kaizen_tui.core.slo import STATE_SHAPES, STATE_WORDS, Target
from kaizen_tui.core.states import FINAL, SEVERITIES, SEVERITY_SHAPES, STATUS_TITLES, STATUSES
from kaizen_tui.core.text import safe, safe_block
from kaizen_tui.core.times import age, format_epoch
from kaizen_tui.export.as_json import board_object
from kaizen_tui.export.as_text import target_text, value_text
from kaizen_tui.export.collect import SPAN, Board
from kaizen_tui.metrics.panels import ComponentPanel, MetricPanel

_WIDTH, _HEIGHT = 110.0, 24.0
_NEVER = 1 << 62  # a ticket whose log doesn't say since when stands last
# Nothing may be loaded or run, whatever a ticket's text says.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_HEAD = (
    '<tr><th class="state">state</th><th>metric</th><th class="n">now</th><th class="n">target</th>'
    f'<th class="spark">{SPAN / 3600:g} hours</th><th class="n budget">budget</th></tr>'
)


def _text(value: str) -> str:
    return escape(safe(value))


def render_html(board: Board) -> bytes:
    """The board, the components' panels and what didn't load."""
    objects = board_object(board)["tickets"]
    assert isinstance(objects, list)
    by_status: dict[str, list[dict[str, object]]] = {status: [] for status in STATUSES}
    since = {row.id: row.since for row in board.rows}
    for ticket in sorted(objects, key=lambda ticket: _urgency(ticket, since)):
        by_status[ticket["status"]].append(ticket)
    when = format_epoch(board.generated_at)
    source = f"<span>{_text(board.source)} metrics</span>" if board.source else ""
    columns = "".join(_column(status, by_status[status], board.generated_at, since) for status in STATUSES)
    style = files("kaizen_tui.export").joinpath("page.css").read_text("utf-8")
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{_text(board.workspace)} - Kaizen</title><style>{style}</style></head><body>"
        f"<header><h1>{_text(board.workspace)}</h1><span>{board.size} tickets</span>"
        f"<span>{when}</span>{source}</header>"
        f'<main><div class="board">{columns}</div>{_panels(board.components)}{_problems(board)}</main></body></html>\n'
    )
    return page.encode("utf-8", "xmlcharrefreplace")


def _urgency(ticket: Mapping[str, object], since: Mapping[str, int]) -> tuple[int, int]:
    """As on the board: the most severe first, then the longest waiting; in final columns the latest first."""
    entered = since.get(str(ticket["id"]), 0)
    if ticket["status"] in FINAL:
        return 0, -entered
    return SEVERITIES.index(str(ticket["severity"])), entered or _NEVER


def _column(status: str, tickets: Sequence[dict[str, object]], now: int, since: Mapping[str, int]) -> str:
    cards = "".join(_card(ticket, now, since.get(str(ticket["id"]), 0)) for ticket in tickets)
    body = cards or '<p class="empty">none</p>'
    return f'<section class="column"><h2>{STATUS_TITLES[status]} <b>{len(tickets)}</b></h2>{body}</section>'


def _card(ticket: dict[str, object], now: int, since: int) -> str:
    severity = str(ticket["severity"])
    standing = f"<span>{age(max(0, now - since))}</span>" if since else ""
    verdict = ticket["score_card"]
    card = f'<span class="{escape(str(verdict))}">{escape(str(verdict))}</span>' if verdict else ""
    unmet = f"<span>{ticket['unmet_conditions']} unmet</span>" if ticket["unmet_conditions"] else ""
    overridden = "<span>overridden</span>" if ticket["overridden"] else ""
    return (
        f'<details class="card"><summary><div class="id"><span>{_text(str(ticket["id"]))}</span>'
        f'<span class="{severity}">{SEVERITY_SHAPES[severity]} {severity}</span></div>'
        f'<div class="title">{_text(str(ticket["title"]))}</div><div class="meta">'
        f"<span>{_text(str(ticket['component']))}</span><span>{_text(str(ticket['owner']))}</span>{standing}{card}"
        f"{unmet}{overridden}</div></summary>{_details(ticket)}</details>"
    )


def _details(ticket: dict[str, object]) -> str:
    def lines(name: str) -> str:
        value = ticket[name]
        return "\n".join(safe(str(item)) for item in value) if isinstance(value, list) else safe_block(str(value))

    shown = (
        ("Objective", "objective"),
        ("Success criteria", "success_criteria"),
        ("Abort criteria", "abort_criteria"),
        ("Rollback plan", "rollback_plan"),
        ("Labels", "labels"),
    )
    items = [f"<dt>{title}</dt><dd>{escape(lines(name))}</dd>" for title, name in shown if ticket[name]]
    return f"<dl>{''.join(items)}</dl>" if items else ""


def _panels(panels: Sequence[ComponentPanel]) -> str:
    if not panels:
        return ""
    return f'<div class="panels">{"".join(_panel(panel) for panel in panels)}</div>'


def _panel(panel: ComponentPanel) -> str:
    rows = "".join(_metric(metric) for metric in panel.metrics)
    head = f"{_text(panel.id)} <small>{_text(panel.name)}, tier {panel.tier}, {_text(panel.owner)}</small>"
    return f'<section class="panel"><h3>{head}</h3><table>{_HEAD}{rows}</table></section>'


def _metric(metric: MetricPanel) -> str:
    state = f'<td class="{metric.state}">{STATE_SHAPES[metric.state]} {STATE_WORDS[metric.state]}</td>'
    budget = "" if metric.budget is None else human_percent(metric.budget)
    return (
        f'<tr>{state}<td class="name" title="{_text(metric.name)}">{_text(metric.name)}</td>'
        f'<td class="n">{_text(value_text(metric))}</td><td class="n">{_text(target_text(metric))}</td>'
        f'<td class="spark">{spark(metric.series.values, metric.target)}</td><td class="n budget">{budget}</td></tr>'
    )


def spark(values: Sequence[float | None], target: Target) -> str:
    """A sparkline as inline SVG: gaps stay gaps, dashed lines for target and abort, scale fixed by the SLO."""
    abort = target.abort if target.abort is not None else target.threshold
    if target.higher_is_better:
        reach = max(abs(target.threshold - abort), abs(target.threshold) * 0.25, 1e-9)
        low, high = target.threshold - reach * 1.25, target.threshold + reach * 1.5
    else:
        low, high = 0.0, max(abort * 1.05, target.threshold * 4 / 3) or 1.0

    def height(value: float) -> float:
        return round(_HEIGHT - 1 - (_HEIGHT - 2) * min(1.0, max(0.0, (value - low) / (high - low))), 1)

    step = _WIDTH / max(1, len(values) - 1)
    path, pen = [], "M"
    for index, value in enumerate(values):
        if value is None or value != value:
            pen = "M"
            continue
        path.append(f"{pen}{round(index * step, 1)} {height(value)}")
        pen = "L"
    lines = f'<line x1="0" x2="{_WIDTH:g}" y1="{height(target.threshold)}" y2="{height(target.threshold)}"/>'
    if target.abort is not None:
        lines += f'<line class="abort" x1="0" x2="{_WIDTH:g}" y1="{height(abort)}" y2="{height(abort)}"/>'
    drawn = f'<path d="{"".join(path)}"/>' if path else ""
    return f'<svg class="spark" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-hidden="true">{lines}{drawn}</svg>'


def _problems(board: Board) -> str:
    if not board.problems:
        return ""
    items = "".join(f"<li><code>{_text(p.where)}</code>: {_text(p.message)}</li>" for p in board.problems)
    return f'<div class="problems"><h2>Not loaded</h2><ul>{items}</ul></div>'

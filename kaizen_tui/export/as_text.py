"""The export as yaml, csv and md."""

import csv
import io
from collections.abc import Iterable

from kaizen_tui.core.numbers import human_percent, with_unit
from kaizen_tui.core.slo import STATE_SHAPES, STATE_WORDS
from kaizen_tui.core.states import SEVERITY_SHAPES, STATUS_TITLES, STATUSES
from kaizen_tui.core.text import csv_cell, safe
from kaizen_tui.core.times import age, format_epoch
from kaizen_tui.export.as_json import board_object
from kaizen_tui.export.collect import Board
from kaizen_tui.metrics.panels import MetricPanel

CSV_COLUMNS = (
    "id", "status", "severity", "title", "component", "owner", "labels", "objective", "success_criteria",
    "abort_criteria", "rollback_plan", "created_at", "updated_at", "since", "unmet_conditions", "overridden",
    "score_card", "path",
)  # fmt: skip
# What Markdown would take for something else. Backslash first.
_MARKDOWN = str.maketrans({sign: "\\" + sign for sign in "\\`*_{}[]<>#|~$!&"})


def render_yaml(board: Board) -> bytes:
    import yaml

    text = yaml.dump(board_object(board), Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=4096)
    return str(text).encode("utf-8")


def render_csv(board: Board) -> bytes:
    """RFC 4180 with a header row, one ticket a row; several values of a cell stand in lines of it.

    No cell can be taken for a formula by a spreadsheet (see `csv_cell`).
    """
    tickets = board_object(board)["tickets"]
    assert isinstance(tickets, list)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for ticket in tickets:
        writer.writerow([_cell(ticket[name]) for name in CSV_COLUMNS])
    return out.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return csv_cell("\n".join(safe(str(item)) for item in value))
    return csv_cell(safe(str(value)))


def escape_markdown(text: str) -> str:
    """A text as one line of Markdown that shows it as it is, also in a table's cell."""
    return safe(text).translate(_MARKDOWN)


def render_markdown(board: Board) -> bytes:
    when = format_epoch(board.generated_at)
    every = board.rows
    lines = [f"# {escape_markdown(board.workspace)}", "", f"{board.size} tickets, {when}", ""]
    for status in STATUSES:
        rows = [row for row in every if row.status == status]
        lines += [f"## {STATUS_TITLES[status]} ({len(rows)})", ""]
        if rows:
            cells = [
                (
                    row.id,
                    f"{SEVERITY_SHAPES[row.severity]} {row.severity}",
                    row.title,
                    row.component,
                    row.owner,
                    age(max(0, board.generated_at - row.since)) if row.since else "",
                    row.verdict,
                )
                for row in rows
            ]
            lines += [*_table(("id", "severity", "title", "component", "owner", "age", "score-card"), cells), ""]
    lines += _components(board)
    if board.problems:
        lines += ["## Not loaded", "", *(f"- {escape_markdown(f'{p.where}: {p.message}')}" for p in board.problems), ""]
    return "\n".join(lines).rstrip("\n").encode("utf-8", "backslashreplace") + b"\n"


def _components(board: Board) -> list[str]:
    if not board.components:
        return []
    source = f" ({escape_markdown(board.source)} data)" if board.source else ""
    cells = [
        (
            panel.id,
            str(panel.tier),
            metric.name,
            value_text(metric),
            target_text(metric),
            f"{STATE_SHAPES[metric.state]} {STATE_WORDS[metric.state]}",
            "" if metric.budget is None else human_percent(metric.budget),
            "" if metric.age is None else age(int(metric.age)),
        )
        for panel in board.components
        for metric in panel.metrics
    ]
    head = ("component", "tier", "metric", "value", "target", "state", "budget left", "data age")
    return [f"## Components{source}", "", *_table(head, cells), ""]


def value_text(metric: MetricPanel) -> str:
    return "no data" if metric.value is None else with_unit(metric.value, metric.unit)


def target_text(metric: MetricPanel) -> str:
    sign = "≥" if metric.target.higher_is_better else "≤"
    return f"{sign} {with_unit(metric.target.threshold, metric.unit)}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    out = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    out += ["| " + " | ".join(escape_markdown(cell) for cell in row) + " |" for row in rows]
    return out

"""The export for node_exporter's textfile collector (Prometheus text format 0.0.4)."""

from collections import Counter

from kaizen_tui.core.flow import PROMISE, flow
from kaizen_tui.core.slo import STATE_ORDER
from kaizen_tui.core.states import SEVERITIES, STATUSES
from kaizen_tui.export.collect import Board
from kaizen_tui.store.history import histories
from kaizen_tui.store.workspace import Workspace


def label(text: str) -> str:
    """A label's value, escaped as the text format asks for; what has no UTF-8 becomes visible."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return escaped.encode("utf-8", "backslashreplace").decode("utf-8")


def _family(name: str, kind: str, help_text: str, samples: list[tuple[str, float]]) -> list[str]:
    if not samples:
        return []
    lines = [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
    return lines + [f"{name}{{{labels}}} {value:g}" if labels else f"{name} {value:g}" for labels, value in samples]


def render_prom(board: Board, ws: Workspace) -> bytes:
    """Tickets per status and severity, lead and cycle times, failure rate, SLO states and budgets."""
    rows = board.rows
    counts = Counter((row.status, row.severity) for row in rows)
    figures = flow(histories(ws, rows), board.generated_at)
    lines = _family(
        "kaizen_tickets",
        "gauge",
        "Tickets per status and severity.",
        [
            (f'status="{status}",severity="{severity}"', float(counts[status, severity]))
            for status in STATUSES
            for severity in SEVERITIES
        ],
    )
    for name, what, spread in (
        ("kaizen_lead_time_seconds", "From creation to complete.", figures.lead),
        ("kaizen_cycle_time_seconds", "From the start of work to complete.", figures.cycle),
    ):
        quantiles = (
            [('percentile="50"', spread.median), (f'percentile="{PROMISE * 100:g}"', spread.promise)]
            if spread.n
            else []
        )
        lines += _family(name, "gauge", what, quantiles)
    rate = figures.failure_rate
    lines += _family(
        "kaizen_change_failure_ratio",
        "gauge",
        "Share of the changes that reached users and were rolled back or aborted.",
        [] if rate is None else [("", rate)],
    )
    lines += _slo_lines(board)
    lines += _promotion_lines(board)
    lines += _family("kaizen_unloadable_files", "gauge", "Files that did not load.", [("", float(_errors(board)))])
    lines += _family(
        "kaizen_export_timestamp_seconds", "gauge", "When this was exported.", [("", float(board.generated_at))]
    )
    # %g would round the time to six digits.
    lines[-1] = f"kaizen_export_timestamp_seconds {board.generated_at}"
    return ("\n".join(lines) + "\n").encode("utf-8")


def _promotion_lines(board: Board) -> list[str]:
    latest = {panel.id: 0 for panel in board.components}
    for row in board.rows:
        if row.status == "complete" and row.component in latest:
            latest[row.component] = max(latest[row.component], row.since)
    name = "kaizen_component_promoted_timestamp_seconds"
    lines = _family(name, "gauge", "When a change of the component was last completed, 0 for never.", [("", 0.0)])[:2]
    # Whole seconds: %g would round the time to six digits.
    lines += [f'{name}{{component="{label(component)}"}} {at}' for component, at in latest.items()]
    return lines if latest else []


def _errors(board: Board) -> int:
    return len({problem.path for problem in board.problems if problem.level == "error"})


def _slo_lines(board: Board) -> list[str]:
    metrics = [
        (f'component="{label(panel.id)}",tier="{panel.tier}",slo="{label(metric.name)}"', metric)
        for panel in board.components
        for metric in panel.metrics
    ]
    states = [
        (f'{labels},state="{state}"', float(metric.state == state))
        for labels, metric in metrics
        for state in STATE_ORDER
    ]
    budgets = [(labels, metric.budget) for labels, metric in metrics if metric.budget is not None]
    burns = [(labels, metric.burn) for labels, metric in metrics if metric.burn is not None]
    ages = [(labels, metric.age) for labels, metric in metrics if metric.age is not None]
    return [
        *_family("kaizen_slo_state", "gauge", "1 for the present state of each SLO.", states),
        *_family("kaizen_slo_error_budget_left_ratio", "gauge", "Share of the error budget left.", budgets),
        *_family("kaizen_slo_burn_rate", "gauge", "Burn rate over the last hour.", burns),
        *_family("kaizen_slo_data_age_seconds", "gauge", "Age of the present value.", ages),
    ]

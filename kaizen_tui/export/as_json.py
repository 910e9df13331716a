"""The export as one JSON object; its shape is kaizen-export.schema.json beside this file."""

import json

from kaizen_tui.core.times import format_epoch
from kaizen_tui.export.collect import SCHEMA, Board
from kaizen_tui.metrics.panels import ComponentPanel, MetricPanel


def _number(value: float | None) -> float | None:
    """Six significant digits are more than any measurement has, and keep the file the same on every machine."""
    if value is None or value != value or value in (float("inf"), float("-inf")):
        return None
    return float(f"{value:.6g}")


def metric_object(metric: MetricPanel) -> dict[str, object]:
    return {
        "name": metric.name,
        "unit": metric.unit,
        "state": metric.state,
        "value": _number(metric.value),
        "target": metric.target.threshold,
        "abort": metric.target.abort,
        "better": "higher" if metric.target.higher_is_better else "lower",
        "age_seconds": _number(metric.age),
        "budget_left": _number(metric.budget),
        "burn_rate": _number(metric.burn),
        "limit_in_seconds": _number(metric.limit_in),
        "error": metric.error or None,
    }


def component_object(panel: ComponentPanel) -> dict[str, object]:
    return {
        "id": panel.id,
        "name": panel.name,
        "tier": panel.tier,
        "owner": panel.owner,
        "state": panel.state,
        "metrics": [metric_object(metric) for metric in panel.metrics],
    }


def head_object(board: Board) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "generated_at": format_epoch(board.generated_at),
        "workspace": board.workspace,
        "metrics_source": board.source or None,
    }


def tail_object(board: Board) -> dict[str, object]:
    return {
        "components": [component_object(panel) for panel in board.components],
        "problems": [problem._asdict() for problem in board.problems],
    }


def _encode(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "backslashreplace")


def render_json(board: Board) -> list[bytes]:
    """The file in pieces, one ticket a line, so that two exports compare well in a diff.

    The tickets' objects are taken as they stand: 13 MB for 10,000 of them, not copied once more.
    """
    head, tail = _encode(head_object(board)), _encode(tail_object(board))
    joint = b"\n" if board.tickets else b""
    return [head[:-1], b',\n"tickets":[', joint, board.tickets, joint, b"],\n", tail[1:], b"\n"]


def board_object(board: Board) -> dict[str, object]:
    """The whole export as plain values, for formats that aren't JSON."""
    tickets = json.loads(b"[" + board.tickets + b"]")
    return {**head_object(board), "tickets": tickets, **tail_object(board)}

"""A component's metrics as lines of its file: added at the end, or put in the place of one that is there."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.values import Value
from kaizen_tui.store.yaml_edit import SetLines, edit_fields
from kaizen_tui.store.yaml_marks import Layout, Span, child, column_of, splice
from kaizen_tui.store.yaml_reader import YamlProblems, parse_yaml
from kaizen_tui.store.yaml_text import flow_mapping, quote

if TYPE_CHECKING:
    from yaml import Node

_BOM = b"\xef\xbb\xbf"


class MetricGiven(NamedTuple):
    """A metric that shall be. Numbers as written; abort "" leaves it out, or as it is.

    more: its other fields, where the whole metric is given; None where only these numbers are (`--metric`).
    """

    name: str
    threshold: str
    abort_threshold: str = ""
    more: Mapping[str, Value] | None = None


def as_value(metric: MetricGiven) -> dict[str, Value]:
    """The metric as the reader gives it."""
    value: dict[str, Value] = {"name": metric.name, "threshold": metric.threshold}
    if metric.abort_threshold:
        value["abort_threshold"] = metric.abort_threshold
    return {**value, **(metric.more or {})}


def metric_lines(metric: MetricGiven, indent: str) -> list[str]:
    """The lines of a new item."""
    lines = [f"{indent}- name: {metric.name}"]
    for key, value in as_value(metric).items():
        if key == "name":
            continue
        shown = quote(value) if isinstance(value, str) else flow_mapping(_texts(value))
        lines.append(f"{indent}  {key}: {shown}")
    return lines


def _texts(value: Value) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError("a metric's field is a text or a mapping of texts")
    return {key: item for key, item in value.items() if isinstance(item, str)}


def replaced_metric(data: bytes, at: int, metric: MetricGiven, shown: str) -> bytes:
    """The file with the metric in the place of the item `at` of slo.metrics, comments within that item and all.

    Believed only after the result was read back. Raises StoreError for a layout that lines can't be put into.
    """
    document = parse_yaml(data, shown)
    wanted = deepcopy(document.value)
    slo = wanted.get("slo")
    metrics = slo.get("metrics") if isinstance(slo, dict) else None
    line = document.line("slo", "metrics", at)
    if not isinstance(metrics, list):
        raise _by_hand(shown, line)
    metrics[at] = as_value(metric)
    layout = Layout(document.text)
    node: Node = layout.root
    for step in ("slo", "metrics"):
        found = child(node, step)
        if found is None or getattr(found[1], "flow_style", False):
            raise _by_hand(shown, line)
        node = found[1]
    item = child(node, at)
    if item is None:
        raise _by_hand(shown, line)
    start, end = layout.line_start(item[1].start_mark.index), layout.lines_end(item[1])
    block = "".join(text + layout.newline for text in metric_lines(metric, " " * column_of(node)))
    if end == len(document.text) and not document.text.endswith("\n"):
        block = block.removesuffix(layout.newline)
    edited = splice(document.text, [Span(start, end, block)]).encode()
    edited = _BOM + edited if data.startswith(_BOM) else edited
    try:
        if parse_yaml(edited, shown).value == wanted:
            return edited
    except YamlProblems:
        raise _by_hand(shown, line) from None
    raise _by_hand(shown, line)


def with_metrics(data: bytes, added: Sequence[MetricGiven], shown: str) -> bytes:
    """New items at the end of slo.metrics; believed only after the result was read back."""
    document = parse_yaml(data, shown)
    items: list[Value] = [as_value(metric) for metric in added]
    wanted, present = deepcopy(document.value), 0
    slo = wanted.get("slo")
    if not slo:
        wanted["slo"] = {"metrics": items}
    elif isinstance(slo, dict) and isinstance(slo.get("metrics"), list) and slo["metrics"]:
        old = slo["metrics"]
        present = len(old) if isinstance(old, list) else 0
        slo["metrics"] = [*(old if isinstance(old, list) else []), *items]
    elif isinstance(slo, dict) and set(slo) <= {"metrics"}:
        wanted["slo"] = {"metrics": items}
    else:
        raise _by_hand(shown, document.line("slo"))
    edited = _inserted(data, document.text, added, shown) if present else _begun(data, added, wanted, shown)
    try:
        if parse_yaml(edited, shown).value == wanted:
            return edited
    except YamlProblems:  # a layout that lines can't be put into, such as `metrics: [{…}]`
        raise _by_hand(shown, document.line("slo", "metrics")) from None
    raise _by_hand(shown, document.line("slo", "metrics"))


def _inserted(data: bytes, text: str, added: Sequence[MetricGiven], shown: str) -> bytes:
    layout = Layout(text)
    slo = child(layout.root, "slo")
    metrics = child(slo[1], "metrics") if slo else None
    if metrics is None or getattr(metrics[1], "flow_style", False):
        raise _by_hand(shown, 0 if metrics is None else metrics[0].start_mark.line + 1)
    node = metrics[1]
    lines = [line for metric in added for line in metric_lines(metric, " " * column_of(node))]
    at = layout.lines_end(node)
    block = "".join(line + layout.newline for line in lines)
    if at == len(text) and not text.endswith("\n"):
        block = layout.newline + block.removesuffix(layout.newline)
    encoded = splice(text, [Span(at, at, block)]).encode()
    return _BOM + encoded if data.startswith(_BOM) else encoded


def _begun(data: bytes, added: Sequence[MetricGiven], wanted: dict[str, Value], shown: str) -> bytes:
    lines = ["slo:", "  metrics:", *(line for metric in added for line in metric_lines(metric, "    "))]
    return edit_fields(data, [SetLines("slo", "\n".join(lines) + "\n", wanted["slo"])], shown)


def _by_hand(shown: str, line: int) -> StoreError:
    where = f"{shown}:{line}" if line else shown
    return StoreError(
        "the metrics are written in a way that can't be added to", where=where, hint="edit the file by hand"
    )

"""pyperf's `-o FILE`: of each benchmark the median of all values of all its processes."""

from kaizen_tui.analysis.formats.document import Node
from kaizen_tui.analysis.formats.measurement import Direction, Measurement, metric_name, of_runs

# The units that pyperf knows, and how they are written here.
_UNITS = {"second": "s", "byte": "B", "integer": ""}


def read(document: Node) -> list[tuple[str, Measurement]]:
    shared = document.get("metadata")
    found = []
    for node in document["benchmarks"]:
        name = _said("name", node, shared) or "benchmark"
        unit = _UNITS.get(_said("unit", node, shared) or "second", "")
        values = tuple(value for run in node["runs"] for value in _values(run))
        if not values:
            raise node.wrong("has no values; it was only calibrated")
        suffix = {"s": "s", "B": "bytes"}.get(unit, "")
        direction: Direction = "lower"
        found.append((name, of_runs(metric_name(name, suffix), values, unit, direction)))
    return found


def _said(key: str, node: Node, shared: Node | None) -> str:
    """What a benchmark's own metadata say, else those of the whole file: pyperf moves there what all have in common."""
    for metadata in (node.get("metadata"), shared):
        said = metadata.get(key) if metadata is not None else None
        if said is not None:
            return said.text
    return ""


def _values(run: Node) -> tuple[float, ...]:
    found = run.get("values")
    return found.amounts if found is not None else ()

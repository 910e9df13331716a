"""The format `json`: {"metric": value} or {"metric": {"value": …, "unit": …, "direction": "lower" | "higher"}}."""

from kaizen_tui.analysis.formats.document import Node
from kaizen_tui.analysis.formats.measurement import Direction, Measurement, direction_for
from kaizen_tui.core.fields import is_metric_name
from kaizen_tui.core.units import unit_of_name
from kaizen_tui.core.values import quoted

_KEYS = frozenset({"value", "unit", "direction"})


def read(document: Node) -> list[tuple[str, Measurement]]:
    """As all readers: (what the output calls it, the measurement). Raises StoreError."""
    return [(name, _measurement(name, node)) for name, node in document.items()]


def _measurement(name: str, node: Node) -> Measurement:
    if not is_metric_name(name):
        raise node.wrong(f"{quoted(name)} is no name of a metric; use letters, digits and _.:-")
    if not isinstance(node.value, dict):
        return Measurement(name, node.number, unit_of_name(name), direction_for(name, ""))
    unknown = next((key for key in node.mapping if key not in _KEYS), None)
    if unknown is not None:
        raise node.wrong(f"unknown key {quoted(unknown)}; there are value, unit and direction")
    given = node.get("unit")
    unit = given.text if given is not None else unit_of_name(name)
    return Measurement(name, node["value"].number, unit, _direction(node, name, unit))


def _direction(node: Node, name: str, unit: str) -> Direction:
    said = node.get("direction")
    if said is None:
        return direction_for(name, unit)
    if said.text == "lower":
        return "lower"
    if said.text == "higher":
        return "higher"
    raise said.wrong("must be lower or higher: which way is better")

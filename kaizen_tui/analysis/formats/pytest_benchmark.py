"""pytest-benchmark's `--benchmark-json=FILE`: of each benchmark the median of its rounds, in seconds."""

from kaizen_tui.analysis.formats.document import Node
from kaizen_tui.analysis.formats.measurement import Measurement, metric_name


def read(document: Node) -> list[tuple[str, Measurement]]:
    found = []
    for node in document["benchmarks"]:
        name, stats = node["name"].text, node["stats"]
        full, data = node.get("fullname"), stats.get("data")
        runs = data.amounts if data is not None and data.value else ()
        measured = Measurement(metric_name(name, "s"), stats["median"].amount, "s", "lower", runs)
        found.append((full.text if full is not None else name, measured))
    return found

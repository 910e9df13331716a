"""hyperfine's `--export-json FILE`: of each command the median of its runs and the CPU time, in seconds."""

from kaizen_tui.analysis.formats.document import Node
from kaizen_tui.analysis.formats.measurement import Measurement, metric_name, of_runs


def read(document: Node) -> list[tuple[str, Measurement]]:
    found = []
    for node in document["results"]:
        command = node["command"].text
        origin = "\0".join((command, *_parameters(node)))
        codes = node.get("exit_codes")
        if codes is not None and any(code.value not in (0, None) for code in codes):
            raise node.wrong("the command failed in some of its runs")
        times = node.get("times")
        wall = (
            of_runs(metric_name(command, "s"), times.amounts, "s")
            if times is not None
            else Measurement(metric_name(command, "s"), node["median"].amount, "s")
        )
        cpu = node["user"].amount + node["system"].amount
        found.append((origin, wall))
        found.append((origin, Measurement(metric_name(command, "cpu_s"), cpu, "s", decisive=False)))
    return found


def _parameters(node: Node) -> list[str]:
    given = node.get("parameters")
    return [] if given is None else [f"{key}={value.text}" for key, value in given.items()]

"""How fast `kaizen-tui --export` is with 10,000 tickets, beside taskwarrior's `task export` of the same tickets.

    python benchmarks/export_speed.py [--tickets 10000] [--rounds 15] [--json]

Prints a table; exits with 1 when a target is missed, with 2 when the comparison can't be made (no `task` installed,
the export lacks tickets). Figures are those of cli_speed.py: CPU time of the command, a ratio is the median of the
rounds' ratios. The SLO states of the workspace's components are part of the export; taskwarrior has no such thing.
"""

import argparse
import compileall
import json
import os
import shutil
import subprocess
import sys
import tempfile
from typing import Any

from cli_speed import CHECKOUT, Bench, Result, compare, cpu_ms, ratio
from report import finish, mark, this_machine

PEER = "task export"
TARGET = 0.6


def kaizen_tui(bench: Bench) -> list[str]:
    """The command, beside the `kaizen` that the other benchmark runs."""
    script = os.path.join(os.path.dirname(bench.kaizen[0]), "kaizen-tui")
    return [script] if os.path.exists(script) else [sys.executable, "-m", "kaizen_tui.tui.entry"]


def check_complete(bench: Bench, ours: list[str], theirs: list[str]) -> None:
    """Both exports hold every ticket."""
    shown = [
        subprocess.run(command, capture_output=True, env=bench.env, cwd=bench.workspace, check=True).stdout
        for command in (ours, theirs)
    ]
    counts = len(json.loads(shown[0])["tickets"]), len(json.loads(shown[1]))
    if counts != (bench.count, bench.count):
        print(f"export_speed: {counts} tickets were exported, there are {bench.count}", file=sys.stderr)
        sys.exit(2)


def measure(count: int, rounds: int) -> dict[str, Any]:
    """The whole benchmark. count: tickets."""
    compileall.compile_dir(os.path.join(CHECKOUT, "kaizen_tui"), quiet=1)
    with tempfile.TemporaryDirectory(prefix="kaizen-bench-") as folder:
        bench = Bench(folder, count)
        export = [*kaizen_tui(bench), "--export", "-", "--format"]
        theirs = [*bench.task, "export"]
        cold = bench.run([*export, "json"])
        bench.settle()
        bench.run([*export, "json"])
        check_complete(bench, [*export, "json"], theirs)
        names = {f"--export - --format {name}": [*export, name] for name in ("json", "csv", "prom")}
        runs = compare(bench, {PEER: theirs, **names}, rounds)
        # json is what is promised; the others are here to be seen: they read every ticket into values of Python.
        targets = dict.fromkeys(names, float("inf")) | {"--export - --format json": TARGET}
        results = [
            Result(name, cpu_ms(runs[name]), PEER, cpu_ms(runs[PEER]), ratio(runs[name], runs[PEER]), targets[name])
            for name in names
        ]
    return {
        "schema": "kaizen.bench.export/1",
        "tickets": count,
        "rounds": rounds,
        **this_machine(),
        "cold": {"cpu_ms": round(cold.cpu * 1000, 1), "wall_ms": round(cold.wall * 1000, 1)},
        "results": [
            {
                "name": result.name,
                "cpu_ms": result.ours and round(result.ours, 1),
                "peer": result.peer,
                "peer_cpu_ms": result.theirs and round(result.theirs, 1),
                "measured": round(result.measured, 3),
                "target": result.target if result.target != float("inf") else None,
                "met": result.met,
            }
            for result in results
        ],
    }


def print_table(report: dict[str, Any]) -> None:
    print(f"{report['tickets']:,} tickets, {report['rounds']} rounds, Python {report['python']}, {report['machine']}\n")
    print(f"{'':30}{'CPU ms':>8}  {'beside':14}{'CPU ms':>8}{'measured':>10}{'target':>8}")
    for line in report["results"]:
        figures = f"{line['cpu_ms']:8.1f}  {line['peer']:14}{line['peer_cpu_ms']:8.1f}{line['measured']:10.2f}"
        target = "" if line["target"] is None else f"{line['target']:8.2f}  {mark(line['met'])}"
        print(f"{line['name']:30}{figures}{target}")
    cold = report["cold"]
    print(f"\nfirst export, without an index: {cold['cpu_ms']:.0f} ms CPU, {cold['wall_ms']:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the speed of kaizen-tui --export beside taskwarrior.")
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    if shutil.which("task") is None:
        print("export_speed: taskwarrior (`task`) is not installed: nothing to compare with", file=sys.stderr)
        sys.exit(2)
    report = measure(options.tickets, options.rounds)
    finish(report, print_table, as_json=options.json, met=all(line["met"] for line in report["results"]))


if __name__ == "__main__":
    main()

"""How fast `kaizen judge` is, beside `json.loads` and `json.dumps` of the same lines: what reading them costs at all.

    python benchmarks/judge_speed.py [--observations 100000] [--rounds 5] [--json]

Prints a table; exits with 1 when a target is missed. CPU time of the whole command, start included; a ratio is the
median of the rounds' ratios. The promise is 20,000 observations a second in one process.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from typing import Any

import numpy as np
from report import finish, mark, this_machine

FLOOR = "import json, sys\nfor line in open(sys.argv[1]):\n    json.dumps(json.loads(line))\n"
PROMISED = 20_000
# Streams, what is told of them, and the most that it may take of the floor's time.
CASES = {
    "1 stream, all verdicts": (1, "all", 6.0),
    "1,000 streams, all verdicts": (1000, "all", 7.0),
    "1,000 streams, changes": (1000, "changes", 3.5),
}


def write(path: str, observations: int, streams: int, emit: str) -> None:
    """Canaries that are as good as the baseline and are never promoted, so that none ends early."""
    numbers = np.random.default_rng(1)
    bad, canary_bad = numbers.poisson(297, observations).tolist(), numbers.poisson(3, observations).tolist()
    slis = [{"name": "errors", "kind": "ratio", "rollback_ratio": 1.0, "promote_ratio": None}]
    config = {
        "type": "config",
        "stream": "*",
        "alpha": 1e-12,
        "beta": 0.05,
        "counters": "delta",
        "emit": emit,
        "slis": slis,
    }
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(config) + "\n")
        for nth in range(observations):
            arms = [
                {"errors": {"good": total - x, "total": total}}
                for total, x in ((59_400, bad[nth]), (600, canary_bad[nth]))
            ]
            line = {"type": "obs", "stream": f"s{nth % streams}", "t": 60.0 * (nth // streams + 1)}
            file.write(json.dumps({**line, "baseline": arms[0], "canary": arms[1]}) + "\n")


def cpu(command: list[str], expected: tuple[int, ...]) -> float:
    """Seconds of user and system time of a command whose output is thrown away."""
    before = os.times()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    after = os.times()
    if done.returncode not in expected:
        print(f"judge_speed: {command[0]} ended with {done.returncode}", file=sys.stderr)
        sys.exit(2)
    return after.children_user - before.children_user + after.children_system - before.children_system


def measure(observations: int, rounds: int) -> dict[str, Any]:
    results = []
    with tempfile.TemporaryDirectory(prefix="kaizen-bench-") as folder:
        path = os.path.join(folder, "observations.jsonl")
        ours = [sys.executable, "-m", "kaizen_tui.cli.entry", "judge", "--input", path]
        for name, (streams, emit, target) in CASES.items():
            write(path, observations, streams, emit)
            cpu(ours, (7,))
            pairs = [(cpu(ours, (7,)), cpu([sys.executable, "-c", FLOOR, path], (0,))) for _ in range(rounds)]
            seconds = statistics.median(mine for mine, _ in pairs)
            results.append(
                {
                    "name": name,
                    "per_second": round(observations / seconds),
                    "floor_per_second": round(observations / statistics.median(floor for _, floor in pairs)),
                    "measured": round(statistics.median(mine / floor for mine, floor in pairs), 2),
                    "target": target,
                }
            )
    for result in results:
        result["met"] = result["measured"] <= result["target"] and result["per_second"] >= PROMISED
    return {
        "schema": "kaizen.bench.judge/1",
        "observations": observations,
        "rounds": rounds,
        **this_machine(),
        "results": results,
    }


def print_table(report: dict[str, Any]) -> None:
    print(
        f"{report['observations']:,} observations, {report['rounds']} rounds, Python {report['python']}, "
        f"{report['machine']}\n"
    )
    print(f"{'observations a second of CPU time':34}{'judge':>9}{'json only':>11}{'times':>8}{'target':>8}")
    for line in report["results"]:
        verdict = mark(line["met"])
        figures = f"{line['per_second']:9,}{line['floor_per_second']:11,}{line['measured']:8.2f}{line['target']:8.2f}"
        print(f"{line['name']:34}{figures}  {verdict}")
    print(f"\npromised: {PROMISED:,} observations a second")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the speed of kaizen judge beside reading the lines at all.")
    parser.add_argument("--observations", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    report = measure(options.observations, options.rounds)
    finish(report, print_table, as_json=options.json, met=all(line["met"] for line in report["results"]))


if __name__ == "__main__":
    main()

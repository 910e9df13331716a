"""What the sandbox costs: the time of `true` in it beside the same program started as it is, in pairs."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from report import finish, mark, this_machine

from kaizen_tui.sandbox.lease import Lease
from kaizen_tui.sandbox.protections import Machine, look_at_machine
from kaizen_tui.sandbox.run import run
from kaizen_tui.sandbox.spec import Spec

LIMIT = 50.0  # milliseconds that a run may take longer in the sandbox
PROGRAM = ("/usr/bin/true",)


def plain(folder: str) -> float:
    """Seconds of fork, exec and wait, as the sandbox starts it: in a folder, with its output caught."""
    started = time.perf_counter()
    subprocess.run(PROGRAM, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def sandboxed(lease: Lease, machine: Machine, folder: str) -> float:
    """Seconds of the whole call: control groups, limits, bubblewrap, the program, reading the counters, removing."""
    started = time.perf_counter()
    outcome = run(lease, Spec(PROGRAM, folder), machine)
    taken = time.perf_counter() - started
    if not outcome.ok:
        sys.exit(f"sandbox_speed: the program failed in the sandbox: {outcome.stderr.read().decode()}")
    return taken


def measure(machine: Machine, pairs: int) -> dict[str, Any]:
    """Milliseconds; each pair one after the other, each second one the other way round; the first doesn't count."""
    with tempfile.TemporaryDirectory(prefix="kaizen-bench-") as folder, Lease(f"{folder}/sandbox") as lease:
        worktree = os.path.join(lease.folder, "worktree")
        os.mkdir(worktree)
        bare, inside = [], []
        for number in range(pairs + 1):
            if number % 2:
                bare.append(plain(worktree))
                inside.append(sandboxed(lease, machine, worktree))
            else:
                inside.append(sandboxed(lease, machine, worktree))
                bare.append(plain(worktree))
    differences = sorted((one - other) * 1000 for one, other in zip(inside[1:], bare[1:], strict=True))
    overhead = statistics.median(differences)
    return {
        "schema": "kaizen.bench.sandbox/1",
        "pairs": pairs,
        **this_machine(),
        "user": "root" if machine.host.root else "ordinary",
        "cgroup": "v2" if machine.places.unified else "v1" if machine.places.folders else None,
        "plain_ms": round(statistics.median(bare[1:]) * 1000, 2),
        "sandboxed_ms": round(statistics.median(inside[1:]) * 1000, 2),
        "overhead_ms": round(overhead, 2),
        "overhead_p95_ms": round(differences[int(0.95 * len(differences))], 2),
        "target_ms": LIMIT,
        "met": overhead <= LIMIT,
    }


def print_table(report: dict[str, Any]) -> None:
    groups = f"control groups {report['cgroup']}" if report["cgroup"] else "no control groups"
    print(f"{report['pairs']} pairs, {report['user']} user, {groups}, Python {report['python']}, {report['machine']}\n")
    print(f"{'':32}{'median ms':>10}{'p95':>8}{'target':>8}")
    print(f"{'fork and exec of true':32}{report['plain_ms']:10.2f}")
    print(f"{'the same in the sandbox':32}{report['sandboxed_ms']:10.2f}")
    verdict = mark(report["met"])
    figures = f"{report['overhead_ms']:10.2f}{report['overhead_p95_ms']:8.2f}{report['target_ms']:8.0f}  {verdict}"
    print(f"{'what the sandbox adds':32}{figures}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures what a run in the sandbox takes longer than without it.")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    machine = look_at_machine()
    if not machine.usable:
        print(f"sandbox_speed: {machine.fault}; {machine.remedy}", file=sys.stderr)
        sys.exit(2)
    report = measure(machine, options.pairs)
    finish(report, print_table, as_json=options.json, met=report["met"])


if __name__ == "__main__":
    main()

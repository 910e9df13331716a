"""How fast `kaizen` is with 10,000 tickets, beside taskwarrior with the same tickets and Python that does nothing.

    python benchmarks/cli_speed.py [--tickets 10000] [--rounds 15] [--json]

Prints a table; exits with 1 when a target is missed, with 2 when the comparison can't be made (no `task` installed,
the two lists differ in length). CPU time is user + system of the command and all that it starts, from wait4(2). The
commands of a round follow each other, so that a busy machine slows all of them; a ratio is the median of the rounds'
ratios. See README.md beside this file for what is compared and why.
"""

import argparse
import compileall
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from make_workspace import make_workspace, taskwarrior_json, write
from report import finish, mark, this_machine

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(HERE)
RACY = 2.1  # seconds after which the index trusts a file's stamp
PASS = "python -c pass"


# A child's peak includes that of the process it was forked from: this one is small. Prints kilobytes.
LAUNCHER = (
    "import os, sys; out = os.open(os.devnull, os.O_WRONLY);"
    "pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, out, 1)]);"
    "print(os.wait4(pid, 0)[2].ru_maxrss)"
)


class Run(NamedTuple):
    """One run of a command: CPU seconds, wall-clock seconds."""

    cpu: float
    wall: float


class Result(NamedTuple):
    """One line of the table. measured and target: a ratio, or MB where there is no peer. ours, theirs: CPU ms."""

    name: str
    ours: float | None
    peer: str
    theirs: float | None
    measured: float
    target: float

    @property
    def met(self) -> bool:
        return self.measured <= self.target


class Bench:
    """A workspace and a taskwarrior database with the same tickets, and how to run both programs on them."""

    def __init__(self, folder: str, count: int) -> None:
        self.count = count
        self.workspace = os.path.join(folder, "workspace")
        data = os.path.join(folder, "task")
        os.makedirs(data)
        write(os.path.join(folder, "taskrc"), f"data.location={data}\nhooks=0\nconfirmation=0\n".encode())
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "TMPDIR")}
        self.env = {**kept, "LC_ALL": "C.UTF-8", "TASKRC": os.path.join(folder, "taskrc"), "TASKDATA": data}
        script = os.path.join(os.path.dirname(sys.executable), "kaizen")
        self.kaizen = [script] if os.path.exists(script) else [sys.executable, "-m", "kaizen_tui.cli.entry"]
        if not os.path.exists(script):
            self.env["PYTHONPATH"] = CHECKOUT
        # One line a task, as a list has one a ticket: no wrapping to 80 columns. No context, no chatter, no question.
        self.task = ["task", "rc.verbose=nothing", "rc.context=none", "rc.defaultwidth=0", "rc.hooks=0"]
        tickets = make_workspace(self.workspace, count)
        write(os.path.join(folder, "tasks.json"), taskwarrior_json(tickets).encode())
        self.run([*self.task, "import", os.path.join(folder, "tasks.json")])

    def run(self, command: Sequence[str]) -> Run:
        """Runs a command with its output thrown away; SystemExit when it fails."""
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.env,
            cwd=self.workspace,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"cli_speed: `{' '.join(command)}` ended with {process.returncode}")
        return Run(used.ru_utime + used.ru_stime, time.perf_counter() - started)

    def memory(self, command: Sequence[str]) -> float:
        """The peak memory of a command, in MB."""
        launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, *command]
        shown = subprocess.run(launcher, capture_output=True, env=self.env, cwd=self.workspace, check=True)
        return int(shown.stdout) / 1024

    def lines(self, command: Sequence[str]) -> int:
        """How many lines a command prints."""
        shown = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, env=self.env, cwd=self.workspace, check=True
        )
        return shown.stdout.count(b"\n")

    def settle(self) -> None:
        """Makes the index trust every file."""
        time.sleep(RACY)
        self.run([*self.kaizen, "list"])

    def touch(self, number: int) -> None:
        """Changes one ticket as an editor does: its file is written anew."""
        path = os.path.join(self.workspace, "tickets", f"KAIZ-{number:03d}", "Kaizen-Tkt.yml")
        with open(path, "rb") as file:
            data = file.read()
        write(path, data + b"# touched\n")


def compare(bench: Bench, commands: dict[str, list[str]], rounds: int) -> dict[str, list[Run]]:
    """Runs the commands one after the other, `rounds` times."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(bench.run(command))
    return runs


def ratio(ours: Sequence[Run], theirs: Sequence[Run]) -> float:
    return median(one.cpu / other.cpu for one, other in zip(ours, theirs, strict=True))


def cpu_ms(runs: Sequence[Run]) -> float:
    return median(run.cpu for run in runs) * 1000


def check_lengths(bench: Bench) -> None:
    """Both lists show every ticket, one a line."""
    ours, theirs = bench.lines([*bench.kaizen, "list"]), bench.lines([*bench.task, "list"])
    if not ours == theirs == bench.count:
        sys.exit(
            f"cli_speed: `kaizen list` printed {ours} lines, `task list` {theirs}, there are {bench.count} tickets"
        )


def measure_reads(bench: Bench, rounds: int) -> list[Result]:
    """Everything that only reads."""
    runs = compare(
        bench,
        {
            PASS: [sys.executable, "-c", "pass"],
            "task list": [*bench.task, "list"],
            "kaizen list": [*bench.kaizen, "list"],
            "task export": [*bench.task, "export"],
            "kaizen list --json": [*bench.kaizen, "list", "--json"],
        },
        rounds,
    )
    targets = (
        ("kaizen list", "task list", 0.25),
        ("kaizen list", PASS, 8.0),
        ("kaizen list --json", "task export", 0.6),
    )
    return [
        Result(name, cpu_ms(runs[name]), peer, cpu_ms(runs[peer]), ratio(runs[name], runs[peer]), target)
        for name, peer, target in targets
    ]


def measure_memory(bench: Bench) -> list[Result]:
    """Peak memory of a list: warm, as JSON, after a change, and without an index."""
    bench.settle()
    warm = bench.memory([*bench.kaizen, "list"])
    as_json = bench.memory([*bench.kaizen, "list", "--json"])
    bench.touch(1)
    changed = bench.memory([*bench.kaizen, "list"])
    os.unlink(os.path.join(bench.workspace, ".kaizen", "index"))
    cold = bench.memory([*bench.kaizen, "list"])
    peaks = (
        ("kaizen list", warm),
        ("kaizen list --json", as_json),
        ("kaizen list, one file changed", changed),
        ("kaizen list, no index", cold),
    )
    return [Result(f"{name}: peak MB", None, "", None, peak, 40) for name, peak in peaks]


def measure_changed(bench: Bench, rounds: int) -> Result:
    """A list after one ticket's file was written anew, beside a list after nothing changed."""
    changed, warm = [], []
    for number in range(1, rounds + 1):
        bench.settle()
        warm.append(bench.run([*bench.kaizen, "list"]))
        bench.touch(number)
        changed.append(bench.run([*bench.kaizen, "list"]))
    name = "kaizen list, one file changed"
    return Result(name, cpu_ms(changed), "kaizen list", cpu_ms(warm), ratio(changed, warm), 3.0)


def measure_writes(bench: Bench, rounds: int) -> list[Result]:
    """Making and changing one ticket among all the others."""
    criteria = ["--success-criteria", "p95_latency_ms < 10", "--abort-criteria", "drop_rate_pct > 0.5"]
    new = [*bench.kaizen, "new", "Retry the retry", "-c", "pcc-main", "--objective", "Fewer retries", *criteria]
    update = [*bench.kaizen, "update", "KAIZ-042", "--title"]
    modify = [*bench.task, "42", "modify"]
    runs: dict[str, list[Run]] = {name: [] for name in ("task add", "kaizen new", "task modify", "kaizen update")}
    for number in range(rounds):
        runs["task add"].append(bench.run([*bench.task, "add", "project:pcc-main", "priority:M", "Retry the retry"]))
        runs["kaizen new"].append(bench.run(new))
        runs["task modify"].append(bench.run([*modify, f"Another title {number}"]))
        runs["kaizen update"].append(bench.run([*update, f"Another title {number}"]))
    return [
        Result(name, cpu_ms(runs[name]), peer, cpu_ms(runs[peer]), ratio(runs[name], runs[peer]), 1.8)
        for name, peer in (("kaizen new", "task add"), ("kaizen update", "task modify"))
    ]


def measure(count: int, rounds: int) -> dict[str, Any]:
    """The whole benchmark. count: tickets."""
    compileall.compile_dir(os.path.join(CHECKOUT, "kaizen_tui"), quiet=1)
    with tempfile.TemporaryDirectory(prefix="kaizen-bench-") as folder:
        bench = Bench(folder, count)
        cold = bench.run([*bench.kaizen, "list"])
        bench.settle()
        check_lengths(bench)
        results = measure_reads(bench, rounds)
        results.append(measure_changed(bench, max(3, rounds // 3)))
        results += measure_writes(bench, rounds)
        results += measure_memory(bench)
    return {
        "schema": "kaizen.bench.cli/1",
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
                "target": result.target,
                "met": result.met,
            }
            for result in results
        ],
    }


def print_table(report: dict[str, Any]) -> None:
    print(f"{report['tickets']:,} tickets, {report['rounds']} rounds, Python {report['python']}, {report['machine']}\n")
    print(f"{'':40}{'CPU ms':>8}  {'beside':22}{'CPU ms':>8}{'measured':>10}{'target':>8}")
    for line in report["results"]:
        ours, theirs = ("" if line[key] is None else f"{line[key]:.1f}" for key in ("cpu_ms", "peer_cpu_ms"))
        verdict = mark(line["met"])
        figures = f"{line['measured']:10.2f}{line['target']:8.2f}  {verdict}"
        print(f"{line['name']:40}{ours:>8}  {line['peer']:22}{theirs:>8}{figures}")
    cold = report["cold"]
    print(f"\nfirst list, without an index: {cold['cpu_ms']:.0f} ms CPU, {cold['wall_ms']:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the speed of the kaizen command beside taskwarrior.")
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    if shutil.which("task") is None:
        print("cli_speed: taskwarrior (`task`) is not installed: nothing to compare with", file=sys.stderr)
        sys.exit(2)
    report = measure(options.tickets, options.rounds)
    finish(report, print_table, as_json=options.json, met=all(line["met"] for line in report["results"]))


if __name__ == "__main__":
    main()

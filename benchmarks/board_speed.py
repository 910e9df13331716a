"""How fast the board is, through a real pseudo terminal, beside an empty Textual app in the same run.

    python benchmarks/board_speed.py [--workspace DIR] [--tickets 10000] [--runs 11] [--keys 200] [--json]

Exit 1 when a target is missed. Times are wall-clock; both programs run from compiled bytecode. Without --workspace
one is made in a temporary directory. A workspace that is given gets one title changed and changed back.
"""

import argparse
import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.pty_probe import PtyProgram  # noqa: E402
from kaizen_tui.core.row import TicketRow  # noqa: E402
from kaizen_tui.store.index import load_snapshot  # noqa: E402
from kaizen_tui.store.workspace import Workspace  # noqa: E402
from kaizen_tui.tui.columns import arrange  # noqa: E402

COLUMNS, LINES = 160, 48
# Each changes what is on the screen, wherever the cursor came to be.
KEYS = b"jjjkljjkhjlkjjhj"
FILTER_KEYS = [*(bytes([letter]) for letter in b"the cache"), *[b"\x7f"] * 9]
FILTER_MS = 50.0
PAINT_RATIO, KEY_MS, KEY_RATIO, MEMORY_MB, IDLE_PERCENT, RELOAD_MS, DATA_MS = 1.5, 16.0, 3.0, 80.0, 1.0, 300.0, 1000.0


class Result(NamedTuple):
    """One line of the table: a figure, what it is measured against, and whether it is good enough."""

    name: str
    figure: str
    beside: str
    target: str
    ok: bool


def main(words: Sequence[str]) -> int:
    """Measures, prints, returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", metavar="DIR")
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=11, help="pairs of starts")
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--reloads", type=int, default=20)
    parser.add_argument("--idle", type=float, default=10.0, help="seconds")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(words)
    compileall.compile_dir(str(ROOT / "kaizen_tui"), quiet=1)
    compileall.compile_dir(str(ROOT / "benchmarks"), quiet=1)
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Workspace(arguments.workspace or make_workspace(scratch, arguments.tickets))
        rows = load_snapshot(workspace).rows  # the index is warm
        results = measure(workspace, rows, arguments)
    if arguments.json:
        print(json.dumps({"tickets": len(rows), "results": [result._asdict() for result in results]}, indent=2))
    else:
        print(f"{len(rows):,} tickets, {COLUMNS}x{LINES}, Python {sys.version.split()[0]}")
        for result in results:
            mark = "ok" if result.ok else "MISSED"
            print(f"{result.name:<34} {result.figure:>10}  {result.beside:<34} target {result.target:<22} {mark}")
    return 0 if all(result.ok for result in results) else 1


def make_workspace(scratch: str, tickets: int) -> str:
    """A workspace of this many tickets."""
    folder = f"{scratch}/bench"
    script = str(ROOT / "benchmarks" / "make_workspace.py")
    subprocess.run([sys.executable, script, folder, "--tickets", str(tickets)], check=True, stdout=subprocess.DEVNULL)
    return folder


def environment() -> dict[str, str]:
    """As on a person's machine: bytecode is used, the terminal has true colour."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}


def start_board(workspace: Workspace) -> PtyProgram:
    """The board on the workspace."""
    argv = [sys.executable, "-m", "kaizen_tui.tui.entry", "-C", workspace.root]
    return PtyProgram(argv, columns=COLUMNS, lines=LINES, env=environment())


def start_empty(*words: str) -> PtyProgram:
    """The empty app."""
    argv = [sys.executable, str(ROOT / "benchmarks" / "empty_app.py"), *words]
    return PtyProgram(argv, columns=COLUMNS, lines=LINES, env=environment())


def measure(workspace: Workspace, rows: list[TicketRow], arguments: argparse.Namespace) -> list[Result]:
    """All figures."""
    complete = f"{len(rows):,} ticket".encode()
    results = paint(workspace, complete, arguments.runs)
    with start_board(workspace) as board, start_empty("echo") as echo:
        board.wait_for(complete, timeout=60)
        echo.wait_for(b"ready", timeout=60)
        settle(board, echo)
        results += keys(board, echo, arguments.keys)
        results.append(filtering(board, arguments.keys // 2))
        results.append(reload(board, workspace, rows, arguments.reloads))
        results += standing(board, arguments.idle)
    return results


def settle(*programs: PtyProgram) -> None:
    """Until watching has begun and nothing is drawn any more."""
    for program in programs:
        program.settle(2.0, timeout=20)


def paint(workspace: Workspace, complete: bytes, runs: int) -> list[Result]:
    """From process start to the first paint with column headings, and to all tickets shown."""
    firsts, datas, empties = [], [], []
    for _ in range(runs):
        with start_empty() as empty:
            empties.append(empty.wait_for(rb"\x1b\[1;1H", timeout=60) - empty.started)
        with start_board(workspace) as board:
            firsts.append(board.wait_for(b"DRAFT", timeout=60) - board.started)
            datas.append(board.wait_for(complete, timeout=60) - board.started)
    ratio = statistics.median(first / empty for first, empty in zip(firsts, empties, strict=True))
    first, empty = statistics.median(firsts), statistics.median(empties)
    after = statistics.median(data - first for data, first in zip(datas, firsts, strict=True))
    beside = f"empty app {ms(empty)}, ratio {ratio:.2f}"
    return [
        Result("first paint", ms(first), beside, f"<= {PAINT_RATIO} x", ratio <= PAINT_RATIO),
        Result("all tickets after that", ms(after), "", f"<= {DATA_MS:.0f} ms", after * 1000 <= DATA_MS),
    ]  # fmt: skip


def keys(board: PtyProgram, echo: PtyProgram, count: int) -> list[Result]:
    """Key to first byte: cursor keys in the board, in turn with the empty app's echo."""
    ours, theirs = [], []
    for nth in range(count):
        key = KEYS[nth % len(KEYS) : nth % len(KEYS) + 1]
        ours.append(board.press(key))
        board.settle(0.03)
        theirs.append(echo.press(key))
        echo.settle(0.03)
    mine, floor = percentile(ours, 95), percentile(theirs, 95)
    limit = max(KEY_MS / 1000, KEY_RATIO * floor)
    beside = f"echo p95 {ms(floor)}, ratio {mine / floor:.2f}"
    medians = f"echo {ms(statistics.median(theirs))}"
    return [
        Result(
            "key to first byte, p95", ms(mine), beside, f"<= {KEY_MS:.0f} ms or <= {KEY_RATIO:.0f} x", mine <= limit
        ),
        Result("key to first byte, median", ms(statistics.median(ours)), medians, "", True),
    ]


def filtering(board: PtyProgram, count: int) -> Result:
    """Key to first byte while a filter is typed and taken back; each letter changes what all columns show."""
    board.press(b"/")
    board.settle(0.3)
    times = []
    for nth in range(count):
        times.append(board.press(FILTER_KEYS[nth % len(FILTER_KEYS)]))
        board.settle(0.08)
    board.press(b"\x1b")
    board.settle(0.5)
    shown = percentile(times, 95)
    beside = f"median {ms(statistics.median(times))}"
    return Result(
        "filter key to first byte, p95", ms(shown), beside, f"<= {FILTER_MS:.0f} ms", shown * 1000 <= FILTER_MS
    )


def reload(board: PtyProgram, workspace: Workspace, rows: list[TicketRow], count: int) -> Result:
    """From a file's change on disk to the new title on the screen."""
    os.write(board.fd, b"1")  # no answer where the cursor is there already
    board.settle(0.3)
    os.write(board.fd, b"\x1b[H")  # Home: the first card of the first column is on the screen
    board.settle(0.3)
    path = Path(workspace.ticket_path(arrange(rows).cards[0][0].id))
    before = path.read_text(encoding="utf-8")
    times = []
    try:
        for nth in range(count):
            word = f"changed-{nth:03d}"
            lines = [f'title: "{word}"' if line.startswith("title:") else line for line in before.split("\n")]
            mark = len(board.output)
            replace(path, "\n".join(lines))
            changed = time.perf_counter()
            times.append(board.wait_for(word.encode(), timeout=10, start=mark) - changed)
            board.settle(0.2)
    finally:
        replace(path, before)
    board.settle(1.0)
    shown = percentile(times, 95)
    beside = f"median {ms(statistics.median(times))}"
    return Result("changed file visible, p95", ms(shown), beside, f"<= {RELOAD_MS:.0f} ms", shown * 1000 <= RELOAD_MS)


def replace(path: Path, text: str) -> None:
    """Writes a file as editors do: beside it, then renamed."""
    beside = path.with_name(f".{path.name}.bench")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def standing(board: PtyProgram, seconds: float) -> list[Result]:
    """Memory so far, and CPU time of a board that nobody touches; the process that watches files included."""
    watchers = children(board.pid)
    memory, watching = peak_mb(board.pid), sum(peak_mb(pid) for pid in watchers)
    before = cpu(board.pid) + sum(map(cpu, watchers))
    board.settle(seconds + 1, timeout=seconds)
    used = cpu(board.pid) + sum(map(cpu, watchers)) - before
    share = 100 * used / seconds
    beside, over = f"watching process {watching:.0f} MB", f"over {seconds:.0f} s"
    return [
        Result("memory, peak", f"{memory:.0f} MB", beside, f"<= {MEMORY_MB:.0f} MB", memory <= MEMORY_MB),
        Result("idle CPU, both processes", f"{share:.2f} %", over, f"<= {IDLE_PERCENT:.0f} %", share <= IDLE_PERCENT),
    ]  # fmt: skip


def children(pid: int) -> list[int]:
    """The processes that `pid` has started."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def peak_mb(pid: int) -> float:
    """Peak resident memory in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


def cpu(pid: int) -> float:
    """CPU time used so far in seconds, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values: Sequence[float], share: int) -> float:
    """The smallest value that at least `share` percent are not above."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def ms(seconds: float) -> str:
    """Seconds as milliseconds."""
    return f"{seconds * 1000:.1f} ms"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How fast the board and `kaizen list` are beside kanban-tui 0.21 and Backlog.md 1.52 with the same 1,000 tickets.

    python benchmarks/peers_speed.py [--peers DIR] [--tickets 1000] [--rounds 9] [--keys 120] [--json]

Prints a table; exits with 1 when kaizen is slower or larger than a peer in any line, with 2 when no peer can be had.
The peers are installed into DIR (else a folder under the system's temporary one, kept for the next time), never into
the environment that this runs in; that is the only use of the network. Settings, data and home of all three are
in a temporary directory. Times are wall-clock, through a real pseudo terminal of 160x48; the programs take turns, so
that a busy machine slows all of them. See README.md beside this file for what is compared and why.
"""

import argparse
import compileall
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from report import mark, this_machine

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.board_speed import COLUMNS, LINES, children, percentile  # noqa: E402
from benchmarks.make_workspace import VERBS, Ticket, make_workspace  # noqa: E402
from benchmarks.pty_probe import PtyProgram  # noqa: E402
from kaizen_tui.core.states import STATUSES  # noqa: E402

KANBAN_TUI, BACKLOG = "kanban-tui==0.21.*", "backlog.md@1.52.*"
CARD = rb"(?:" + "|".join(VERBS).encode() + rb")\b"  # every title begins with one of these, nothing else has them
DOWN, UP = b"\x1b[B", b"\x1b[A"
RACY = 2.1  # seconds after which the index trusts a file's stamp
# Seconds without output before the next key. kaizen draws its panels 80 ms after the last key, and that must not be
# taken for the answer to the next one.
QUIET = 0.15
PATIENCE = 180.0  # seconds for the first card
BUDGET = 60.0  # seconds; a program that has used as many takes part in no further round
# Reads the tickets from standard input; the functions that kanban-tui's own commands call.
FILL_KANBAN_TUI = """
import json, sys
from kanban_tui.app import KanbanTui
from kanban_tui.backends.sqlite import database
from kanban_tui.constants import CONFIG_FILE, DATABASE_FILE
app = KanbanTui(CONFIG_FILE.as_posix(), DATABASE_FILE.as_posix())  # makes its settings
database.init_new_db()
given = json.load(sys.stdin)
board = database.create_new_board_db("Bench", "", column_dict=dict.fromkeys(given["statuses"], True))
columns = {column.name: column.column_id for column in database.get_all_columns_on_board_db(board.board_id)}
for title, status, text in given["tickets"]:
    database.create_new_task_db(title, columns[status], description=text)
app.config.set_active_board(board.board_id)
"""


class Absent(Exception):  # noqa: N818
    """A peer that can't be had; the text says why."""


class Program(NamedTuple):
    """One of the three: how to start its board and its list, where, and how a ticket looks in the list."""

    name: str
    board: list[str]
    list: list[str]
    folder: str
    listed: re.Pattern[bytes]


class Result(NamedTuple):
    """One line of the table; the figures in `unit`, the ratio kaizen / peer."""

    name: str
    unit: str
    ours: float
    peer: str
    theirs: float
    ratio: float

    @property
    def met(self) -> bool:
        return self.ratio < 1


class TreeProgram(PtyProgram):
    """A program whose helpers end with it: all that it started is in its session's process group."""

    def stop(self) -> None:
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        super().stop()


def main(words: Sequence[str]) -> int:
    """Measures, prints, returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", metavar="DIR", help="where the peers are installed, or already are")
    parser.add_argument("--tickets", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=9, help="starts and lists of each program")
    parser.add_argument("--keys", type=int, default=120, help="pressed in each board")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(words)
    compileall.compile_dir(str(ROOT / "kaizen_tui"), quiet=1)
    compileall.compile_dir(str(ROOT / "benchmarks"), quiet=1)
    with tempfile.TemporaryDirectory(prefix="kaizen-bench-") as scratch:
        env = environment(scratch)
        tickets = make_workspace(f"{scratch}/kaizen", options.tickets)
        commit(f"{scratch}/kaizen", env)
        kaizen, peers, skipped = kaizen_program(scratch), [], {}
        shown(kaizen, env, options.tickets)
        for name, prepare in (("kanban-tui", prepare_kanban_tui), ("Backlog.md", prepare_backlog)):
            try:
                peer = prepare(peers_folder(options.peers), scratch, tickets, env)
                shown(peer, env, options.tickets)
                peers.append(peer)
            except Absent as error:
                skipped[name] = str(error)
                print(f"peers_speed: {name} is left out: {error}", file=sys.stderr)
        if not peers:
            print("peers_speed: no peer can be had: nothing to compare with", file=sys.stderr)
            return 2
        time.sleep(RACY)
        results = measure(kaizen, peers, env, tickets, options.rounds, options.keys)
    report = as_json(results, skipped, options)
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        print_table(report)
    return 0 if all(result.met for result in results) else 1


def environment(scratch: str) -> dict[str, str]:
    """As on a person's machine, bytecode and true colour included, but with a home of its own."""
    home = f"{scratch}/home"
    folders = {"CONFIG": "config", "DATA": "share", "STATE": "state", "CACHE": "cache"}
    for folder in folders.values():
        os.makedirs(f"{home}/{folder}")
    who = {"NAME": "Bench", "EMAIL": "bench@example.org"}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "HOME": home,
        **{f"XDG_{name}_HOME": f"{home}/{folder}" for name, folder in folders.items()},
        **{f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in who.items()},
    }


def commit(folder: str, env: Mapping[str, str]) -> None:
    """Makes a git repository of a folder, if it is none, with everything in it committed."""
    if not os.path.exists(f"{folder}/.git"):
        subprocess.run(["git", "init", "-q", "-b", "main"], cwd=folder, env=env, check=True)
    for words in (["add", "-A"], ["commit", "-q", "--allow-empty", "-m", "All"]):
        subprocess.run(["git", *words], cwd=folder, env=env, check=True)


def peers_folder(given: str | None) -> Path:
    """Where the peers are: given, or our own one under the temporary directory. Absent when it is someone else's."""
    folder = Path(given or f"{tempfile.gettempdir()}/kaizen-bench-peers-{os.getuid()}").resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise Absent(f"{folder} belongs to someone else; name another one with --peers")
    return folder


def install(command: Sequence[str]) -> None:
    """Runs an installer; Absent, with its last words, when it fails."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Absent(str(error)) from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        raise Absent(f"`{' '.join(command)}` ended with {done.returncode}: {said}")


def kaizen_program(scratch: str) -> Program:
    """Kaizen as installed beside this Python, else from the checkout."""
    beside, folder = Path(sys.executable).parent, f"{scratch}/kaizen"
    if (beside / "kaizen").exists() and (beside / "kaizen-tui").exists():
        board, lister = [str(beside / "kaizen-tui")], [str(beside / "kaizen")]
    else:
        board, lister = (
            ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", f"kaizen_tui.{part}.entry"] for part in ("tui", "cli")
        )
    return Program("kaizen", [*board, "-C", folder], [*lister, "list", "--plain", "-C", folder], folder, one("KAIZ-"))


def one(prefix: str) -> re.Pattern[bytes]:
    """A ticket's line in a list."""
    return re.compile(rb"(?m)^\W*(?:\[\w+\] )?" + prefix.encode() + rb"\d+\b")


def prepare_kanban_tui(folder: Path, scratch: str, tickets: Sequence[Ticket], env: Mapping[str, str]) -> Program:
    """kanban-tui in an environment of its own, with the tickets in its database."""
    home = folder / "kanban-tui"
    script, python = home / "bin" / "ktui", home / "bin" / "python"
    if not script.exists():
        install([sys.executable, "-m", "venv", "--clear", str(home)])
        install([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", KANBAN_TUI])
    subprocess.run([str(python), "-m", "compileall", "-q", str(home / "lib")], stdout=subprocess.DEVNULL)
    given = [(ticket.title, ticket.status, description(ticket)) for ticket in tickets]
    subprocess.run(
        [str(python), "-c", FILL_KANBAN_TUI],
        input=json.dumps({"statuses": STATUSES, "tickets": given}),
        text=True,
        env=env,
        check=True,
    )
    name = f"kanban-tui {version(script, '--version', env)}"
    listed = re.compile(rb"\btask_id=\d+")
    return Program(name, [str(script)], [str(script), "task", "list"], scratch, listed)


def prepare_backlog(folder: Path, scratch: str, tickets: Sequence[Ticket], env: Mapping[str, str]) -> Program:
    """Backlog.md in a folder of its own, and a git repository with the tickets as its files."""
    npm = shutil.which("npm")
    home, place = folder / "backlog.md", Path(scratch) / "backlog"
    script = home / "node_modules" / ".bin" / "backlog"
    if not script.exists():
        if npm is None:
            raise Absent("npm is not installed")
        home.mkdir(exist_ok=True)
        install([npm, "install", "--prefix", str(home), "--no-audit", "--no-fund", "--loglevel=error", BACKLOG])
    name = f"Backlog.md {version(script, '--version', env)}"
    place.mkdir()
    commit(str(place), env)
    setup = [str(script), "init", "Bench", "--defaults", "--agent-instructions", "none"]
    subprocess.run(setup, cwd=place, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    settings = place / "backlog" / "config.yml"
    statuses = f"statuses: {json.dumps(STATUSES)}"
    text = re.sub(r"(?m)^statuses:.*$", statuses, settings.read_text(encoding="utf-8"))
    text = re.sub(r"(?m)^default_status:.*$", f'default_status: "{STATUSES[0]}"', text)
    settings.write_text(text, encoding="utf-8")
    for number, ticket in enumerate(tickets, 1):
        slug = re.sub(r"\W+", "-", ticket.title).strip("-")
        path = place / "backlog" / "tasks" / f"task-{number} - {slug}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(backlog_text(ticket, number), encoding="utf-8")
    commit(str(place), env)
    return Program(name, [str(script), "board"], [str(script), "task", "list", "--plain"], str(place), one("TASK-"))


def version(script: Path, option: str, env: Mapping[str, str]) -> str:
    """The version that a program says it has. Absent when it can't run."""
    try:
        said = subprocess.run([str(script), option], env=env, capture_output=True, text=True, check=True).stdout
        return re.findall(r"\d+(?:\.\d+)+", said)[-1]
    except (OSError, subprocess.CalledProcessError, IndexError) as error:
        raise Absent(f"{script} does not run: {error}") from error


def description(ticket: Ticket) -> str:
    """All that kanban-tui has no field for, as one paragraph: every item of a list would cost it widgets."""
    about = f"{ticket.component}, {ticket.owner}, {ticket.severity}."
    return " ".join(
        (about, ticket.objective, *(f"{line}." for line in (*ticket.success, *ticket.abort, *ticket.labels)))
    )


def backlog_text(ticket: Ticket, number: int) -> str:
    """The ticket as a file of Backlog.md's, in the form that `backlog task create` writes."""
    priority = {"critical": "high", "high": "high", "medium": "medium", "low": "low"}[ticket.severity]
    labels = [ticket.component, *ticket.labels]
    criteria = [f"- [ ] #{nth} {line}" for nth, line in enumerate((*ticket.success, *ticket.abort), 1)]
    lines = [
        "---",
        f"id: TASK-{number}",
        f"title: {json.dumps(ticket.title, ensure_ascii=False)}",
        f"status: {ticket.status}",
        "assignee:",
        f"  - '@{ticket.owner}'",
        f"created_date: '{ticket.created:%Y-%m-%d %H:%M}'",
        f"updated_date: '{ticket.updated:%Y-%m-%d %H:%M}'",
        "labels:",
        *(f"  - {label}" for label in labels),
        "dependencies: []",
        f"priority: {priority}",
        f"ordinal: {number * 1000}",
        "---",
        "",
        "## Description",
        "",
        "<!-- SECTION:DESCRIPTION:BEGIN -->",
        ticket.objective,
        "<!-- SECTION:DESCRIPTION:END -->",
        "",
        "## Acceptance Criteria",
        "<!-- AC:BEGIN -->",
        *criteria,
        "<!-- AC:END -->",
    ]
    return "\n".join(lines) + "\n"


def shown(program: Program, env: Mapping[str, str], count: int) -> None:
    """Its list has every ticket and its board shows cards; Absent when not. Warms what it keeps for the next time."""
    with tempfile.TemporaryFile() as output:  # Backlog.md ends before all is out when it is a pipe
        done = subprocess.run(
            program.list,
            env=env,
            cwd=program.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
        output.seek(0)
        found = len(program.listed.findall(output.read()))
    if done.returncode or found != count:
        raise Absent(f"`{' '.join(program.list)}` ended with {done.returncode} and listed {found} of {count} tickets")
    try:
        with start(program, env) as board:
            board.wait_for(CARD, timeout=PATIENCE)
    except TimeoutError as error:
        raise Absent(f"no card came on the board: {error}") from error


def start(program: Program, env: Mapping[str, str]) -> TreeProgram:
    """Its board in a terminal of its own."""
    with contextlib.chdir(program.folder):
        return TreeProgram(program.board, columns=COLUMNS, lines=LINES, env=env)


def measure(
    kaizen: Program, peers: Sequence[Program], env: Mapping[str, str], tickets: Sequence[Ticket], rounds: int, keys: int
) -> list[Result]:
    """All figures."""
    programs = [kaizen, *peers]
    paints = in_turns(programs, rounds, lambda program: first_paint(program, env))
    lists = in_turns(programs, rounds, lambda program: list_time(program, env))
    presses, memory = press_keys(programs, env, tickets, keys)
    results = []
    for peer in peers:
        name = peer.name
        results += [
            paired("start to first cards", paints["kaizen"], name, paints[name]),
            *(
                beside(
                    f"cursor key to first byte, p{share}",
                    "ms",
                    percentile(presses["kaizen"], share) * 1000,
                    name,
                    percentile(presses[name], share) * 1000,
                )
                for share in (50, 95)
            ),
            beside("memory of all processes, RSS", "MB", memory["kaizen"], name, memory[name]),
            paired("list every ticket", lists["kaizen"], name, lists[name]),
        ]
    return results


def in_turns(programs: Sequence[Program], rounds: int, once: Callable[[Program], float]) -> dict[str, list[float]]:
    """`once` for each program in each round, every second round in the opposite order. A slow one drops out early."""
    times: dict[str, list[float]] = {program.name: [] for program in programs}
    for nth in range(rounds):
        for program in programs[:: -1 if nth % 2 else 1]:
            if sum(times[program.name]) < BUDGET:
                times[program.name].append(once(program))
    return times


def first_paint(program: Program, env: Mapping[str, str]) -> float:
    """Seconds from the process's start to the first card on the screen."""
    with start(program, env) as board:
        return board.wait_for(CARD, timeout=PATIENCE) - board.started


def list_time(program: Program, env: Mapping[str, str]) -> float:
    """Seconds that its list of every ticket takes."""
    started = time.perf_counter()
    subprocess.run(
        program.list,
        env=env,
        cwd=program.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - started


def press_keys(
    programs: Sequence[Program], env: Mapping[str, str], tickets: Sequence[Ticket], count: int
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """The cursor down the first column and up again, a key in each board in turn; before that, their memory."""
    rows = sum(ticket.status == STATUSES[0] for ticket in tickets)
    reach = max(1, rows - 2)  # never off the end of the column, where a key changes nothing
    times: dict[str, list[float]] = {program.name: [] for program in programs}
    with contextlib.ExitStack() as stack:
        boards = [(program.name, stack.enter_context(start(program, env))) for program in programs]
        for _, board in boards:
            board.wait_for(CARD, timeout=PATIENCE)
        for _, board in boards:
            board.settle(2.0, timeout=PATIENCE)
        memory = {name: tree_mb(board.pid) for name, board in boards}
        for nth in range(count + 2):
            for name, board in boards:
                board.settle(0.02)
                taken = board.press(UP if nth // reach % 2 else DOWN)
                board.settle(QUIET)
                if nth >= 2:  # the first keys build what the others find
                    times[name].append(taken)
    return times, memory


def tree_mb(pid: int) -> float:
    """Resident memory of a process and of all that it started, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    own = next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0.0)
    return own + sum(map(tree_mb, children(pid)))


def paired(name: str, ours: Sequence[float], peer: str, theirs: Sequence[float]) -> Result:
    """The medians of times in seconds, and the median of the ratios of the rounds that both took part in."""
    ratio = median(one / other for one, other in zip(ours, theirs, strict=False))
    return Result(name, "ms", median(ours) * 1000, peer, median(theirs) * 1000, ratio)


def beside(name: str, unit: str, ours: float, peer: str, theirs: float) -> Result:
    """Two figures and their ratio."""
    return Result(name, unit, ours, peer, theirs, ours / theirs)


def as_json(results: Sequence[Result], skipped: Mapping[str, str], options: argparse.Namespace) -> dict[str, Any]:
    """The report."""
    return {
        "schema": "kaizen.bench.peers/1",
        "tickets": options.tickets,
        "rounds": options.rounds,
        "keys": options.keys,
        "terminal": f"{COLUMNS}x{LINES}",
        **this_machine(),
        "skipped": dict(skipped),
        "results": [
            {
                "name": result.name,
                "unit": result.unit,
                "kaizen": round(result.ours, 1),
                "peer": result.peer,
                "peer_figure": round(result.theirs, 1),
                "ratio": round(result.ratio, 3),
                "target": 1.0,
                "met": result.met,
            }
            for result in results
        ],
    }


def print_table(report: Mapping[str, Any]) -> None:
    """The report for people."""
    print(
        f"{report['tickets']:,} tickets, {report['terminal']}, {report['rounds']} rounds, {report['keys']} keys, "
        f"Python {report['python']}, {report['machine']}\n"
    )
    print(f"{'':32}{'kaizen':>12}  {'beside':20}{'':>12}{'ratio':>9}  target")
    for line in report["results"]:
        ours, theirs = (f"{line[key]:,.1f} {line['unit']}" for key in ("kaizen", "peer_figure"))
        verdict = mark(line["met"])
        print(f"{line['name']:32}{ours:>12}  {line['peer']:20}{theirs:>12}{line['ratio']:9.3f}  < 1  {verdict}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

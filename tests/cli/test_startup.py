"""What the quick commands must not import: each of these costs more than the command itself."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.world import World

HEAVY = {"pydantic", "textual", "rich", "numpy", "scipy", "requests", "plotext", "watchfiles", "prometheus_api_client"}
# A list of 10,000 tickets may take 75 ms of CPU time, of which Python takes 12 and the file system 30.
FOR_LIST = HEAVY | {
    "click", "yaml", "dataclasses", "inspect", "json", "datetime", "subprocess", "tempfile", "pathlib", "typing",
    "difflib", "shutil", "logging", "importlib.metadata", "unicodedata",
}  # fmt: skip

# Runs one command and then says, on stderr, which modules it has imported.
REPORT = """
import os, sys
before = set(sys.modules)
leave = os._exit
def report(code):
    sys.stderr.write("\\nMODULES " + " ".join(sorted(set(sys.modules) - before)) + "\\n")
    sys.stderr.flush()
    leave(code)
os._exit = report
from kaizen_tui.cli.entry import main
try:
    main()
except SystemExit as stop:
    sys.stdout.flush()
    report(stop.code)
"""


def imported(world: World, *args: str) -> set[str]:
    """The modules that a command imports."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT, *args],
        cwd=world.root,
        env=world.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rpartition("MODULES ")[2].split())


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("list", "--plain"),
        ("list", "--json"),
        ("list", "-s", "draft", "mem"),
        ("show", "KAIZ-001"),
        ("show", "KAIZ-001", "--json"),
        ("new", "Another", "-c", "pcc-main", "--success", "p95_latency_ms < 10"),
        ("components",),
        ("--help",),
        ("list", "--help"),
        ("show", "--help"),
        ("--version",),
        (),
    ],
    ids=" ".join,
)
def test_quick_commands_import_nothing_heavy(world: World, words: tuple[str, ...]) -> None:
    world.new()
    assert imported(world, *words) & HEAVY == set()


def test_a_warm_list_imports_next_to_nothing(world: World) -> None:
    for number in range(3):
        world.new(f"Ticket {number}")
    imported(world, "list")  # makes the index
    # These tickets are younger than two seconds, and would be read again: pretend that they are not.
    code = "import sys, time; from kaizen_tui.store.index import load_snapshot as load; "
    code += "from kaizen_tui.store.workspace import Workspace; "
    code += "load(Workspace(sys.argv[1]), clock=lambda: time.time_ns() + 10**12)"
    subprocess.run([sys.executable, "-c", code, str(world.root)], env=world.environment(), check=True)
    for words in (("list",), ("list", "--plain"), ("-C", ".", "list")):
        assert imported(world, *words) & FOR_LIST == set()
    assert imported(world, "list", "status:draft") & (FOR_LIST - {"typing"}) == set()


def test_help_imports_no_subcommand(world: World) -> None:
    modules = imported(world, "--help")
    assert not modules & {f"kaizen_tui.cli.{name}" for name in ("tickets", "governance", "audit", "registry")}


@pytest.mark.parametrize("module", ["kaizen_tui.store.index", "kaizen_tui.store.reading", "kaizen_tui.cli.entry"])
def test_light_modules_stay_light(module: str) -> None:
    code = f"import sys; import {module}; print(*sys.modules)"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & (FOR_LIST - {"typing"}) == set()

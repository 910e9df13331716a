"""How commands end: one line for an error, the nearest word for a wrong one, the exit code of docs/cli.md."""

import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from kaizen_tui.cli import errors
from kaizen_tui.cli.app import COMMANDS
from kaizen_tui.core.errors import ConflictError, NotFoundError, StoreError, UsageError
from tests.cli.world import World


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("shwo",), "no such command `shwo`; did you mean `kaizen show`?"),
        (("frobnicate",), "no such command `frobnicate`; see `kaizen --help`"),
        (("frobnicate",), "no such command `frobnicate`"),
        (("list", "--sevrity", "high"), "no such option `--sevrity`; did you mean `--severity`?"),
        (("list", "-x"), "no such option `-x`"),
        (("init", "registry/kaizen/components/pcc-main.yml"), "error: DIR: "),
        (("completion",), "missing argument bash|zsh|fish;"),
        (("new",), "missing argument TITLE; see `kaizen new --help`"),
        (("new", "T"), "missing option --component"),
        (("new", "T", "-c"), "option '-c' requires an argument"),
        (("new", "T", "U", "-c", "pcc-main"), "unexpected extra argument"),
        (("new", "T", "-c", "pcc-main", "-s", "hihg"), "unknown severity `hihg`; did you mean `high`?"),
        (("update", "KAIZ-001", "-s", "in-progress"), "unknown status `in-progress`; did you mean `in_progress`?"),
        (("list", "--status", "drfat"), "did you mean `draft`?"),
        (("list", "colour:red"), "colour"),
        (("completion", "zhs"), "unknown shell `zhs`; did you mean `zsh`?"),
        (("component", "web", "-t", "seven"), "--tier: "),
        (("--bogus",), "no such option `--bogus`"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(world: World, words: tuple[str, ...], says: str) -> None:
    result = world.cli(*words)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("kaizen: error: ")
    assert result.err.count("\n") == 1
    assert says in result.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("show", "KAIZ-002"), "no ticket KAIZ-002; did you mean KAIZ-001?"),
        (("show", "kaiz-001"), "did you mean KAIZ-001?"),
        (("show", "KAIZ-1"), "did you mean KAIZ-001?"),
        (("update", "KAZI-001", "-t", "x"), "did you mean KAIZ-001?"),
        (("edit", "KAIZ-010"), "no ticket KAIZ-010"),
        (("why", "../../etc/passwd"), "no ticket `../../etc/passwd`"),
        (("verify", "KAIZ-100"), "no ticket KAIZ-100"),
        (("lint", "KAIZ-100"), "no ticket KAIZ-100"),
        (("new", "T", "-c", "pcc-mian"), "no component `pcc-mian`; did you mean pcc-main?"),
        (("new", "T", "-c", "PCC-MAIN"), "did you mean `pcc-main`?"),
        (("new", "T", "-c", "../x"), "no component `../x`"),
    ],
)
def test_what_does_not_exist_is_exit_3(world: World, words: tuple[str, ...], says: str) -> None:
    world.new()
    result = world.cli(*words)
    assert (result.code, result.out) == (3, "")
    assert says in result.err
    assert result.err.count("\n") == 1


def test_a_broken_ticket_is_named_with_its_line_and_exit_6(world: World) -> None:
    ticket = world.new()
    path = world.ticket(ticket)
    path.write_text(path.read_text(encoding="utf-8").replace("severity: medium", "severity: mid"), encoding="utf-8")
    for words in (("show", ticket), ("update", ticket, "-t", "x"), ("why", ticket), ("approve", ticket)):
        result = world.cli(*words)
        assert result.code == 6, words
        where = "tickets/KAIZ-001/Kaizen-Tkt.yml:5"
        hint = "one of critical, high, medium, low"
        assert result.err == f"kaizen: error: `mid` is no severity; {where}; {hint}\n"


def test_the_rest_is_listed_when_one_is_broken(world: World) -> None:
    world.new("Good")
    bad = world.new("Bad")
    world.ticket(bad).write_text("id: KAIZ-002\nid: KAIZ-002\n", encoding="utf-8")
    result = world.ok("list")
    assert "Good" in result.out
    assert "tickets/KAIZ-002/Kaizen-Tkt.yml:2: error: " in result.err


def test_wrong_settings_are_named_with_their_line_and_exit_6(world: World) -> None:
    ticket = world.new()
    world.config("# ours\ngovernence: {}\n")
    for words in (("update", ticket, "-s", "planned"), ("why", ticket), ("approve", ticket)):
        result = world.cli(*words)
        where = "registry/kaizen/config.yml:2"
        said = f"kaizen: error: unknown key `governence`; {where}; did you mean `governance`?\n"
        assert (result.code, result.err) == (6, said), words


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_nobody_listening(world: World, closed: str) -> None:
    world.new()
    for words, code in (("list", 0), ("list --json", 0), ("new T -c pcc-main", 0), ("show KAIZ-404", 3), ("--help", 0)):
        line = f'exec "$0" -m kaizen_tui.cli.entry {words} {closed}'
        done = subprocess.run(
            ["sh", "-c", line, sys.executable],
            cwd=world.root,
            env=world.environment(),
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, (words, done.stderr)
        assert b"Traceback" not in done.stderr
    assert world.ok("verify").out == "2 logs: 2 entries proven\n"


def test_a_removed_directory_is_no_matter_where_the_workspace_is_named(world: World, tmp_path: Path) -> None:
    world.new()
    gone = tmp_path / "gone"

    def there(words: str, **env: str) -> subprocess.CompletedProcess[bytes]:
        gone.mkdir()
        line = f'cd {gone} && rmdir {gone} && exec "$0" -m kaizen_tui.cli.entry {words}'
        settings = world.environment(env=env)
        return subprocess.run(["sh", "-c", line, sys.executable], env=settings, capture_output=True, check=False)

    assert there("list").returncode == 6
    assert there("list", KAIZEN_WORKSPACE="relative").returncode == 6
    for done in (
        there(f"-C {world.root} list"),
        there(f"-C {world.root} comment KAIZ-001 here"),
        there("show KAIZ-001", KAIZEN_WORKSPACE=str(world.root)),
        there(f"init {tmp_path / 'new'}"),
    ):
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", ["folder", "link", "fifo"])
def test_what_is_no_plain_file_is_exit_6_and_no_hang(world: World, kind: str) -> None:
    ticket = world.new()
    path = world.ticket(ticket)
    path.rename(world.root / "elsewhere.yml")
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(world.root / "elsewhere.yml")
    else:
        os.mkfifo(path)
    before = (world.root / "elsewhere.yml").read_bytes()
    for words in (("show", ticket), ("update", ticket, "-t", "x"), ("edit", ticket)):
        result = world.cli(*words, env={"EDITOR": "true"})
        assert result.code == 6, (words, result)
        assert result.err.startswith("kaizen: error: ")
    assert (world.root / "elsewhere.yml").read_bytes() == before


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("u"), 2),
        (NotFoundError("n"), 3),
        (ConflictError("c"), 5),
        (StoreError("s", where="p:1", hint="h"), 6),
        (OSError(28, "No space left on device", "x"), 6),
        (MemoryError(), 6),
        (RecursionError(), 6),
        (ValueError("a bug"), 6),
    ],
)
def test_every_exception_ends_in_one_line(error: Exception, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    def body() -> int:
        raise error

    assert errors.guarded(body) == code
    err = capsys.readouterr().err
    assert err.startswith("kaizen: error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_the_traceback_is_shown_on_request(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Traceback" not in world.cli("show", "KAIZ-001").err
    assert "Traceback" in world.cli("show", "KAIZ-001", "--debug").err
    assert "Traceback" in world.cli("--debug", "show", "KAIZ-001").err
    assert "Traceback" in world.cli("show", "KAIZ-001", env={"KAIZEN_DEBUG": "1"}).err
    assert "Traceback" not in world.cli("show", "KAIZ-001", env={"KAIZEN_DEBUG": "0"}).err


def test_an_error_line_is_safe(world: World) -> None:
    result = world.cli("show", "KAIZ-\x1b[31m\n\u202e")
    assert "\x1b" not in result.err
    assert "\u202e" not in result.err
    assert result.err.count("\n") == 1


def test_help_and_version(world: World) -> None:
    bare = world.process()
    assert bare.code == 0
    assert bare.out == world.process("--help").out
    assert "Governance:" in bare.out
    assert "merge-driver" not in bare.out
    assert world.process("--version").out.startswith("kaizen 0.")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(world: World, name: str) -> None:
    entry = COMMANDS[name]
    found = getattr(import_module(entry.module), entry.attribute)
    inner = [(name, one) for one in found.commands] if isinstance(found, click.Group) else [(name,)]
    for words in [(name,), *inner]:
        result = world.ok(*words, "--help")
        assert result.out.startswith(f"Usage: kaizen {' '.join(words)}")
        assert "--debug" in result.out or words not in inner


def test_the_short_options_are_as_fixed(world: World) -> None:
    wanted = {
        "new": ("-c, --component", "-o, --owner", "-s, --severity", "-e, --edit"),
        "list": ("-s, --status", "-c, --component"),
        "update": ("-t, --title", "-s, --status", "-o, --owner"),
        "component": ("-n, --name", "-t, --tier", "-o, --owner", "-r, --rollback-plan"),
    }
    for name, options in wanted.items():
        text = world.ok(name, "--help").out
        assert all(option in text for option in options), name


def test_a_reader_that_goes_away_is_no_error(world: World) -> None:
    for number in range(3):
        world.new(f"Ticket {number}")
    for words in (["list"], ["show", "KAIZ-001"], ["log", "KAIZ-001"], ["--help"]):
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [sys.executable, "-m", "kaizen_tui.cli.entry", *words],
            cwd=world.root, env=world.environment(), stdout=writing, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
        os.close(writing)
        assert (done.returncode, done.stderr) == (errors.EXIT_PIPE_CLOSED, b""), words


def test_ctrl_c_is_quiet(world: World, tmp_path: Path) -> None:
    fifo = tmp_path / "slow"
    os.mkfifo(fifo)
    words = ["merge-driver", str(fifo), str(fifo), str(fifo)]  # waits until somebody writes
    process = subprocess.Popen(
        [sys.executable, "-m", "kaizen_tui.cli.entry", *words],
        cwd=world.root, env=world.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with open(fifo, "wb"):  # returns when the command has opened its end, so it is past its start
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")


def test_messages_go_to_stderr_and_data_to_stdout(world: World) -> None:
    result = world.process("new", "T", "-c", "pcc-main")
    assert result.out == "KAIZ-001\n"
    assert result.err != ""
    assert world.process("update", "KAIZ-001", "-s", "planned", "--json").data["decision"]["allowed"] is True


def test_no_colour_where_stdout_is_no_terminal(world: World) -> None:
    ticket = world.new()
    for words in (("show", ticket), ("why", ticket), ("log", ticket), ("list",), ("components",)):
        assert "\x1b" not in world.process(*words).out

"""`kaizen judge`: files, pipes, exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.analysis.test_replay import CONFIG, story
from tests.cli.world import World


def written(path: Path, *lines: object) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("streams", "code"),
    [
        ({"good": 3}, 0),
        ({"bad": 20}, 1),
        ({"good": 3, "bad": 20}, 1),
        ({"good": 3, "open": 5}, 7),
        ({"bad": 20, "open": 5}, 1),
        ({}, 7),
    ],
)
def test_the_exit_code_says_how_it_ended(world: World, streams: dict[str, int], code: int) -> None:
    lines = [line for name, bad in streams.items() for line in story(name, 8 if name != "open" else 1, bad)]
    result = world.cli("judge", "--input", written(world.root / "o.jsonl", CONFIG, *lines))
    assert (result.code, result.err) == (code, "")
    assert len(result.out.splitlines()) == len(lines)


def test_it_needs_no_workspace_and_reads_a_pipe(world: World, tmp_path: Path) -> None:
    text = "".join(json.dumps(line) + "\n" for line in (CONFIG, *story("s", 8, 20)))
    result = world.process("judge", "--input", "-", "--json", cwd=tmp_path, stdin=text.rstrip("\n"))
    assert (result.code, len(result.out.splitlines())) == (1, 8)


def test_what_stands_in_the_pipe_is_judged_at_once(world: World) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "kaizen_tui.cli.entry", "judge", "--input", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=world.environment(),
        cwd=world.root,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in (CONFIG, story("s", 1, 3)[0]):
            process.stdin.write(json.dumps(line).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["verdict"] == "wait"  # the pipe is still open
        process.stdin.close()
        assert process.wait() == 7


def test_bad_lines_are_named_and_the_exit_code_is_6(world: World) -> None:
    path = written(world.root / "o.jsonl", CONFIG, "\x1b[31m", {"type": "obs", "stream": "s\x1b", "t": "x"})
    result = world.cli("judge", "--input", path)
    assert (result.code, result.out) == (6, "")
    assert result.err.splitlines() == [
        f"kaizen: error: a line is a JSON object; {path}:2",
        f"kaizen: error: `t` is a number; {path}:3",
        f"kaizen: error: 2 lines could not be taken; {path}",
    ]


def test_a_thousand_bad_lines_are_not_a_thousand_messages(world: World) -> None:
    result = world.cli("judge", "--input", written(world.root / "o.jsonl", *range(1000)))
    assert result.code == 6
    assert len(result.err.splitlines()) == 22
    assert "980 more" in result.err


def test_a_line_without_an_end_is_bounded(world: World) -> None:
    (world.root / "o.jsonl").write_bytes(json.dumps(CONFIG).encode() + b"\n" + b"x" * 5_000_000 + b"\nx\n")
    result = world.cli("judge", "--input", str(world.root / "o.jsonl"))
    assert [line.rpartition(":")[2] for line in result.err.splitlines()[:2]] == ["2", "3"]
    assert "longer than 1 MiB" in result.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "missing option --input"),
        (("--input", "nothing.jsonl"), 6, "cannot read the file: No such file or directory; nothing.jsonl"),
        (("--input", "."), 6, "cannot read the file: Is a directory"),
        (("--input", "a\0b"), 6, "cannot read the file"),
        (("--input", "-", "--alpha", "2"), 2, "--alpha"),
        (("--input", "-", "--beta", "nan"), 2, "--beta"),
    ],
)
def test_wrong_usage_and_missing_files(world: World, arguments: tuple[str, ...], code: int, words: str) -> None:
    result = world.cli("judge", *arguments)
    assert (result.code, result.out) == (code, "")
    assert words in result.err
    assert len(result.err.splitlines()) == 1


def test_another_alpha(world: World) -> None:
    path = written(world.root / "o.jsonl", CONFIG, *story("s", 5, 12))
    assert world.cli("judge", "--input", path).code == 1
    assert world.cli("judge", "--input", path, "--alpha", "1e-9").code == 7


def test_a_reader_that_goes_away_is_no_error(world: World) -> None:
    path = written(world.root / "o.jsonl", CONFIG, *story("s", 20_000, 3))
    with subprocess.Popen(
        [sys.executable, "-m", "kaizen_tui.cli.entry", "judge", "--input", path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **world.environment()},
        cwd=world.root,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""

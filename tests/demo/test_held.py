"""A held program ends with whoever holds it, whatever it does about that."""

import signal
import subprocess
import sys

import pytest

HELD = [sys.executable, "-m", "kaizen_tui.demo.held"]


def held(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([*HELD, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 128 + 9)])
def test_it_ends_with_the_programs_code(script: str, code: int) -> None:
    with held("sh", "-c", script) as process:
        assert process.wait() == code


def test_no_such_program() -> None:
    done = subprocess.run(
        [*HELD, "/nowhere/at/all"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (127, "/nowhere/at/all: No such file or directory\n")


@pytest.mark.parametrize("trap", ["", "trap '' TERM;"])
def test_the_program_and_its_children_end_when_the_pipe_does(trap: str) -> None:
    # Everything that holds stdout has ended when it is read to its end.
    with held("sh", "-c", f"{trap} sleep 600 & echo begun; wait; wait; wait") as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)  # of a terminal: it is not for it to decide
        assert process.poll() is None
        process.stdin.close()
        assert process.stdout.read() == ""
        assert process.wait() in (128 + 9, 128 + 15)


AT_ONCE = """\
import os, signal, subprocess, sys
from kaizen_tui.demo import held

start = subprocess.Popen

def started(*words, **settings):
    child = start(*words, **settings)
    os.kill(os.getpid(), {number})
    return child

subprocess.Popen = started
sys.exit(held.main(["sh", "-c", "exec sleep 600"]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_just_after_the_start_leaves_no_program_behind(number: signal.Signals) -> None:
    command = [sys.executable, "-c", AT_ONCE.format(number=int(number))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 128 + signal.SIGTERM  # the program's, as the pipe's end asked it

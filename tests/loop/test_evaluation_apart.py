"""An evaluation in a process of its own: what it tells, how it is interrupted, and that it ends with who started it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.loop.evaluation.apart import Apart, Finished, Printed, Unfinished, decode, encode
from kaizen_tui.loop.evaluation.progress import Step
from tests.cli.evaluations import Shop
from tests.cli.world import ADA

QUICK = "  benchmarks:\n    - {command: [python, bench.py, MARK], pairs: 5}\n"
SLOW = "  benchmarks:\n    - {command: [python, -c, 'import time; time.sleep(600)', MARK], pairs: 5}\n"
FAILS = "  benchmarks:\n    - {command: [python, -c, 'print(\"oh dear\"); exit(3)', MARK], pairs: 5}\n"
# Starts an evaluation, says what it tells, and is there to be killed.
STARTER = """\
import sys
from kaizen_tui.loop.evaluation.apart import Apart
for told in Apart(*sys.argv[1:]).told():
    print(told, flush=True)
"""

TOLD = st.one_of(
    st.builds(
        Step, st.text(), st.integers(0, 99), st.integers(0, 99), st.none() | st.floats(0, 1e6), st.booleans()
    ),
    st.builds(Printed, st.text(), st.text()),
    st.builds(Finished, st.text(), st.integers(0), st.lists(st.text()).map(tuple)),
    st.builds(Unfinished, st.text()),
)  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path, sandbox: None) -> Shop:
    shop = Shop(tmp_path / "shop", QUICK)
    shop.write("work.py", "N = 1000\n")
    shop.commit("quick")
    shop.change(work="N = 2000\n")
    return shop


@given(TOLD)
def test_what_is_told_arrives_as_one_line(told: Step | Printed | Finished | Unfinished) -> None:
    line = encode(told)
    assert "\n" not in line
    assert decode(line.encode()) == told


@given(st.binary(max_size=60))
def test_a_line_of_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode(line)


@pytest.mark.parametrize(
    "line", [b"{}", b"[]", b'{"step": {}}', b'{"step": 1}', b'{"other": {}}', b'{"step": {}, "x": 1}']
)
def test_a_line_that_is_almost_one_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="not a line of an evaluation"):
        decode(line)


def test_it_tells_its_steps_and_at_last_the_verdict(shop: Shop) -> None:
    told = list(Apart(str(shop.root), "KAIZ-001", ADA).told())
    steps = [one for one in told if isinstance(one, Step)]
    assert len(steps) == len(told) - 1
    assert [step.done for step in steps if step.total][-1] == 5
    assert any(step.left is not None for step in steps)
    last = told[-1]
    assert isinstance(last, Finished)
    assert (last.verdict, last.pairs) == (shop.card["verdict"], 5)
    assert shop.ok("verify").code == 0
    assert f'"actor":"{ADA}"' in (shop.root / "tickets/KAIZ-001/Promotion-Log").read_text("utf-8").splitlines()[-1]


def test_what_is_wrong_is_told_in_one_line(shop: Shop) -> None:
    shop.ok("new", "Another", "--component", "shop")
    (told,) = Apart(str(shop.root), "KAIZ-002", ADA).told()
    assert isinstance(told, Unfinished)
    assert told.why.startswith("no branch kaizen/KAIZ-002 says which commit is the candidate")


def test_a_failed_command_is_told_with_what_it_printed(shop: Shop) -> None:
    shop.configure(FAILS)
    told = list(Apart(str(shop.root), "KAIZ-001", ADA).told())
    printed = next(one for one in told if isinstance(one, Printed))
    assert "ended with exit code 3" in printed.what
    assert printed.text == "oh dear"
    assert isinstance(told[-1], Unfinished)
    assert shop.leftovers() == []


def test_interrupted_it_leaves_nothing(shop: Shop) -> None:
    shop.configure(SLOW)
    apart = Apart(str(shop.root), "KAIZ-001", ADA)
    last = None
    for last in apart.told():
        if isinstance(last, Step) and "warms up" in last.text:
            apart.interrupt()
            apart.interrupt()
    assert last == Unfinished("interrupted")
    assert shop.leftovers() == []
    assert not Path(shop.ws.score_card_path("KAIZ-001")).exists()


def test_it_ends_with_a_program_that_is_killed(shop: Shop) -> None:
    shop.configure(SLOW)
    words = [sys.executable, "-c", STARTER, str(shop.root), "KAIZ-001", ADA]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        for line in starter.stdout:
            if "warms up" in line:
                break
        starter.send_signal(signal.SIGKILL)
    for _ in range(20_000):  # looks; the evaluation is nobody's child any more, so that nobody can wait for it
        if not shop.leftovers():
            break
    assert shop.leftovers() == []
    assert not Path(shop.ws.score_card_path("KAIZ-001")).exists()


def test_a_line_that_a_kill_cut_off_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child"
    line = encode(Step("pairs", 1, 5))
    child.write_text(f"#!/bin/sh\nprintf '%s\\n%s' '{line}' '{line[:9]}'\nkill -9 $$\n")
    child.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(child))
    told = list(Apart("root", "KAIZ-001", ADA).told())
    assert told == [
        Step("pairs", 1, 5), Unfinished("the evaluation was killed by signal 9; its finished pairs are kept"),
    ]  # fmt: skip

"""Writers killed with SIGKILL at random instants: what was acknowledged is there, all files parse, all logs verify."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def arena(kind: str, root: Path, count: int, seed: int = 1) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.arena", kind, str(root), str(count), str(seed)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def assert_nothing_lost(root: Path, kills: int) -> None:
    result = arena("kill", root, kills)
    assert result["problems"] == []
    assert result["kills"] >= kills
    assert result["acknowledged"] > kills / 2  # they did come to write


def test_nothing_is_lost_when_writers_are_killed(tmp_path: Path) -> None:
    assert_nothing_lost(tmp_path / "w", 200)


@pytest.mark.nightly
def test_nothing_is_lost_when_writers_are_killed_all_night(tmp_path: Path) -> None:
    assert_nothing_lost(tmp_path / "w", int(os.environ.get("KAIZEN_KILLS", "5000")))

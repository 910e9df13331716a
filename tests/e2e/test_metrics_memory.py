"""Memory stays flat over ten thousand readings of a real Prometheus: the long form of benchmarks/metrics_speed.py."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks/metrics_speed.py"


@pytest.mark.e2e
@pytest.mark.nightly
def test_ten_thousand_readings_leave_nothing_behind(require_program: Callable[[str], str]) -> None:
    require_program("prometheus")
    words = [sys.executable, str(SCRIPT), "--only", "memory", "--components", "1", "--refreshes", "10000"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

"""The modules on the start-up path of `kaizen list` stay light."""

import subprocess
import sys
from pathlib import Path

HOT = [
    "errors",
    "problem",
    "states",
    "row",
    "text",
    "ids",
    "times",
    "units",
    "values",
    "checker",
    "fields",
    "criterion_text",
    "query",
]
HEAVY = [
    "pydantic",
    "textual",
    "rich",
    "numpy",
    "requests",
    "plotext",
    "click",
    "yaml",
    "dataclasses",
    "inspect",
    "json",
    "datetime",
    "subprocess",
    "tempfile",
    "pathlib",
    "difflib",
    "fnmatch",
    "unicodedata",
]


def test_hot_modules_import_nothing_heavy() -> None:
    code = "\n".join(f"import kaizen_tui.core.{name}" for name in HOT)
    code += f"\nimport sys\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert run.stdout.split() == []

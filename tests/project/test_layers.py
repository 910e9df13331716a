"""The rooms import only what lies below them, and the rules of the start-up path hold in the tree as it is."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_room_imports_a_higher_one() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_every_package_is_in_a_layer() -> None:
    """A new room that pyproject.toml doesn't place would be free to import anything."""
    layers = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("layers = [")[1].split("]")[0]
    rooms = [path.name for path in (ROOT / "kaizen_tui").iterdir() if (path / "__init__.py").is_file()]
    assert [room for room in rooms if f"kaizen_tui.{room}" not in layers] == []


def test_the_rules_touch_nothing() -> None:
    """core is pure: no files, network, processes, clock, randomness or user interface."""
    world = {"asyncio", "click", "glob", "http", "io", "os", "pathlib", "plotext", "prometheus_api_client", "random"}
    world |= {"requests", "rich", "secrets", "select", "shutil", "signal", "socket", "subprocess", "sys", "tempfile"}
    world |= {"textual", "threading", "time", "urllib", "uuid", "watchfiles", "yaml"}
    found = []
    for path in sorted((ROOT / "kaizen_tui" / "core").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{path.name} imports {name}" for name in names if name.partition(".")[0] in world]
    assert found == []

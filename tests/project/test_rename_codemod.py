"""The sample generator: a real rename, on a copy of this repository's own code and through `kaizen create`."""

import ast
import importlib.util
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.config import Config
from kaizen_tui.sandbox.protections import look_at_machine
from kaizen_tui.store.reading import read_config_file
from kaizen_tui.store.workspace import Workspace
from tests.cli.creations import Forge
from tests.conftest import IN_CI

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools/rename_codemod.py"


@pytest.fixture(scope="module")
def codemod() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rename_codemod", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(source: str) -> list[str]:
    return [node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]


def test_it_renames_in_this_repository_s_code(codemod: ModuleType, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "kaizen_tui/core", tmp_path / "core", ignore=shutil.ignore_patterns("__pycache__"))
    before = {path: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.py")}
    changed, odd = codemod.rename_all(tmp_path, "did_you_mean", "nearest_hint_of")
    assert odd == []
    assert len(changed) > 2
    for path, text in before.items():
        after = path.read_text(encoding="utf-8")
        assert [n.replace("did_you_mean", "nearest_hint_of") for n in names(text)] == names(after)
        assert (after != text) is (path in changed)


def test_words_in_strings_and_comments_stay(codemod: ModuleType) -> None:
    text = 'old = "old"  # old\nprint(old.old, f"old {old:>4} {x}", älter)\n'
    assert codemod.renamed(text, "old", "new") == 'new = "old"  # old\nprint(new.new, f"old {new:>4} {x}", älter)\n'
    with pytest.raises(ValueError, match="in use already"):
        codemod.renamed("old = new", "old", "new")


@given(
    st.lists(st.sampled_from(["a", "bb", "c", "+", "(", ")", "\n", "'a'", "# a\n", " ", "ä"]), max_size=30).map("".join)
)
def test_back_and_forth_is_nothing(codemod: ModuleType, text: str) -> None:
    try:
        there = codemod.renamed(text, "a", "fresh")
    except (SyntaxError, ValueError, codemod.tokenize.TokenError):
        return
    assert codemod.renamed(there, "fresh", "a") == "".join(io.StringIO(text).readlines())


@pytest.mark.parametrize(
    ("ticket", "code"),
    [
        ({"title": "Faster"}, 3),
        ({"title": "Rename nothing_here to other"}, 3),
        ({"objective": "rename `old` to `class`"}, 1),
        ({"objective": "rename `old` to `taken`"}, 1),
        ({"objective": "Please rename old to new."}, 0),
    ],
)
def test_what_it_answers(tmp_path: Path, ticket: dict[str, str], code: int) -> None:
    (tmp_path / "a.py").write_text("old = taken = 1\n")
    done = subprocess.run(
        [sys.executable, SCRIPT], cwd=tmp_path, input=json.dumps(ticket), text=True, capture_output=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert (tmp_path / "a.py").read_text() == ("new = taken = 1\n" if code == 0 else "old = taken = 1\n")


def test_through_kaizen_create(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, require_program: Callable[[str], str]
) -> None:
    """With the settings of this repository's own workspace."""
    require_program("git")
    machine = look_at_machine()
    if not machine.usable:
        (pytest.fail if IN_CI else pytest.skip)(machine.fault)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert "rename" in Config.from_raw(read_config_file(Workspace(str(ROOT)))).generators
    forge = Forge(tmp_path / "forge")
    forge.config((ROOT / "registry/kaizen/config.yml").read_text(encoding="utf-8"))
    forge.write("tools/rename_codemod.py", SCRIPT.read_text(encoding="utf-8"))
    forge.ok("update", "KAIZ-001", "--objective", "rename N to COUNT")
    forge.commit("codemod")
    forge.ok("trust")
    forge.ok("create", "KAIZ-001", "--generator", "rename")
    assert (forge.tree / "app.py").read_text() == "COUNT = 1\n"
    assert "> Renames N to COUNT in 1 file." in forge.spec
    assert forge.cli("create", "KAIZ-001", "--generator", "rename").code == 1

"""`kaizen init`: what it makes, and what it must leave alone."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.core.component import Component
from kaizen_tui.core.config import Config
from kaizen_tui.core.errors import StoreError
from kaizen_tui.store.init import init_workspace
from kaizen_tui.store.reading import list_components, read_component_file, read_config_file
from kaizen_tui.store.workspace import Workspace, find_workspace

FILES = [
    "registry/kaizen/config.yml",
    "registry/kaizen/components/example-service.yml",
    "tickets/.gitkeep",
]
LINES = [
    ".gitignore: .kaizen/",
    ".gitattributes: tickets/*/Kaizen-Tkt.yml merge=kaizen",
    ".gitattributes: tickets/*/Promotion-Log merge=union",
]


def everything(root: Path) -> dict[str, bytes]:
    """Every file below root but for the store's own state and git's."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).parts[0] not in (".kaizen", ".git")
    }


def git(cwd: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=cwd, check=True, capture_output=True, text=True).stdout


def test_makes_a_workspace_where_nothing_was(tmp_path: Path) -> None:
    root = tmp_path / "new" / "place"
    report = init_workspace(str(root))
    assert report.created == FILES + LINES
    assert report.kept == []
    assert find_workspace(None, {}, str(root / "tickets")).root == str(root)
    assert sorted(everything(root)) == sorted([*FILES, ".gitattributes", ".gitignore"])


def test_what_it_makes_is_valid(tmp_path: Path) -> None:
    init_workspace(str(tmp_path))
    ws = Workspace(str(tmp_path))
    components, problems = list_components(ws)
    assert [component.id for component in components] == ["example-service"]
    assert problems == []
    file = read_component_file(ws, "example-service")
    component = Component.from_fields(file.fields, file.raw)
    assert [metric.direction for metric in component.metrics] == ["lower", "lower"]
    assert all(metric.has_source for metric in file.fields.metrics)


def test_the_config_says_the_defaults(tmp_path: Path) -> None:
    """Whoever reads it learns what holds without it, so it must not drift from the code."""
    init_workspace(str(tmp_path))
    assert Config.from_raw(read_config_file(Workspace(str(tmp_path)))) == Config()


def test_twice_changes_nothing(tmp_path: Path) -> None:
    init_workspace(str(tmp_path))
    before = everything(tmp_path)
    report = init_workspace(str(tmp_path))
    assert report.created == []
    assert report.kept == [FILES[0], *LINES]
    assert everything(tmp_path) == before


def test_never_overwrites(tmp_path: Path) -> None:
    old = {
        "registry/kaizen/config.yml": "theme: mine\n",
        "registry/kaizen/components/own.yml": "id: own\ntier: 2\n",
        ".gitignore": "/.kaizen\n*.pyc",
        ".gitattributes": "# mine\r\ntickets/*/Promotion-Log merge=ours\r\n*.png binary",
        "tickets/KAIZ-007/Kaizen-Tkt.yml": "whatever\n",
    }
    for name, text in old.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    report = init_workspace(str(tmp_path))
    now = everything(tmp_path)
    added = b"\r\ntickets/*/Kaizen-Tkt.yml merge=kaizen\r\n"
    assert now == {name: text.encode() + (added if name == ".gitattributes" else b"") for name, text in old.items()}
    assert report.created == [LINES[1]]
    assert report.kept == [FILES[0], LINES[0], LINES[2]]


def test_the_example_does_not_come_back_beside_real_components(tmp_path: Path) -> None:
    init_workspace(str(tmp_path))
    components = tmp_path / "registry/kaizen/components"
    (components / "example-service.yml").rename(components / "real.yml")
    assert init_workspace(str(tmp_path)).created == []


@pytest.mark.parametrize(
    "place", ["registry", "registry/kaizen/config.yml", "tickets", ".gitignore", ".gitattributes", ".kaizen"]
)
def test_refuses_a_symbolic_link_before_writing_anything(tmp_path: Path, place: str) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / place).parent.mkdir(parents=True)
    outside.mkdir()
    (root / place).symlink_to(outside)
    with pytest.raises(StoreError, match="symbolic link"):
        init_workspace(str(root))
    assert everything(outside) == {}
    assert everything(root) == {}


def test_the_workspace_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert init_workspace(str(tmp_path / "link")).created == FILES + LINES


@pytest.mark.parametrize("place", ["tickets", "registry/kaizen/config.yml"])
def test_refuses_what_is_of_the_wrong_kind(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    if place == "tickets":
        path.write_text("a file")
    else:
        path.mkdir()
    with pytest.raises(StoreError, match=r"tickets is not a folder|config\.yml is not a file"):
        init_workspace(str(tmp_path))


def test_a_file_where_the_workspace_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError, match="not a folder"):
            init_workspace(str(root))


def test_sets_the_merge_driver_in_a_checkout(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    require_program("git")
    git(tmp_path, "init", "-q")
    root = tmp_path / "below"
    report = init_workspace(str(root))
    assert report.created[-1] == "git config: merge.kaizen.driver"
    assert git(tmp_path, "config", "merge.kaizen.driver") == "kaizen merge-driver %O %A %B %P\n"
    attribute = git(tmp_path, "check-attr", "merge", "below/tickets/KAIZ-001/Kaizen-Tkt.yml")
    assert attribute.endswith("merge: kaizen\n")
    assert git(tmp_path, "check-attr", "merge", "below/tickets/KAIZ-001/Promotion-Log").endswith("union\n")
    assert git(tmp_path, "status", "--porcelain", "--ignored", "-uall", "below/.kaizen").startswith("!! ")
    assert init_workspace(str(root)).kept[-1] == "git config: merge.kaizen.driver"


def test_keeps_a_merge_driver_that_somebody_set(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    require_program("git")
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "merge.kaizen.driver", "/opt/kaizen merge-driver %O %A %B %P")
    assert "git config: merge.kaizen.driver" in init_workspace(str(tmp_path)).kept
    assert git(tmp_path, "config", "merge.kaizen.driver").startswith("/opt/kaizen ")


def test_works_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert init_workspace(str(tmp_path)).created == FILES + LINES


def test_says_what_it_cannot_write(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o555)
    with pytest.raises(StoreError, match="permission denied"):
        init_workspace(str(tmp_path))

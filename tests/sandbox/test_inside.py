"""Reading what a run left: only real files of the worktree."""

import os
from pathlib import Path

import pytest

from kaizen_tui.core.errors import StoreError
from kaizen_tui.sandbox.inside import read_inside, remove_inside


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("token")
    root = tmp_path / "work"
    (root / "out").mkdir(parents=True)
    (root / "out/junit.xml").write_text("<testsuite/>")
    return root


def test_a_file(root: Path) -> None:
    assert read_inside(str(root), "out/junit.xml") == b"<testsuite/>"
    assert read_inside(str(root), "out/junit.xml", limit=12) == b"<testsuite/>"


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../secret", "out/../../secret", "./out", "out//junit.xml", "a\0b"]
)
def test_a_path_that_leaves(root: Path, path: str) -> None:
    with pytest.raises(StoreError, match="leaves the worktree"):
        read_inside(str(root), path)


def test_links_pipes_folders_and_giants_are_refused(root: Path) -> None:
    (root / "link").symlink_to(root.parent / "secret")
    (root / "way").symlink_to(root.parent)
    os.mkfifo(root / "pipe")
    with open(root / "giant", "wb") as file:
        file.truncate(1 << 40)
    for path, why in (
        ("link", "link is in the way"),
        ("way/secret", "link is in the way"),
        ("pipe", "something else than a file"),
        ("out", "something else than a file"),
        ("giant", "more than 64 MiB"),
        ("none", "no such file"),
        ("out/junit.xml/more", "link is in the way"),
    ):
        with pytest.raises(StoreError, match=why):
            read_inside(str(root), path)


def test_it_keeps_no_descriptor(root: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for path in ("out/junit.xml", "none/none", "out", "out/none", "out/junit.xml/x"):
        try:
            read_inside(str(root), path)
        except StoreError:
            continue
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_is_removed_and_nothing_outside(tmp_path: Path) -> None:
    root, outside = tmp_path / "tree", tmp_path / "outside"
    (root / "out").mkdir(parents=True)
    outside.mkdir()
    (outside / "r.json").write_text("mine", encoding="utf-8")
    (root / "out/r.json").write_text("old", encoding="utf-8")
    remove_inside(str(root), "out/r.json")
    assert not (root / "out/r.json").exists()
    remove_inside(str(root), "out/r.json")  # it is gone already
    remove_inside(str(root), "nowhere/r.json")
    (root / "link").symlink_to(outside)
    (root / "file").symlink_to(outside / "r.json")
    with pytest.raises(StoreError, match="symbolic link"):
        remove_inside(str(root), "link/r.json")
    remove_inside(str(root), "file")  # the link itself
    for path in ("../outside/r.json", "", "/etc/passwd", "a//b"):
        with pytest.raises(StoreError, match="leaves the worktree"):
            remove_inside(str(root), path)
    assert (outside / "r.json").read_text(encoding="utf-8") == "mine"

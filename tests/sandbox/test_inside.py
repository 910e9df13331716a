"""Reading what a run left: only real files of the worktree."""

import os
from pathlib import Path

import pytest

from kaizen_tui.core.errors import StoreError
from kaizen_tui.sandbox.inside import read_inside


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

"""Reading and replacing single files: what is refused, what is kept, what is left behind."""

import errno
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.errors import StoreError
from kaizen_tui.store import files
from tests.store.worlds import open_descriptors

DEAD = 99_999_999  # beyond the highest process id that Linux gives out


def link(path: Path) -> None:
    (path.parent / "target").write_bytes(b"secret")
    path.symlink_to("target")


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


ODD: list[Callable[[Path], None]] = [link, dangling, pipe, folder, device]


@pytest.mark.parametrize("make", ODD)
def test_only_regular_files_are_read(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "odd"
    make(path)
    before = open_descriptors()
    with pytest.raises(StoreError) as caught:
        files.read_file(str(path))
    assert caught.value.where == str(path)
    assert caught.value.hint
    assert open_descriptors() == before


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may have only 107 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("odd")
        with pytest.raises(StoreError, match="socket"):
            files.read_file(str(tmp_path / "odd"))


@pytest.mark.parametrize("make", ODD)
def test_only_regular_files_are_replaced(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "odd"
    make(path)
    before = os.lstat(path)
    with pytest.raises(StoreError):
        files.replace_file(str(path), b"new")
    assert os.lstat(path) == before
    assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []


def test_a_linked_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_bytes(b"secret")
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(StoreError, match="symbolic link"):
        files.read_file(str(tmp_path / "link" / "file"))
    with pytest.raises(StoreError, match="symbolic link"):
        files.replace_file(str(tmp_path / "link" / "file"), b"new")
    assert (tmp_path / "real" / "file").read_bytes() == b"secret"


def test_what_is_missing_is_told_from_what_is_wrong(tmp_path: Path) -> None:
    assert files.read_optional(str(tmp_path / "none")) is None
    assert files.read_optional(str(tmp_path / "no" / "where")) is None
    with pytest.raises(files.MissingFileError):
        files.read_file(str(tmp_path / "none"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError):
        files.read_optional(str(tmp_path / "folder"))


def test_the_limit_is_inclusive(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    assert files.read_file(str(path), 100) == b"x" * 100
    with pytest.raises(StoreError, match="larger than 99 bytes"):
        files.read_file(str(path), 99)


def test_a_file_that_grows_while_it_is_read_is_still_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10)

    class Growing(files.SystemCalls):
        @staticmethod
        def read(fd: int, size: int) -> bytes:
            with path.open("ab") as file:
                file.write(b"x" * 10)
            return os.read(fd, size)

    monkeypatch.setattr(files, "sys", Growing())
    with pytest.raises(StoreError, match="larger"):
        files.read_file(str(path), 50)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_replacing_keeps_the_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(mode)
    files.replace_file(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_write_protected_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(StoreError, match="write-protected"):
        files.replace_file(str(path), b"new")
    assert path.read_bytes() == b"old"


def test_readers_see_the_old_or_the_new_file_never_a_part(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        files.replace_file(str(path), b"a much longer text")
        assert reader.read() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_an_append_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    files.append_line(str(path), b"one\n")

    class Full(files.SystemCalls):
        @staticmethod
        def write(fd: int, data: Any) -> int:
            if len(data) < 4:
                raise OSError(errno.ENOSPC, "full")
            return os.write(fd, data[:2])

    monkeypatch.setattr(files, "sys", Full())
    with pytest.raises(StoreError, match="disk is full"):
        files.append_line(str(path), b"two\n")
    assert path.read_bytes() == b"one\n"


def test_sweep_removes_what_dead_processes_left_and_nothing_else(tmp_path: Path) -> None:
    keep = [".hidden", "Kaizen-Tkt.yml", f".x{files.TEMP_MARK}{os.getpid()}-ab", f".x{files.TEMP_MARK}nobody-ab"]
    dead = f".Kaizen-Tkt.yml{files.TEMP_MARK}{DEAD}-ab12"
    dead_folder = f"{files.TEMP_FOLDER_MARK}{DEAD}-ab12"
    for name in [*keep, dead]:
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / dead_folder).mkdir()
    (tmp_path / dead_folder / "Kaizen-Tkt.yml").write_bytes(b"x")
    assert sorted(files.sweep(str(tmp_path))) == sorted([dead, dead_folder])
    assert sorted(os.listdir(tmp_path)) == sorted(keep)


def test_sweep_does_not_follow_a_link_that_looks_like_a_left_over(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_bytes(b"x")
    (tmp_path / "tickets").mkdir()
    (tmp_path / "tickets" / f"{files.TEMP_FOLDER_MARK}{DEAD}-ab").symlink_to("../precious")
    files.sweep(str(tmp_path / "tickets"))
    assert (tmp_path / "precious" / "file").exists()


@given(st.text(alphabet=".-tmpkz0123456789ab", max_size=24))
def test_only_names_of_our_own_making_have_an_owner(name: str) -> None:
    if files.temp_owner(name):
        assert name.startswith(".")
        assert files.TEMP_FOLDER_MARK in name or files.TEMP_MARK in name


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, first: bytes, second: bytes) -> None:
    path = str(tmp_path_factory.mktemp("files") / "file")
    files.replace_file(path, first)
    assert files.read_file(path) == first
    files.replace_file(path, second, durable=False)
    assert files.read_file(path) == second

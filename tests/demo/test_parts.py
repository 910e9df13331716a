"""What is missing is named; HAProxy's configuration; a new folder for the workspace."""

import os
import stat
from pathlib import Path

import pytest

from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.demo import parts
from kaizen_tui.demo.parts import Ports, find_programs, haproxy_config
from kaizen_tui.demo.playing import check_keep
from kaizen_tui.demo.stage import Stage, StoppedError, free_ports, stage_environment
from kaizen_tui.traffic.haproxy_config import Site, haproxy_snippet


def test_what_is_not_installed_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("git", "prometheus"):
        program = tmp_path / name
        program.write_text("")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(parts, "_ELSEWHERE", ())
    with pytest.raises(StoreError) as wrong:
        find_programs()
    assert wrong.value.what == "the demonstration needs haproxy and bwrap"
    assert "apt-get install haproxy bubblewrap" in wrong.value.hint
    assert wrong.value.exit_code == 6


def test_a_program_is_found_where_administrators_have_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("git", "prometheus", "haproxy", "bwrap"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(parts, "_ELSEWHERE", (str(tmp_path),))
    assert find_programs()["haproxy"] == str(tmp_path / "haproxy")


def test_haproxys_configuration_is_what_kaizen_prints_with_the_addresses_filled_in() -> None:
    text = haproxy_config(
        haproxy_snippet(Site("shop", "/s/admin.sock", "/s/limit.map", "/s/salt.map")), Ports(1, 2, 3, 4)
    )
    assert "HOST:PORT" not in text
    assert "frontend fe_shop\n    bind 127.0.0.1:3\n" in text
    assert "server canary   127.0.0.1:2\n" in text
    assert text.count("127.0.0.1:1 ") == 2


def test_nothing_of_the_persons_own_settings_is_on_the_stage(tmp_path: Path) -> None:
    env = {"PATH": "/bin", "HOME": "/home/ann", "KAIZEN_ACTOR": "Ann", "GIT_DIR": "/x", "XDG_DATA_HOME": "/y"}
    found = stage_environment(env, tmp_path, tmp_path / "data")
    assert (found["PATH"], found["HOME"]) == ("/bin", "/home/ann")
    assert not {"KAIZEN_ACTOR", "GIT_DIR"} & found.keys()
    assert (found["XDG_DATA_HOME"], found["GIT_CONFIG_GLOBAL"]) == (str(tmp_path / "data"), os.devnull)


def test_a_folder_for_the_workspace_must_be_new(tmp_path: Path) -> None:
    check_keep("")
    check_keep(str(tmp_path / "new"))
    check_keep(str(tmp_path))
    (tmp_path / "mine").write_text("x")
    with pytest.raises(UsageError, match="is there already"):
        check_keep(str(tmp_path))


def test_ports_are_different() -> None:
    assert len(set(free_ports(4))) == 4


class TestStage:
    @pytest.fixture
    def stage(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        return Stage({"PATH": os.environ["PATH"]})

    def test_a_part_ends_with_the_stage_and_its_folder_goes(self, stage: Stage) -> None:
        part = stage.start("sleeper", ["sleep", "600"])
        assert part.process.poll() is None
        stage.close()
        assert part.process.poll() is not None
        assert not stage.folder.exists()

    def test_after_the_stop_nothing_starts_and_nobody_waits(self, stage: Stage) -> None:
        stage.stop()
        with pytest.raises(StoppedError):
            stage.start("sleeper", ["sleep", "600"])
        with pytest.raises(StoppedError):
            stage.pause(600)
        stage.close()

    def test_a_part_that_ends_too_early_says_why(self, stage: Stage) -> None:
        part = stage.start("proxy", ["sh", "-c", "echo port in use; exit 3"])
        with pytest.raises(StoreError, match="proxy ended with 3: port in use"):
            stage.answers(part, free_ports(1)[0], "/")
        stage.close()

    def test_a_program_that_is_not_there(self, stage: Stage) -> None:
        with pytest.raises(StoreError, match="can't be started"):
            stage.start("proxy", [str(stage.folder / "nothing")], own=True)
        stage.close()

    def test_a_kept_workspace_stays(self, tmp_path: Path) -> None:
        stage = Stage(os.environ, str(tmp_path / "kept"))
        stage.root.mkdir()
        stage.close()
        assert (tmp_path / "kept").is_dir()

    def test_where_the_temporary_folder_has_a_long_name_sockets_get_a_short_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        long = tmp_path / ("x" * 90)
        long.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(long))
        stage = Stage(os.environ)
        assert len(os.fsencode(stage.folder / "admin.sock")) < 104
        stage.close()
        assert not stage.folder.exists()

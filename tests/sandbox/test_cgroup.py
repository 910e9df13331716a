"""Where control groups are made: version 1, version 2, containers, delegation."""

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.sandbox import cgroup
from kaizen_tui.sandbox.cgroup import Places, find_places


def mount(point: Path, kind: str, options: str, inner: str = "/") -> str:
    escaped = str(point).replace(" ", "\\040")
    return f"31 23 0:26 {inner} {escaped} rw,nosuid shared:9 - {kind} {kind} rw,{options}\n"


def group(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in {"cgroup_procs": "", **files}.items():
        (folder / name.replace("_", ".", 1)).write_text(text)
    return folder


def test_version_1_below_the_own_group(tmp_path: Path) -> None:
    own = group(tmp_path / "memory/user/grace")
    group(tmp_path / "pids")
    mounts = mount(tmp_path / "memory", "cgroup", "memory") + mount(tmp_path / "pids", "cgroup", "pids")
    found = find_places("4:memory:/user/grace\n8:pids:/\n0::/\n", mounts)
    assert found == Places({"memory": str(own), "pids": str(tmp_path / "pids")})


def test_version_1_in_a_container_that_sees_a_part(tmp_path: Path) -> None:
    group(tmp_path / "a b")
    mounts = mount(tmp_path / "a b", "cgroup", "memory", "/docker/cafe")
    assert find_places("4:memory:/docker/cafe\n", mounts).folders == {"memory": str(tmp_path / "a b")}
    assert find_places("4:memory:/elsewhere\n", mounts).folders == {}


def test_version_2_at_the_nearest_that_can_give(tmp_path: Path) -> None:
    giver = group(tmp_path / "user.slice/app.slice", cgroup_subtree_control="cpu memory pids\n")
    group(tmp_path / "user.slice/app.slice/terminal.scope", cgroup_subtree_control="")
    found = find_places("0::/user.slice/app.slice/terminal.scope\n", mount(tmp_path, "cgroup2", "nsdelegate"))
    assert found == Places(dict.fromkeys(("memory", "pids", "cpuacct"), str(giver)), unified=True)


def test_version_2_that_gives_nothing(tmp_path: Path) -> None:
    group(tmp_path / "a", cgroup_subtree_control="")
    assert find_places("0::/a\n", mount(tmp_path, "cgroup2", "rw")) == Places()


LINE = st.text(st.sampled_from("0123:/,- \\memorypids\ncgroup2"), max_size=60)


@given(LINE, LINE)
def test_whatever_the_system_says(own: str, mounts: str) -> None:
    found = find_places(own, f"31 23 0:26 / /none rw - cgroup2 x {mounts}\n{mounts}")
    assert set(found.folders) <= {"memory", "pids", "cpuacct"}


def test_a_machine_without_control_groups() -> None:
    assert find_places("", "") == Places()


def test_version_2_is_limited_and_read_by_its_files(tmp_path: Path) -> None:
    """No such machine here: the files are ordinary ones, made when the group is."""
    folders = dict.fromkeys(("memory", "pids", "cpuacct"), str(tmp_path))
    found = cgroup.Group(Places(folders, unified=True), "run-1")
    assert found.folders == [f"{tmp_path}/kaizen-run-1"]
    one = group(
        tmp_path / "kaizen-run-1",
        memory_events="low 0\noom 3\noom_kill 2\n",
        pids_events="max 5\n",
        cpu_stat="usage_usec 1500000\nuser_usec 1\n",
        memory_peak="4096\n",
    )
    assert (found.oom_kills(), found.pids_hit(), found.cpu(), found.peak_memory()) == (2, 5, 1.5, 4096)
    (one / "memory.peak").unlink()
    assert found.peak_memory() is None


def test_only_groups_of_ours_are_removed(tmp_path: Path) -> None:
    for name in ("system.slice", "kaizen-", "kaizen-a b"):
        group(tmp_path / name)
        cgroup.remove(f"{tmp_path}/{name}")
    (tmp_path / "kaizen-no-group").mkdir()
    cgroup.remove(f"{tmp_path}/kaizen-no-group")
    assert sorted(os.listdir(tmp_path)) == ["kaizen-", "kaizen-a b", "kaizen-no-group", "system.slice"]

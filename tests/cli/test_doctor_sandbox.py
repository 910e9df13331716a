"""doctor: which protections hold on this machine, and what keeps the sandbox from working."""

from pathlib import Path

import pytest

from kaizen_tui.loop.sandbox_check import check_sandbox
from kaizen_tui.sandbox.cgroup import Places
from kaizen_tui.sandbox.host import look_at_host
from kaizen_tui.sandbox.protections import Machine, look_at_machine
from kaizen_tui.store.workspace import Workspace
from tests.cli.world import World

GROUPS = Places(dict.fromkeys(("memory", "pids", "cpuacct"), "/sys/fs/cgroup"), unified=True)


def setting(workspace: Workspace, mode: str) -> None:
    Path(workspace.config_path).write_text(f"sandbox: {{mode: {mode}}}\n")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "registry/kaizen").mkdir(parents=True)
    return Workspace(str(tmp_path))


def test_what_holds_is_told(workspace: Workspace) -> None:
    report = check_sandbox(workspace, Machine(look_at_host(), "/usr/bin/bwrap", "", "", GROUPS))
    assert report.findings == ()
    (line,) = report.lines
    assert {"memory cgroup", "pids cgroup", "no network", "no capabilities"} <= set(line.split(", "))
    told = report.as_json()
    assert (told["mode"], told["usable"], told["cgroup"], told["weaker"]) == ("bubblewrap", True, "v2", [])


def test_what_is_weaker_is_told(workspace: Workspace) -> None:
    report = check_sandbox(workspace, Machine(look_at_host(), "/usr/bin/bwrap", "", "", Places()))
    assert "memory cgroup" not in report.lines[0]
    assert any(line.startswith("sandbox: weaker here: memory of many processes") for line in report.lines[1:])
    assert report.as_json()["cgroup"] is None


def test_no_bubblewrap(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    report = check_sandbox(workspace, look_at_machine())
    (finding,) = report.findings
    assert (finding.code, finding.level) == ("sandbox", "warning")
    assert "bubblewrap is not installed" in finding.message
    assert "apt-get install bubblewrap" in finding.fix
    assert report.lines == ()


def test_a_bubblewrap_that_fails_is_quoted(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bwrap = tmp_path / "bwrap"
    said = 'echo "bwrap: setting up uid map: no" >&2; exit 1'
    bwrap.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 0.9.0 || {{ {said}; }}\n')
    bwrap.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (finding,) = check_sandbox(workspace, look_at_machine()).findings
    assert "setting up uid map: no" in finding.message
    assert "user namespaces" in finding.fix
    bwrap.write_text("#!/bin/sh\necho bubblewrap 0.6.1\n")
    (finding,) = check_sandbox(workspace, look_at_machine()).findings
    assert "0.6.1 is too old" in finding.message
    assert "0.7 or later" in finding.fix


@pytest.mark.parametrize("mode", ["container", "unsafe-local"])
def test_a_workspace_without_the_sandbox(workspace: Workspace, mode: str) -> None:
    setting(workspace, mode)
    (finding,) = check_sandbox(workspace, Machine(look_at_host(), "", "no bwrap", "", GROUPS)).findings
    assert finding.code == "sandbox_mode"
    assert f"sandbox.mode: {mode}" in finding.message
    assert finding.where == "registry/kaizen/config.yml"


def test_settings_that_are_wrong_are_somebody_elses_to_tell(workspace: Workspace) -> None:
    setting(workspace, "bubblewarp")
    assert check_sandbox(workspace).mode == "bubblewrap"
    Path(workspace.config_path).write_text("sandbox: {mode\n")
    assert check_sandbox(workspace).mode == "bubblewrap"


def test_doctor_prints_it_beside_the_findings(world: World) -> None:
    told = world.cli("doctor", "--offline", "--json").data["sandbox"]
    result = world.cli("doctor", "--offline")
    if told["usable"]:
        assert "kaizen: sandbox: " + ", ".join(told["protections"]) in " ".join(result.err.split())
        assert all(len(line) < 80 for line in result.err.splitlines())
        assert "sandbox" not in result.out
    else:
        assert told["fault"] in result.out
    assert "sandbox: " not in world.cli("doctor", "--offline", "--plain").err
    world.config("sandbox: {mode: unsafe-local}\n")
    result = world.cli("doctor", "--offline")
    assert "registry/kaizen/config.yml: warning: evaluations run without the sandbox" in result.out
    assert result.code == 0

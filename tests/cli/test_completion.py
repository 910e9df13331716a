"""Completion: the scripts of the three shells, and what they are answered."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.world import World


def completed(world: World, *words: str, cwd: Path | None = None) -> list[str]:
    """What is offered for the last word."""
    env = {
        "_KAIZEN_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["kaizen", *words]),
        "COMP_CWORD": str(len(words)),
    }
    result = world.process(env=env, cwd=cwd)
    assert (result.code, result.err) == (0, "")
    return [line.partition(",")[2] for line in result.out.splitlines() if line]


def test_commands(world: World) -> None:
    assert completed(world, "sh") == ["show"]
    everything = completed(world, "")
    assert "update" in everything
    assert "merge-driver" not in everything


def test_options(world: World) -> None:
    assert completed(world, "update", "KAIZ-001", "--su") == ["--success-criteria"]


def test_ids_statuses_components_severities(world: World) -> None:
    world.new()
    world.new()
    assert completed(world, "show", "") == ["KAIZ-002", "KAIZ-001"]
    assert completed(world, "show", "kaiz-002") == ["KAIZ-002"]
    assert completed(world, "update", "KAIZ-001", "--status", "in") == ["in_progress", "in_review"]
    assert completed(world, "list", "-s", "c") == ["canary", "complete"]
    assert completed(world, "new", "T", "--component", "") == ["pcc-main"]
    assert completed(world, "component", "p") == ["pcc-main"]
    assert completed(world, "update", "KAIZ-001", "--severity", "") == ["critical", "high", "medium", "low"]
    assert completed(world, "completion", "") == ["bash", "zsh", "fish"]


def test_in_another_workspace_and_in_none(world: World, tmp_path: Path) -> None:
    world.new()
    assert completed(world, "-C", str(world.root), "show", "K", cwd=tmp_path) == ["KAIZ-001"]
    assert completed(world, "show", "K", cwd=tmp_path) == []
    assert completed(world, "new", "T", "-c", "p", cwd=tmp_path) == []


def test_hostile_titles_are_safe_as_descriptions(world: World) -> None:
    world.new("a\x1b[31m\nb\tc")
    env = {"_KAIZEN_COMPLETE": "zsh_complete", "COMP_WORDS": "kaizen show ", "COMP_CWORD": "2"}
    result = world.process(env=env)
    assert result.out.splitlines() == ["plain", "KAIZ-001", "draft: a\\x1b[31m\\nb\\tc"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_takes(
    world: World, shell: str, tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    script = world.ok("completion", shell).out
    assert f"_KAIZEN_COMPLETE={shell}_complete" in script
    if shell == "bash":
        require_program("bash")
        (tmp_path / "script").write_text(script, encoding="utf-8")
        subprocess.run(["bash", "--norc", "-n", str(tmp_path / "script")], check=True)

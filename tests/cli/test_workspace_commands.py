"""init, doctor, merge-driver, and finding the workspace."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.world import World


def test_init_makes_a_workspace_and_does_no_harm_twice(world: World, tmp_path: Path) -> None:
    first = world.ok("init", str(tmp_path / "fresh"))
    assert "made  registry/kaizen/config.yml" in first.out
    again = world.ok("init", str(tmp_path / "fresh"))
    assert "made" not in again.out
    assert "kept  registry/kaizen/config.yml" in again.out
    assert world.ok("init", str(tmp_path / "fresh"), "--json").data["created"] == []
    assert world.ok("-C", str(tmp_path / "fresh"), "lint").code == 0
    assert world.ok("doctor", "-C", str(tmp_path / "fresh")).code == 0


def test_init_here_and_by_dash_c(world: World, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    assert world.process("init", cwd=tmp_path / "here").code == 0
    assert (tmp_path / "here/registry/kaizen/config.yml").exists()
    assert world.ok("-C", str(tmp_path), "init", "there").code == 0
    assert (tmp_path / "there/registry/kaizen/config.yml").exists()


def test_the_workspace_is_found_as_git_finds_a_repository(world: World, tmp_path: Path) -> None:
    world.new("Found")
    inner = world.root / "registry/kaizen"
    assert "Found" in world.process("list", cwd=inner).out
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for words, env in (
        (("-C", str(world.root), "list"), {}),
        (("list", "-C", str(world.root)), {}),
        (("list",), {"KAIZEN_WORKSPACE": str(world.root)}),
        (("--workspace", str(world.root), "show", "KAIZ-001"), {}),
        (("show", "KAIZ-001", f"--workspace={world.root}"), {"KAIZEN_WORKSPACE": "/nowhere"}),
    ):
        result = world.process(*words, cwd=elsewhere, env=env)
        assert result.code == 0, result
        assert "Found" in result.out


@pytest.mark.parametrize(
    "words", [("list",), ("show", "KAIZ-001"), ("new", "T", "-c", "pcc-main"), ("components",), ("verify",)]
)
def test_no_workspace_names_kaizen_init(world: World, tmp_path: Path, words: tuple[str, ...]) -> None:
    result = world.process(*words, cwd=tmp_path)
    assert result.code == 3
    assert "kaizen init" in result.err
    assert result.err.count("\n") == 1


def test_the_nearest_dash_c_wins(world: World) -> None:
    assert world.cli("-C", "/nowhere", "components", "-C", str(world.root)).code == 0


def test_doctor_finds_and_mends(world: World) -> None:
    ticket = world.new()
    log = Path(world.ws.log_path(ticket))
    log.write_bytes(log.read_bytes() + b'{"seq":2,"at"')
    found = world.ok("doctor")
    assert "the last line is torn off" in found.out
    assert "kaizen doctor --fix" in found.err
    data = world.ok("doctor", "--json").data
    assert [finding["code"] for finding in data["findings"]] == ["torn_log"]
    assert "mended: cut 13 bytes off the log" in world.ok("doctor", "--fix").out
    assert "healthy" in world.ok("doctor").err


def test_doctor_exits_1_while_errors_remain(world: World) -> None:
    path = world.ticket("KAIZ-001")
    path.parent.mkdir(parents=True)
    path.write_text("id: [\n", encoding="utf-8")
    result = world.cli("doctor")
    assert result.code == 1
    assert "tickets/KAIZ-001/Kaizen-Tkt.yml:" in result.out


@pytest.fixture
def checkout(world: World, tmp_path: Path, require_program: Callable[[str], str]) -> World:
    """A committed workspace whose merge driver is this very kaizen."""
    require_program("git")
    world.git("init", "-q", "-b", "main")
    world.ok("init", str(world.root))
    project = Path(__file__).resolve().parents[2]
    shim = tmp_path / "bin/kaizen"
    shim.parent.mkdir()
    shim.write_text(
        f'#!/bin/sh\nPYTHONPATH={project} exec {sys.executable} -m kaizen_tui.cli.entry "$@"\n', encoding="utf-8"
    )
    shim.chmod(0o755)
    world.git("config", "merge.kaizen.driver", f"{shim} merge-driver %O %A %B %P")
    world.new("Shared")
    world.git("add", "-A")
    world.git("commit", "-q", "-m", "base")
    return world


def on_branch(world: World, name: str, *args: str) -> None:
    world.git("checkout", "-q", "-b", name, "main")
    world.ok(*args)
    world.git("commit", "-q", "-a", "-m", name)


def test_two_branches_merge_field_by_field_and_verify(checkout: World) -> None:
    world = checkout
    on_branch(world, "one", "update", "KAIZ-001", "--title", "By one")
    on_branch(world, "two", "update", "KAIZ-001", "--severity", "critical")
    world.git("merge", "-q", "--no-edit", "one")
    data = world.ok("show", "KAIZ-001", "--json").data
    assert (data["title"], data["severity"]) == ("By one", "critical")
    world.ok("comment", "KAIZ-001", "joined")
    assert world.ok("verify").out == "1 log: 4 entries proven\n"
    assert world.ok("lint", "KAIZ-001").out == ""


def test_a_field_changed_on_both_sides_is_a_conflict(checkout: World) -> None:
    world = checkout
    on_branch(world, "one", "update", "KAIZ-001", "--title", "By one")
    on_branch(world, "two", "update", "KAIZ-001", "--title", "By two")
    with pytest.raises(AssertionError):
        world.git("merge", "-q", "--no-edit", "one")
    assert "<<<<<<<" in world.ticket("KAIZ-001").read_text(encoding="utf-8")
    result = world.cli("show", "KAIZ-001")
    assert result.code == 6
    assert "tickets/KAIZ-001/Kaizen-Tkt.yml:" in result.err


def test_one_id_made_on_two_branches_is_taken_apart_on_request(checkout: World) -> None:
    world = checkout
    world.git("checkout", "-q", "-b", "one")
    world.new("From one")
    world.git("add", "-A")
    world.git("commit", "-q", "-m", "one")
    world.git("checkout", "-q", "main")
    world.git("branch", "-q", "-m", "one", "other")  # `new` looks at branches: hide it for the collision
    world.git("update-ref", "refs/hidden/one", "other")
    world.git("branch", "-q", "-D", "other")
    assert world.new("From main") == "KAIZ-002"
    world.git("add", "-A")
    world.git("commit", "-q", "-m", "two")
    with pytest.raises(AssertionError):
        world.git("merge", "-q", "--no-edit", "refs/hidden/one")
    found = world.cli("doctor")
    assert found.code == 1
    assert "two branches both made a KAIZ-002" in found.out
    mended = world.ok("doctor", "--renumber")
    assert "renumbered: KAIZ-002 -> KAIZ-003; git add " in mended.out
    titles = {row["title"] for row in world.ok("list", "--json").data}
    assert titles == {"Shared", "From one", "From main"}
    assert world.ok("verify").code == 0


def test_renumber_of_one_ticket_and_of_none(world: World) -> None:
    ticket = world.new()
    assert "no ticket needs another id" in world.ok("doctor", "--renumber").err
    assert "renumbered: KAIZ-001 -> KAIZ-002" in world.ok("doctor", "--renumber", ticket).out
    assert world.cli("doctor", "--renumber", "KAIZ-077").code == 3


def test_ids_on_other_branches_are_not_given_again(checkout: World) -> None:
    world = checkout
    world.git("checkout", "-q", "-b", "one")
    world.new("On a branch")
    world.git("add", "-A")
    world.git("commit", "-q", "-m", "one")
    world.git("checkout", "-q", "main")
    assert world.new("On main") == "KAIZ-003"

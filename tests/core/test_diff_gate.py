"""The gate of a generated diff."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.diff_gate import Change, Rules, is_git_name, is_test, leads_out, matches, refusals

NAMES = st.sampled_from(["a", "b", "c", "tests", "src"])
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)
PATTERNS = st.lists(st.sampled_from(["a", "b", "*", "?", "**", "src"]), min_size=1, max_size=5).map("/".join)


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("src/a.py", "src", True),
        ("src/x/a.py", "src/**", True),
        ("src/x/a.py", "src/*.py", False),
        ("src/a.py", "src/*.py", True),
        ("a.py", "**/*.py", True),
        ("x/y/a.py", "**/*.py", True),
        ("srcs/a.py", "src", False),
        ("a", "a/b", False),
        ("x/src/a.py", "src", False),
    ],
)
def test_patterns(path: str, pattern: str, expected: bool) -> None:
    assert matches(path, pattern) is expected


def naive(names: list[str], wanted: list[str]) -> bool:
    """What a pattern means, by trying everything."""
    if not wanted:
        return True
    if wanted[0] == "**":
        return naive(names, wanted[1:]) or (bool(names) and naive(names[1:], wanted))
    if not names or (wanted[0] not in ("*", names[0]) and not (wanted[0] == "?" and len(names[0]) == 1)):
        return False
    return naive(names[1:], wanted[1:])


@given(PATHS, PATTERNS)
def test_patterns_as_by_trying(path: str, pattern: str) -> None:
    assert matches(path, pattern) is naive(path.split("/"), pattern.split("/"))


@given(PATHS, st.lists(PATTERNS, max_size=3))
def test_what_is_taken_was_named_and_a_folder_that_is_closed_never_is(path: str, patterns: list[str]) -> None:
    rules = Rules(paths=tuple(patterns), closed=("src/",))
    reasons = refusals([Change(path, "", "100644", 1)], {}, {}, rules)
    named = not patterns or any(matches(path, pattern) for pattern in patterns)
    assert (reasons == []) is (named and path.split("/")[0] != "src")


@pytest.mark.parametrize("name", [".git", ".GIT", ".git.", ".git ", "git~1", "GIT~1", ".gitmodules", ".git::$INDEX"])
def test_names_that_are_git_s_somewhere(name: str) -> None:
    assert is_git_name(name)
    for path in (name, f"a/{name}/config", f"{name}/hooks/pre-commit"):
        assert refusals([Change(path, "", "100644")], {}, {}, Rules(paths=("**", name, "a")))


@pytest.mark.parametrize("path", [".gitattributes", "a/.gitignore", ".github/workflows/x.yml", "Jenkinsfile"])
def test_what_makes_programs_run_has_to_be_named(path: str) -> None:
    guarded = next(part for part in path.split("/") if part.startswith(".git") or part == "Jenkinsfile")
    change = [Change(path, "", "100644")]
    assert refusals(change, {}, {}, Rules())
    assert refusals(change, {}, {}, Rules(paths=("**",)))
    assert refusals(change, {}, {}, Rules(paths=(f"**/{guarded}",))) == []


def test_modes_sizes_and_counts() -> None:
    assert "submodule" in refusals([Change("x", "160000", "100644")], {}, {}, Rules())[0]
    assert "submodule" in refusals([Change("x", "", "160000")], {}, {}, Rules())[0]
    assert refusals([Change("x", "", "100644", 9)], {}, {}, Rules(max_bytes=8))
    assert refusals([Change("x", "", "100644"), Change("y", "100644", "")], {}, {}, Rules(max_files=1))
    assert refusals([Change("x\u202ey", "", "100644")], {}, {}, Rules())
    assert Change("x", "100644", "100755").new_executable
    assert not Change("x", "100755", "100755").new_executable


def test_links_that_were_astray_before_are_no_matter() -> None:
    links = {"old": "/etc"}
    assert refusals([], links, links, Rules()) == []
    assert refusals([], {**links, "new": "old/passwd"}, links, Rules())


TARGETS = st.lists(st.sampled_from(["..", ".", "a", "b", "c", "", ".git"]), min_size=1, max_size=6).map("/".join)


@given(st.dictionaries(st.sampled_from(["a", "b", "d/a", "d/b", "d/e/c"]), TARGETS, max_size=4))
def test_links_as_the_system_follows_them(tmp_path_factory: pytest.TempPathFactory, links: dict[str, str]) -> None:
    """Wherever a link that passes really leads, it is within the tree."""
    root = Path(os.path.realpath(tmp_path_factory.mktemp("tree"))) / "deep" / "tree"
    (root / "d/e").mkdir(parents=True)
    for path, target in links.items():
        if target:
            (root / path).symlink_to(target)
    for path, target in links.items():
        if target and not leads_out(path, {name: to for name, to in links.items() if to}):
            real = Path(os.path.realpath(root / path))
            assert real == root or root in real.parents
            assert ".git" not in real.relative_to(root).parts[:1]


def test_a_loop_never_arrives() -> None:
    assert leads_out("a", {"a": "b", "b": "a"})
    assert leads_out("a", {"a": "a/a/a/a"})


@pytest.mark.parametrize(
    ("path", "expected"),
    [("tests/x.py", True), ("a/test_b.py", True), ("a/b_test.go", True), ("x.spec.ts", True), ("latest.py", False),
     ("contest/x.py", False), ("src/__tests__/a.js", True)],
)  # fmt: skip
def test_what_looks_like_a_test(path: str, expected: bool) -> None:
    assert is_test(path) is expected

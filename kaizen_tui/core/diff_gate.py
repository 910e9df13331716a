"""The gate of a generated diff: what a program may propose without that a person typed it. Pure."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from kaizen_tui.core.text import safe

EXECUTABLE, FILE, LINK, SUBMODULE = "100755", "100644", "120000", "160000"
# What makes other programs run, with other rights, once it is in a repository: only where a setting names it.
_GUARDED = frozenset(
    {
        ".buildkite", ".circleci", ".drone.yml", ".pre-commit-config.yaml", ".travis.yml", ".woodpecker",
        ".woodpecker.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", "jenkinsfile",
    }
)  # fmt: skip
_GIT = frozenset({".git", "git~1", ".gitmodules"})
_HOPS = 40  # of symbolic links that lead to others, as Linux
_LONGEST_NAME = 1000  # characters of a path


class Change(NamedTuple):
    """One path that isn't as it was.

    path: relative to the top, with `/`. old_mode, new_mode: git's, such as "100644"; "" where there was, or is,
    nothing. size: bytes of the new content. target: where a symbolic link leads. odd: why no commit can hold it, or "".
    """

    path: str
    old_mode: str
    new_mode: str
    size: int = 0
    binary: bool = False
    target: str = ""
    odd: str = ""

    @property
    def kind(self) -> Literal["added", "changed", "deleted"]:
        if not self.new_mode:
            return "deleted"
        return "changed" if self.old_mode else "added"

    @property
    def new_executable(self) -> bool:
        """A program that was none before."""
        return self.new_mode == EXECUTABLE and self.old_mode != EXECUTABLE


class Rules(NamedTuple):
    """paths: patterns of what may change, () for all that isn't guarded. closed: folders, with a `/` behind, that never
    may. max_files, max_bytes: of a diff."""

    paths: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    max_files: int = 100
    max_bytes: int = 1 << 20


def refusals(changes: Iterable[Change], links: Mapping[str, str], before: Mapping[str, str], rules: Rules) -> list[str]:
    """Every reason why this diff isn't taken, sorted; empty when it is. Paths in it are hostile: escape on output.

    links, before: path -> target of every symbolic link of the tree, as it is now and as it was.
    """
    changes = list(changes)
    found = [f"{change.path}: {why}" for change in changes for why in _reasons(change, rules)]
    astray = {path for path in links if leads_out(path, links)} - {path for path in before if leads_out(path, before)}
    found += [f"{path}: a symbolic link that leads out of the tree, to {links[path]}" for path in astray]
    found.sort()
    size = sum(change.size for change in changes)
    if len(changes) > rules.max_files:
        found.insert(0, f"it changes {len(changes)} files; max_files allows {rules.max_files}")
    if size > rules.max_bytes:
        found.insert(0, f"the changed files have {size} bytes; max_bytes allows {rules.max_bytes}")
    return found


def _reasons(change: Change, rules: Rules) -> list[str]:
    parts = change.path.split("/")
    said = [change.odd] if change.odd else []
    if safe(change.path) != change.path or len(change.path) > _LONGEST_NAME:
        said.append("a name with control characters, or one that is too long")
    if any(is_git_name(part) for part in parts):
        said.append("git's own files are never changed by a generator")
        return said
    if any(f"{change.path}/".casefold().startswith(folder.casefold()) for folder in rules.closed):
        said.append("tickets and the registry are never changed by a generator")
        return said
    if SUBMODULE in (change.old_mode, change.new_mode):
        said.append("a submodule")
    if rules.paths and not any(matches(change.path, pattern) for pattern in rules.paths):
        said.append("not among the `paths` that this generator may change")
    guarded = [part for part in parts if _is_guarded(part)]
    if guarded and not any(matches(change.path, item) and guarded[0] in item.split("/") for item in rules.paths):
        said.append(f"`{guarded[0]}` makes other programs run; name it in the generator's `paths` to allow it")
    return said


def is_git_name(name: str) -> bool:
    """Whether a file system might take it for `.git`, or it is `.gitmodules`."""
    return name.casefold().rstrip(". ").partition(":")[0] in _GIT


def _is_guarded(name: str) -> bool:
    return name.casefold().startswith(".git") or name.casefold() in _GUARDED


def matches(path: str, pattern: str) -> bool:
    """Whether the pattern names the path or a folder above it. `*` and `?` stay within a name, `**` is any folders."""
    names, wanted = path.split("/"), [part for part in pattern.split("/") if part not in ("", ".")]
    reached = {0}  # how many of `wanted` the names so far can be
    for name in names:
        reached = _skip(reached, wanted)
        if len(wanted) in reached:
            return True
        reached = {
            place if wanted[place] == "**" else place + 1
            for place in reached
            if wanted[place] == "**" or fnmatchcase(name, wanted[place])
        }
    return len(wanted) in _skip(reached, wanted)


def _skip(reached: set[int], wanted: list[str]) -> set[int]:
    """`**` may also be no folder at all."""
    found = set(reached)
    for place in range(len(wanted)):
        if place in found and wanted[place] == "**":
            found.add(place + 1)
    return found


def leads_out(path: str, links: Mapping[str, str]) -> bool:
    """Whether who follows the symbolic link at `path` leaves the tree, comes to git's files, or never arrives."""
    where, todo = path.split("/")[:-1], [path.split("/")[-1]]
    hops = 0
    while todo:
        name = todo.pop(0)
        if name in ("", "."):
            continue
        if name == "..":
            if not where:
                return True
            where.pop()
            continue
        where.append(name)
        target = links.get("/".join(where))
        if target is not None:
            hops += 1
            if hops > _HOPS or target.startswith("/"):
                return True
            where.pop()
            todo = target.split("/") + todo
    return bool(where) and is_git_name(where[0])


_TEST_FOLDERS = frozenset({"test", "tests", "spec", "specs", "__tests__"})


def is_test(path: str) -> bool:
    """Whether a file looks like a test, or lies among tests."""
    *folders, name = path.casefold().split("/")
    stem = name.partition(".")[0]
    if not _TEST_FOLDERS.isdisjoint(folders):
        return True
    return stem.startswith("test_") or stem.endswith(("_test", "_spec")) or ".test." in name or ".spec." in name


def is_storable(change: Change) -> bool:
    """Whether git can hold it at all, to be looked at."""
    named = any(is_git_name(part) for part in change.path.split("/"))
    return not (change.odd or named or SUBMODULE in (change.old_mode, change.new_mode) or "\n" in change.path)
